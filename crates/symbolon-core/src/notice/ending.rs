//! When something is told of a token's end.

use jiff::{SignedDuration, Timestamp};

use super::Event;

/// So many days before a token's end it is told that it ends.
const BEFORE: [u8; 3] = [1, 7, 30];

/// What was told of a token's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The end that it had.
    pub expires_at: Timestamp,
    /// In how many days that would be, at most: 30, 7 or 1; 0 for the end itself.
    pub days: u8,
}

impl Told {
    /// What the audit and the webhooks call it.
    pub fn event(self) -> Event {
        if self.days == 0 { Event::Expired } else { Event::Expiring }
    }

    /// How long before the first token's end there is anything to tell of it.
    pub fn horizon() -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(BEFORE[BEFORE.len() - 1]))
    }
}

/// What there is to tell at `now` of a token made at `created_at` that ends at `expires_at`, where `told` was told last.
///
/// Of several moments that have passed, the last alone: whoever was away for a month is not told of each. A moment that
/// passed before the token was made is none: of a token of an hour nobody is told that it ends within a day. Another end
/// is told anew.
pub fn due(created_at: Timestamp, expires_at: Timestamp, told: Option<Told>, now: Timestamp) -> Option<Told> {
    let passed = |days: u8| {
        let before = SignedDuration::from_hours(24 * i64::from(days));
        expires_at.checked_sub(before).is_ok_and(|moment| created_at < moment && moment <= now)
    };
    let days = if expires_at <= now { 0 } else { BEFORE.into_iter().find(|days| passed(*days))? };
    let so_already = told.is_some_and(|told| told.expires_at == expires_at && told.days <= days);
    (!so_already).then_some(Told { expires_at, days })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 86_400;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn days(created: i64, end: i64, now: i64) -> Option<u8> {
        due(at(created), at(end), None, at(now)).map(|told| told.days)
    }

    #[test]
    fn each_moment_is_told_at_its_very_second() {
        let end = 100 * DAY;
        for (before, told) in [
            (30 * DAY + 1, None),
            (30 * DAY, Some(30)),
            (7 * DAY + 1, Some(30)),
            (7 * DAY, Some(7)),
            (DAY + 1, Some(7)),
            (DAY, Some(1)),
            (1, Some(1)),
            (0, Some(0)),
            (-1000 * DAY, Some(0)),
        ] {
            assert_eq!(days(0, end, end - before), told, "{before}");
        }
    }

    #[test]
    fn a_token_is_told_of_moments_that_it_has_lived_to_see() {
        assert_eq!(days(0, 3600, 10), None, "an hour");
        assert_eq!(days(0, 3600, 3600), Some(0));
        assert_eq!(days(0, 7 * DAY, 0), None, "a week, from its first second");
        assert_eq!(days(0, 7 * DAY, 6 * DAY), Some(1));
        assert_eq!(days(0, 30 * DAY, 23 * DAY), Some(7));
    }

    #[test]
    fn another_end_is_told_anew() {
        let told = Some(Told { expires_at: at(50 * DAY), days: 1 });
        assert_eq!(due(at(0), at(50 * DAY), told, at(49 * DAY)), None);
        let later = Told { expires_at: at(60 * DAY), days: 30 };
        assert_eq!(due(at(0), at(60 * DAY), told, at(49 * DAY)), Some(later));
    }

    proptest! {
        /// Whenever it is looked: the days only go down, none is told twice, and the end is always told.
        #[test]
        fn looked_at_again_and_again_each_is_told_once(
            life in 1..100_i64 * DAY, mut looks in prop::collection::vec(0..200_i64 * DAY, 0..20),
        ) {
            looks.sort_unstable();
            looks.push(200 * DAY);
            let mut told: Vec<Told> = Vec::new();
            for now in looks {
                if let Some(next) = due(at(0), at(life), told.last().copied(), at(now)) {
                    prop_assert!(at(life).duration_since(at(now)) <= SignedDuration::from_hours(24 * i64::from(next.days)));
                    told.push(next);
                    prop_assert_eq!(due(at(0), at(life), Some(next), at(now)), None);
                }
            }
            prop_assert!(told.windows(2).all(|pair| pair[0].days > pair[1].days));
            prop_assert_eq!(told.last().unwrap().event(), Event::Expired);
        }
    }
}
