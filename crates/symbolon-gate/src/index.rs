//! Everything live, in memory, by what it is looked up with. Read without a lock by every check; written by the
//! store's change feed alone, in the order of the commits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use papaya::{HashMap, LocalGuard};
use symbolon_core::decision::{Directory, LiveToken, Redigest};
use symbolon_core::digest::Digest;
use symbolon_core::id::{KeyId, SessionId, TokenId, UserId};
use symbolon_core::last_use::LastUse;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{Enforcement, Key, Session, Token, User};
use symbolon_core::rotation::{SecretUse, Which};
use symbolon_core::store::Change;

use crate::foreign::Foreign;
use crate::hash::ByDigest;
use crate::keys::Outdated;

/// The index.
#[derive(Default)]
pub(crate) struct Index {
    /// By the digests of all its secrets that are known, retired ones too: their use is to be noticed.
    tokens: HashMap<Digest, LiveToken, ByDigest>,
    /// Where a token is found when all that is known is which, by its present secret: a tombstone has no digest.
    digests: HashMap<TokenId, Digest>,
    /// Those that nobody has used since they were imported.
    foreign: Foreign,
    users: HashMap<UserId, Arc<User>>,
    sessions: HashMap<SessionId, Session>,
    keys: HashMap<Digest, Key, ByDigest>,
    enforcement: HashMap<ServiceName, Enforcement>,
    /// Secrets that were found under a former pepper.
    pub(crate) outdated: Outdated,
    loaded: AtomicBool,
}

impl Index {
    /// Applies one committed change. `live` resolves a token's scopes.
    pub(crate) fn apply(&self, change: &Change, live: impl Fn(Arc<Token>, Arc<LastUse>) -> LiveToken) {
        match change {
            Change::TokenCreated(token) | Change::TokenChanged(token) | Change::TokenOwned(token) => {
                self.put_token(token, live);
            }
            Change::UserCreated(user) | Change::UserChanged(user) => {
                self.users.pin().insert(user.id, Arc::new(user.clone()));
            }
            Change::UserRemoved(id, _) => {
                // First the user: from here on nothing of theirs passes. The rest only frees memory.
                self.users.pin().remove(id);
                self.sessions.pin().retain(|_, session| session.user != *id);
                let (tokens, digests) = (self.tokens.pin(), self.digests.pin());
                self.foreign.remove_of(*id);
                tokens.retain(|_, entry| {
                    let stays = entry.token.owner != *id;
                    if !stays {
                        digests.remove(&entry.token.id);
                    }
                    stays
                });
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
                self.remove_token(*id);
            }
            Change::KeyChanged(key) => {
                // Known under both digests until the old one is taken away.
                let keys = self.keys.pin();
                keys.insert(key.digest.0, key.clone());
                keys.retain(|digest, known| known.id != key.id || *digest == key.digest.0);
            }
            // No check depends on what was told of it, or to whom.
            Change::EndingTold(..) | Change::WebhookRetried(_) => {}
        }
    }

    fn put_token(&self, token: &Token, live: impl Fn(Arc<Token>, Arc<LastUse>) -> LiveToken) {
        self.put_known(token, live);
        // In this order: an upgraded token is known by its digest before it is no candidate any more.
        self.foreign.put(token);
    }

    fn put_known(&self, token: &Token, live: impl Fn(Arc<Token>, Arc<LastUse>) -> LiveToken) {
        let (tokens, digests) = (self.tokens.pin(), self.digests.pin());
        let before = digests.get(&token.id).copied();
        let known = before.and_then(|before| tokens.get(&before)).cloned();
        let now: Vec<_> = secrets(token).collect();
        // An edit replaces the token and keeps its use; a rotation begins to look at another secret.
        if let Some((digest, _)) = now.first() {
            let kept = |entry: &LiveToken| entry.last_use.clone();
            let last_use = known.as_ref().map_or_else(|| Arc::new(LastUse::new(token.last_used_at)), kept);
            // The same secret under another pepper is no other secret.
            let same = known.as_ref().filter(|entry| entry.token.rotation.at == token.rotation.at);
            let secret_use = same.and_then(|entry| entry.secret_use.clone());
            let secret_use =
                secret_use.or_else(|| token.rotation.at.map(|_| Arc::new(SecretUse::new(&token.rotation))));
            let entry = live(Arc::new(token.clone()), last_use);
            // The present one first, and what is gone last: at no moment is there neither.
            for (digest, which) in &now {
                tokens.insert(*digest, entry.clone().by(*which, secret_use.clone()));
            }
            digests.insert(token.id, *digest);
        } else {
            digests.remove(&token.id);
        }
        let gone = known.iter().flat_map(|entry| secrets(&entry.token));
        for (digest, _) in gone.filter(|(digest, _)| now.iter().all(|(stays, _)| stays != digest)) {
            tokens.remove(&digest);
        }
    }

    /// Takes a token out, whatever is known of it.
    pub(crate) fn remove_token(&self, id: TokenId) {
        let (tokens, digests) = (self.tokens.pin(), self.digests.pin());
        self.foreign.remove(id);
        let Some(entry) = digests.remove(&id).and_then(|digest| tokens.get(digest)) else { return };
        for (digest, _) in secrets(&entry.token) {
            tokens.remove(&digest);
        }
    }

    /// Takes a key out.
    pub(crate) fn remove_key(&self, id: KeyId) {
        self.keys.pin().retain(|_, key| key.id != id);
    }

    /// Forgets sessions that have ended; they are refused already.
    pub(crate) fn prune(&self, live: impl Fn(&Session) -> bool) {
        self.sessions.pin().retain(|_, session| live(session));
    }

    /// Resolves every token of a service anew. Each entry is replaced only if it is still there and by what it
    /// is at that moment: a revocation that comes between is not undone.
    pub(crate) fn resolve_again(
        &self,
        of_service: impl Fn(&Token) -> bool,
        live: impl Fn(Arc<Token>, Arc<LastUse>) -> LiveToken,
    ) {
        let tokens = self.tokens.pin();
        let digests: Vec<Digest> =
            tokens.iter().filter(|(_, entry)| of_service(&entry.token)).map(|(digest, _)| *digest).collect();
        for digest in digests {
            tokens.update(digest, |entry| {
                live(entry.token.clone(), entry.last_use.clone()).by(entry.which, entry.secret_use.clone())
            });
        }
    }

    pub(crate) fn set_loaded(&self) {
        self.loaded.store(true, Ordering::Release);
    }

    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    /// The tokens in the index.
    pub(crate) fn len(&self) -> usize {
        self.digests.pin().len() + self.foreign.len()
    }

    /// Those that nobody has used since they were imported.
    pub(crate) fn foreign(&self) -> &Foreign {
        &self.foreign
    }

    /// The users and the sessions in the index.
    pub(crate) fn people(&self) -> (usize, usize) {
        (self.users.pin().len(), self.sessions.pin().len())
    }

    /// The token of this id.
    pub(crate) fn token(&self, id: TokenId) -> Option<LiveToken> {
        let digest = *self.digests.pin().get(&id)?;
        self.tokens.pin().get(&digest).cloned()
    }

    /// Whether a token has this digest.
    pub(crate) fn knows(&self, digest: &Digest) -> bool {
        self.tokens.pin().contains_key(digest)
    }

    /// The key of this id. Looks at all of them, which are few.
    pub(crate) fn key(&self, id: KeyId) -> Option<Key> {
        self.keys.pin().values().find(|key| key.id == id).cloned()
    }

    /// The user of this id.
    pub(crate) fn user(&self, id: UserId) -> Option<Arc<User>> {
        self.users.pin().get(&id).cloned()
    }

    /// The session of this id.
    pub(crate) fn session(&self, id: SessionId) -> Option<Session> {
        self.sessions.pin().get(&id).cloned()
    }

    /// What somebody has switched for this service.
    pub(crate) fn switched(&self, service: &ServiceName) -> Option<Enforcement> {
        self.enforcement.pin().get(service).cloned()
    }

    /// Holds what is looked up in place for as long as the view lives.
    pub(crate) fn view(&self) -> View<'_> {
        View {
            index: self,
            tokens: self.tokens.guard(),
            users: self.users.guard(),
            sessions: self.sessions.guard(),
            keys: self.keys.guard(),
        }
    }
}

/// The digests of a token's secrets, the present one first; none of one that is revoked.
fn secrets(token: &Token) -> impl Iterator<Item = (Digest, Which)> {
    let live = token.digest.filter(|_| token.revoked_at.is_none());
    let others = live.map(|_| token.rotation.others()).into_iter().flatten();
    live.map(|(digest, _)| (digest, Which::Present)).into_iter().chain(others)
}

/// The index as one check sees it.
pub(crate) struct View<'a> {
    index: &'a Index,
    tokens: LocalGuard<'a>,
    users: LocalGuard<'a>,
    sessions: LocalGuard<'a>,
    keys: LocalGuard<'a>,
}

impl Directory for View<'_> {
    fn ready(&self) -> bool {
        self.index.is_loaded()
    }

    fn token(&self, digest: &Digest) -> Option<&LiveToken> {
        self.index.tokens.get(digest, &self.tokens)
    }

    fn key(&self, digest: &Digest) -> Option<&Key> {
        self.index.keys.get(digest, &self.keys)
    }

    fn session(&self, id: SessionId) -> Option<&Session> {
        self.index.sessions.get(&id, &self.sessions)
    }

    fn outdated(&self, secret: Redigest) {
        // An old secret stays under its pepper until it ends, and a retired one is not worth the move.
        let moves = |live: &LiveToken| live.which == Which::Present;
        if self.token(&secret.from).is_none_or(moves) {
            self.index.outdated.note(secret);
        }
    }

    fn user(&self, id: UserId) -> Option<&Arc<User>> {
        self.index.users.get(&id, &self.users)
    }
}
