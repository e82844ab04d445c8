//! The rules, in their order. Each step is told to a [`Trace`], so that what is explained is what is decided.

use super::descent::{Ancestor, narrowed, weakest};
use super::identity::{Caller, Directory, Identifier, NotIdentified};
use super::live::LiveToken;
use super::outcome::{Denial, Reason};
use super::principal::Principal;
use super::route::DecidedRoute;
use super::{Asked, Judge, Request};
use crate::catalog::{Access, Catalog, Matched, Role, Route};
use crate::code::scope_list;
use crate::credential::Presented;
use crate::explain::{Rule, Trace};
use crate::restriction::Circumstances;
use crate::scope::ScopeSet;
use crate::target::{Target, TargetFault};

impl<'a, D: Directory> Judge<'a, D> {
    /// Rules 1 and 2: a canonical target, and a route.
    pub(super) fn asked<'r>(
        &self,
        request: &Request<'r>,
        trace: &mut impl Trace,
    ) -> Result<Asked<'a, 'r>, Box<Denial>> {
        let target = Target::parse(request.target).map_err(|fault| {
            trace.step(Rule::Target, false, || fault.to_string());
            Box::new(Denial::new(Reason::Target(fault)))
        })?;
        // Without the path, which may hold a secret: steps are remembered.
        trace.step(Rule::Target, true, || "the target is canonical".to_owned());
        let route = match self.catalog.find(request.method, target.path()) {
            Matched::Route(index, route) => Some((index, route)),
            Matched::Preflight => None,
            Matched::OtherMethods(methods) => {
                trace.step(Rule::Route, false, || {
                    format!("the path has routes only for {}", methods.join(", "))
                });
                let allow = methods.into_iter().map(str::to_owned).collect();
                return Err(Box::new(Denial { allow, ..Denial::new(Reason::MethodNotAllowed) }));
            }
            Matched::None => {
                trace.step(Rule::Route, false, || "the catalog has no route for this path".to_owned());
                return Err(Box::new(Denial::new(Reason::NoRoute)));
            }
        };
        if request.method_override {
            trace.step(Rule::Route, false, || "a header or the query asks for another method".to_owned());
            let route = route.map(|(index, _)| DecidedRoute::new(self.catalog, index));
            return Err(Box::new(Denial { route, ..Denial::new(Reason::MethodOverride) }));
        }
        trace.step(Rule::Route, true, || match route {
            Some((_, route)) => {
                format!("{} {} at line {} of the catalog", route.method, route.path, route.line)
            }
            None => "a preflight, which this catalog leaves open".to_owned(),
        });
        let own = route.map(|(index, _)| index);
        let others = self.catalog.readings(own, request.method, &target).collect();
        Ok(Asked { target, route, others })
    }

    /// Rules 3 and 4: one credential, and who it is. On a public route a bad one counts as none.
    pub(super) fn caller(
        &self,
        request: &Request<'_>,
        public: bool,
        trace: &mut impl Trace,
    ) -> Result<Caller<'a>, Box<Denial>> {
        let presented = match request.credentials.presented() {
            Ok(presented) => presented.filter(|presented| self.cookie_counts(presented, request.method)),
            Err(fault) => {
                trace.step(Rule::Credential, false, || fault.to_string());
                let reason = Reason::Credential(fault);
                return if public && reason.is_bad_credential() {
                    Ok(Caller::Anonymous)
                } else {
                    Err(Box::new(Denial::new(reason)))
                };
            }
        };
        let Some(presented) = presented else {
            return nobody(public, trace);
        };
        trace.step(Rule::Credential, true, || "one credential is presented".to_owned());
        let identifier = Identifier { directory: self.directory, keys: self.keys, now: self.now };
        let found = identifier.identify(presented, std::iter::once(&***self.catalog));
        self.settle(found, public, trace)
    }

    /// The same for somebody who is named instead of presenting a secret.
    pub(super) fn named<'c>(
        &'c self,
        caller: Caller<'c>,
        public: bool,
        trace: &mut impl Trace,
    ) -> Result<Caller<'c>, Box<Denial>> {
        if matches!(caller, Caller::Anonymous) {
            return nobody(public, trace);
        }
        self.settle(caller.living(self.directory, Some(self.catalog), self.now), public, trace)
    }

    /// The end of rule 4: who is found must also count here. On a public route who does not is nobody.
    fn settle<'c>(
        &self,
        found: Result<Caller<'c>, NotIdentified>,
        public: bool,
        trace: &mut impl Trace,
    ) -> Result<Caller<'c>, Box<Denial>> {
        let found = found.and_then(|caller| match caller {
            Caller::Token { live, .. } if *live.service != self.catalog.service => {
                Err((Reason::OtherService, Some(live.id)))
            }
            // A verifier key asks for decisions; it is nobody to decide about.
            Caller::Verifier(_) => Err((Reason::UnknownSecret, None)),
            caller => Ok(caller),
        });
        found.or_else(|(reason, subject)| {
            trace.step(Rule::Identity, false, || reason.to_string());
            if public {
                Ok(Caller::Anonymous)
            } else {
                Err(Box::new(Denial { subject, ..Denial::new(reason) }))
            }
        })
    }

    fn cookie_counts(&self, presented: &Presented<'_>, method: &str) -> bool {
        match presented {
            Presented::Secret(_) => true,
            Presented::Cookie(cookie) => {
                self.rules.session_cookie
                    && (cookie.same_origin || matches!(method, "GET" | "HEAD" | "OPTIONS"))
            }
        }
    }

    /// Rules 5 to 8: what the route asks for, the scopes, the role, the token's restrictions; and that the application has
    /// no way to take the request for what the caller may not. On a public route a token that is restricted to other
    /// requests counts as none.
    pub(super) fn admit(
        &self,
        asked: &Asked<'_, '_>,
        request: &Request<'_>,
        caller: Caller<'_>,
        trace: &mut impl Trace,
    ) -> Result<Principal, Reason> {
        let live = caller.token();
        let ancestors = self.ancestors(live.as_ref())?;
        let mut principal = self.principal(caller, &ancestors);
        trace.step(Rule::Identity, true, || descended(&principal, self.catalog, &ancestors));
        let restrictions = |trace: &mut _| {
            if let Some(live) = &live {
                Self::restrictions(asked, request, live, trace)?;
            }
            ancestors.iter().try_for_each(|above| Self::restrictions(asked, request, &above.live, trace))
        };
        if asked.public() && restrictions(trace).is_err() {
            principal = Principal::Anonymous;
        }
        if let Some((_, route)) = asked.route {
            self.allows(route, &principal, trace)?;
        }
        let forbidden = asked.others.iter().find(|other| self.allows(other, &principal, &mut ()).is_err());
        let Some(other) = forbidden else {
            if !asked.public() {
                restrictions(trace)?;
            }
            return Ok(principal);
        };
        trace.step(Rule::Route, false, || {
            let Route { method, path, line, .. } = other;
            format!("some routers take the path for {method} {path} at line {line}, which is not allowed")
        });
        Err(Reason::Target(TargetFault::TwoReadings))
    }

    /// Rules 5 to 7 for one route.
    pub(super) fn allows(
        &self,
        route: &Route,
        principal: &Principal,
        trace: &mut impl Trace,
    ) -> Result<(), Reason> {
        self.access(route, principal, trace)?;
        if route.access == Access::Public {
            return Ok(());
        }
        let role = match principal {
            Principal::System { .. } => return Ok(()),
            Principal::Anonymous => return Err(Reason::CredentialRequired),
            Principal::Session { role, .. } => *role,
            Principal::Token { effective, role, .. } => {
                self.scopes(route, effective, trace)?;
                *role
            }
        };
        let reached = role.is_some_and(|role| role.reaches(route.role));
        trace.step(Rule::Role, reached, || {
            let name =
                |role: Option<Role>| role.map_or("no role", |role| self.catalog.roles.name(role).as_str());
            format!("the route needs {}; the user has {}", name(Some(route.role)), name(role))
        });
        if reached { Ok(()) } else { Err(Reason::InsufficientRole) }
    }

    /// Rule 5: which kinds of caller the route takes.
    fn access(&self, route: &Route, principal: &Principal, trace: &mut impl Trace) -> Result<(), Reason> {
        let system_counts = self.rules.system_key_on_human;
        let refused = match route.access {
            Access::Public | Access::Scopes(_) => None,
            Access::System => (!matches!(principal, Principal::System { .. })).then_some(Reason::SystemOnly),
            Access::Human => match principal {
                Principal::Token { .. } => Some(Reason::HumanOnly),
                Principal::System { .. } => (!system_counts).then_some(Reason::HumanOnly),
                Principal::Session { .. } | Principal::Anonymous => None,
            },
        };
        trace.step(Rule::Access, refused.is_none(), || {
            match route.access {
                Access::Public => "anybody may call this",
                Access::Human if system_counts => "a person, or the system key, may call this; no token",
                Access::Human => "a person may call this; no token, and here not the system key",
                Access::System => "the system key alone may call this",
                Access::Scopes(_) => "a token of the right scopes may call this",
            }
            .to_owned()
        });
        refused.map_or(Ok(()), Err)
    }

    /// Rule 6: one alternative is a subset of what is effective.
    fn scopes(&self, route: &Route, effective: &ScopeSet, trace: &mut impl Trace) -> Result<(), Reason> {
        let Access::Scopes(alternatives) = &route.access else { return Ok(()) };
        let held = alternatives.iter().any(|set| set.is_subset(effective));
        trace.step(Rule::Scopes, held, || {
            let needs: Vec<_> = self.catalog.alternatives(route).iter().map(scope_list).collect();
            format!("the route asks for {}", needs.join(", or "))
        });
        if held { Ok(()) } else { Err(Reason::InsufficientScope) }
    }

    /// Rule 8: a token's restrictions, in everything that the application may take the request for.
    fn restrictions(
        asked: &Asked<'_, '_>,
        request: &Request<'_>,
        live: &LiveToken<'_>,
        trace: &mut impl Trace,
    ) -> Result<(), Reason> {
        let Some(own) = live.restrictions() else { return Ok(()) };
        let readings = if own.are_about_paths() { asked.readings() } else { Vec::new() };
        let asked = Circumstances { client: request.client_ip, method: request.method, readings };
        let outcome = own.admit(&asked);
        trace.step(Rule::Restrictions, outcome.is_ok(), || match outcome {
            Ok(()) => "the request is one of those that the token is restricted to".to_owned(),
            Err(broken) => broken.to_string(),
        });
        outcome.map_err(|_| Reason::Restricted)
    }

    /// The caller with the role and the scopes that count here and now.
    pub(super) fn principal(&self, caller: Caller<'_>, ancestors: &[Ancestor<'_>]) -> Principal {
        match caller {
            Caller::Anonymous | Caller::Verifier(_) => Principal::Anonymous,
            Caller::System(key) => Principal::System { key },
            Caller::Session { session, user } => {
                let role = user.role(self.catalog);
                Principal::Session { session: session.id, user, role }
            }
            Caller::Token { live, owner, .. } => {
                let mut role = owner.role(self.catalog);
                let mut held = self.directory.closure(&live, self.catalog);
                if live.extra.is_some() {
                    held = held.union(&self.catalog.closure(live.lent(self.now)));
                }
                let mut effective = self.catalog.effective(held, role);
                if !ancestors.is_empty() {
                    effective = narrowed(self.directory, self.catalog, effective, ancestors);
                    role = weakest(self.catalog, role, ancestors);
                }
                let LiveToken { id, token_prefix, which, place, .. } = live;
                let rotated_at = live.rotated_at();
                Principal::Token { id, token_prefix, owner, role, effective, which, rotated_at, place }
            }
        }
    }
}

/// One sentence about who it is, and what it comes from.
fn descended(principal: &Principal, catalog: &Catalog, ancestors: &[Ancestor<'_>]) -> String {
    let own = principal.describe(catalog);
    if ancestors.is_empty() {
        return own;
    }
    let ids: Vec<_> = ancestors.iter().map(|ancestor| ancestor.live.id.to_string()).collect();
    format!("{own}, derived from {}", ids.join(", from "))
}

fn nobody<'c>(public: bool, trace: &mut impl Trace) -> Result<Caller<'c>, Box<Denial>> {
    trace.step(Rule::Credential, public, || "no credential is presented".to_owned());
    if public { Ok(Caller::Anonymous) } else { Err(Box::new(Denial::new(Reason::CredentialRequired))) }
}
