//! Who is calling, with the role and the scopes that count, and what the application is told of it.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::live::{LiveUser, Place};
use crate::catalog::{Catalog, Role};
use crate::code::scope_list;
use crate::id::{KeyId, SessionId, TokenId};
use crate::rotation::Which;
use crate::scope::ScopeSet;
use crate::token::TokenPrefix;

/// Who was decided about.
#[derive(Debug, Clone)]
pub enum Principal {
    /// Nobody in particular; public routes alone.
    Anonymous,
    /// A system key: full access.
    System {
        /// Which.
        key: KeyId,
    },
    /// A signed-in user, with the role that they have now.
    Session {
        /// The sign-in.
        session: SessionId,
        /// The user.
        user: Arc<LiveUser>,
        /// Their role in this service, if they have one.
        role: Option<Role>,
    },
    /// A token.
    Token {
        /// Which.
        id: TokenId,
        /// What lists show of its secret.
        token_prefix: TokenPrefix,
        /// Its owner.
        owner: Arc<LiveUser>,
        /// The owner's role in this service, if they have one.
        role: Option<Role>,
        /// The scopes that count here and now.
        effective: ScopeSet,
        /// Which of its secrets was presented.
        which: Which,
        /// When its present secret was made in place of another.
        rotated_at: Option<Timestamp>,
        /// Where its directory keeps it.
        place: Place,
    },
}

/// The identity headers' values, each never empty: `-` stands for "none", so that an application can tell a
/// missing header (not behind Symbolon) from a missing value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity<'a> {
    /// `token`, `session`, `system` or `anonymous`.
    pub principal: &'static str,
    /// The token's id.
    pub token_id: Cow<'static, str>,
    /// The user's name; `system` for a system key.
    pub owner: &'a str,
    /// The user's role in this service; the strongest for a system key.
    pub role: &'a str,
    /// The effective scopes, separated by spaces.
    pub scopes: Cow<'static, str>,
}

const NONE: &str = "-";

impl Principal {
    /// Its kind in one word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::System { .. } => "system",
            Self::Session { .. } => "session",
            Self::Token { .. } => "token",
        }
    }

    /// Which token, if it is one.
    pub fn token(&self) -> Option<TokenId> {
        match self {
            Self::Token { id, .. } => Some(*id),
            _ => None,
        }
    }

    pub(super) fn identity<'a>(&'a self, catalog: &'a Catalog) -> Identity<'a> {
        let role_name = |role: Option<Role>| role.map_or(NONE, |role| catalog.roles.name(role).as_str());
        let (owner, role) = match self {
            Self::Anonymous => (NONE, NONE),
            Self::System { .. } => ("system", role_name(Some(catalog.roles.strongest()))),
            Self::Session { user, role, .. } => (user.user.name.as_str(), role_name(*role)),
            Self::Token { owner, role, .. } => (owner.user.name.as_str(), role_name(*role)),
        };
        let (token_id, scopes) = match self {
            Self::Token { id, effective, .. } => (
                Cow::Owned(id.to_string()),
                Some(scope_list(catalog.names(*effective))).filter(|list| !list.is_empty()).map(Cow::Owned),
            ),
            _ => (Cow::Borrowed(NONE), None),
        };
        Identity {
            principal: self.kind(),
            token_id,
            owner,
            role,
            scopes: scopes.unwrap_or(Cow::Borrowed(NONE)),
        }
    }

    /// One sentence for an explanation.
    pub(super) fn describe(&self, catalog: &Catalog) -> String {
        let identity = self.identity(catalog);
        match self {
            Self::Anonymous => "nobody in particular".to_owned(),
            Self::System { key } => format!("the system key {key}"),
            Self::Session { session, .. } => {
                format!("the session {session} of {}, role {}", identity.owner, identity.role)
            }
            Self::Token { id, token_prefix, .. } => format!(
                "the token {token_prefix} ({id}) of {}, role {}, effective scopes {}",
                identity.owner, identity.role, identity.scopes
            ),
        }
    }
}
