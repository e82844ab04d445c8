//! The decision: may this request pass? One pure, total function that every door calls (DESIGN part 4).
//!
//! [`Judge::decide`] takes the catalog, the [`Directory`] of what is live, the keys and `now`. It answers with
//! one of three outcomes. A [`Grant`] can be made nowhere else: who holds one holds the proof that the rule
//! said yes.

mod descent;
mod identity;
mod keys;
pub mod limit;
mod live;
mod outcome;
mod principal;
mod reach;
mod route;
mod rules;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::catalog::{Access, Reading, Route, RouteIndex};
use crate::credential::Credentials;
use crate::explain::{Explanation, Trace};
use crate::name::ScopeName;
use crate::target::Target;

pub use descent::{Ancestor, line};
pub use identity::{Caller, Directory, Identifier, NotIdentified};
pub use keys::{Keys, Redigest};
pub use live::{Extra, LiveToken, LiveUser, Place};
pub use outcome::{Decision, Denial, Grant, Reason};
pub use principal::{Identity, Principal};
pub use reach::Reach;
pub use route::{DecidedRoute, HeldCatalog};

/// One request as a door saw it. It prints without its credentials and without its query, where people put
/// them all the same.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method, as sent; case-sensitive.
    pub method: &'a str,
    /// The request target, as sent.
    pub target: &'a [u8],
    /// The credential headers.
    pub credentials: Credentials<'a>,
    /// Whether a header asks the application to take the request for one of another method.
    pub method_override: bool,
    /// Where from, if the door knows.
    pub client_ip: Option<IpAddr>,
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split(|b| *b == b'?').next().unwrap_or_default();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &String::from_utf8_lossy(path))
            .field("credentials", &self.credentials)
            .field("method_override", &self.method_override)
            .field("client_ip", &self.client_ip)
            .finish()
    }
}

/// What the operator decides about one service, beyond its catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceRules {
    /// Whether Symbolon's own session cookie counts on this service.
    pub session_cookie: bool,
    /// Whether the system key passes on `human` routes.
    pub system_key_on_human: bool,
    /// Whether refusals are acted on, for as long as nobody has switched that in the record
    /// ([`Enforcement`](crate::record::Enforcement)). No decision depends on it: the doors ask the gate.
    pub enforce: bool,
}

impl Default for ServiceRules {
    fn default() -> Self {
        Self { session_cookie: false, system_key_on_human: true, enforce: true }
    }
}

/// Everything that a decision about one service depends on, besides the request.
pub struct Judge<'a, D> {
    /// The service's catalog.
    pub catalog: &'a HeldCatalog,
    /// What is live.
    pub directory: &'a D,
    /// The keys that secrets are recognised by.
    pub keys: &'a Keys,
    /// The operator's rules.
    pub rules: ServiceRules,
    /// The moment of the decision.
    pub now: Timestamp,
}

/// What a request asks for, once target and route are known.
struct Asked<'a, 'r> {
    target: Target<'r>,
    /// `None`: a preflight, which the catalog leaves open.
    route: Option<(RouteIndex, &'a Route)>,
    /// What else the application may take it for. The caller must be let pass there too.
    others: Vec<&'a Route>,
}

impl Asked<'_, '_> {
    /// Whether anybody may pass.
    fn public(&self) -> bool {
        self.route.is_none_or(|(_, route)| route.access == Access::Public)
    }

    /// The path as each route that the application may take it for. Empty where one of them cannot be told.
    fn readings(&self) -> Vec<Reading<'_>> {
        let routes = self.route.map(|(_, route)| route).into_iter().chain(self.others.iter().copied());
        let mut all = Vec::new();
        for route in routes {
            let readings = route.read(self.target.path());
            if readings.is_empty() {
                return readings;
            }
            all.extend(readings);
        }
        all
    }
}

impl<D: Directory> Judge<'_, D> {
    /// Decides a request. `trace` hears each rule; pass `&mut ()` where nobody listens.
    pub fn decide<'r>(&self, request: &Request<'r>, trace: &mut impl Trace) -> Decision<'r> {
        if !self.directory.ready() {
            return Decision::Unavailable;
        }
        let asked = match self.asked(request, trace) {
            Ok(asked) => asked,
            Err(denial) => return Decision::Deny(denial),
        };
        let route = asked.route.map(|(index, _)| index);
        let decided = || route.map(|index| DecidedRoute::new(self.catalog, index));
        let caller = match self.caller(request, asked.public(), trace) {
            Ok(caller) => caller,
            Err(denial) => return Decision::Deny(Box::new(Denial { route: decided(), ..*denial })),
        };
        let token = caller.token().map(|live| live.id);
        match self.admit(&asked, request, caller, trace) {
            Ok(principal) => {
                Decision::Allow(Grant::new(self.catalog.clone(), asked.target, route, principal))
            }
            Err(reason) => {
                Decision::Deny(Box::new(Denial { token, route: decided(), ..Denial::new(reason) }))
            }
        }
    }

    /// Explains what would become of a request by `caller`, who has presented nothing. No grant comes of it.
    pub fn explain_as(&self, request: &Request<'_>, caller: Caller<'_>) -> (Result<(), Reason>, Explanation) {
        let mut trace = Explanation::default();
        let outcome = match self.asked(request, &mut trace) {
            Ok(asked) => match self.named(caller, asked.public(), &mut trace) {
                Ok(caller) => self.admit(&asked, request, caller, &mut trace).map(|_| ()),
                Err(denial) => Err(denial.reason),
            },
            Err(denial) => Err(denial.reason),
        };
        (outcome, trace)
    }

    /// Decides whether a presented secret holds all of `required`, without a route. A session has a role and no
    /// scopes; it is asked about with a method and a path. So is a token that is restricted in more than its networks.
    pub fn decide_scopes(
        &self,
        credentials: Credentials<'_>,
        required: &[ScopeName],
        client_ip: Option<IpAddr>,
    ) -> Decision<'static> {
        if !self.directory.ready() {
            return Decision::Unavailable;
        }
        let request = Request { method: "GET", target: b"/", credentials, method_override: false, client_ip };
        let caller = match self.caller(&request, false, &mut ()) {
            Ok(caller) => caller,
            Err(denial) => return Decision::Deny(denial),
        };
        let live = caller.token();
        let token = live.map(|live| live.id);
        let ancestors = match self.ancestors(live.as_ref()) {
            Ok(ancestors) => ancestors,
            Err(reason) => return Decision::Deny(Box::new(Denial { token, ..Denial::new(reason) })),
        };
        let principal = self.principal(caller, &ancestors);
        if !self.holds(&principal, required) {
            let required = required.to_vec();
            let denial = Denial { token, required, ..Denial::new(Reason::InsufficientScope) };
            return Decision::Deny(Box::new(denial));
        }
        let all = live.iter().chain(ancestors.iter().map(|ancestor| &ancestor.live));
        let mut restrictions = all.filter_map(LiveToken::restrictions);
        if restrictions.any(|own| own.admit_without_request(client_ip).is_err()) {
            return Decision::Deny(Box::new(Denial { token, ..Denial::new(Reason::Restricted) }));
        }
        let target = Target::parse(b"/").unwrap_or_else(|_| unreachable!("/ is canonical"));
        Decision::Allow(Grant::new(self.catalog.clone(), target, None, principal))
    }

    /// Who asks for nothing has forgotten to say what: that is held by no token.
    fn holds(&self, principal: &Principal, required: &[ScopeName]) -> bool {
        match principal {
            Principal::System { .. } => true,
            Principal::Token { effective, .. } => {
                let declared = required.iter().all(|scope| self.catalog.scope(scope).is_some());
                declared && !required.is_empty() && self.catalog.set(required).is_subset(effective)
            }
            Principal::Anonymous | Principal::Session { .. } => false,
        }
    }
}
