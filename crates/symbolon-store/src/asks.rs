//! What both databases say of asks alike: how they are written, and why not.

use jiff::{SignedDuration, Timestamp};
use symbolon_core::ask::{Answer, Ask, KEPT, Said};
use symbolon_core::lifetime::Lifetime;

use crate::fault::{Fault, conflict, missing};
use crate::writing::scopes;

/// The time in which it is counted how often a token asks.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How long something is to be lent, in seconds, of an ask that is new.
pub(crate) fn new<E>(ask: &Ask) -> Result<i64, Fault<E>> {
    match ask.lasts {
        _ if ask.answer.is_some() => Err(conflict("nobody has answered a new ask")),
        Lifetime::Seconds(seconds) => Ok(seconds),
        Lifetime::Never => Err(conflict("what is lent has an end")),
    }
}

/// The moment after which another ask counts, in milliseconds.
pub(crate) fn day_before(ask: &Ask) -> i64 {
    ask.made_at.saturating_sub(DAY).unwrap_or(Timestamp::MIN).as_millisecond()
}

/// The columns of an answer.
pub(crate) struct Answered<'a> {
    pub(crate) word: &'static str,
    pub(crate) lent: Option<String>,
    pub(crate) until: Option<i64>,
    pub(crate) by: &'a str,
    pub(crate) at: i64,
    pub(crate) note: &'a str,
}

/// Those of an ask that was answered.
pub(crate) fn answered<E>(ask: &Ask) -> Result<Answered<'_>, Fault<E>> {
    let Some(Answer { said, by, at, note }) = &ask.answer else {
        return Err(conflict("an ask that was answered has an answer"));
    };
    let (word, lent, until) = match said {
        Said::Approved { scopes: lent, until } => {
            ("approved", Some(scopes(lent)), Some(until.as_millisecond()))
        }
        Said::Denied => ("denied", None, None),
        Said::Withdrawn => ("withdrawn", None, None),
    };
    Ok(Answered { word, lent, until, by, at: at.as_millisecond(), note })
}

/// Why an ask was not made: its token is not there (`token` is whether it is), or has asked too often.
pub(crate) fn not_made<E>(token: bool) -> Fault<E> {
    if token {
        conflict("that token has asked as often as one may in a day; wait, or speak with whoever answers")
    } else {
        missing("the token")
    }
}

/// Why an ask was not answered; `there` is whether it is there.
pub(crate) fn not_answered<E>(there: bool) -> Fault<E> {
    if there { conflict("that ask was changed meanwhile") } else { missing("that ask") }
}

/// The last moment, in milliseconds, whose asks are kept no longer.
pub(crate) fn kept_since(now: Timestamp) -> i64 {
    now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN).as_millisecond()
}
