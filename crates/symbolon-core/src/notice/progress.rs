//! What becomes of a webhook when something was sent to it.

use jiff::Timestamp;

use super::retry_at;
use crate::store::WebhookState;

/// How a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status, or a word for why there was none.
    pub said: String,
    /// What follows from it.
    pub meaning: Meaning,
}

/// What follows from an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// 2xx: the notice was taken.
    Taken,
    /// 410: nothing more is wanted, until somebody says otherwise.
    Gone,
    /// Anything else, or nothing.
    Failed {
        /// For how many seconds the receiver wants to be left alone.
        retry_after: Option<u64>,
    },
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Delivered,
    /// It is tried again later.
    Failed,
    /// It is tried no more; the next one is.
    GivenUp,
    /// The receiver is gone. The notice waits until somebody says that it is there again.
    Disabled,
}

/// The next state of a webhook to which the notice of line `seq` was sent, of what happened at `happened_at`; and what
/// became of the notice. `now` is after the attempt; `chance` is as for [`retry_at`].
pub fn progress(
    state: WebhookState,
    (seq, happened_at): (u64, Timestamp),
    answer: &Answer,
    now: Timestamp,
    chance: u8,
) -> (WebhookState, Outcome) {
    // Lines in between were nothing for it.
    let state = state.past(seq.saturating_sub(1));
    let attempts = state.attempts.saturating_add(1);
    let sent = WebhookState {
        last_at: Some(now),
        last_answer: Some(answer.said.clone()),
        next_at: None,
        revision: state.revision + 1,
        ..state
    };
    let done = sent.clone().past(seq);
    let waits = WebhookState { attempts, waiting_since: Some(happened_at), ..sent };
    match answer.meaning {
        Meaning::Taken => (done, Outcome::Delivered),
        Meaning::Gone => (WebhookState { disabled_at: Some(now), ..waits }, Outcome::Disabled),
        Meaning::Failed { retry_after } => match retry_at(happened_at, now, attempts, retry_after, chance) {
            Some(at) => (WebhookState { next_at: Some(at), ..waits }, Outcome::Failed),
            None => (done, Outcome::GivenUp),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn fresh() -> WebhookState {
        WebhookState {
            name: "a".parse().unwrap(),
            position: 3,
            attempts: 0,
            waiting_since: None,
            next_at: None,
            last_at: None,
            last_answer: None,
            disabled_at: None,
            revision: 1,
        }
    }

    fn answered(state: WebhookState, meaning: Meaning, now: i64) -> (WebhookState, Outcome) {
        progress(state, (9, at(100)), &Answer { said: "x".to_owned(), meaning }, at(now), 0)
    }

    const FAILED: Meaning = Meaning::Failed { retry_after: None };

    #[test]
    fn what_was_taken_is_done_with_and_what_failed_waits() {
        let (waiting, outcome) = answered(fresh(), FAILED, 110);
        assert_eq!((outcome, waiting.position, waiting.attempts), (Outcome::Failed, 8, 1));
        assert_eq!((waiting.next_at, waiting.waiting_since), (Some(at(115)), Some(at(100))));
        let (done, outcome) = answered(waiting, Meaning::Taken, 115);
        assert_eq!((outcome, done.position, done.attempts, done.revision), (Outcome::Delivered, 9, 0, 3));
        assert_eq!((done.next_at, done.waiting_since, done.last_at), (None, None, Some(at(115))));
    }

    #[test]
    fn after_the_last_attempt_the_next_line_has_its_turn() {
        let (mut state, mut now, mut outcomes) = (fresh(), 100, Vec::new());
        while state.position < 9 {
            let (next, outcome) = answered(state, FAILED, now);
            now = next.next_at.map_or(now, Timestamp::as_second);
            (state, outcomes) = (next, [outcomes, vec![outcome]].concat());
        }
        assert_eq!(outcomes.len(), 10);
        assert_eq!(outcomes.pop(), Some(Outcome::GivenUp));
        assert_eq!((state.attempts, state.next_at, state.waiting_since), (0, None, None));
    }

    #[test]
    fn what_it_waited_for_and_wants_no_more_does_not_count_for_the_next() {
        let waiting = WebhookState {
            position: 5,
            attempts: 9,
            waiting_since: Some(at(1)),
            next_at: Some(at(2)),
            ..fresh()
        };
        let (state, outcome) = answered(waiting, FAILED, 110);
        assert_eq!((outcome, state.attempts, state.waiting_since), (Outcome::Failed, 1, Some(at(100))));
    }

    #[test]
    fn a_receiver_that_is_gone_keeps_its_notice() {
        let (state, outcome) = answered(fresh(), Meaning::Gone, 110);
        assert_eq!((outcome, state.position, state.disabled_at), (Outcome::Disabled, 8, Some(at(110))));
    }
}
