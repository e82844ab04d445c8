//! What runs the scenarios can fail: each way in which one goes wrong is planted, and must be told.

use std::time::Duration;

use super::stage::Stage;

#[test]
fn heavy_every_fault_of_a_page_is_collected() {
    Stage::new().plays("planted/faults");
}

#[test]
fn heavy_a_scenario_that_goes_wrong_fails_and_shows_what_it_said() {
    let stage = Stage::new();
    let failure = |name| stage.try_plays(&format!("planted/{name}"), Duration::from_mins(1)).unwrap_err();
    let thrown = failure("throws");
    for told in
        ["exit status: 1", "said before", "Error: thrown on purpose", "open at the end: http://127.0.0.1:"]
    {
        assert!(thrown.contains(told), "{told}: {thrown}");
    }
    assert!(failure("faulty").contains("in the browser: console: told on purpose"));
    assert!(failure("unfinished").contains("exit status: 1"));
    assert!(failure("none-of-this-name").contains("Cannot find module"));
}

#[test]
fn a_scenario_that_hangs_is_ended_with_its_browser() {
    // Long enough for a browser that has to be read from the disk first.
    let failure = Stage::new().try_plays("planted/hangs", Duration::from_secs(20)).unwrap_err();
    assert!(failure.contains("took longer than 20s"), "{failure}");
    assert!(failure.contains("the browser is open"), "it was ended before it hung: {failure}");
}
