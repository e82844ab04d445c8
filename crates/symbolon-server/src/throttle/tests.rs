//! The arithmetic of failures. What a caller sees of it: `tests/management/sessions/guessing.rs`.

use proptest::prelude::*;
use symbolon_core::digest::Digest;

use super::*;

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap()
}

fn name(number: u8) -> Digest {
    Digest::from_bytes([number; 32])
}

fn source(text: &str) -> Option<Source> {
    Source::of(text.parse().unwrap())
}

/// Fails at `now`, or is told after how many seconds it may.
fn fail(throttle: &Throttle, counted: Counted, now: i64) -> Result<(), u64> {
    throttle.admit(counted, at(now)).map(drop)
}

#[test]
fn a_source_is_an_address_or_a_64() {
    assert_eq!(source("192.0.2.1"), source("::ffff:192.0.2.1"));
    assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
    assert_eq!(source("2001:db8::1"), source("2001:db8:0:0:ffff:ffff:ffff:ffff"));
    assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
    for loopback in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(source(loopback), None, "{loopback}");
    }
}

#[test]
fn ten_of_a_source_then_one_in_five_minutes() {
    let throttle = Throttle::default();
    let one = |number| Counted::Stranger(source("192.0.2.1"), name(number));
    for number in 0..10 {
        assert_eq!(fail(&throttle, one(number), 0), Ok(()));
    }
    assert_eq!(fail(&throttle, one(10), 0), Err(300), "whatever the name");
    assert_eq!(fail(&throttle, one(10), 1), Err(300), "the seconds are whole ones, and enough");
    assert_eq!(fail(&throttle, one(10), 299_000), Err(1));
    assert_eq!(fail(&throttle, one(10), 299_999), Err(1));
    assert_eq!(fail(&throttle, one(10), 300_000), Ok(()));
    assert_eq!(fail(&throttle, one(10), 300_000), Err(300));
    let other = Counted::Stranger(source("192.0.2.2"), name(1));
    assert_eq!(fail(&throttle, other, 0), Ok(()));
}

#[test]
fn thirty_of_a_name_then_one_in_a_minute_wherever_they_come_from() {
    let throttle = Throttle::default();
    for number in 0..30 {
        let counted = Counted::Stranger(source(&format!("192.0.2.{number}")), name(1));
        assert_eq!(fail(&throttle, counted, 0), Ok(()));
    }
    for counted in [Counted::Stranger(None, name(1)), Counted::Stranger(source("198.51.100.1"), name(1))] {
        assert_eq!(fail(&throttle, counted, 0), Err(60));
        assert_eq!(fail(&throttle, counted, 59_999), Err(1));
    }
    assert_eq!(fail(&throttle, Counted::Stranger(None, name(2)), 0), Ok(()));
    assert_eq!(fail(&throttle, Counted::Stranger(None, name(1)), 60_000), Ok(()));
}

#[test]
fn what_succeeds_consumes_nothing_and_what_is_under_way_holds_its_place() {
    let throttle = Throttle::default();
    let counted = Counted::Stranger(source("192.0.2.1"), name(1));
    for _ in 0..1_000 {
        throttle.admit(counted, at(0)).unwrap().forgive();
    }
    assert!(throttle.buckets().sources.entries.is_empty(), "and leaves nothing");
    let mut under_way: Vec<_> = (0..10).map(|_| throttle.admit(counted, at(0)).unwrap()).collect();
    // None has failed yet: whoever waits a moment may be let in.
    assert_eq!(throttle.admit(counted, at(0)).err(), Some(1));
    under_way.pop().unwrap().forgive();
    drop(throttle.admit(counted, at(0)).unwrap());
    assert_eq!(throttle.admit(counted, at(0)).err(), Some(1));
    drop(under_way);
    assert_eq!(throttle.admit(counted, at(0)).err(), Some(300));
}

#[test]
fn a_clock_that_is_set_back_shuts_nobody_out_for_longer() {
    let throttle = Throttle::default();
    let counted = Counted::Stranger(None, name(1));
    for _ in 0..30 {
        assert_eq!(fail(&throttle, counted, 1_000_000_000), Ok(()));
    }
    assert_eq!(fail(&throttle, counted, 0), Err(60));
    assert_eq!(fail(&throttle, counted, 60_000), Ok(()));
}

#[test]
fn memory_is_bounded_and_the_recovered_go_first() {
    let mut table = Table::new(OF_NAME);
    let fail = |table: &mut Table<u64>, key: u64, at: i64| {
        table.change(key, at, |entry| entry.pending += 1);
        table.end(&key, at, true);
    };
    for _ in 0..30 {
        fail(&mut table, 0, 0);
    }
    for key in 1..20_000 {
        fail(&mut table, key, i64::try_from(key).unwrap());
        assert!(table.entries.len() <= CAPACITY);
    }
    assert!(table.wait(&0, 20_000) > 0, "who has failed most is forgotten last");
    fail(&mut table, 20_000, 100_000);
    assert_eq!(table.entries.len(), 2, "all others have recovered");
}

/// What is tried, and when.
fn attempts() -> impl Strategy<Value = Vec<(i64, bool, i64)>> {
    prop::collection::vec((0..60_000_i64, any::<bool>(), 0..90_000_i64), 1..200)
}

proptest! {
    /// However attempts overlap: of those that fail, no span of time sees more than the burst and one per period.
    #[test]
    fn no_more_fail_than_the_burst_and_one_per_period(attempts in attempts()) {
        let throttle = Throttle::default();
        let counted = Counted::Stranger(source("192.0.2.1"), name(1));
        let (mut now, mut under_way, mut failures) = (0, Vec::new(), Vec::new());
        for (pause, fails, lasts) in attempts {
            now += pause / 4;
            let done = under_way.extract_if(.., |(end, _, _): &mut (i64, bool, Attempt<'_>)| *end <= now);
            for (_, fails, attempt) in done {
                if fails { drop(attempt) } else { attempt.forgive() }
            }
            if let Ok(attempt) = throttle.admit(counted, at(now)) {
                if fails { failures.push(now) }
                under_way.push((now + lasts, fails, attempt));
            }
        }
        for (first, from) in failures.iter().enumerate() {
            for (last, to) in failures.iter().enumerate().skip(first) {
                let count = i64::try_from(last - first + 1).unwrap();
                let most = OF_SOURCE.at_once + (to - from) / OF_SOURCE.period;
                prop_assert!(count <= most, "{} from {} to {}", count, from, to);
            }
        }
    }
}
