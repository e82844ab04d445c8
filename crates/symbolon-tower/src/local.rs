//! The gate in this process.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use symbolon_core::Timestamp;
use symbolon_core::decision::{self, Decision, Principal};
use symbolon_core::name::ServiceName;
use symbolon_gate::Gate;
use symbolon_http::{Answer, incoming, token_quota};

use crate::edge;
use crate::grant::{Grant, Kind, Route, Token};
use crate::layer::SetupError;
use crate::passage::{Allowed, Asked, Refused};

#[derive(Clone)]
pub(crate) struct Local {
    gate: Arc<Gate>,
    service: ServiceName,
    pub(crate) now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("service", &self.service).finish_non_exhaustive()
    }
}

impl Local {
    pub(crate) fn new(gate: Arc<Gate>, service: &str) -> Result<Self, SetupError> {
        let service = SetupError::named(service)?;
        Ok(Self { gate, service, now: Arc::new(edge::now) })
    }

    pub(crate) fn decide(&self, parts: &Parts, asked: &Asked) -> Result<Allowed, Refused> {
        let now = (self.now)();
        // An application has no login page of Symbolon's, and so no cookie of it: only the server knows under which of
        // its two names a session's cookie counts.
        let credentials = incoming::credentials_of_request(&parts.headers, false);
        let request = decision::Request {
            method: parts.method.as_str(),
            target: &asked.target,
            credentials,
            method_override: incoming::method_override(&parts.headers, &asked.target),
            client_ip: asked.client,
        };
        let service = &self.service;
        let refused = |answer: Answer, why: &dyn fmt::Display| {
            let id = edge::request_id(now);
            tracing::info!(%id, %service, code = answer.code.as_str(), %why, "refused");
            Err(Box::new(answer.into_response(&id)))
        };
        match self.gate.check(service, &request, now) {
            Some(Decision::Allow(grant)) => Ok(Allowed {
                target: grant.target().to_path_and_query(),
                headers: grant.quota().into_iter().flat_map(token_quota).collect(),
                grant: self.owned(&grant),
            }),
            Some(Decision::Deny(denial)) => {
                refused(Answer::denied(&denial, service.as_str()), &denial.reason)
            }
            Some(Decision::Unavailable) => refused(Answer::unavailable(), &"the gate is not loaded"),
            None => refused(Answer::unavailable(), &"the gate has no such service"),
        }
    }

    fn owned(&self, grant: &decision::Grant<'_>) -> Grant {
        let identity = grant.identity();
        let given = |text: &str| Some(text.to_owned()).filter(|text| text != "-");
        let token = grant.principal().token();
        Grant {
            kind: match grant.principal() {
                Principal::Anonymous => Kind::Anonymous,
                Principal::System { .. } => Kind::System,
                Principal::Session { .. } => Kind::Session,
                Principal::Token { .. } => Kind::Token,
            },
            // A token that has gone since has no name any more.
            token: token.map(|id| Token {
                id: id.to_string(),
                name: self.gate.token(id).map(|token| token.name.clone()).unwrap_or_default(),
            }),
            owner: given(identity.owner),
            role: given(identity.role),
            scopes: given(&identity.scopes)
                .map(|list| list.split(' ').map(str::to_owned).collect())
                .unwrap_or_default(),
            route: grant
                .route()
                .map(|route| Route { method: route.method.clone(), path: route.path.clone() }),
        }
    }
}
