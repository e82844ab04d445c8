//! Who presented a credential: rule 4. The answer comes from what is live, never from what the credential says
//! of itself.

use std::sync::Arc;

use jiff::Timestamp;

use super::keys::{Keys, Redigest};
use super::outcome::Reason;
use crate::catalog::Catalog;
use crate::credential::Presented;
use crate::digest::Digest;
use crate::id::{KeyId, SessionId, TokenId, UserId};
use crate::last_use::LastUse;
use crate::lifetime::Lifetime;
use crate::rate::Rate;
use crate::record::{Key, KeyKind, Session, Token, TokenState, User};
use crate::rotation::{SecretUse, Which};
use crate::scope::ScopeSet;
use crate::session::SessionKey;
use crate::token::{Prefix, TokenFault, TokenText};

/// What is live right now, by what it is looked up with. The gate implements it over its index.
pub trait Directory {
    /// Whether everything live is here and every change of it arrives. If not, nothing can be decided.
    fn ready(&self) -> bool;
    /// The token of this digest, be it of its present secret, its old one or a retired one.
    fn token(&self, digest: &Digest) -> Option<&LiveToken>;
    /// The key of this digest.
    fn key(&self, digest: &Digest) -> Option<&Key>;
    /// The session of this id.
    fn session(&self, id: SessionId) -> Option<&Session>;
    /// The user of this id; a removed one is not here.
    fn user(&self, id: UserId) -> Option<&Arc<User>>;
    /// Told of a secret that was found under a former pepper. To be moved to the current one later, off the check's path.
    fn outdated(&self, _: Redigest) {}
}

/// A token with its scopes resolved under one generation of its catalog.
#[derive(Debug, Clone)]
pub struct LiveToken {
    /// The record.
    pub token: Arc<Token>,
    /// When it was last used, with what the record does not know yet.
    pub last_use: Arc<LastUse>,
    /// Which of its secrets it was found by.
    pub which: Which,
    /// What was seen of its secrets, if it was rotated.
    pub secret_use: Option<Arc<SecretUse>>,
    closure: ScopeSet,
    generation: Option<u64>,
    idle_expiry: Lifetime,
    rate: Option<Rate>,
    /// From when on its secret counts no more, whatever the record says; only one of the old form has such an end.
    old_form_ends: Option<Timestamp>,
}

impl LiveToken {
    /// Resolves the scopes once. Without a catalog they are resolved at each use.
    pub fn new(token: Arc<Token>, catalog: Option<&Catalog>, last_use: Arc<LastUse>) -> Self {
        let closure = catalog.map_or(ScopeSet::EMPTY, |catalog| catalog.closure(&token.scopes));
        let idle_expiry = catalog.map_or(Lifetime::Never, |catalog| catalog.policy.idle_expiry);
        let rate = catalog.map_or(token.rate_limit, |catalog| catalog.limits.of_token(token.rate_limit));
        // A catalog that declares no old form takes none.
        let until =
            catalog.map(|catalog| catalog.old_form.as_ref().map_or(Timestamp::MIN, |form| form.until));
        let old_form_ends = until.filter(|_| token.is_of_old_form());
        Self {
            token,
            last_use,
            which: Which::Present,
            secret_use: None,
            closure,
            generation: catalog.map(Catalog::generation),
            idle_expiry,
            rate,
            old_form_ends,
        }
    }

    /// The same token, found by that one of its secrets.
    #[must_use]
    pub fn by(self, which: Which, secret_use: Option<Arc<SecretUse>>) -> Self {
        Self { which, secret_use, ..self }
    }

    /// When its present secret was first used; known of one that was rotated.
    pub fn first_use(&self) -> Option<Timestamp> {
        let seen = self.secret_use.as_ref().and_then(|secret_use| secret_use.first());
        seen.or(self.token.rotation.first_used_at)
    }

    /// Whether the secret that it was found by still works at `now`.
    fn secret_works(&self, now: Timestamp) -> bool {
        match self.which {
            Which::Present => true,
            Which::Old => self.token.rotation.old_works(self.first_use(), now),
            Which::Retired => false,
        }
    }

    /// When the secret that it was found by ends by itself, as far as that is known.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let old = || self.token.rotation.old_ends_at(self.first_use());
        let secret = if self.which == Which::Old { old() } else { None };
        [self.token.expires_at, self.old_form_ends, secret].into_iter().flatten().min()
    }

    /// The rate that it is held to.
    pub fn rate(&self) -> Option<Rate> {
        self.rate
    }

    /// What the token is at `now`, with regard to how long it has lain unused.
    pub fn state(&self, now: Timestamp) -> TokenState {
        match self.token.state(now) {
            TokenState::Active | TokenState::Disabled if self.is_idle(now) || self.is_outdated(now) => {
                TokenState::Expired
            }
            state => state,
        }
    }

    /// Whether nobody has used or changed it for as long as its catalog lets it lie.
    fn is_idle(&self, now: Timestamp) -> bool {
        let Some(long_ago) = self.idle_expiry.ago(now) else { return false };
        let Token { created_at, updated_at, .. } = *self.token;
        created_at.max(updated_at) <= long_ago && self.last_use.last().is_none_or(|last| last <= long_ago)
    }

    /// Whether its secret is of an old form that counts no more.
    fn is_outdated(&self, now: Timestamp) -> bool {
        self.old_form_ends.is_some_and(|end| end <= now)
    }

    /// The closure of the granted scopes. Bits resolved under another catalog mean something else; they are
    /// never used.
    pub fn closure(&self, catalog: &Catalog) -> ScopeSet {
        if self.generation == Some(catalog.generation()) {
            self.closure
        } else {
            catalog.closure(&self.token.scopes)
        }
    }
}

/// Somebody identified.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// Nobody in particular.
    Anonymous,
    /// A system key.
    System(KeyId),
    /// A verifier key, of the service in it.
    Verifier(&'a Key),
    /// A signed-in user.
    Session {
        /// The sign-in.
        session: &'a Session,
        /// The user.
        user: &'a Arc<User>,
    },
    /// A token.
    Token {
        /// The token.
        live: &'a LiveToken,
        /// Its owner.
        owner: &'a Arc<User>,
    },
}

impl<'a> Caller<'a> {
    pub(super) fn token(&self) -> Option<&'a LiveToken> {
        match self {
            Self::Token { live, .. } => Some(live),
            _ => None,
        }
    }

    /// Who is known, if they still count at `now`.
    pub(super) fn living(self, now: Timestamp) -> Result<Self, NotIdentified> {
        match self.fault(now) {
            Some(reason) => Err((reason, self.token().map(|live| live.token.id))),
            None => Ok(self),
        }
    }

    /// Why somebody who is known does not count at `now`.
    fn fault(&self, now: Timestamp) -> Option<Reason> {
        match self {
            Self::Token { live, .. } if !live.secret_works(now) => Some(Reason::RetiredSecret),
            Self::Token { live, owner } => match live.token.state(now) {
                TokenState::Revoked => Some(Reason::UnknownSecret),
                TokenState::Disabled => Some(Reason::Disabled),
                TokenState::Expired => Some(Reason::Expired),
                TokenState::Active if live.is_idle(now) => Some(Reason::Idle),
                TokenState::Active if live.is_outdated(now) => Some(Reason::Expired),
                TokenState::Active => (!owner.active).then_some(Reason::OwnerInactive),
            },
            Self::Session { session, user } => {
                if session.expires_at <= now {
                    return Some(Reason::SessionEnded);
                }
                (!user.active).then_some(Reason::OwnerInactive)
            }
            Self::Anonymous | Self::System(_) | Self::Verifier(_) => None,
        }
    }
}

/// Finds who presented a credential.
pub struct Identifier<'a, D> {
    /// What is live.
    pub directory: &'a D,
    /// The keys that secrets are recognised by.
    pub keys: &'a Keys,
    /// The moment.
    pub now: Timestamp,
}

/// Why somebody was not identified, and the token concerned, if one was found.
pub type NotIdentified = (Reason, Option<TokenId>);

impl<'a, D: Directory> Identifier<'a, D> {
    /// Who presented this, tokens of the services of `catalogs` among them. Each kind of secret is looked for among
    /// its own kind alone.
    pub fn identify<'c>(
        &self,
        presented: Presented<'_>,
        catalogs: impl Iterator<Item = &'c Catalog> + Clone,
    ) -> Result<Caller<'a>, NotIdentified> {
        let secret = match presented {
            Presented::Cookie(cookie) => return self.session(cookie.value),
            Presented::Secret(secret) => secret,
        };
        if SessionKey::claims(secret) {
            return self.session(secret);
        }
        let prefix = catalogs.clone().map(|catalog| &catalog.prefix).find(|prefix| prefix.claims(secret));
        let fault = match prefix.map(|prefix| TokenText::parse(prefix, secret)) {
            Some(Ok(text)) => return self.token(text.as_bytes()),
            Some(Err(fault)) => Some(not_a_token(fault)),
            None if Prefix::of_keys().claims(secret) => return self.key(secret),
            None => None,
        };
        let old = is_of_old_form(catalogs, secret);
        match fault {
            Some(fault) if !old => Err(fault),
            Some(_) => self.token(secret),
            // Without a prefix of its own an old token may look like an operator's key, which is another text.
            None if old => self.token(secret).or_else(|fault| match fault {
                (Reason::UnknownSecret, None) => self.key(secret),
                fault => Err(fault),
            }),
            None => self.key(secret),
        }
    }

    /// The token whose secret this is now, whether or not it passes: also a disabled or expired one, and one of a service
    /// that has no catalog just now. For whoever takes it back, and for nothing that lets anybody in. What has neither the
    /// form and checksum of a token nor the old form of one of `catalogs` is looked up nowhere; whose secret was retired
    /// does not end the token.
    pub fn token_of<'c>(
        &self,
        secret: &[u8],
        catalogs: impl Iterator<Item = &'c Catalog>,
    ) -> Option<&'a LiveToken> {
        let native = || {
            let mark = secret.iter().position(|byte| *byte == b'_')?;
            let prefix: Prefix = std::str::from_utf8(&secret[..mark]).ok()?.parse().ok()?;
            TokenText::parse(&prefix, secret).ok()
        };
        if native().is_none() && !is_of_old_form(catalogs, secret) {
            return None;
        }
        self.known(secret, |digest| self.directory.token(digest)).filter(|live| live.secret_works(self.now))
    }

    /// Whether this secret is a live key.
    pub fn is_key(&self, secret: &[u8]) -> bool {
        self.known(secret, |digest| self.directory.key(digest)).is_some()
    }

    /// What `find` knows by the digest of a secret, under whichever pepper.
    fn known<T>(&self, secret: &[u8], find: impl Fn(&Digest) -> Option<T>) -> Option<T> {
        let found = self.keys.find(secret, find)?;
        if let Some(outdated) = found.outdated {
            self.directory.outdated(outdated);
        }
        Some(found.value)
    }

    fn session(&self, jwt: &[u8]) -> Result<Caller<'a>, NotIdentified> {
        let id = self.keys.open_session(jwt, self.now).ok_or_else(|| {
            // One that would have opened earlier has run out; the log is to say so.
            let signed = self.keys.open_session(jwt, Timestamp::MIN).is_some();
            (if signed { Reason::SessionEnded } else { Reason::UnknownSecret }, None)
        })?;
        let session = self.directory.session(id).ok_or((Reason::SessionEnded, None))?;
        let user = self.directory.user(session.user).ok_or((Reason::OwnerInactive, None))?;
        Caller::Session { session, user }.living(self.now)
    }

    fn token(&self, secret: &[u8]) -> Result<Caller<'a>, NotIdentified> {
        let live = self.known(secret, |digest| self.directory.token(digest));
        let live = live.ok_or((Reason::UnknownSecret, None))?;
        let owner =
            self.directory.user(live.token.owner).ok_or((Reason::OwnerInactive, Some(live.token.id)))?;
        Caller::Token { live, owner }.living(self.now)
    }

    fn key(&self, secret: &[u8]) -> Result<Caller<'a>, NotIdentified> {
        let keys = Prefix::of_keys();
        if keys.claims(secret) {
            TokenText::parse(&keys, secret).map_err(not_a_token)?;
        }
        let key = self.known(secret, |digest| self.directory.key(digest));
        match key.ok_or((Reason::UnknownSecret, None))? {
            Key { kind: KeyKind::System, id, .. } => Ok(Caller::System(*id)),
            key => Ok(Caller::Verifier(key)),
        }
    }
}

fn is_of_old_form<'c>(mut catalogs: impl Iterator<Item = &'c Catalog>, secret: &[u8]) -> bool {
    catalogs.any(|catalog| catalog.old_form.as_ref().is_some_and(|form| form.fits(secret)))
}

fn not_a_token(fault: TokenFault) -> NotIdentified {
    match fault {
        TokenFault::Form => (Reason::TokenForm, None),
        TokenFault::Checksum => (Reason::TokenChecksum, None),
    }
}
