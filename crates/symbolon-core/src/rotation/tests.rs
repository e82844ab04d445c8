//! Rotations in any order, with answers that are lost: what works, and until when.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn secret(number: u8) -> (Digest, u32) {
    (Digest::from_bytes([number; 32]), 1)
}

/// What happens to a token.
#[derive(Debug, Clone, Copy)]
enum Step {
    Rotate(OldEnds),
    /// The present secret is used: its answer arrived.
    Use,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u32..100).prop_map(|s| Step::Rotate(OldEnds::AfterFirstUse(Grace::seconds(s).unwrap()))),
        (1_i64..200).prop_map(|s| Step::Rotate(OldEnds::At(at(s)))),
        Just(Step::Rotate(OldEnds::Now)),
        Just(Step::Use),
        (1_i64..60).prop_map(Step::Wait),
    ]
}

/// A token as the rules see it, with what its secrets would open.
struct Case {
    rotation: Rotation,
    present: (Digest, u32),
    first_use: Option<Timestamp>,
    now: i64,
    made: u8,
}

impl Case {
    fn new() -> Self {
        Self { rotation: Rotation::default(), present: secret(0), first_use: None, now: 0, made: 0 }
    }

    fn rotate(&mut self, ends: OldEnds) {
        self.rotate_by(ends, None);
    }

    /// With the end that the token had until now.
    fn rotate_by(&mut self, ends: OldEnds, end: Option<i64>) {
        let end = end.map(at);
        self.rotation = self.rotation.turned(Some(self.present), self.first_use, ends, end, at(self.now));
        self.made += 1;
        self.present = secret(self.made);
        self.first_use = None;
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Rotate(ends) => self.rotate(ends),
            Step::Use => {
                self.first_use.get_or_insert(at(self.now));
            }
            Step::Wait(seconds) => self.now += seconds,
        }
    }

    fn works(&self, number: u8) -> bool {
        let digest = secret(number).0;
        let old = self.rotation.old.is_some_and(|old| old.digest.0 == digest);
        digest == self.present.0 || (old && self.rotation.old_works(self.first_use, at(self.now)))
    }

    fn working(&self) -> Vec<u8> {
        (0..=self.made).filter(|number| self.works(*number)).collect()
    }
}

proptest! {
    #[test]
    fn never_a_third_works_nor_one_that_was_retired(steps in prop::collection::vec(step(), 0..40)) {
        let mut case = Case::new();
        let mut dead = Vec::new();
        for step in steps {
            let at_once = matches!(step, Step::Rotate(OldEnds::Now));
            case.apply(step);
            let working = case.working();
            prop_assert!(working.len() <= 2 && working.contains(&case.made), "{working:?}");
            prop_assert!(!at_once || working == [case.made], "{working:?}");
            // What has ended does not come back.
            prop_assert!(dead.iter().all(|number| !working.contains(number)), "{working:?} {dead:?}");
            dead = (0..=case.made).filter(|number| !working.contains(number)).collect();
            let known = case.rotation.others().filter(|(_, which)| *which == Which::Retired).count();
            prop_assert!(known <= MAX_RETIRED);
        }
    }

    /// Whatever was before: whoever has a working secret keeps it over rotations whose answers are all lost, for as long as
    /// each of them asked.
    #[test]
    fn who_loses_every_answer_keeps_what_they_have(
        before in prop::collection::vec(step(), 0..20), lost in 1_usize..5, grace in 0_u32..100, wait in 0_i64..1_000,
    ) {
        let mut case = Case::new();
        for step in before {
            case.apply(step);
        }
        let held = case.made;
        case.apply(Step::Use);
        for _ in 0..lost {
            case.rotate(OldEnds::AfterFirstUse(Grace::seconds(grace).unwrap()));
            case.now += wait;
            prop_assert!(case.works(held));
        }
        // When an answer arrives at last, the time runs, to the second.
        case.apply(Step::Use);
        let first = case.now;
        case.now = first + i64::from(grace);
        prop_assert!(!case.works(held));
        if grace > 0 {
            case.now -= 1;
            prop_assert!(case.works(held));
        }
    }

    #[test]
    fn the_moment_and_the_end_of_the_token_bound_the_old_secret(
        end in 1_i64..500, last in 1_i64..500, used in any::<bool>(), when in 0_i64..600,
    ) {
        let mut case = Case::new();
        case.rotation = case.rotation.turned(Some(case.present), None, OldEnds::At(at(end)), Some(at(last)), at(0));
        (case.present, case.made) = (secret(1), 1);
        if used {
            case.apply(Step::Use);
        }
        case.now = when;
        prop_assert_eq!(case.works(0), when < end.min(last));
    }
}

proptest! {
    /// However often it is rotated afterwards, and whatever end the token is given by that.
    #[test]
    fn an_old_secret_does_not_outlive_the_end_that_the_token_had(
        end in 1_i64..100, later in prop::collection::vec((1_i64..50, 1_i64..1_000), 1..5),
    ) {
        let mut case = Case::new();
        case.rotate_by(OldEnds::AfterFirstUse(Grace::DEFAULT), Some(end));
        for (wait, longer) in later {
            case.now += wait;
            case.rotate_by(OldEnds::AfterFirstUse(Grace::DEFAULT), Some(end + longer));
            prop_assert_eq!(case.works(0), case.now < end);
            if case.now >= end {
                break;
            }
        }
    }
}

#[test]
fn a_grace_is_read_as_it_is_printed() {
    for (text, seconds) in [("0s", 0), ("0d", 0), ("1h", 3_600), ("90s", 90), ("30d", 2_592_000)] {
        assert_eq!(text.parse::<Grace>().map(Grace::as_seconds), Ok(seconds), "{text}");
    }
    for text in ["", "s", "none", "31d", "1", "-1s", "1y"] {
        assert!(text.parse::<Grace>().is_err(), "{text}");
    }
    assert_eq!([0, 90, 7_200].map(|s| Grace::seconds(s).unwrap().to_string()), ["0s", "90s", "2h"]);
}

#[test]
fn the_first_use_is_told_once_and_reuse_once_an_hour() {
    let seen = SecretUse::new(&Rotation::default());
    assert_eq!(
        (seen.first(), seen.note(at(5)), seen.note(at(6)), seen.first()),
        (None, true, false, Some(at(5)))
    );
    assert!(seen.note_reuse(at(10)) && !seen.note_reuse(at(3_609)) && seen.note_reuse(at(3_610)));
    let fresh = SecretUse::new(&Rotation::default());
    let threads: usize = std::thread::scope(|scope| {
        let seen = &fresh;
        let each = (0..8).map(|_| scope.spawn(move || usize::from(seen.note(at(1)))));
        each.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(threads, 1);
    let known = Rotation { reused_at: Some(at(10) + SignedDuration::from_secs(1)), ..Rotation::default() };
    assert!(!SecretUse::new(&known).note_reuse(at(20)));
}
