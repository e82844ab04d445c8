//! Who presented a credential: rule 4. The answer comes from what is live, never from what the credential says
//! of itself.

use std::sync::Arc;

use jiff::Timestamp;

use super::descent::ancestors;
use super::keys::{Keys, Redigest};
use super::live::{LiveToken, LiveUser};
use super::outcome::Reason;
use crate::catalog::Catalog;
use crate::credential::Presented;
use crate::digest::Digest;
use crate::id::{KeyId, SessionId, TokenId, UserId};
use crate::record::{Key, KeyKind, Session, TokenState};
use crate::scope::ScopeSet;
use crate::session::SessionKey;
use crate::token::{Prefix, TokenFault, TokenText};

/// What is live right now, by what it is looked up with. The gate implements it over its index.
pub trait Directory {
    /// Whether everything live is here and every change of it arrives. If not, nothing can be decided.
    fn ready(&self) -> bool;
    /// The token of this digest, be it of its present secret, its old one or a retired one.
    fn token(&self, digest: &Digest) -> Option<LiveToken<'_>>;
    /// The token of this id, as if found by its present secret.
    fn by_id(&self, id: TokenId) -> Option<LiveToken<'_>>;
    /// Whose it is; a removed user is not here.
    fn owner(&self, live: &LiveToken<'_>) -> Option<Arc<LiveUser>>;
    /// The closure of what a token is granted, under this catalog.
    fn closure(&self, live: &LiveToken<'_>, catalog: &Catalog) -> ScopeSet {
        catalog.closure(live.scopes)
    }
    /// The key of this digest.
    fn key(&self, digest: &Digest) -> Option<&Key>;
    /// The session of this id.
    fn session(&self, id: SessionId) -> Option<&Session>;
    /// The user of this id; a removed one is not here.
    fn user(&self, id: UserId) -> Option<Arc<LiveUser>>;
    /// Told of a secret that was found under a former pepper. To be moved to the current one later, off the check's path.
    fn outdated(&self, _: Redigest) {}
}

/// Somebody identified.
#[derive(Debug, Clone)]
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
        user: Arc<LiveUser>,
    },
    /// A token.
    Token {
        /// The token.
        live: LiveToken<'a>,
        /// Its owner.
        owner: Arc<LiveUser>,
    },
}

impl<'a> Caller<'a> {
    pub(super) fn token(&self) -> Option<LiveToken<'a>> {
        match self {
            Self::Token { live, .. } => Some(*live),
            _ => None,
        }
    }

    /// Who is known, if they still count at `now`; `catalog` is that of a token's service, where there is one.
    #[inline]
    pub(super) fn living<D: Directory>(
        self,
        directory: &D,
        catalog: Option<&Catalog>,
        now: Timestamp,
    ) -> Result<Self, NotIdentified> {
        if let Some(reason) = self.fault(catalog, now) {
            return Err((reason, self.token().map(|live| live.id)));
        }
        match &self {
            Self::Token { live, .. }
                if live.parent().is_some() && ancestors(directory, live, catalog, now).is_none() =>
            {
                Err((Reason::ParentEnded, Some(live.id)))
            }
            _ => Ok(self),
        }
    }

    /// Why somebody who is known does not count at `now`.
    fn fault(&self, catalog: Option<&Catalog>, now: Timestamp) -> Option<Reason> {
        match self {
            Self::Token { live, .. } if !live.secret_works(now) => Some(Reason::RetiredSecret),
            Self::Token { live, owner, .. } => fault_of(live, owner, catalog, now),
            Self::Session { session, user } => {
                if session.expires_at <= now {
                    return Some(Reason::SessionEnded);
                }
                (!user.user.active).then_some(Reason::OwnerInactive)
            }
            Self::Anonymous | Self::System(_) | Self::Verifier(_) => None,
        }
    }
}

/// Why a token does not count at `now`, whichever of its secrets is presented.
pub(super) fn fault_of(
    live: &LiveToken<'_>,
    owner: &LiveUser,
    catalog: Option<&Catalog>,
    now: Timestamp,
) -> Option<Reason> {
    match live.recorded_state(now) {
        TokenState::Revoked => Some(Reason::UnknownSecret),
        TokenState::Disabled => Some(Reason::Disabled),
        TokenState::Expired => Some(Reason::Expired),
        TokenState::Active if live.is_idle(catalog, now) => Some(Reason::Idle),
        TokenState::Active if live.is_outdated(catalog, now) => Some(Reason::Expired),
        TokenState::Active => (!owner.user.active).then_some(Reason::OwnerInactive),
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
            Some(Ok(text)) => return self.token(text.as_bytes(), catalogs),
            Some(Err(fault)) => Some(not_a_token(fault)),
            None if Prefix::of_keys().claims(secret) => return self.key(secret),
            None => None,
        };
        let old = is_of_old_form(catalogs.clone(), secret);
        match fault {
            Some(fault) if !old => Err(fault),
            Some(_) => self.token(secret, catalogs),
            // Without a prefix of its own an old token may look like an operator's key, which is another text.
            None if old => self.token(secret, catalogs).or_else(|fault| match fault {
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
    ) -> Option<LiveToken<'a>> {
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
        Caller::Session { session, user }.living(self.directory, None, self.now)
    }

    fn token<'c>(
        &self,
        secret: &[u8],
        mut catalogs: impl Iterator<Item = &'c Catalog>,
    ) -> Result<Caller<'a>, NotIdentified> {
        let live = self.known(secret, |digest| self.directory.token(digest));
        let live = live.ok_or((Reason::UnknownSecret, None))?;
        let owner = self.directory.owner(&live).ok_or((Reason::OwnerInactive, Some(live.id)))?;
        let catalog = catalogs.find(|catalog| catalog.service == *live.service);
        Caller::Token { live, owner }.living(self.directory, catalog, self.now)
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
