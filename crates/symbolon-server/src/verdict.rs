//! What a door knows of a request to a service once it has answered: what the access log and a trace tell of it.

use symbolon_core::Code;
use symbolon_core::decision::{DecidedRoute, Grant, Identity};
use symbolon_core::id::{RequestId, TokenId};

use crate::refusals::Refusal;

/// What became of a request.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    /// The id that a refusal's answer carries.
    pub(crate) id: Option<RequestId>,
    pub(crate) code: Code,
    /// Why it was refused, in a word; more closely than the caller is told.
    pub(crate) reason: Option<&'static str>,
    /// What the application is told of who is calling, in a word; `None` for a refusal.
    pub(crate) principal: Option<&'static str>,
    /// The token, also of one that was refused, where it is known.
    pub(crate) token: Option<TokenId>,
    /// The route that was decided about; `None` where nothing was decided, or about no route.
    pub(crate) route: Option<DecidedRoute>,
}

impl Verdict {
    /// Nothing stood in the way.
    pub(crate) const ALLOWED: Self =
        Self { id: None, code: Code::Allowed, reason: None, principal: None, token: None, route: None };

    /// It was allowed; `identity` is the grant's.
    pub(crate) fn allowed(grant: &Grant<'_>, identity: &Identity<'_>) -> Self {
        Self {
            principal: Some(identity.principal),
            token: grant.principal().token(),
            route: grant.decided_route(),
            ..Self::ALLOWED
        }
    }

    /// It was answered here.
    pub(crate) fn refused((error, id): &Refusal) -> Self {
        let about = error.about();
        Self {
            id: Some(*id),
            code: error.code(),
            reason: about.reason,
            token: about.token,
            route: about.route.clone(),
            ..Self::ALLOWED
        }
    }
}
