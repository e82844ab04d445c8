//! What would become of a change, asked with `X-Dry-Run`: it is decided about, and goes nowhere. An application that knows
//! nothing of that header would do what it was asked only to try.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::json;
use symbolon_core::Timestamp;
use symbolon_core::decision::{Decision, Denial, Reason};
use symbolon_http::Answer;

use super::{Proxy, message};
use crate::incoming;
use crate::refusals::{Refusal, undecided};
use crate::trusted;
use crate::verdict::Verdict;

/// The header by which it is asked.
pub(crate) const DRY_RUN: &str = "x-dry-run";

/// Whether what is asked by this method changes nothing.
pub(super) fn only_reads(method: &Method) -> bool {
    matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE" | "QUERY")
}

/// Whether a request asks what would become of it. What reads changes nothing, and is simply made. The error says what is
/// wrong: whoever means to try something must not do it for having misspelt that.
pub(crate) fn is_asked(method: &Method, headers: &HeaderMap) -> Result<bool, &'static str> {
    let mut asked = false;
    for value in headers.get_all(DRY_RUN) {
        match value.as_bytes().trim_ascii().to_ascii_lowercase().as_slice() {
            b"true" | b"1" | b"yes" | b"on" => asked = true,
            b"false" | b"0" | b"no" | b"off" => {}
            _ => return Err("X-Dry-Run is to be true or false"),
        }
    }
    Ok(asked && !only_reads(method))
}

impl Proxy {
    /// What would become of a request, if that is what is asked; `None` where it is meant, or the application's to answer.
    /// Nothing is counted, and no limit asked.
    pub(super) async fn try_dry(
        &self,
        parts: &Parts,
        tunnel: bool,
        now: Timestamp,
    ) -> Option<Result<(Response, Verdict), Refusal>> {
        if !parts.headers.contains_key(DRY_RUN) {
            return None;
        }
        let served = self.app.gate().service(self.settings.service.as_str());
        let target = incoming::target(&parts.uri);
        if served.is_some_and(|served| served.catalog.application_dry_run)
            || self.is_others(parts, &self.question(parts, &target), now)
        {
            return None;
        }
        let why = match is_asked(&parts.method, &parts.headers) {
            // What follows the handshake is not just reading.
            Ok(false) if tunnel => Some("a tunnel cannot be tried; leave X-Dry-Run out"),
            Ok(false) => return None,
            Ok(true) => message::ambiguity(parts),
            Err(why) => Some(why),
        };
        if let Some(why) = why {
            return Some(Err(self.misread(why, now)));
        }
        Some(self.tried(parts, now).await)
    }

    /// Why a request that another door is about to make would be refused; it is not made. What only a limit would refuse is
    /// not.
    pub(crate) async fn would_refuse(&self, parts: &Parts) -> Option<Refusal> {
        let now = self.app.now();
        let enforced = self.app.gate().enforces(&self.settings.service);
        match self.looked(parts, now).await {
            Ok(Err(denial)) if enforced => Some(self.refused_look(parts, &denial, now)),
            Ok(_) => None,
            Err(refusal) => Some(refusal),
        }
    }

    /// What is decided about a request that is not made: what would be allowed, or why it would be refused. The error is that
    /// nobody knows.
    async fn looked(&self, parts: &Parts, now: Timestamp) -> Result<Result<Verdict, Box<Denial>>, Refusal> {
        let service = &self.settings.service;
        let target = incoming::target(&parts.uri);
        let request = self.question(parts, &target);
        match self.app.look(service, &request, now).await {
            Some(Decision::Allow(grant)) => Ok(Ok(Verdict::allowed(&grant, &grant.identity()))),
            Some(Decision::Deny(denial)) => {
                // A secret that was replaced is no less in use for being tried with.
                self.app.gate().note_refusal(&denial, request.client_ip, now);
                Ok(Err(denial))
            }
            Some(Decision::Unavailable) | None => Err(undecided(&self.app, service, now)),
        }
    }

    fn refused_look(&self, parts: &Parts, denial: &Denial, now: Timestamp) -> Refusal {
        let target = incoming::target(&parts.uri);
        self.refuse(&self.question(parts, &target), denial, now)
    }

    /// Who is nobody, or could not be told, is answered as if the request were meant.
    async fn tried(&self, parts: &Parts, now: Timestamp) -> Result<(Response, Verdict), Refusal> {
        let service = &self.settings.service;
        let enforced = self.app.gate().enforces(service);
        let nobody = |reason: Reason| reason.is_bad_credential() || reason == Reason::CredentialRequired;
        let target = incoming::target(&parts.uri);
        let mut told = json!({
            "dry_run": true,
            "allowed": true,
            "would_execute": { "method": parts.method.as_str(), "target": String::from_utf8_lossy(&target) },
        });
        let mut verdict = match self.looked(parts, now).await? {
            Ok(verdict) => verdict,
            Err(denial) if enforced && nobody(denial.reason) => {
                return Err(self.refused_look(parts, &denial, now));
            }
            Err(denial) => {
                let problem = Answer::denied(&denial, service.as_str()).problem("");
                told["allowed"] = false.into();
                told["code"] = problem.code.into();
                told["detail"] = problem.detail.into();
                told["required_scopes"] = json!(problem.required_scopes);
                if let Some(link) = self.app.ask_link(service, &denial, trusted::client(&parts.extensions)) {
                    told["ask"] = json!(link);
                }
                if !enforced {
                    // It would go on all the same, as somebody whom nobody knows.
                    told["enforced"] = false.into();
                }
                let (token, route) = (denial.about(), denial.route.clone());
                Verdict { code: denial.reason.code(), token, route, ..Verdict::ALLOWED }
            }
        };
        // Told apart from what was done.
        verdict.reason = Some("dry_run");
        let mut response = Body::from(told.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(DRY_RUN, HeaderValue::from_static("true"));
        Ok((response, verdict))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_of_changes_in_words_that_are_known() {
        for (method, values, asked) in [
            ("POST", &["true"][..], Ok(true)),
            ("DELETE", &[" Yes "], Ok(true)),
            ("PATCH", &["1"], Ok(true)),
            ("PUT", &["off", "on"], Ok(true)),
            ("POST", &["false"], Ok(false)),
            ("POST", &[], Ok(false)),
            ("GET", &["true"], Ok(false)),
            ("POST", &["ture"], Err(())),
            ("POST", &[""], Err(())),
            ("POST", &["true", "?"], Err(())),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(DRY_RUN, HeaderValue::from_static(value));
            }
            let found = is_asked(&method.parse().unwrap(), &headers).map_err(|_| ());
            assert_eq!(found, asked, "{method} {values:?}");
        }
    }
}
