//! The last refusals, so that each can be explained by the `request_id` that its answer carried.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use symbolon_core::Timestamp;
use symbolon_core::catalog::Matched;
use symbolon_core::decision::{Denial, Reason, Request};
use symbolon_core::explain::Explanation;
use symbolon_core::id::{RequestId, TokenId};
use symbolon_core::name::ServiceName;
use symbolon_core::target::Target;

use crate::answer::ApiError;
use crate::app::App;

/// How many are remembered.
const CAPACITY: usize = 1_024;
/// How much of a target is remembered, in bytes: enough to recognise it.
const TARGET: usize = 512;
/// How much of a method is, in characters.
const METHOD: usize = 32;

/// A refusal that was answered. No secret is in it: the query is left out, for applications put secrets there.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) id: RequestId,
    pub(crate) at: Timestamp,
    pub(crate) service: ServiceName,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The route's method and pattern, if the catalog has one.
    pub(crate) route: Option<(String, String)>,
    pub(crate) reason: Reason,
    pub(crate) token: Option<TokenId>,
    pub(crate) steps: Explanation,
}

/// A ring of the last refusals.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<VecDeque<Refused>>);

impl Refusals {
    pub(crate) fn remember(&self, refused: Refused) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() == CAPACITY {
            ring.pop_front();
        }
        ring.push_back(refused);
    }

    pub(crate) fn find(&self, id: RequestId) -> Option<Refused> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.iter().rev().find(|refused| refused.id == id).cloned()
    }

    /// The last ones, newest first.
    pub(crate) fn latest(&self, limit: usize) -> Vec<Refused> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.iter().rev().take(limit).cloned().collect()
    }

    /// The last ones that concern a token, newest first.
    pub(crate) fn of_token(&self, id: TokenId, limit: usize) -> Vec<Refused> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.iter().rev().filter(|refused| refused.token == Some(id)).take(limit).cloned().collect()
    }
}

/// A refusal and what its request is called. It has been logged.
pub(crate) type Refusal = (ApiError, RequestId);

impl Refused {
    fn new(
        id: RequestId,
        at: Timestamp,
        service: &ServiceName,
        request: &Request<'_>,
        denial: &Denial,
        steps: Explanation,
    ) -> Self {
        let (service, path) = (service.clone(), shown_path(request.target).into_owned());
        let (reason, token) = (denial.reason, denial.about());
        Self {
            id,
            at,
            service,
            method: shown_method(request.method),
            path,
            route: None,
            reason,
            token,
            steps,
        }
    }
}

/// As much of a target's path as is written down, without its query.
pub(crate) fn shown_path(target: &[u8]) -> Cow<'_, str> {
    let path = target.split(|b| *b == b'?').next().unwrap_or_default();
    String::from_utf8_lossy(&path[..path.len().min(TARGET)])
}

/// As much of a method as is written down: it is anything that the caller likes, and so of any length.
pub(crate) fn shown_method(method: &str) -> String {
    method.chars().take(METHOD).collect()
}

/// The route of a request by the catalog in force.
pub(crate) fn route(
    app: &App,
    service: &ServiceName,
    method: &str,
    target: &[u8],
) -> Option<(String, String)> {
    let catalog = app.gate().service(service.as_str())?.catalog;
    match catalog.find(method, Target::parse(target).ok()?.path()) {
        Matched::Route(_, route) => Some((route.method.clone(), route.path.clone())),
        _ => None,
    }
}

/// A door's refusal, explained and remembered.
pub(crate) fn refuse(
    app: &App,
    service: &ServiceName,
    request: &Request<'_>,
    denial: &Denial,
    now: Timestamp,
) -> Refusal {
    let id = app.request_id(now);
    remember(app, id, service, request, denial, now);
    (ApiError::denied(denial, service.as_str()), id)
}

/// What a door answers where nothing can be decided.
pub(crate) fn undecided(app: &App, service: &ServiceName, now: Timestamp) -> Refusal {
    let id = app.request_id(now);
    tracing::warn!(%id, %service, "nothing can be decided");
    (ApiError::unavailable(), id)
}

/// Explains a refusal that was just made, and remembers it. Only refusals come here: allowed requests pay
/// nothing for it.
pub(crate) fn remember(
    app: &App,
    id: RequestId,
    service: &ServiceName,
    request: &Request<'_>,
    denial: &Denial,
    now: Timestamp,
) {
    let mut steps = Explanation::default();
    // The same question at the same moment. Should a change have come between, the reason remembered is still
    // the one that was answered.
    let _ = app.gate().look(service, request, now, &mut steps);
    let route = route(app, service, request.method, request.target);
    let refused = Refused { route, ..Refused::new(id, now, service, request, denial, steps) };
    tracing::info!(%id, %service, method = refused.method, path = refused.path, reason = %denial.reason, token = ?refused.token, "refused");
    app.refusals().remember(refused);
}
