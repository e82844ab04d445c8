//! While Symbolon cannot be asked nothing passes, and nobody waits long to hear it.

use std::time::{Duration, Instant};

use crate::gateway::Kind;
use crate::stage::Stage;

crate::every_gateway!(an_outage_is_said_at_once_and_lets_nothing_pass);

#[expect(clippy::disallowed_methods, reason = "how long a caller waits is what is tested")]
fn an_outage_is_said_at_once_and_lets_nothing_pass(kind: Kind) {
    let stage = Stage::new(kind);
    let (_, secret) = stage.token(&["read:printers"]);
    let public = || stage.ask("GET /api/version", &[]);
    assert_eq!((stage.ask_as(&secret, "GET /api/printers", &[]).status(), public().status()), (200, 200));
    stage.application.seen();
    if kind == Kind::Proxy {
        // Who is Symbolon cannot say that it is not there.
        return;
    }
    let outage = |how: &str, limit: Duration| {
        let start = Instant::now();
        let answer = stage.ask_as(&secret, "GET /api/printers", &[]);
        let took = start.elapsed();
        assert!([500, 502, 503, 504].contains(&answer.status()), "{kind:?} {how} {answer:?}");
        assert!(took < limit, "{kind:?} {how} took {took:?}");
        assert!(stage.application.seen().is_empty(), "{kind:?} {how}");
    };
    let seconds = Duration::from_secs;
    stage.server.stop_in_its_tracks();
    // How long Traefik waits for a check is no setting of its: half a minute (3.7.15).
    outage("stopped", if kind == Kind::Traefik { seconds(32) } else { seconds(2) });
    stage.server.signal("CONT");
    assert_eq!(stage.ask_as(&secret, "GET /api/printers", &[]).status(), 200, "{kind:?} went on");
    stage.application.seen();
    stage.server.kill();
    // The first may find a connection that was kept.
    outage("killed", seconds(2));
    outage("gone", seconds(2));
    assert!([500, 502, 503, 504].contains(&public().status()), "{kind:?}");
    assert!(stage.application.seen().is_empty(), "{kind:?}");
}
