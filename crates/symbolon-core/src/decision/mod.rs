//! The decision: may this request pass? One pure, total function that every door calls (DESIGN part 4).
//!
//! [`Judge::decide`] takes the catalog, the [`Directory`] of what is live, the keys and `now`. It answers with
//! one of three outcomes. A [`Grant`] can be made nowhere else: who holds one holds the proof that the rule
//! said yes.

mod identity;
mod outcome;
mod principal;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::catalog::{Access, Catalog, Matched, Role, Route, RouteIndex};
use crate::credential::{Credentials, Presented};
use crate::explain::{Explanation, Rule, Trace};
use crate::name::ScopeName;
use crate::target::Target;

pub use identity::{Caller, Directory, Identifier, Keys, LiveToken, NotIdentified};
pub use outcome::{Decision, Denial, Grant, Reason};
pub use principal::{Identity, Principal};

/// One request as a door saw it.
#[derive(Debug, Clone, Copy)]
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

/// What the operator decides about one service, beyond its catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceRules {
    /// Whether Symbolon's own session cookie counts on this service.
    pub session_cookie: bool,
    /// Whether the system key passes on `human` routes.
    pub system_key_on_human: bool,
}

impl Default for ServiceRules {
    fn default() -> Self {
        Self { session_cookie: false, system_key_on_human: true }
    }
}

/// Everything that a decision about one service depends on, besides the request.
pub struct Judge<'a, D> {
    /// The service's catalog.
    pub catalog: &'a Arc<Catalog>,
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
    route: Option<(RouteIndex, &'a Route)>,
}

impl<'a, D: Directory> Judge<'a, D> {
    /// Decides a request. `trace` hears each rule; pass `&mut ()` where nobody listens.
    pub fn decide<'r>(&self, request: &Request<'r>, trace: &mut impl Trace) -> Decision<'r> {
        if !self.directory.ready() {
            return Decision::Unavailable;
        }
        let asked = match self.asked(request, trace) {
            Ok(asked) => asked,
            Err(denial) => return Decision::Deny(Box::new(denial)),
        };
        let public = asked.route.is_none_or(|(_, route)| route.access == Access::Public);
        let caller = match self.caller(request, public, trace) {
            Ok(caller) => caller,
            Err(denial) => return Decision::Deny(Box::new(denial)),
        };
        match self.admit(&asked, &caller, trace) {
            Ok(principal) => Decision::Allow(Grant::new(
                self.catalog.clone(),
                asked.target,
                asked.route.map(|(index, _)| index),
                principal,
            )),
            Err(reason) => Decision::Deny(Box::new(Denial {
                token: caller.token().map(|live| live.token.clone()),
                needs: match (reason, asked.route) {
                    (Reason::InsufficientScope, Some((_, route))) => self.catalog.alternatives(route),
                    _ => Vec::new(),
                },
                ..Denial::new(reason)
            })),
        }
    }

    /// Explains what would become of a request by `caller`, who has presented nothing. No grant comes of it.
    pub fn explain_as(
        &self,
        request: &Request<'_>,
        caller: &Caller<'_>,
    ) -> (Result<(), Reason>, Explanation) {
        let mut trace = Explanation::default();
        let outcome = match self.asked(request, &mut trace) {
            Ok(asked) => self.named(caller, &asked, &mut trace).map(|_| ()),
            Err(denial) => Err(denial.reason),
        };
        (outcome, trace)
    }

    /// Decides whether a presented secret holds all of `required`, without a route. A session has a role and no
    /// scopes; it is asked about with a method and a path.
    pub fn decide_scopes(&self, credentials: Credentials<'_>, required: &[ScopeName]) -> Decision<'static> {
        if !self.directory.ready() {
            return Decision::Unavailable;
        }
        let request =
            Request { method: "GET", target: b"/", credentials, method_override: false, client_ip: None };
        let caller = match self.caller(&request, false, &mut ()) {
            Ok(caller) => caller,
            Err(denial) => return Decision::Deny(Box::new(denial)),
        };
        let reason = match (&caller, self.principal(&caller)) {
            (Caller::System(_), Ok(principal)) => return self.grant_scopes(principal),
            (Caller::Token { .. }, Ok(principal @ Principal::Token { .. }))
                if self.holds(&principal, required) =>
            {
                return self.grant_scopes(principal);
            }
            (_, Err(reason)) => reason,
            _ => Reason::InsufficientScope,
        };
        Decision::Deny(Box::new(Denial {
            token: caller.token().map(|live| live.token.clone()),
            needs: vec![required.to_vec()],
            ..Denial::new(reason)
        }))
    }

    fn grant_scopes(&self, principal: Principal) -> Decision<'static> {
        let target = Target::parse(b"/").unwrap_or_else(|_| unreachable!("/ is canonical"));
        Decision::Allow(Grant::new(self.catalog.clone(), target, None, principal))
    }

    fn holds(&self, principal: &Principal, required: &[ScopeName]) -> bool {
        let declared = required.iter().all(|scope| self.catalog.scope(scope).is_some());
        matches!(principal, Principal::Token { effective, .. }
            if declared && self.catalog.set(required).is_subset(effective))
    }

    /// Rules 1 and 2: a canonical target, and a route.
    fn asked<'r>(&self, request: &Request<'r>, trace: &mut impl Trace) -> Result<Asked<'a, 'r>, Denial> {
        let target = Target::parse(request.target).map_err(|fault| {
            trace.step(Rule::Target, false, || fault.to_string());
            Denial::new(Reason::Target(fault))
        })?;
        trace.step(Rule::Target, true, || format!("the canonical path is {}", target.path()));
        let route = match self.catalog.find(request.method, target.path()) {
            Matched::Route(index, route) => Some((index, route)),
            Matched::Preflight => None,
            Matched::OtherMethods(methods) => {
                trace.step(Rule::Route, false, || {
                    format!("the path has routes only for {}", methods.join(", "))
                });
                let allow = methods.into_iter().map(str::to_owned).collect();
                return Err(Denial { allow, ..Denial::new(Reason::MethodNotAllowed) });
            }
            Matched::None => {
                trace.step(Rule::Route, false, || "the catalog has no route for this path".to_owned());
                return Err(Denial::new(Reason::NoRoute));
            }
        };
        if request.method_override {
            trace.step(Rule::Route, false, || "a header asks for another method".to_owned());
            return Err(Denial::new(Reason::MethodOverride));
        }
        trace.step(Rule::Route, true, || match route {
            Some((_, route)) => {
                format!("{} {} at line {} of the catalog", route.method, route.path, route.line)
            }
            None => "a preflight, which this catalog leaves open".to_owned(),
        });
        Ok(Asked { target, route })
    }

    /// Rules 3 and 4: one credential, and who it is. On a public route a bad one counts as none.
    fn caller(
        &self,
        request: &Request<'_>,
        public: bool,
        trace: &mut impl Trace,
    ) -> Result<Caller<'a>, Denial> {
        let presented = match request.credentials.presented() {
            Ok(presented) => presented.filter(|presented| self.cookie_counts(presented, request.method)),
            Err(fault) => {
                trace.step(Rule::Credential, false, || fault.to_string());
                let reason = Reason::Credential(fault);
                return if public && reason.is_bad_credential() {
                    Ok(Caller::Anonymous)
                } else {
                    Err(Denial::new(reason))
                };
            }
        };
        let Some(presented) = presented else {
            trace.step(Rule::Credential, public, || "no credential is presented".to_owned());
            return if public { Ok(Caller::Anonymous) } else { Err(Denial::new(Reason::CredentialRequired)) };
        };
        trace.step(Rule::Credential, true, || "one credential is presented".to_owned());
        let identifier = Identifier { directory: self.directory, keys: self.keys, now: self.now };
        let found = identifier.identify(presented, std::slice::from_ref(&self.catalog.prefix));
        let found = found.and_then(|caller| match caller {
            Caller::Token { live, .. } if live.token.service != self.catalog.service => {
                Err((Reason::OtherService, Some(live.token.id)))
            }
            // A verifier key asks for decisions; it is nobody to decide about.
            Caller::Verifier(_) => Err((Reason::UnknownSecret, None)),
            caller => Ok(caller),
        });
        found
            .map_err(|(reason, subject)| {
                trace.step(Rule::Identity, false, || reason.to_string());
                Denial { subject, ..Denial::new(reason) }
            })
            .or_else(|denial| if public { Ok(Caller::Anonymous) } else { Err(denial) })
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

    fn named(
        &self,
        caller: &Caller<'_>,
        asked: &Asked<'_, '_>,
        trace: &mut impl Trace,
    ) -> Result<Principal, Reason> {
        let public = asked.route.is_none_or(|(_, route)| route.access == Access::Public);
        if let (Caller::Anonymous, false) = (caller, public) {
            trace.step(Rule::Credential, false, || "no credential is presented".to_owned());
            return Err(Reason::CredentialRequired);
        }
        if let Some(reason) = caller.fault(self.now) {
            trace.step(Rule::Identity, false, || reason.to_string());
            return Err(reason);
        }
        self.admit(asked, caller, trace)
    }

    /// Rules 5 to 7: what the route asks for, the scopes, the role.
    fn admit(
        &self,
        asked: &Asked<'_, '_>,
        caller: &Caller<'_>,
        trace: &mut impl Trace,
    ) -> Result<Principal, Reason> {
        let principal = self.principal(caller)?;
        trace.step(Rule::Identity, true, || principal.describe(self.catalog));
        let Some((_, route)) = asked.route else { return Ok(principal) };
        let refused = match (&route.access, &principal) {
            (Access::Public, _) => return Ok(principal),
            (Access::System, Principal::System { .. }) => None,
            (Access::System, _) => Some(Reason::SystemOnly),
            (Access::Human, Principal::Token { .. }) => Some(Reason::HumanOnly),
            (Access::Human, Principal::System { .. }) if !self.rules.system_key_on_human => {
                Some(Reason::HumanOnly)
            }
            (Access::Human | Access::Scopes(_), _) => None,
        };
        trace.step(Rule::Access, refused.is_none(), || match route.access {
            Access::Public => "anybody may call this".to_owned(),
            Access::Human => "a person, or the system key, may call this; no token".to_owned(),
            Access::System => "the system key alone may call this".to_owned(),
            Access::Scopes(_) => "a token of the right scopes may call this".to_owned(),
        });
        if let Some(reason) = refused {
            return Err(reason);
        }
        let role = match &principal {
            Principal::System { .. } => return Ok(principal),
            Principal::Anonymous => return Err(Reason::CredentialRequired),
            Principal::Session { role, .. } => *role,
            Principal::Token { effective, role, .. } => {
                if let Access::Scopes(alternatives) = &route.access {
                    let held = alternatives.iter().any(|set| set.is_subset(effective));
                    trace.step(Rule::Scopes, held, || {
                        let needs = self.catalog.alternatives(route);
                        let needs: Vec<_> = needs.iter().map(|set| crate::code::scope_list(set)).collect();
                        format!("the route asks for {}", needs.join(", or "))
                    });
                    if !held {
                        return Err(Reason::InsufficientScope);
                    }
                }
                *role
            }
        };
        let reached = role.is_some_and(|role| role.reaches(route.role));
        trace.step(Rule::Role, reached, || {
            let name =
                |role: Option<Role>| role.map_or("no role", |role| self.catalog.roles.name(role).as_str());
            format!("the route needs {}; the user has {}", name(Some(route.role)), name(role))
        });
        if reached { Ok(principal) } else { Err(Reason::InsufficientRole) }
    }

    /// The caller with the role and the scopes that count here and now.
    fn principal(&self, caller: &Caller<'_>) -> Result<Principal, Reason> {
        Ok(match caller {
            Caller::Anonymous => Principal::Anonymous,
            Caller::System(key) => Principal::System { key: *key },
            Caller::Verifier(_) => return Err(Reason::UnknownSecret),
            Caller::Session { session, user } => {
                let role = self.catalog.role_of(user);
                Principal::Session { session: session.id, user: (*user).clone(), role }
            }
            Caller::Token { live, owner } => {
                let role = self.catalog.role_of(owner);
                let effective = self.catalog.effective(live.closure(self.catalog), role);
                Principal::Token { token: live.token.clone(), owner: (*owner).clone(), role, effective }
            }
        })
    }
}
