//! A typed client of the management API (feature `client`): over TCP, over the data directory's socket, or
//! straight into a service of the same process.
//!
//! ```no_run
//! # async fn example() -> Result<(), symbolon_api::client::ClientError> {
//! use symbolon_api::client::{Client, Transport};
//! use symbolon_api::CreateToken;
//!
//! let client = Client::new(Transport::from_url("http://127.0.0.1:7070")?).with_key("symkey_…");
//! let new = CreateToken {
//!     name: "ci".to_owned(),
//!     scopes: Some(vec!["read:jobs".to_owned()]),
//!     ..CreateToken::default()
//! };
//! println!("{}", client.create_token("odin", &new).await?.token);
//! # Ok(())
//! # }
//! ```

mod asks;
mod audit;
mod calls;
mod error;
mod lines;
mod many;
mod server_keys;
mod target;
mod transport;

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use asks::AskFilter;
pub use audit::AuditFilter;
pub use calls::{PageOf, SessionFilter};
pub use error::ClientError;
pub use lines::Lines;
pub use many::TokenFilter;
pub use transport::{AnswerBody, InProcess, Reply, Transport};

use crate::Problem;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Whom to call and as whom. It prints without its key.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    key: Option<SecretString>,
}

impl Client {
    /// A client that presents no credential: for the data directory's socket, where opening it is enough.
    pub fn new(transport: Transport) -> Self {
        Self { transport, key: None }
    }

    /// Presents this system key, or session's JWT, with every call.
    #[must_use]
    pub fn with_key(self, key: impl Into<SecretString>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    async fn get<T: DeserializeOwned>(&self, target: impl Into<String>) -> Result<T, ClientError> {
        self.ask(Method::GET, target.into(), None).await
    }

    /// As [`Client::get`], where the answer may come so much later, because it was asked for so.
    async fn get_after<T: DeserializeOwned>(
        &self,
        wait: Duration,
        target: impl Into<String>,
    ) -> Result<T, ClientError> {
        let request = self.signed(request(Method::GET, target.into(), None)?)?;
        let (status, body) = taken(self.transport.exchange_after(wait, request).await?)?;
        read(status, &body)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        target: impl Into<String>,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.ask(method, target.into(), Some(json(body)?)).await
    }

    /// As [`Client::send`], for a creation under an `Idempotency-Key`; without one if it is empty.
    async fn send_once<T: DeserializeOwned>(
        &self,
        target: impl Into<String>,
        body: &impl Serialize,
        key: &str,
    ) -> Result<T, ClientError> {
        let mut request = request(Method::POST, target.into(), Some(json(body)?))?;
        if !key.is_empty() {
            let key = HeaderValue::try_from(key).map_err(|error| ClientError::Request(error.to_string()))?;
            request.headers_mut().insert(IDEMPOTENCY_KEY, key);
        }
        let (status, body) = self.exchange(request).await?;
        read(status, &body)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        target: String,
        body: Option<Vec<u8>>,
    ) -> Result<T, ClientError> {
        let (status, body) = self.exchange(request(method, target, body)?).await?;
        read(status, &body)
    }

    /// As [`Client::ask`], for calls that are answered with 204 and nothing.
    async fn tell(&self, method: Method, target: impl Into<String>) -> Result<(), ClientError> {
        self.exchange(request(method, target.into(), None)?).await.map(|_| ())
    }

    /// As [`Client::send`], for calls that are answered with 204 and nothing.
    async fn tell_with(
        &self,
        method: Method,
        target: impl Into<String>,
        body: &impl Serialize,
    ) -> Result<(), ClientError> {
        self.exchange(request(method, target.into(), Some(json(body)?))?).await.map(|_| ())
    }

    /// One exchange. Every answer outside 2xx is an error.
    async fn exchange(&self, request: Request<Bytes>) -> Result<(StatusCode, Bytes), ClientError> {
        taken(self.transport.exchange(self.signed(request)?).await?)
    }

    /// An answer that is read line by line.
    async fn lines(&self, target: impl Into<String>) -> Result<Lines, ClientError> {
        let request = self.signed(request(Method::GET, target.into(), None)?)?;
        let (parts, body) = self.transport.open(request).await?.into_parts();
        if parts.status.is_success() {
            return Ok(Lines::new(body, self.transport.clone()));
        }
        Err(refused(parts.status, &self.transport.read_whole(body).await?))
    }

    fn signed(&self, mut request: Request<Bytes>) -> Result<Request<Bytes>, ClientError> {
        if let Some(key) = &self.key {
            let value = HeaderValue::try_from(format!("Bearer {}", key.expose_secret()));
            let mut value = value.map_err(|_| ClientError::Key)?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Ok(request)
    }
}

/// What an answer in 2xx holds.
fn taken(answer: Response<Bytes>) -> Result<(StatusCode, Bytes), ClientError> {
    let (parts, body) = answer.into_parts();
    if parts.status.is_success() { Ok((parts.status, body)) } else { Err(refused(parts.status, &body)) }
}

/// The refusal that an answer is.
fn refused(status: StatusCode, body: &[u8]) -> ClientError {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => ClientError::Problem(Box::new(problem)),
        Err(_) => ClientError::Answer {
            status: status.as_u16(),
            reason: "it is no answer of Symbolon's; is something else listening there?".to_owned(),
        },
    }
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, ClientError> {
    serde_json::to_vec(body).map_err(|error| ClientError::Request(error.to_string()))
}

fn request(method: Method, target: String, body: Option<Vec<u8>>) -> Result<Request<Bytes>, ClientError> {
    let mut request = Request::builder().method(method).uri(target).header(ACCEPT, "application/json");
    if body.is_some() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    let body = Bytes::from(body.unwrap_or_default());
    request.body(body).map_err(|error| ClientError::Request(error.to_string()))
}

fn read<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|error| ClientError::Answer {
        status: status.as_u16(),
        reason: format!("it is not the JSON that was asked for ({error})"),
    })
}
