//! What a caller could reach: for lists of what can be done, which show nobody what would be refused.

use std::net::IpAddr;

use super::outcome::{Denial, Reason};
use super::principal::Principal;
use super::{Caller, Directory, Judge, LiveToken, Request};
use crate::catalog::{Access, RouteIndex};
use crate::credential::Credentials;

/// What a caller could reach of a service at one moment. It lets nobody in: each request is decided about by itself.
#[derive(Debug)]
pub enum Reach {
    /// Who calls, and of each route that was asked about whether some request of it would be allowed.
    Known(Principal, Vec<bool>),
    /// Nobody whom the service knows.
    Deny(Box<Denial>),
    /// Nobody can say.
    Unavailable,
}

impl<D: Directory> Judge<'_, D> {
    /// Who presents `credentials`, and which of `routes` they could reach. Where the rule would allow some request of a
    /// route it is reached; where one is reached, what is asked for may still be refused, for another value of a restricted
    /// parameter or by a limit.
    pub fn reach(
        &self,
        credentials: Credentials<'_>,
        client_ip: Option<IpAddr>,
        routes: impl IntoIterator<Item = RouteIndex>,
    ) -> Reach {
        if !self.directory.ready() {
            return Reach::Unavailable;
        }
        let request = Request { method: "GET", target: b"/", credentials, method_override: false, client_ip };
        let caller = match self.caller(&request, false, &mut ()) {
            Ok(Caller::Anonymous) => return Reach::Deny(Box::new(Denial::new(Reason::CredentialRequired))),
            Ok(caller) => caller,
            Err(denial) => return Reach::Deny(denial),
        };
        let live = caller.token();
        let ancestors = match self.ancestors(live.as_ref()) {
            Ok(ancestors) => ancestors,
            Err(reason) => return Reach::Deny(Box::new(Denial::new(reason))),
        };
        let principal = self.principal(caller, &ancestors);
        let all = live.iter().chain(ancestors.iter().map(|ancestor| &ancestor.live));
        let restrictions: Vec<_> = all.filter_map(LiveToken::restrictions).collect();
        let reached = |route: RouteIndex| {
            // Of another catalog, which was exchanged meanwhile, there may be more.
            let Some(route) = self.catalog.routes.get(route) else { return false };
            // There a token that is restricted to other requests passes as nobody.
            route.access == Access::Public
                || self.allows(route, &principal, &mut ()).is_ok()
                    && restrictions.iter().all(|own| own.could_admit(route, client_ip))
        };
        let routes = routes.into_iter().map(reached).collect();
        Reach::Known(principal, routes)
    }
}
