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

mod calls;
mod error;
mod target;
mod transport;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use calls::{AuditFilter, PageOf, TokenFilter};
pub use error::ClientError;
pub use transport::{InProcess, Reply, Transport};

use crate::Problem;

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

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        target: impl Into<String>,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(|error| ClientError::Request(error.to_string()))?;
        self.ask(method, target.into(), Some(body)).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        target: String,
        body: Option<Vec<u8>>,
    ) -> Result<T, ClientError> {
        let (status, body) = self.exchange(method, target, body).await?;
        serde_json::from_slice(&body).map_err(|error| ClientError::Answer {
            status: status.as_u16(),
            reason: format!("it is not the JSON that was asked for ({error})"),
        })
    }

    /// As [`Client::ask`], for calls that are answered with 204 and nothing.
    async fn tell(&self, method: Method, target: impl Into<String>) -> Result<(), ClientError> {
        self.exchange(method, target.into(), None).await.map(|_| ())
    }

    /// One exchange. Every answer outside 2xx is an error.
    async fn exchange(
        &self,
        method: Method,
        target: String,
        body: Option<Vec<u8>>,
    ) -> Result<(StatusCode, Bytes), ClientError> {
        let mut request = Request::builder().method(method).uri(target).header(ACCEPT, "application/json");
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(key) = &self.key {
            let value = HeaderValue::try_from(format!("Bearer {}", key.expose_secret()));
            let mut value = value.map_err(|_| ClientError::Key)?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let request = request
            .body(Bytes::from(body.unwrap_or_default()))
            .map_err(|error| ClientError::Request(error.to_string()))?;
        let (parts, body) = self.transport.exchange(request).await?.into_parts();
        if parts.status.is_success() {
            return Ok((parts.status, body));
        }
        Err(match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => ClientError::Problem(Box::new(problem)),
            Err(_) => ClientError::Answer {
                status: parts.status.as_u16(),
                reason: "it is no answer of Symbolon's; is something else listening there?".to_owned(),
            },
        })
    }
}
