//! Envoy's `ext_authz` over gRPC: `envoy.service.auth.v3.Authorization/Check`.
//!
//! Here an answer can do what it cannot over HTTP: it says which of the client's headers do not go on. So the
//! application sees of a request what it would see of it through the proxy: nothing of Symbolon's but the identity.

mod answer;
mod messages;
mod shown;

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderName, Request};
use hyper::body::Incoming;
use symbolon_core::name::ServiceName;
use symbolon_core::{Code, Timestamp};
use tonic::server::Grpc;
use tonic_prost::ProstCodec;

use super::{Family, Gateway, Refusal, family};
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
    let now = gateway.app.now();
    let (parts, body) = request.into_parts();
    if let Err((_, id)) = gateway.admit(&parts, now) {
        let status = tonic::Status::permission_denied(format!("{}: {id}", Code::UnknownPeer.title()));
        return status.into_http();
    }
    let service = gateway.named(&parts, now);
    let check = tower::service_fn(move |question: tonic::Request<CheckRequest>| {
        let (gateway, service) = (gateway.clone(), service.clone());
        async move { Ok(tonic::Response::new(gateway.check(service, question.get_ref(), now).await)) }
    });
    let mut server = Grpc::new(Codec::new()).max_decoding_message_size(LONGEST);
    server.unary(check, Request::from_parts(parts, body)).await.map(Body::new)
}

impl Gateway {
    /// The service that a call is about.
    fn named(&self, parts: &Parts, now: Timestamp) -> Result<ServiceName, Refusal> {
        let name = family::single(&parts.headers, SERVICE.as_str()).and_then(|value| value.to_str().ok());
        let why = "the call's metadata name no service, or more than one, as x-symbolon-service";
        self.served(name.ok_or_else(|| self.refused(Code::InvalidRequest, why, now))?, now)
    }

    async fn check(
        &self,
        service: Result<ServiceName, Refusal>,
        question: &CheckRequest,
        now: Timestamp,
    ) -> CheckResponse {
        let outcome = service.and_then(|service| {
            let (shown, headers) =
                shown::read(question).map_err(|why| self.refused(Code::InvalidRequest, why, now))?;
            family::note_strangers(Family::Envoy, &headers);
            Ok((self.judge(&service, &shown, &headers, now)?, headers))
        });
        match outcome {
            Ok((pass, headers)) => answer::allowed(&pass, &headers),
            Err(refusal) => answer::denied(Family::Envoy.refused(refusal)).await,
        }
    }
}
