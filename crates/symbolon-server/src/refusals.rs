//! The last refusals, so that each can be explained by the `request_id` that its answer carried.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use percent_encoding::percent_decode;
use symbolon_core::Timestamp;
use symbolon_core::credential::{Credentials, Presented};
use symbolon_core::decision::{DecidedRoute, Denial, Reason, Request};
use symbolon_core::explain::Explanation;
use symbolon_core::id::{RequestId, TokenId};
use symbolon_core::name::ServiceName;
use symbolon_gate::Gate;

use crate::answer::ApiError;
use crate::app::App;

/// How many are remembered.
const CAPACITY: usize = 1_024;
/// How much of a target is written down, in bytes: enough to recognise it.
const TARGET: usize = 512;
/// How far the part of a path may reach with which that ends, in bytes. It is looked at whole, or not at all.
const LOOKED_AT: usize = 8 * 1024;
/// How much of a method is, in characters.
const METHOD: usize = 32;

/// A refusal that was answered. The query is left out, for applications put secrets there, and so is a path that has one
/// of Symbolon's; `steps` name neither.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) id: RequestId,
    pub(crate) at: Timestamp,
    pub(crate) service: ServiceName,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The route, if the catalog has one.
    pub(crate) route: Option<DecidedRoute>,
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

/// Stands for a path that is not written down.
const NO_PATH: &str = "-";

/// A target's path, without its query, as far as it is looked at before it is written down; nothing, where the part with
/// which that ends has no end in sight.
pub(crate) fn looked_at(target: &[u8]) -> Option<&[u8]> {
    let path = target.split(|b| *b == b'?').next().unwrap_or_default();
    let Some(rest) = path.get(TARGET..) else { return Some(path) };
    let end = TARGET + rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
    (end <= LOOKED_AT).then(|| &path[..end])
}

/// As much of a path as is written down. People paste secrets where an id belongs: a path with a part that is, or claims
/// to be, a token, key or session of Symbolon's is not, whether the part is written as it is or percent-encoded.
pub(crate) fn shown_path(gate: &Gate, looked_at: &[u8], at: Timestamp) -> Option<String> {
    let secret = |part: &[u8]| {
        let decoded = Cow::from(percent_decode(part));
        gate.claims(part, at) || (*decoded != *part && gate.claims(&decoded, at))
    };
    let shown = &looked_at[..looked_at.len().min(TARGET)];
    (!looked_at.split(|b| *b == b'/').any(secret)).then(|| String::from_utf8_lossy(shown).into_owned())
}

/// As much of a method as is written down: it is anything that the caller likes, and so of any length.
pub(crate) fn shown_method(method: &str) -> String {
    method.chars().take(METHOD).collect()
}

/// A refusal of which nothing is remembered: of a request beyond a limit, or of a bad credential too many from where it
/// comes. A flood of them costs no more than its answers, which say themselves what was wrong. `None`: it is no such one.
///
/// A session's cookie comes without anybody's doing, and whoever meant to sign in anew would be kept waiting for it; it is
/// never one too many.
pub(crate) fn unremembered(
    app: &App,
    service: &ServiceName,
    credentials: &Credentials<'_>,
    client_ip: Option<IpAddr>,
    denial: &Denial,
    now: Timestamp,
) -> Option<ApiError> {
    let refusal = || ApiError::denied(denial, service.as_str());
    if denial.reason.is_limit() {
        return Some(refusal());
    }
    let by_cookie = matches!(credentials.presented(), Ok(Some(Presented::Cookie(_))));
    if by_cookie || !denial.reason.is_bad_credential() {
        return None;
    }
    app.bad_credential(client_ip, now).err().map(|seconds| refusal().one_too_many(seconds))
}

impl App {
    /// Counts a bad credential from here; the error is after how many whole seconds one is looked into again.
    pub(crate) fn bad_credential(&self, from: Option<IpAddr>, now: Timestamp) -> Result<(), u64> {
        let counted = self.shared().failures.count(from, now);
        if counted.is_err() {
            self.metrics().credentials_limited.add();
        }
        counted
    }
}

/// A door's refusal, explained and remembered, unless there are too many of its kind.
pub(crate) fn refuse(
    app: &App,
    service: &ServiceName,
    request: &Request<'_>,
    denial: &Denial,
    now: Timestamp,
) -> Refusal {
    let id = app.request_id(now);
    let Request { credentials, client_ip, .. } = request;
    if let Some(refusal) = unremembered(app, service, credentials, *client_ip, denial, now) {
        tracing::debug!(%id, %service, reason = %denial.reason, "refused, as too many");
        return (refusal, id);
    }
    remember(app, id, service, request, denial, now);
    (ApiError::denied(denial, service.as_str()).asking(app.ask_link(service, denial, *client_ip)), id)
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
    let path = looked_at(request.target).and_then(|path| shown_path(app.gate(), path, now));
    let refused = Refused {
        id,
        at: now,
        service: service.clone(),
        method: shown_method(request.method),
        path: path.unwrap_or_else(|| NO_PATH.to_owned()),
        route: denial.route.clone(),
        reason: denial.reason,
        token: denial.about(),
        steps,
    };
    tracing::info!(%id, %service, method = refused.method, path = refused.path, reason = %denial.reason, token = ?refused.token, "refused");
    app.refusals().remember(refused);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key need not have a form by which its beginning could be told.
    #[test]
    fn a_path_is_looked_at_up_to_the_end_of_the_part_in_which_it_is_cut_off() {
        for (first, second, seen) in [
            (3, 3, Some("/aaa/bbb/c".len())),
            (500, 60, Some(1 + 500 + 1 + 60)),
            (511, 60, Some(1 + 511)),
            (1, LOOKED_AT - 3, Some(LOOKED_AT)),
            (1, LOOKED_AT - 2, None),
        ] {
            let path = format!("/{}/{}/c?d", "a".repeat(first), "b".repeat(second));
            assert_eq!(looked_at(path.as_bytes()).map(<[u8]>::len), seen, "{first} {second}");
        }
    }
}
