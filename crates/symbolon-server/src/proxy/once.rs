//! A change under an `Idempotency-Key`: it reaches the application once, and whoever sends it again is answered as the first
//! time.
//!
//! In this order: the body is read whole, for the key stands for this request alone; the key is claimed in the record; the
//! request is sent; what came of it is in the record before its caller hears the end of it. From the claim on it is nobody's
//! but its own: whoever hangs up meanwhile finds the answer when they come back.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, LOCATION};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Body as _;
use jiff::SignedDuration;
use symbolon_core::Code;
use symbolon_core::decision::Grant;
use symbolon_core::id::TokenId;
use symbolon_core::store::{AnswerClaim, AnswerOutcome, KeptAnswer, Repeated, StoreError};

use super::body::{AnswerBody, RequestBody, Source};
use super::dry_run::{is_asked, only_reads};
use super::exchange::Fault;
use super::gather::{End, gather, kept, may_be_kept};
use super::outgoing::Outgoing;
use super::pool::Upload;
use super::watch::Watch;
use super::{Proxy, headers};
use crate::answer::ApiError;
use crate::idempotency::{self, IDEMPOTENCY_KEY};

/// The longest body under a key, in bytes. It waits in memory for the claim.
const LONGEST: usize = 1 << 20;

/// By which an answer says that it was given before.
const REPLAYED: [HeaderName; 2] =
    [HeaderName::from_static("idempotent-replayed"), HeaderName::from_static("x-idempotent-replay")];

/// Under which key a request is made once.
pub(super) struct Key {
    token: TokenId,
    text: String,
}

/// Why there is no answer of the application.
pub(super) enum Unanswered {
    /// None came.
    Fault(Fault),
    /// It was not asked, or what it said is not told.
    Refused(ApiError),
}

impl From<Fault> for Unanswered {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<ApiError> for Unanswered {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl Proxy {
    /// The key under which an allowed request is to be made once, if it is. The error says what is wrong with it.
    pub(super) fn key(&self, grant: &Grant<'_>, parts: &Parts) -> Result<Option<Key>, &'static str> {
        if !parts.headers.contains_key(IDEMPOTENCY_KEY) || only_reads(&parts.method) {
            return Ok(None);
        }
        // That the application answers, and does nothing.
        if is_asked(&parts.method, &parts.headers)? {
            return Ok(None);
        }
        let served = self.app.gate().service(self.settings.service.as_str());
        let applications = served.is_some_and(|served| served.catalog.application_idempotency);
        let Some(token) = grant.principal().token().filter(|_| !applications) else { return Ok(None) };
        Ok(idempotency::key(&parts.headers)?.map(|text| Key { token, text: text.to_owned() }))
    }

    /// Makes a request once, and answers it.
    pub(super) async fn once(
        &self,
        key: Key,
        mut outgoing: Outgoing,
        body: Source,
        upload: &Upload,
    ) -> Result<Response, Unanswered> {
        let body = self.whole(body, upload, outgoing.watch.as_ref()).await?;
        // What is packed can neither be looked through nor be given to everybody.
        outgoing.parts.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let text = written(&outgoing.parts, &body);
        let fingerprint = self.app.keys().pepper.digest(&text);
        let claim = AnswerClaim { token: key.token, key: key.text, fingerprint, at: self.app.now() };
        let proxy = self.clone();
        let making = tokio::spawn(async move { proxy.make(claim, text, outgoing, body).await });
        making.await.unwrap_or_else(|_| Err(unknown().into()))
    }

    /// A request's body, of which nothing has reached the application.
    async fn whole(&self, body: Source, upload: &Upload, watch: Option<&Watch>) -> Result<Bytes, Unanswered> {
        let too_long = || {
            let detail = format!(
                "a request with an Idempotency-Key has a body of at most {LONGEST} bytes; send a longer one without"
            );
            ApiError::new(Code::PayloadTooLarge, detail)
        };
        if body.size_hint().lower() > LONGEST as u64 {
            return Err(too_long().into());
        }
        let mut body = RequestBody::new(body, self.settings.clone(), upload, watch);
        let mut whole = Vec::new();
        while let Some(frame) = body.frame().await {
            match frame.map_err(|_| Fault::Caller)?.into_data() {
                Ok(piece) if piece.len() > LONGEST - whole.len() => return Err(too_long().into()),
                Ok(piece) => whole.extend_from_slice(&piece),
                Err(_) => {
                    let detail = "a request with an Idempotency-Key has no trailers";
                    return Err(ApiError::new(Code::InvalidRequest, detail).into());
                }
            }
        }
        Ok(whole.into())
    }

    /// Claims the key, and sends the request where that is the first claim.
    async fn make(
        &self,
        claim: AnswerClaim,
        text: Vec<u8>,
        outgoing: Outgoing,
        body: Bytes,
    ) -> Result<Response, Unanswered> {
        match self.app.store().claim_answer(claim.clone()).await {
            Ok(()) => {}
            Err(StoreError::Answered(before)) => {
                let keys = self.app.keys();
                let same = keys.peppers().any(|pepper| pepper.confirms(&text, before.fingerprint.as_bytes()));
                return repeated(before.repeated(same, claim.at, self.longest()));
            }
            Err(cause) => {
                tracing::error!(%cause, "an Idempotency-Key could not be claimed, and nothing was sent");
                return Err(ApiError::unavailable().into());
            }
        }
        drop(text);
        let Outgoing { parts, onward, watch, tunnels: _ } = outgoing;
        let (upload, source) = (Upload::default(), Source::Whole(Full::new(body)));
        let (response, connection) = match self.send(parts, onward, source, None, &upload, true).await {
            Ok(answered) => answered,
            Err(fault) => {
                if fault.is_before_sending() {
                    self.release(claim).await;
                } else {
                    self.end(claim, AnswerOutcome::Unknown).await;
                }
                return Err(fault.into());
            }
        };
        let (mut answer, incoming) = response.into_parts();
        if answer.status == StatusCode::SWITCHING_PROTOCOLS {
            self.end(claim, AnswerOutcome::Unknown).await;
            return Err(Fault::Upgrade.into());
        }
        let may_be_kept = may_be_kept(&answer.headers);
        headers::remove_own_set_cookie(&mut answer.headers);
        headers::remove_connections(&mut answer.headers);
        answer.version = Version::HTTP_11;
        let timeouts = &self.settings.timeouts;
        let body = AnswerBody::new(incoming, timeouts.idle, (self.pool.clone(), connection), None);
        // These say that nothing was done, and that it is to be sent again.
        if matches!(answer.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            self.release(claim).await;
            return Ok(Response::from_parts(answer, Body::new(body.watched(watch))));
        }
        let (gathered, end) = gather(body, may_be_kept.then_some(timeouts.answer)).await;
        let outcome = match end {
            End::Broken => AnswerOutcome::Unknown,
            End::Longer => AnswerOutcome::NotKept,
            End::Whole => kept(&answer, &gathered).map_or(AnswerOutcome::NotKept, AnswerOutcome::Kept),
        };
        self.end(claim, outcome).await;
        if let End::Broken = end {
            return Err(Fault::Incomplete.into());
        }
        // It has come as a whole before any of it was told: what was taken back meanwhile is not told it.
        if let Some(refusal) = watch.as_ref().and_then(Watch::refusal) {
            return Err(refusal.into());
        }
        Ok(Response::from_parts(answer, Body::new(gathered.watched(watch))))
    }

    /// Gives a claim up under which nothing was done.
    async fn release(&self, claim: AnswerClaim) {
        let token = claim.token;
        if let Err(error) = self.app.store().release_answer(claim).await {
            tracing::error!(%error, %token, "an Idempotency-Key stays claimed under which nothing was done");
        }
    }

    /// Notes what came of a request. Where that fails, the claim says to whoever asks that nobody knows.
    async fn end(&self, claim: AnswerClaim, outcome: AnswerOutcome) {
        let token = claim.token;
        if let Err(error) = self.app.store().end_answer(claim, outcome).await {
            tracing::error!(%error, %token, "what came of a request under an Idempotency-Key was not noted");
        }
    }

    /// How long it may be between a claim and its end.
    fn longest(&self) -> SignedDuration {
        let timeouts = &self.settings.timeouts;
        // For a place and a connection; until the answer begins, which may take twice as long, and until it is here; for the
        // record.
        let longest = timeouts.connect.saturating_mul(2).saturating_add(timeouts.answer.saturating_mul(3));
        let longest = longest.saturating_add(Duration::from_secs(30));
        SignedDuration::try_from(longest).unwrap_or(SignedDuration::MAX)
    }
}

/// A request as it is told from others under the same key. No part but the last has either of the separators in it.
fn written(parts: &Parts, body: &Bytes) -> Vec<u8> {
    let mut text = b"proxied\0".to_vec();
    for part in [parts.method.as_str(), parts.uri.path(), parts.uri.query().unwrap_or_default()] {
        text.extend_from_slice(part.as_bytes());
        text.push(0);
    }
    for name in [CONTENT_TYPE, CONTENT_ENCODING] {
        for value in parts.headers.get_all(name) {
            text.extend_from_slice(value.as_bytes());
            text.push(1);
        }
        text.push(0);
    }
    text.extend_from_slice(body);
    text
}

/// The answer to a request whose key was claimed before.
fn repeated(repeated: Repeated) -> Result<Response, Unanswered> {
    let error = match repeated {
        Repeated::Kept(answer) => return replayed(answer).ok_or_else(|| unknown().into()),
        Repeated::Other => ApiError::new(
            Code::IdempotencyMismatch,
            "this Idempotency-Key stands for another request of the last 24 hours; use a new one",
        ),
        Repeated::UnderWay => {
            ApiError::new(Code::AnswerPending, "the same request is under way; send it again in a second")
                .after(1)
        }
        Repeated::Unknown => unknown(),
        Repeated::NotKept => ApiError::new(
            Code::AnswerNotKept,
            "the application has answered this request before, and what it said is not kept; use a new Idempotency-Key \
             only to have it done once more",
        ),
    };
    Err(error.into())
}

fn unknown() -> ApiError {
    ApiError::new(
        Code::AnswerUnknown,
        "this request was sent before, and it is not known what came of it: look, before you try again with a new \
         Idempotency-Key",
    )
}

/// The answer as it was given. `None` where somebody has made of it what is none.
fn replayed(kept: KeptAnswer) -> Option<Response> {
    let mut response = Response::new(Body::from(kept.body));
    *response.status_mut() = StatusCode::from_u16(kept.status).ok()?;
    let headers = response.headers_mut();
    for (name, value) in [(CONTENT_TYPE, kept.content_type), (LOCATION, kept.location), (ETAG, kept.etag)] {
        if let Some(value) = value {
            headers.insert(name, HeaderValue::from_str(&value).ok()?);
        }
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for name in REPLAYED {
        headers.insert(name, HeaderValue::from_static("true"));
    }
    Some(response)
}
