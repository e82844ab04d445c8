//! What is kept: tokens, users, sessions, keys, audit lines. Domain values; the store writes them, the gate
//! holds the live ones, the wire shows parts of them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::derived::{Loan, Parent};
use crate::digest::Digest;
use crate::id::{KeyId, RequestId, SessionId, TokenId, UserId};
use crate::imported::Imported;
use crate::metadata::Metadata;
use crate::name::{RoleName, ScopeName, ServiceName, UserName};
use crate::rate::Rate;
use crate::restriction::Restrictions;
use crate::rotation::Rotation;
use crate::token::TokenPrefix;

/// A scoped token's record. The secret is not in it; after revocation not even its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Identity, for ever.
    pub id: TokenId,
    /// The service that it opens.
    pub service: ServiceName,
    /// What its maker called it.
    pub name: String,
    /// Free text, often empty.
    pub description: String,
    /// What else was noted of it.
    pub metadata: Metadata,
    /// The user it belongs to and never exceeds.
    pub owner: UserId,
    /// What lists show of the secret.
    pub token_prefix: TokenPrefix,
    /// Granted scopes, sorted, no doubles. One that the catalog has dropped stays, inert.
    pub scopes: Vec<ScopeName>,
    /// The profile it was made from, if any.
    pub profile: Option<String>,
    /// Switched off by hand, and back on by hand.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the record last changed, but for being switched off; use does not change it.
    pub updated_at: Timestamp,
    /// The first moment at which it no longer works; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// The last use known to the record; the gate may know a later one.
    pub last_used_at: Option<Timestamp>,
    /// Set once; from then on the record is a tombstone.
    pub revoked_at: Option<Timestamp>,
    /// Counts changes from 1. A change names the one it saw, so two editors cannot overwrite each other.
    pub revision: u64,
    /// The digest and the number of the pepper that made it; erased by revocation.
    pub digest: Option<(Digest, u32)>,
    /// Its secrets before the present one.
    pub rotation: Rotation,
    /// How many requests it may make; `None` is as its catalog says.
    pub rate_limit: Option<Rate>,
    /// The requests that it is restricted to.
    pub restrictions: Restrictions,
    /// Where it was taken over from, if it was not issued here.
    pub imported: Option<Imported>,
    /// The token that made it, if one did.
    pub parent: Option<Parent>,
    /// How many generations may descend from it: 0, it makes no token.
    pub derive: u8,
    /// How many requests that change something it may make; `None` is as many as it may make at all.
    pub change_limit: Option<Rate>,
    /// What is lent to it.
    pub loans: Vec<Loan>,
}

/// What a token is at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It works.
    Active,
    /// Switched off.
    Disabled,
    /// Past its end.
    Expired,
    /// Taken back; a tombstone.
    Revoked,
}

impl TokenState {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl Token {
    /// What the token is at `now`. An end equal to now has been reached.
    pub fn state(&self, now: Timestamp) -> TokenState {
        if self.revoked_at.is_some() {
            TokenState::Revoked
        } else if self.expires_at.is_some_and(|end| end <= now) {
            TokenState::Expired
        } else if self.disabled {
            TokenState::Disabled
        } else {
            TokenState::Active
        }
    }
}

/// A stored password: an argon2id string in PHC form. It does not print.
#[derive(Clone)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// A PHC string, made by the password module or read back from the record.
    pub fn from_phc(phc: String) -> Self {
        Self(phc.into())
    }

    /// The PHC string, for the record and for verification.
    pub fn as_phc(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

impl PartialEq for PasswordHash {
    fn eq(&self, other: &Self) -> bool {
        self.as_phc() == other.as_phc()
    }
}

impl Eq for PasswordHash {}

/// A person, or the built-in user `system`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Identity, for ever.
    pub id: UserId,
    /// The name; unique, and never changed.
    pub name: UserName,
    /// `None`: no login.
    pub password: Option<PasswordHash>,
    /// Whether the password was given by somebody else and is to be changed. No rule reads it: it is a request to the
    /// person, which what shows them pages makes.
    pub password_temporary: bool,
    /// An inactive user's tokens and sessions are refused, and work again when the user is active again.
    pub active: bool,
    /// May administer users, keys and the audit of the whole installation.
    pub platform_admin: bool,
    /// One role in each service; no entry, no role.
    pub roles: BTreeMap<ServiceName, RoleName>,
    /// When the user was made.
    pub created_at: Timestamp,
    /// Counts changes from 1, as a token's does.
    pub revision: u64,
}

impl User {
    /// Whether this is the built-in user, who has the highest role everywhere and cannot be changed.
    pub fn is_system(&self) -> bool {
        self.id == UserId::SYSTEM
    }
}

/// One sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Identity, carried in the JWT as `sid`.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// The first moment at which it no longer works: 24 hours later.
    pub expires_at: Timestamp,
    /// Where from, if the door knew.
    pub client_ip: Option<IpAddr>,
}

/// What a key may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind {
    /// Everything: the seed document's "full API access".
    System,
    /// Ask for decisions about one service, and nothing else.
    Verifier(ServiceName),
}

/// A static key for an internal service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Identity.
    pub id: KeyId,
    /// What it may do.
    pub kind: KeyKind,
    /// What its maker called it.
    pub name: String,
    /// What lists show of the secret; `None` for a key that the operator supplied.
    pub key_prefix: Option<TokenPrefix>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The digest and the number of the pepper that made it.
    pub digest: (Digest, u32),
}

/// Whether the refusals of a service are acted on, as somebody has switched it. It holds in place of what the
/// configuration says, from the first switch on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enforcement {
    /// Of which service.
    pub service: ServiceName,
    /// `false`: what would be refused is noted, and goes on to the application without anything of Symbolon's.
    pub enforce: bool,
    /// Since when.
    pub since: Timestamp,
}

/// Who did something, as the audit remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorId {
    /// Somebody at the machine: `init`, the data directory's socket, or the directory itself.
    Local,
    /// A system key.
    Key(KeyId),
    /// A signed-in user, by this sign-in.
    User(UserId, SessionId),
    /// A token, revoking itself.
    Token(TokenId),
    /// GitHub, which has found a secret in public.
    GitHub,
    /// Nobody yet: signing in.
    Anonymous,
    /// Symbolon itself, by what it saw.
    Symbolon,
}

impl ActorId {
    /// The sign-in by which a user acts: a user has several, and each is a credential of its own.
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::User(_, session) => Some(*session),
            _ => None,
        }
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Anonymous => f.write_str("anonymous"),
            Self::Symbolon => f.write_str("symbolon"),
            Self::GitHub => f.write_str("github"),
            Self::Key(id) => write!(f, "{id}"),
            Self::User(id, _) => write!(f, "{id}"),
            Self::Token(id) => write!(f, "{id}"),
        }
    }
}

/// Where a mutation came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Who.
    pub actor: ActorId,
    /// From which address, if the door knew.
    pub client_ip: Option<IpAddr>,
    /// By which request, if it came over HTTP.
    pub request: Option<RequestId>,
}

/// One line of the audit: who did what to what, when, from where. Never a secret, never a digest.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditLine {
    /// When.
    pub at: Timestamp,
    /// Who and from where.
    pub origin: Origin,
    /// What was done, as `noun.verb`: `token.create`, `user.update`, `session.start`.
    pub action: &'static str,
    /// The id of what it was done to.
    pub subject: String,
    /// The service concerned, if one is.
    pub service: Option<ServiceName>,
    /// What changed: an object of names and values, before and after where there is a before.
    pub detail: Value,
}
