//! Envoy's `ext_authz` over gRPC: `envoy.service.auth.v3.Authorization/Check`.
//!
//! Every header of the client's is shown here, and the answer says which do not go on. So the application sees of them what
//! it would see through the proxy: nothing of Symbolon's but the identity, and nothing that only a proxy may say but what
//! Envoy says itself.

mod answer;
mod messages;
mod shown;

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Request, StatusCode};
use hyper::body::Incoming;
use symbolon_core::name::ServiceName;
use symbolon_core::{Code, Timestamp};
use tonic::server::Grpc;
use tonic_prost::ProstCodec;

use super::{Family, Gateway, Refusal, family, verdict};
use crate::incoming::single;
use crate::metrics::Stopwatch;
use messages::{CheckRequest, CheckResponse};

/// The method that Envoy calls.
pub(super) const PATH: &str = "/envoy.service.auth.v3.Authorization/Check";

/// The name of the service, as metadata of the call: Envoy's configuration sets it, and no client can.
const SERVICE: HeaderName = HeaderName::from_static("x-symbolon-service");

/// The longest question, in bytes. Envoy's longest headers are a tenth of it; the client's body has no business here.
const LONGEST: usize = 1024 * 1024;

type Codec = ProstCodec<CheckResponse, CheckRequest>;

/// Answers a call. Whoever may not ask is answered before the question is read.
pub(super) async fn call(gateway: Arc<Gateway>, request: Request<Incoming>) -> Response {
    let asking = Asking { watch: Stopwatch::start(), now: gateway.app.now() };
    let answer = answered(&gateway, request, asking).await;
    gateway.app.metrics().gateway.observe(asking.watch.read());
    answer
}

/// When a call came.
#[derive(Clone, Copy)]
struct Asking {
    watch: Stopwatch,
    now: Timestamp,
}

async fn answered(gateway: &Arc<Gateway>, request: Request<Incoming>, asking: Asking) -> Response {
    let (parts, body) = request.into_parts();
    if let Err((_, id)) = gateway.admit(&parts, asking.now) {
        let status = tonic::Status::permission_denied(format!("{}: {id}", Code::UnknownPeer.title()));
        return status.into_http();
    }
    let service = gateway.named(&parts, asking.now);
    let gateway = gateway.clone();
    // Envoy's own place in a trace, where it has one; else the client's, which the question shows.
    let traced = gateway.app.traces().is_some() && parts.headers.contains_key("traceparent");
    let call = traced.then(|| parts.headers.clone());
    let check = tower::service_fn(move |question: tonic::Request<CheckRequest>| {
        let (gateway, service, call) = (gateway.clone(), service.clone(), call.clone());
        async move {
            let answer = gateway.check(service, question.get_ref(), call.as_ref(), asking).await;
            Ok(tonic::Response::new(answer))
        }
    });
    let mut server = Grpc::new(Codec::new()).max_decoding_message_size(LONGEST);
    server.unary(check, Request::from_parts(parts, body)).await.map(Body::new)
}

impl Gateway {
    /// The service that a call is about.
    fn named(&self, parts: &Parts, now: Timestamp) -> Result<ServiceName, Refusal> {
        let name = single(&parts.headers, &SERVICE).and_then(|value| value.to_str().ok());
        let why = "the call's metadata name no service, or more than one, as x-symbolon-service";
        let name = name.ok_or_else(|| self.refused(Code::InvalidRequest, why, now))?;
        self.served(name.parse().ok().as_ref(), now).cloned()
    }

    async fn check(
        &self,
        service: Result<ServiceName, Refusal>,
        question: &CheckRequest,
        call: Option<&HeaderMap>,
        Asking { watch, now }: Asking,
    ) -> CheckResponse {
        let (shown, none) = (shown::read(question), HeaderMap::new());
        let headers = shown.as_ref().map_or(&none, |(_, headers)| headers);
        let span = self.app.span(call.unwrap_or(headers), now);
        let outcome = match (&service, &shown) {
            (Ok(service), Ok((shown, headers))) => {
                family::note_strangers(Family::Envoy, headers);
                self.judge(service, shown, headers, now).await
            }
            (Err(refusal), _) => Err(refusal.clone()),
            (_, Err(why)) => Err(self.refused(Code::InvalidRequest, why, now)),
        };
        let verdict = verdict(&outcome);
        let (answer, status) = match outcome {
            Ok(pass) => (answer::allowed(&pass, headers), StatusCode::OK),
            Err(refusal) => {
                let refusal = Family::Envoy.refused(refusal);
                let status = refusal.status();
                (answer::denied(refusal).await, status)
            }
        };
        if let (Ok(service), Ok((shown, _))) = (&service, &shown) {
            self.tell(service, shown, status, verdict, span, (now, watch.read()));
        }
        answer
    }
}
