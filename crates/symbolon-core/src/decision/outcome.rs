//! The three outcomes, and every reason for the second.

use std::sync::Arc;

use super::principal::{Identity, Principal};
use super::route::{DecidedRoute, HeldCatalog};
use crate::catalog::{Catalog, Route, RouteIndex};
use crate::code::{Code, scope_list};
use crate::credential::CredentialFault;
use crate::id::TokenId;
use crate::name::ScopeName;
use crate::rate::Quota;
use crate::target::{Target, TargetFault};

/// What becomes of a request.
#[derive(Debug)]
#[must_use]
#[expect(
    clippy::large_enum_variant,
    reason = "the one in a box would be what is allowed, and that allocates nothing"
)]
pub enum Decision<'r> {
    /// It may pass.
    Allow(Grant<'r>),
    /// It may not, for a reason.
    Deny(Box<Denial>),
    /// It cannot be known. Neither a pass nor a denial; the caller should try again.
    Unavailable,
}

impl Decision<'_> {
    /// The code on the wire.
    pub fn code(&self) -> Code {
        match self {
            Self::Allow(_) => Code::Allowed,
            Self::Deny(denial) => denial.reason.code(),
            Self::Unavailable => Code::Unavailable,
        }
    }
}

/// Proof that the rule allowed one request. Only [`super::Judge`] makes it.
#[derive(Debug)]
pub struct Grant<'r> {
    catalog: HeldCatalog,
    target: Target<'r>,
    route: Option<RouteIndex>,
    principal: Principal,
    pub(super) quota: Option<Quota>,
}

impl<'r> Grant<'r> {
    pub(super) fn new(
        catalog: HeldCatalog,
        target: Target<'r>,
        route: Option<RouteIndex>,
        principal: Principal,
    ) -> Self {
        Self { catalog, target, route, principal, quota: None }
    }

    /// The target that was allowed, and the only one that may be forwarded.
    pub fn target(&self) -> &Target<'r> {
        &self.target
    }

    /// Who was allowed.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The route; `None` for a preflight, and for a decision about scopes alone.
    pub fn route(&self) -> Option<&Route> {
        self.route.map(|index| &self.catalog.routes[index])
    }

    /// The route as something that is kept after the grant.
    pub fn decided_route(&self) -> Option<DecidedRoute> {
        self.route.map(|index| DecidedRoute::new(&self.catalog, index))
    }

    /// The place of the route in the catalog.
    pub fn route_index(&self) -> Option<RouteIndex> {
        self.route
    }

    /// How the token stands with its limit, where it has one.
    pub fn quota(&self) -> Option<&Quota> {
        self.quota.as_ref()
    }

    /// The service.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// What the application is told of the caller.
    pub fn identity(&self) -> Identity<'_> {
        self.principal.identity(&self.catalog)
    }
}

/// A refusal with what its answer and its log line need.
#[derive(Debug, Clone)]
pub struct Denial {
    /// Why.
    pub reason: Reason,
    /// The token, if the secret presented was a live one's.
    pub token: Option<TokenId>,
    /// The token concerned even where it does not live; for the log alone.
    pub subject: Option<TokenId>,
    /// The scopes that were asked for, of a decision about scopes alone.
    pub(super) required: Vec<ScopeName>,
    /// The methods that the path takes, for 405.
    pub allow: Vec<String>,
    /// The route that was asked for; `None` where none was found, and for a decision about scopes alone.
    pub route: Option<DecidedRoute>,
    /// The limit that was reached, if one was.
    pub quota: Option<Quota>,
}

impl Denial {
    pub(super) fn new(reason: Reason) -> Self {
        Self {
            reason,
            token: None,
            subject: None,
            required: Vec::new(),
            allow: Vec::new(),
            route: None,
            quota: None,
        }
    }

    /// The alternatives of scopes one of which would do, where a scope is missing. Made when they are asked for: most
    /// refusals are told to nobody who reads.
    pub fn needs(&self) -> Vec<Vec<ScopeName>> {
        match &self.route {
            _ if self.reason != Reason::InsufficientScope => Vec::new(),
            Some(route) => route.alternatives(),
            None => vec![self.required.clone()],
        }
    }

    /// The token concerned, for the log.
    pub fn about(&self) -> Option<TokenId> {
        self.token.or(self.subject)
    }

    /// The value of `WWW-Authenticate` (RFC 6750 section 3), where the refusal has one. Without an `error` when
    /// nobody presented anything; with `scope` naming what would do, and never what the token holds.
    pub fn challenge(&self, realm: &str) -> Option<String> {
        let error = match self.reason.code() {
            Code::CredentialRequired => String::new(),
            Code::InvalidToken => ", error=\"invalid_token\"".to_owned(),
            Code::InsufficientScope => {
                let scope = self.needs().first().map(scope_list).unwrap_or_default();
                format!(", error=\"insufficient_scope\", scope=\"{scope}\"")
            }
            _ => return None,
        };
        Some(format!("Bearer realm=\"{}\"{error}", quoted(realm)))
    }
}

/// The inside of a quoted string (RFC 9110 section 5.6.4), printable ASCII alone. A realm may be a title that
/// people chose, and a header is no place for the rest.
fn quoted(text: &str) -> String {
    let printable = text.chars().filter(|c| matches!(c, ' '..='~'));
    let escape = |c: &char| matches!(c, '"' | '\\');
    printable.flat_map(|c| Some('\\').filter(|_| escape(&c)).into_iter().chain([c])).collect()
}

/// Every reason for a refusal. Many inside; outside, [`Reason::code`] makes them few, so that a caller with a
/// bad secret cannot learn how it is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// Rule 1.
    #[error("the target is not canonical: {0}")]
    Target(TargetFault),
    /// Rule 1: the application might take it for another method than was decided about.
    #[error("a header or the query asks for another method")]
    MethodOverride,
    /// Rule 2.
    #[error("the catalog has no route for this path")]
    NoRoute,
    /// Rule 2.
    #[error("the path has no route for this method")]
    MethodNotAllowed,
    /// Rule 3.
    #[error("{0}")]
    Credential(CredentialFault),
    /// Rule 3.
    #[error("no credential is presented")]
    CredentialRequired,
    /// Rule 4: claims to be a token or key, and has not its form.
    #[error("the secret has not the form of a token")]
    TokenForm,
    /// Rule 4: mistyped, cut or made up.
    #[error("the secret's checksum is wrong")]
    TokenChecksum,
    /// Rule 4: it was replaced, and the time of the old secret is over.
    #[error("the secret was replaced by a newer one of its token")]
    RetiredSecret,
    /// Rule 4: never issued, revoked, or a JWT that we did not sign.
    #[error("the secret is not known")]
    UnknownSecret,
    /// Rule 4.
    #[error("the token belongs to another service")]
    OtherService,
    /// Rule 4.
    #[error("the token is disabled")]
    Disabled,
    /// Rule 4.
    #[error("the token has expired")]
    Expired,
    /// Rule 4: its service lets no token lie unused for so long.
    #[error("the token has lain unused for too long")]
    Idle,
    /// Rule 4: one of those that it was derived from is not there, or does not work.
    #[error("a token that it was derived from has ended")]
    ParentEnded,
    /// Rule 4.
    #[error("the user is inactive or removed")]
    OwnerInactive,
    /// Rule 4.
    #[error("the session has ended")]
    SessionEnded,
    /// Rule 5.
    #[error("no token may do this")]
    HumanOnly,
    /// Rule 5.
    #[error("only the system key may do this")]
    SystemOnly,
    /// Rule 6.
    #[error("the token holds none of the route's alternatives of scopes")]
    InsufficientScope,
    /// Rule 7.
    #[error("the user's role does not reach the route's")]
    InsufficientRole,
    /// After every rule.
    #[error("the token has made as many requests as it may for now")]
    TokenLimit,
    /// After every rule.
    #[error("the token has made as many changes as it may for now")]
    ChangeLimit,
    /// After every rule.
    #[error("the service's tokens together have made as many requests as they may for now")]
    ServiceLimit,
    /// Rule 8: by which, the trace has; the caller does not learn what a token is restricted to.
    #[error("the token is restricted to other requests than this")]
    Restricted,
}

impl Reason {
    /// The table of refusals (DESIGN part 4).
    pub fn code(self) -> Code {
        match self {
            Self::Target(_) | Self::MethodOverride | Self::Credential(CredentialFault::Two) => {
                Code::InvalidRequest
            }
            Self::NoRoute => Code::NoRoute,
            Self::MethodNotAllowed => Code::MethodNotAllowed,
            Self::CredentialRequired => Code::CredentialRequired,
            Self::Credential(CredentialFault::Form)
            | Self::TokenForm
            | Self::TokenChecksum
            | Self::UnknownSecret
            | Self::RetiredSecret
            | Self::OtherService
            | Self::Disabled
            | Self::Expired
            | Self::Idle
            | Self::ParentEnded
            | Self::OwnerInactive
            | Self::SessionEnded => Code::InvalidToken,
            Self::HumanOnly => Code::HumanOnly,
            Self::SystemOnly => Code::SystemOnly,
            Self::InsufficientScope => Code::InsufficientScope,
            Self::InsufficientRole => Code::InsufficientRole,
            Self::TokenLimit | Self::ChangeLimit | Self::ServiceLimit => Code::RateLimited,
            Self::Restricted => Code::Restricted,
        }
    }

    /// Those that can concern a token that is known: what a token's requests are refused for.
    pub const OF_TOKENS: [Self; 16] = [
        Self::OtherService,
        Self::Disabled,
        Self::Expired,
        Self::Idle,
        Self::ParentEnded,
        Self::UnknownSecret,
        Self::RetiredSecret,
        Self::OwnerInactive,
        Self::HumanOnly,
        Self::SystemOnly,
        Self::InsufficientScope,
        Self::InsufficientRole,
        Self::TokenLimit,
        Self::ChangeLimit,
        Self::ServiceLimit,
        Self::Restricted,
    ];

    /// Its word, stable, for programs that may know the reason: in the record of use and for who manages a token.
    /// Callers are told [`Reason::code`].
    pub fn word(self) -> &'static str {
        match self {
            Self::Target(_) => "target",
            Self::MethodOverride => "method_override",
            Self::NoRoute => "no_route",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Credential(CredentialFault::Two) => "two_credentials",
            Self::Credential(CredentialFault::Form) => "credential_form",
            Self::CredentialRequired => "credential_required",
            Self::TokenForm => "token_form",
            Self::TokenChecksum => "token_checksum",
            Self::UnknownSecret => "unknown_secret",
            Self::RetiredSecret => "retired_secret",
            Self::OtherService => "other_service",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Idle => "idle",
            Self::ParentEnded => "parent_ended",
            Self::OwnerInactive => "owner_inactive",
            Self::SessionEnded => "session_ended",
            Self::HumanOnly => "human_only",
            Self::SystemOnly => "system_only",
            Self::InsufficientScope => "insufficient_scope",
            Self::InsufficientRole => "insufficient_role",
            Self::TokenLimit => "token_limit",
            Self::ChangeLimit => "change_limit",
            Self::ServiceLimit => "service_limit",
            Self::Restricted => "restricted",
        }
    }

    /// Whether it speaks of a credential that is presented and bad.
    pub fn is_bad_credential(self) -> bool {
        self.code() == Code::InvalidToken
    }

    /// Whether there were too many requests, and nothing else was wrong with this one.
    pub fn is_limit(self) -> bool {
        self.code() == Code::RateLimited
    }

    /// The sentence for the caller: the reason itself where that tells nothing of a secret, one and the same
    /// where it would.
    pub fn public_detail(self) -> String {
        if self.is_bad_credential() { Code::InvalidToken.title().to_owned() } else { self.to_string() }
    }
}
