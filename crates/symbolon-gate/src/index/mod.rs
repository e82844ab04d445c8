//! Everything live, in memory, by what it is looked up with. Read without a lock by every check; written by the
//! store's change feed alone, in the order of the commits.

mod buckets;
mod children;
mod granted;
mod people;
mod record;
mod table;
#[cfg(test)]
mod tests;
mod tokens;
mod uses;
mod view;

use std::cell::OnceCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use papaya::HashMap;
use symbolon_core::Timestamp;
use symbolon_core::decision::{Directory as _, Place};
use symbolon_core::digest::Digest;
use symbolon_core::id::{KeyId, SessionId, TokenId, UserId};
use symbolon_core::lease::Held;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{self as kept, Enforcement, Session, Token, User};
use symbolon_core::store::Change;

use crate::foreign::Foreign;
use crate::hash::ByDigest;
use crate::keys::Outdated;
use crate::services::Services;
use people::People;
use record::Record;
use table::{At, Key};
use tokens::{Pen, Tokens, Writing};

pub(crate) use view::View;

/// The index.
#[derive(Default)]
pub(crate) struct Index {
    tokens: Tokens,
    /// Those that nobody has used since they were imported.
    foreign: Foreign,
    people: People,
    sessions: HashMap<SessionId, Session>,
    keys: HashMap<Digest, kept::Key, ByDigest>,
    enforcement: HashMap<ServiceName, Enforcement>,
    /// Secrets that were found under a former pepper.
    pub(crate) outdated: Outdated,
    loaded: AtomicBool,
    pen: Pen,
}

impl Index {
    /// Applies one committed change, under the services that are in force by then.
    pub(crate) fn apply(&self, change: &Change, services: &ArcSwap<Services>) {
        let mut writing = self.pen.take();
        self.write(&mut writing, change, &services.load());
    }

    /// The same for many, which take the pen once.
    pub(crate) fn apply_all(&self, changes: &[Change], services: &ArcSwap<Services>) {
        self.tokens.touch(changes.iter().filter_map(|change| match change {
            Change::TokenCreated(token) => Some(token),
            _ => None,
        }));
        let mut writing = self.pen.take();
        let services = services.load();
        for change in changes {
            self.write(&mut writing, change, &services);
        }
    }

    /// Makes room for about so many tokens.
    pub(crate) fn expect(&self, tokens: usize) {
        self.tokens.expect(&self.pen.take(), tokens);
    }

    fn write(&self, writing: &mut Writing, change: &Change, services: &Services) {
        match change {
            Change::TokenCreated(token) | Change::TokenChanged(token) | Change::TokenOwned(token) => {
                self.tokens.put(writing, &self.people, services, token);
                // In this order: an upgraded token is known by its digest before it is no candidate any more.
                self.foreign.put(token);
            }
            Change::UserCreated(user) | Change::UserChanged(user) => {
                self.people.put(Arc::new(user.clone()), services.catalogs());
            }
            Change::UserRemoved(id, _) => {
                // First the user: from here on nothing of theirs passes. The rest only frees memory.
                let number = self.people.remove(*id);
                self.sessions.pin().retain(|_, session| session.user != *id);
                self.foreign.remove_of(*id);
                if let Some(number) = number {
                    self.tokens.remove_of(writing, number);
                }
            }
            Change::SessionStarted(session) => {
                self.sessions.pin().insert(session.id, session.clone());
            }
            Change::SessionEnded(id) => {
                self.sessions.pin().remove(id);
            }
            Change::SessionsEnded(user) => self.sessions.pin().retain(|_, session| session.user != *user),
            Change::KeyCreated(key) => {
                self.keys.pin().insert(key.digest.0, key.clone());
            }
            Change::KeyRemoved(id) => {
                self.remove_key(*id);
            }
            Change::EnforcementSwitched(switched) => {
                self.enforcement.pin().insert(switched.service.clone(), switched.clone());
            }
            Change::TokenErased(id, _) => {
                self.tokens.remove(writing, *id);
                self.foreign.remove(*id);
            }
            Change::KeyChanged(key) => {
                // Known under both digests until the old one is taken away.
                let keys = self.keys.pin();
                keys.insert(key.digest.0, key.clone());
                keys.retain(|digest, known| known.id != key.id || *digest == key.digest.0);
            }
            // No check depends on what was told of it, or to whom.
            Change::EndingTold(..)
            | Change::WebhookRetried(_)
            | Change::AskMade(_)
            | Change::AskAnswered(_) => {}
        }
    }

    /// Puts services in force. Whatever has a rate under them has a meter before; what is not resolved under them yet is
    /// resolved by each check for itself.
    pub(crate) fn exchange(&self, current: &ArcSwap<Services>, next: Services) {
        let mut writing = self.pen.take();
        self.tokens.admit(&mut writing, &self.people, &next);
        let next = Arc::new(next);
        current.store(next.clone());
        self.tokens.resolve(&next);
        self.people.resolve(&next);
    }

    /// Takes a token out, whatever is known of it.
    pub(crate) fn remove_token(&self, id: TokenId) {
        let mut writing = self.pen.take();
        self.foreign.remove(id);
        self.tokens.remove(&mut writing, id);
    }

    /// Takes a key out.
    pub(crate) fn remove_key(&self, id: KeyId) {
        self.keys.pin().retain(|_, key| key.id != id);
    }

    /// Forgets sessions that have ended; they are refused already.
    pub(crate) fn prune(&self, live: impl Fn(&Session) -> bool) {
        self.sessions.pin().retain(|_, session| live(session));
    }

    /// Forgets everything live, for it is about to be loaded anew. To be called while nobody may answer from it. Uses that
    /// were noted and not taken yet stay.
    pub(crate) fn clear(&self) {
        let mut writing = self.pen.take();
        self.loaded.store(false, Ordering::Release);
        self.people.clear();
        self.sessions.pin().clear();
        self.keys.pin().clear();
        self.enforcement.pin().clear();
        self.foreign.clear();
        self.tokens.clear(&mut writing);
    }

    pub(crate) fn set_loaded(&self) {
        self.loaded.store(true, Ordering::Release);
    }

    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    /// The tokens in the index.
    pub(crate) fn len(&self) -> usize {
        self.pen.take().live() + self.foreign.len()
    }

    /// Those that nobody has used since they were imported.
    pub(crate) fn foreign(&self) -> &Foreign {
        &self.foreign
    }

    /// The users and the sessions in the index.
    pub(crate) fn people(&self) -> (usize, usize) {
        (self.people.count(), self.sessions.pin().len())
    }

    /// The record of a token that is here, to be shown: without the digest, which is not kept whole.
    pub(crate) fn record(&self, id: TokenId) -> Option<Token> {
        let whole = |at, record: &Record| self.tokens.whole(&self.people, at, record);
        self.tokens.table.look(Key::id(id), whole).map(|token| Token { digest: None, ..token })
    }

    /// Notes a use of a token, wherever it lies by now.
    pub(crate) fn note_use(&self, id: TokenId, place: &Place, now: Timestamp) {
        let (table, millis) = (&self.tokens.table, now.as_millisecond());
        if !table.note(At::unpack(place.at), millis) {
            // One that is gone is used no more.
            let _ = table.look(Key::id(id), |at, _| table.note(at, millis).then_some(()));
        }
    }

    /// At most `limit` of the uses that nobody has taken yet.
    pub(crate) fn take_uses(&self, limit: usize) -> Vec<(TokenId, Timestamp)> {
        self.tokens.take_uses(limit)
    }

    /// Whether a token has this digest.
    pub(crate) fn knows(&self, digest: &Digest) -> bool {
        self.view(None).token(digest).is_some()
    }

    /// The key of this id. Looks at all of them, which are few.
    pub(crate) fn key(&self, id: KeyId) -> Option<kept::Key> {
        self.keys.pin().values().find(|key| key.id == id).cloned()
    }

    /// The user of this id.
    pub(crate) fn user(&self, id: UserId) -> Option<Arc<User>> {
        self.people.of_id(id).map(|known| known.user.clone())
    }

    /// The session of this id.
    pub(crate) fn session(&self, id: SessionId) -> Option<Session> {
        self.sessions.pin().get(&id).cloned()
    }

    /// What somebody has switched for this service.
    pub(crate) fn switched(&self, service: &ServiceName) -> Option<Enforcement> {
        self.enforcement.pin().get(service).cloned()
    }

    /// Holds what is looked up in place for as long as the view lives. `held`: the lease under which it is looked at.
    pub(crate) fn view(&self, held: Option<Held>) -> View<'_> {
        View {
            index: self,
            held,
            extras: OnceCell::new(),
            others: OnceCell::new(),
            sessions: OnceCell::new(),
            keys: OnceCell::new(),
        }
    }
}
