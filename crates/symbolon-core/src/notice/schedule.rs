//! When a notice that was not taken is sent again: the example schedule of the specification, with some chance in it.

use jiff::{SignedDuration, Timestamp};

/// How long after each failure, in seconds. The last attempt comes some 76 hours after the first.
const DELAYS: [i64; 9] = [5, 5 * 60, 30 * 60, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
const HOUR: i64 = 3600;
/// The longest wait that a receiver may ask for.
const LONGEST: i64 = 24 * HOUR;

/// When a notice is to be tried again that failed at `now`, for the `attempts`-th time, of what happened at
/// `happened_at`; `None` where it is given up.
///
/// It is given up after the last attempt of the schedule, and before that where what happened is older than the whole
/// schedule: whoever has a receiver that is away for a month waits for the last three days of it, and not for each notice
/// in turn. `asked` is how many seconds the receiver wants left alone (`Retry-After`), at most a day. `chance` adds up to
/// a tenth, so that many who fail together do not come back together.
pub fn retry_at(
    happened_at: Timestamp,
    now: Timestamp,
    attempts: u32,
    asked: Option<u64>,
    chance: u8,
) -> Option<Timestamp> {
    let step = usize::try_from(attempts).unwrap_or(usize::MAX).saturating_sub(1);
    let delay = *DELAYS.get(step)?;
    let whole = SignedDuration::from_secs(DELAYS.iter().sum());
    if now.duration_since(happened_at) > whole {
        return None;
    }
    let asked = asked.map_or(0, |seconds| i64::try_from(seconds).unwrap_or(LONGEST).min(LONGEST));
    let more = delay * 1_000 * i64::from(chance) / (10 * 256);
    let delay = SignedDuration::from_secs(delay.max(asked)) + SignedDuration::from_millis(more);
    now.checked_add(delay).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The specification's own table, "Time since start".
    #[test]
    fn attempts_come_as_the_specification_has_them() {
        let mut now = at(0);
        let mut moments = Vec::new();
        for attempts in 1..=9 {
            now = retry_at(at(0), now, attempts, None, 0).unwrap();
            moments.push(now.as_second());
        }
        let clock = |hours: i64, minutes: i64| hours * 3600 + minutes * 60 + 5;
        let expected = [
            5,
            clock(0, 5),
            clock(0, 35),
            clock(2, 35),
            clock(7, 35),
            clock(17, 35),
            clock(31, 35),
            clock(51, 35),
            clock(75, 35),
        ];
        assert_eq!(moments, expected);
        assert_eq!(retry_at(at(0), now, 10, None, 0), None);
    }

    #[test]
    fn what_is_older_than_the_schedule_is_tried_once() {
        assert!(retry_at(at(0), at(75 * HOUR), 1, None, 0).is_some());
        assert_eq!(retry_at(at(0), at(76 * HOUR), 1, None, 0), None);
    }

    #[test]
    fn a_receiver_may_ask_for_a_day_and_chance_adds_a_tenth_at_most() {
        let wait = |asked, chance| retry_at(at(0), at(0), 2, asked, chance).unwrap().as_millisecond();
        assert_eq!(wait(Some(7), 0), 300_000);
        assert_eq!(wait(Some(1_000), 0), 1_000_000);
        assert_eq!(wait(Some(u64::MAX), 0), 86_400_000);
        assert_eq!(wait(None, 255), 329_882);
    }
}
