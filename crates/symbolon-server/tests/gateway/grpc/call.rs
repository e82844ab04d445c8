//! Calling `Check` as Envoy does: over HTTP/2 in plain text, with the service in the call's metadata.

use http::uri::PathAndQuery;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tonic::Status;
use tonic::client::Grpc;
use tonic_prost::ProstCodec;

use super::messages::{
    Address, AttributeContext, CheckRequest, CheckResponse, DeniedHttpResponse, HeaderMap, HeaderValue,
    HeaderValueOption, HttpRequest, HttpResponse, OVERWRITE, OkHttpResponse, Peer, Request, SocketAddress,
};
use crate::door::Door;

/// A question about a request, `line` being its method and target, with these headers as Envoy joins them.
pub(crate) fn joined(line: &str, headers: &[(&str, &str)]) -> CheckRequest {
    let (method, path) = line.split_once(' ').unwrap();
    let mut http = HttpRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        host: "shop.example".to_owned(),
        ..HttpRequest::default()
    };
    let pseudo = [(":method", method), (":path", path), (":authority", "shop.example"), (":scheme", "http")];
    for (name, value) in pseudo.iter().chain(headers) {
        let joined = http.headers.entry(name.to_ascii_lowercase()).or_default();
        *joined = if joined.is_empty() { (*value).to_owned() } else { format!("{joined},{value}") };
    }
    asking(http)
}

/// The same, with the headers as they came.
pub(crate) fn raw(line: &str, headers: &[(&str, &[u8])]) -> CheckRequest {
    let (method, path) = line.split_once(' ').unwrap();
    let http = HttpRequest {
        method: method.to_owned(),
        path: "what could be written of it".to_owned(),
        ..HttpRequest::default()
    };
    let pseudo: [(&str, &[u8]); 2] = [(":path", path.as_bytes()), (":authority", b"shop.example")];
    let headers = pseudo.iter().chain(headers).map(|(name, value)| HeaderValue {
        key: name.to_ascii_lowercase(),
        raw_value: value.to_vec(),
        ..HeaderValue::default()
    });
    asking(HttpRequest { header_map: Some(HeaderMap { headers: headers.collect() }), ..http })
}

pub(crate) fn asking(http: HttpRequest) -> CheckRequest {
    let address = SocketAddress { address: "192.0.2.7".to_owned() };
    let source = Some(Peer { address: Some(Address { socket_address: Some(address) }) });
    let attributes = AttributeContext { source, request: Some(Request { http: Some(http) }) };
    CheckRequest { attributes: Some(attributes) }
}

impl Door {
    /// Calls `Check`, naming these services, over a connection of its own.
    pub(crate) async fn call(
        &self,
        services: &[&str],
        question: CheckRequest,
    ) -> Result<CheckResponse, Status> {
        let socket = TcpStream::connect(self.address).await.unwrap();
        let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await;
        let (sender, connection) = handshake.unwrap();
        let task = tokio::spawn(connection);
        let service = tower::service_fn(move |request: http::Request<tonic::body::Body>| {
            let mut sender = sender.clone();
            async move { sender.send_request(request).await }
        });
        let mut client = Grpc::with_origin(service, "http://symbolon.example".parse().unwrap());
        client.ready().await.unwrap();
        let mut request = tonic::Request::new(question);
        for name in services {
            request.metadata_mut().append("x-symbolon-service", name.parse().unwrap());
        }
        let path = PathAndQuery::from_static("/envoy.service.auth.v3.Authorization/Check");
        let codec = ProstCodec::<CheckRequest, CheckResponse>::default();
        let answer = client.unary(request, path, codec).await.map(tonic::Response::into_inner);
        drop(client);
        task.await.unwrap().unwrap();
        answer
    }

    /// Asks about a request to the shop.
    pub(crate) async fn check(&self, question: CheckRequest) -> CheckResponse {
        self.call(&["shop"], question).await.unwrap()
    }

    /// The same with a bearer credential.
    pub(crate) async fn check_as(&self, secret: &str, line: &str) -> CheckResponse {
        self.check(joined(line, &[("Authorization", &format!("Bearer {secret}"))])).await
    }
}

/// What lets a request pass; asserts that it does.
pub(crate) fn passed(answer: CheckResponse) -> OkHttpResponse {
    match (answer.status.as_ref().map(|status| status.code), answer.http_response) {
        (Some(0), Some(HttpResponse::Ok(ok))) => ok,
        other => panic!("it does not pass: {other:?}"),
    }
}

/// What the client is answered; asserts that its request does not pass.
pub(crate) fn refused(answer: CheckResponse) -> DeniedHttpResponse {
    match (answer.status.as_ref().map(|status| status.code), answer.http_response) {
        (Some(code), Some(HttpResponse::Denied(denied))) if code != 0 => denied,
        other => panic!("it is not refused: {other:?}"),
    }
}

/// The one header of this name; asserts that it stands in place of any other.
pub(crate) fn header(headers: &[HeaderValueOption], name: &str) -> Option<String> {
    let named = |header: &&HeaderValueOption| header.header.as_ref().unwrap().key == name;
    let mut found = headers.iter().filter(named);
    let value = found.next().map(|header| {
        assert_eq!(header.append_action, OVERWRITE, "{name}");
        header.header.clone().unwrap().value
    });
    assert!(found.next().is_none(), "{name} is there twice");
    value
}
