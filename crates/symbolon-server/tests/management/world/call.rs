//! A call on its way to the server.

use std::net::IpAddr;

use axum::body::Body;
use http::Request;
use http::request::Builder;
use serde_json::Value;
use symbolon_server::{AtTheMachine, Peer};
use tower::ServiceExt;

use super::{Answer, World};

#[must_use]
pub(crate) struct Call<'w> {
    world: &'w World,
    request: Builder,
    body: Vec<u8>,
}

impl<'w> Call<'w> {
    pub(crate) fn new(world: &'w World, method: &str, path: &str) -> Self {
        Self { world, request: Request::builder().method(method).uri(path), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.request = self.request.header(name, value.as_ref());
        self
    }

    /// With a token, key or JWT.
    pub(crate) fn by(self, secret: &str) -> Self {
        self.header("authorization", format!("Bearer {secret}"))
    }

    /// Through the data directory's socket.
    pub(crate) fn at_the_machine(mut self) -> Self {
        self.request = self.request.extension(AtTheMachine);
        self
    }

    pub(crate) fn from(mut self, ip: IpAddr) -> Self {
        self.request = self.request.extension(Peer(ip));
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// As a form, in this order.
    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(fields).finish();
        self.header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    /// With a name and a password, as they are.
    pub(crate) fn basic(self, name: &str, password: &str) -> Self {
        let pair =
            base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{name}:{password}"));
        self.header("authorization", format!("Basic {pair}"))
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Makes the call, when awaited; or by itself, in a task.
    pub(crate) fn send(self) -> impl Future<Output = Answer> + Send + use<> {
        let request = self.request.body(Body::from(self.body)).unwrap();
        let response = self.world.router.clone().oneshot(request);
        async { Answer::read(response.await.unwrap_or_else(|never| match never {})).await }
    }
}
