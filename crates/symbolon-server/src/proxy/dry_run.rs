//! What would become of a change, asked with `X-Dry-Run`: it is decided about, and goes nowhere. An application that knows
//! nothing of that header would do what it was asked only to try.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::json;
use symbolon_core::Timestamp;
use symbolon_core::credential::Credentials;
use symbolon_core::decision::{Decision, Reason, Request};
use symbolon_http::Answer;

use super::{Proxy, message};
use crate::incoming;
use crate::others::is_others;
use crate::proving::Asked;
use crate::refusals::{Refusal, undecided};
use crate::trusted::client;

/// The header by which it is asked.
pub(crate) const DRY_RUN: &str = "x-dry-run";

/// Whether a request asks what would become of it. What reads changes nothing, and is simply made. The error says what is
/// wrong: whoever means to try something must not do it for having misspelt that.
pub(super) fn is_asked(method: &Method, headers: &HeaderMap) -> Result<bool, &'static str> {
    let reads = matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE" | "QUERY");
    let mut asked = false;
    for value in headers.get_all(DRY_RUN) {
        match value.as_bytes().trim_ascii().to_ascii_lowercase().as_slice() {
            b"true" | b"1" | b"yes" | b"on" => asked = true,
            b"false" | b"0" | b"no" | b"off" => {}
            _ => return Err("X-Dry-Run is to be true or false"),
        }
    }
    Ok(asked && !reads)
}

impl Proxy {
    /// What would become of a request, if that is what is asked; `None` where it is meant, or the application's to answer.
    /// Nothing is counted, and no limit asked.
    pub(super) async fn try_dry(&self, parts: &Parts, now: Timestamp) -> Option<Result<Response, Refusal>> {
        match is_asked(&parts.method, &parts.headers) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(why) => return Some(Err(self.misread(why, now))),
        }
        if let Some(why) = message::ambiguity(parts) {
            return Some(Err(self.misread(why, now)));
        }
        let (service, others) = (&self.settings.service, self.settings.other_credentials);
        let served = self.app.gate().service(service.as_str());
        let credentials = incoming::credentials(&parts.headers, self.app.shared().parts.https);
        let target = incoming::target(&parts.uri);
        if served.is_some_and(|served| served.catalog.application_dry_run)
            || is_others(&self.app, service, others, &parts.headers, &credentials, &target, now)
        {
            return None;
        }
        Some(self.tried(parts, &credentials, &target, now).await)
    }

    /// Who is nobody, or could not be told, is answered as if the request were meant.
    async fn tried(
        &self,
        parts: &Parts,
        credentials: &Credentials<'_>,
        target: &[u8],
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let (service, client_ip) = (&self.settings.service, client(&parts.extensions));
        let request = Request {
            method: parts.method.as_str(),
            target,
            credentials: *credentials,
            method_override: incoming::method_override(&parts.headers, target),
            client_ip,
        };
        let asked = Asked { service: Some(service), client_ip, ending: false };
        let decision = match self.app.prove(asked, credentials, now).await {
            Ok(at) => self.app.gate().look(service, &request, at, &mut ()),
            Err(_) => None,
        };
        let enforced = self.app.gate().enforces(service);
        let nobody = |reason: Reason| reason.is_bad_credential() || reason == Reason::CredentialRequired;
        let denial = match decision {
            Some(Decision::Allow(_)) => None,
            Some(Decision::Deny(denial)) if enforced && nobody(denial.reason) => {
                return Err(self.refuse(&request, &denial, now));
            }
            Some(Decision::Deny(denial)) => Some(denial),
            Some(Decision::Unavailable) | None => return Err(undecided(&self.app, service, now)),
        };
        let mut told = json!({
            "dry_run": true,
            "allowed": denial.is_none(),
            "would_execute": { "method": request.method, "target": String::from_utf8_lossy(target) },
        });
        if let Some(denial) = denial {
            let problem = Answer::denied(&denial, service.as_str()).problem("");
            told["code"] = problem.code.into();
            told["detail"] = problem.detail.into();
            told["required_scopes"] = json!(problem.required_scopes);
            if !enforced {
                // It would go on all the same, as somebody whom nobody knows.
                told["enforced"] = false.into();
            }
        }
        let mut response = Body::from(told.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(DRY_RUN, HeaderValue::from_static("true"));
        Ok(response)
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
