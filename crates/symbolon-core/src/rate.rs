//! How many requests in how much time, as people write it (`100/1m`), and the meter that holds them to it.
//!
//! The meter is the generic cell rate algorithm (ITU-T I.371) in its virtual scheduling form: one number, the theoretical
//! arrival time, says all that is past. A request moves it on by one interval; one that finds it too far ahead is refused
//! and moves nothing.
//!
//! The stated number holds in **any** window, and not only in those that begin at some minute's start. Of the `count`
//! requests that a rate admits in its period, `burst` may come at once, and the others find their place one interval after
//! the other. The interval is `period / (count - burst + 1)`, rounded up: then the requests of a half-open window as long as
//! the period are at most `burst + ceil(period / interval) - 1`, which is no more than `count`.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use crate::lifetime::Lifetime;

const MICROS: i64 = 1_000_000;
/// How far the `now` of two threads may be apart, in microseconds. One that waits for longer between reading the clock and
/// asking the meter may find a place too many.
const APART: i64 = 10 * MICROS;
const MAX_COUNT: u32 = 100_000;
const MAX_SECONDS: i64 = 86_400;

/// So many requests in any window of so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    seconds: u32,
    burst: u32,
}

/// A text that is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a rate is a number of requests and a time, such as 100/1m: 1 to 100000 in 1s to 1d; a fifth of them may come at once, \
     or as many as is said, at most half: 100/1m burst 50"
)]
pub struct RateFault;

impl Rate {
    /// A rate, if its numbers are within bounds: 1 to 100,000 requests in a second to a day, of which at most half, rounded
    /// up, come at once. Where `burst` is not said it is a fifth, rounded up.
    pub fn new(count: u32, seconds: u32, burst: Option<u32>) -> Result<Self, RateFault> {
        let bounded = (1..=MAX_COUNT).contains(&count) && (1..=MAX_SECONDS).contains(&i64::from(seconds));
        let burst = burst.unwrap_or_else(|| Self::usual_burst(count));
        if !bounded || !(1..=count.div_ceil(2)).contains(&burst) {
            return Err(RateFault);
        }
        Ok(Self { count, seconds, burst })
    }

    fn usual_burst(count: u32) -> u32 {
        count.div_ceil(5)
    }

    /// The most requests in any window of [`Rate::seconds`].
    pub fn count(self) -> u32 {
        self.count
    }

    /// The window, in seconds.
    pub fn seconds(self) -> u32 {
        self.seconds
    }

    /// How many of them may come at once.
    pub fn burst(self) -> u32 {
        self.burst
    }

    fn period(self) -> i64 {
        i64::from(self.seconds) * MICROS
    }

    /// From one place to the next, in microseconds.
    fn interval(self) -> i64 {
        let steady = i64::from(self.count - self.burst) + 1;
        (self.period() + steady - 1) / steady
    }

    /// Whether whatever this rate admits, the other admits too.
    pub fn is_within(self, other: Self) -> bool {
        self.burst <= other.burst && self.interval() >= other.interval()
    }

    /// What becomes of a request at `now` where the theoretical arrival time is `ahead_to`, in microseconds since 1970; and
    /// that time afterwards.
    ///
    /// A time further ahead than this rate could have brought it is of another rate, or of a clock that was set back since:
    /// it then stands for a meter that has just admitted all.
    fn step(self, ahead_to: i64, now: Timestamp) -> (i64, Metered) {
        let (now, interval) = (now.as_microsecond(), self.interval());
        let full = i64::from(self.burst) * interval;
        let foreign = ahead_to > now.saturating_add(full + APART);
        let taken = if foreign { full } else { ahead_to.saturating_sub(now).max(0) };
        let wait = taken - (full - interval);
        if wait > 0 {
            let stays = if foreign { now.saturating_add(full) } else { ahead_to };
            return (stays, Metered::Refused(Quota { rate: self, remaining: 0, more_in: seconds(wait) }));
        }
        let taken = taken + interval;
        let remaining = (full - taken) / interval;
        let more_in = seconds(taken - (full - (remaining + 1) * interval));
        let remaining = u32::try_from(remaining).unwrap_or(u32::MAX);
        (now.saturating_add(taken), Metered::Admitted(Quota { rate: self, remaining, more_in }))
    }
}

/// Whole seconds, and enough of them.
fn seconds(micros: i64) -> u32 {
    let seconds = micros.max(0).unsigned_abs().div_ceil(MICROS.unsigned_abs());
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

impl FromStr for Rate {
    type Err = RateFault;

    fn from_str(text: &str) -> Result<Self, RateFault> {
        let (rate, burst) = match text.split_once(" burst ") {
            Some((rate, burst)) => (rate, Some(number(burst)?)),
            None => (text, None),
        };
        let (count, time) = rate.split_once('/').ok_or(RateFault)?;
        let Ok(Lifetime::Seconds(seconds)) = time.parse() else { return Err(RateFault) };
        Self::new(number(count)?, u32::try_from(seconds).map_err(|_| RateFault)?, burst)
    }
}

fn number(digits: &str) -> Result<u32, RateFault> {
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    number.ok_or(RateFault)
}

impl fmt::Display for Rate {
    /// As it is written, and without a burst that is the usual one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, Lifetime::Seconds(i64::from(self.seconds)))?;
        if self.burst == Self::usual_burst(self.count) { Ok(()) } else { write!(f, " burst {}", self.burst) }
    }
}

/// What a meter says of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Metered {
    /// It had a place.
    Admitted(Quota),
    /// It had none, and took none.
    Refused(Quota),
}

/// How a caller stands with a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The rate.
    pub rate: Rate,
    /// How many more would be admitted now.
    pub remaining: u32,
    /// After how many whole seconds there is one more than that.
    pub more_in: u32,
}

/// How far one caller, or all of a service together, are into a rate. Eight bytes; shared by as many threads as like, and
/// none waits for another. It does not know the rate, which may become another while what is taken stays taken.
#[derive(Debug)]
pub struct Meter(AtomicI64);

impl Default for Meter {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Meter {
    /// Takes a place at `now`, if there is one. The threads' `now` need not come in order.
    pub fn take(&self, rate: Rate, now: Timestamp) -> Metered {
        // All that is decided by is this one number, and every change of it is an exchange: no order among other memory
        // is needed.
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let (next, metered) = rate.step(seen, now);
            if next == seen {
                return metered;
            }
            match self.0.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return metered,
                Err(other) => seen = other,
            }
        }
    }

    /// Whether what was taken still counts at `now`; one where it does not is as good as a new one.
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        self.0.load(Ordering::Relaxed) > now.as_microsecond()
    }

    /// Gives a place back that was taken and not used.
    pub fn give_back(&self, rate: Rate) {
        self.0.fetch_sub(rate.interval(), Ordering::Relaxed);
    }
}

/// The meters of one token.
#[derive(Debug, Default)]
pub struct Meters {
    /// Of all its requests.
    pub all: Meter,
    /// Of those that change something.
    pub changes: Meter,
}

#[cfg(test)]
mod tests;
