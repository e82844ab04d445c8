//! A listener: it writes down what it hears, and keeps what would be live by it, as the gate does.

use std::collections::BTreeMap;
use std::sync::Mutex;

use symbolon_core::id::{KeyId, SessionId, TokenId, UserId};
use symbolon_core::name::ServiceName;
use symbolon_core::record::{Enforcement, Key, Session, Token, User};
use symbolon_core::store::{Change, Sink};

/// What is live.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) users: BTreeMap<UserId, User>,
    pub(crate) tokens: BTreeMap<TokenId, Token>,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) keys: BTreeMap<KeyId, Key>,
    pub(crate) enforcement: BTreeMap<ServiceName, Enforcement>,
}

#[derive(Debug, Default)]
pub(crate) struct Mirror {
    heard: Mutex<Vec<Change>>,
    live: Mutex<Live>,
    loads: Mutex<Vec<usize>>,
}

impl Mirror {
    /// Everything heard so far.
    pub(crate) fn heard(&self) -> Vec<Change> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn live(&self) -> Live {
        self.live.lock().unwrap().clone()
    }

    /// How much had been heard at each end of a load.
    pub(crate) fn loads(&self) -> Vec<usize> {
        self.loads.lock().unwrap().clone()
    }
}

impl Sink for Mirror {
    fn apply(&self, change: &Change) {
        self.live.lock().unwrap().apply(change);
        self.heard.lock().unwrap().push(change.clone());
    }

    fn loaded(&self) {
        let heard = self.heard.lock().unwrap().len();
        self.loads.lock().unwrap().push(heard);
    }
}

impl Live {
    fn apply(&mut self, change: &Change) {
        match change.clone() {
            Change::TokenCreated(token) | Change::TokenChanged(token) | Change::TokenOwned(token) => {
                if token.revoked_at.is_some() {
                    self.tokens.remove(&token.id);
                } else {
                    // The last use is no change: the feed may be behind the record in it.
                    self.tokens.insert(token.id, Token { last_used_at: None, ..token });
                }
            }
            Change::UserCreated(user) | Change::UserChanged(user) => {
                self.users.insert(user.id, user);
            }
            Change::UserRemoved(id, _) => {
                self.users.remove(&id);
                self.tokens.retain(|_, token| token.owner != id);
                self.sessions.retain(|_, session| session.user != id);
            }
            Change::SessionStarted(session) => {
                self.sessions.insert(session.id, session);
            }
            Change::SessionEnded(id) => {
                self.sessions.remove(&id);
            }
            Change::SessionsEnded(user) => self.sessions.retain(|_, session| session.user != user),
            Change::KeyRemoved(id) => {
                self.keys.remove(&id);
            }
            Change::EnforcementSwitched(switched) => {
                self.enforcement.insert(switched.service.clone(), switched);
            }
            Change::TokenErased(id, _) => {
                self.tokens.remove(&id);
            }
            Change::KeyCreated(key) | Change::KeyChanged(key) => {
                self.keys.insert(key.id, key);
            }
            Change::EndingTold(..)
            | Change::WebhookRetried(_)
            | Change::AskMade(_)
            | Change::AskAnswered(_) => {}
        }
    }
}

/// What a change is called in the change record, and whose it is.
pub(crate) fn named(change: &Change) -> (String, String) {
    let (kind, id) = match change {
        Change::TokenCreated(token) => ("token.created", token.id.to_string()),
        Change::TokenChanged(token) => ("token.changed", token.id.to_string()),
        Change::TokenOwned(token) => ("token.owned", token.id.to_string()),
        Change::UserCreated(user) => ("user.created", user.id.to_string()),
        Change::UserChanged(user) => ("user.changed", user.id.to_string()),
        Change::UserRemoved(id, _) => ("user.removed", id.to_string()),
        Change::SessionStarted(session) => ("session.started", session.id.to_string()),
        Change::SessionEnded(id) => ("session.ended", id.to_string()),
        Change::SessionsEnded(user) => ("sessions.ended", user.to_string()),
        Change::KeyCreated(key) => ("key.created", key.id.to_string()),
        Change::KeyRemoved(id) => ("key.removed", id.to_string()),
        Change::EnforcementSwitched(switched) => ("enforcement.switched", switched.service.to_string()),
        Change::TokenErased(id, _) => ("token.erased", id.to_string()),
        Change::KeyChanged(key) => ("key.changed", key.id.to_string()),
        Change::EndingTold(token, _) => ("ending.told", token.to_string()),
        Change::WebhookRetried(name) => ("webhook.retried", name.to_string()),
        Change::AskMade(ask) => ("ask.made", ask.id.to_string()),
        Change::AskAnswered(ask) => ("ask.answered", ask.id.to_string()),
    };
    (kind.to_owned(), id)
}

/// Asserts that what was heard are the changes of these records, in their order. Where the sink hears of what holds, a change
/// may have become the end of what it was of, which had ended by then; and an end a beginning, where it was there again.
pub(crate) fn assert_heard(heard: &[Change], records: &[(String, String)], tells_what_holds: bool) {
    const ENDS: [&str; 4] = ["token.erased", "user.removed", "session.ended", "key.removed"];
    assert_eq!(heard.len(), records.len());
    for (heard, (kind, id)) in heard.iter().map(named).zip(records) {
        let of = |kind: &str| kind.split('.').next().map(str::to_owned);
        let ends = |kind: &str| ENDS.contains(&kind);
        let later = tells_what_holds && of(&heard.0) == of(kind) && ends(&heard.0) != ends(kind);
        assert!(heard.1 == *id && (heard.0 == *kind || later), "{heard:?} of {kind} {id}");
    }
}
