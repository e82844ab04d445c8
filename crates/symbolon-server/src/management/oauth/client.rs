//! Who asks (RFC 6749 section 2.3): a client, which is a system key or a verifier key. By HTTP Basic, with the key's id as
//! the name and the key as the password, or as the bearer of the key.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use symbolon_core::Code;
use symbolon_core::credential::{CredentialFault, Credentials, Presented};
use symbolon_core::id::{KeyId, RequestId};
use symbolon_gate::Known;
use zeroize::Zeroizing;

use super::invalid_request;
use crate::answer::ApiError;
use crate::app::App;
use crate::incoming::{AtTheMachine, credentials};
use crate::management::caller::{Caller, Who, circumstances};
use crate::management::refused;

const BASIC: &str = "Basic realm=\"symbolon\", charset=\"UTF-8\"";
const BEARER: &str = "Bearer realm=\"symbolon\", error=\"invalid_token\"";

/// A client that failed to say who it is, or had to and did not.
pub(super) fn invalid_client(detail: &'static str) -> ApiError {
    ApiError::oauth(Code::InvalidToken, "invalid_client", detail).challenging(BASIC)
}

/// A call by a client.
pub(in crate::management) struct Client(pub(super) Caller);

/// A call by a client, or by nobody who says so.
pub(in crate::management) struct Asking {
    pub(super) client: Option<Who>,
    client_ip: Option<IpAddr>,
    request: RequestId,
}

impl Asking {
    /// Where the call comes from.
    pub(super) fn client_ip(&self) -> Option<IpAddr> {
        self.client_ip
    }

    /// The call as made by `who`.
    pub(super) fn by(&self, who: Who) -> Caller {
        Caller { who, client_ip: self.client_ip, request: self.request }
    }
}

impl FromRequestParts<App> for Client {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let asking = Asking::from_request_parts(parts, app).await?;
        let who = asking.client.clone().ok_or_else(|| {
            invalid_client(
                "a client is a system key or a verifier key: by HTTP Basic, its id and itself, or as Bearer",
            )
        })?;
        Ok(Self(asking.by(who)))
    }
}

impl FromRequestParts<App> for Asking {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if !app.gate().ready() {
            return Err(ApiError::unavailable());
        }
        let (client_ip, request) = circumstances(parts, app);
        let asking = Self { client: client(parts, app)?, client_ip, request };
        if let Some(client) = &asking.client {
            refused::caller(&parts.extensions, asking.by(client.clone()).origin().actor);
        }
        Ok(asking)
    }
}

fn client(parts: &Parts, app: &App) -> Result<Option<Who>, ApiError> {
    let sent = credentials(&parts.headers, app.shared().parts.https);
    // A browser's cookie is no client's.
    let sent = Credentials { cookie: None, ..sent };
    let unknown = "the client is not known";
    match sent.presented() {
        Err(CredentialFault::Two) => Err(invalid_request("there is more than one credential")),
        Err(CredentialFault::Form) => {
            let basic = sent
                .authorization
                .and_then(basic)
                .ok_or_else(|| invalid_client("Authorization is not Basic or Bearer with one credential"))?;
            basic.client(app)?.map(Some).ok_or_else(|| refused(parts, app, invalid_client(unknown)))
        }
        Ok(Some(presented)) => {
            let error = || ApiError::oauth(Code::InvalidToken, "invalid_client", unknown).challenging(BEARER);
            key(app, presented)?.map(|(who, _)| Some(who)).ok_or_else(|| refused(parts, app, error()))
        }
        Ok(None) => Ok(parts.extensions.get::<AtTheMachine>().map(|AtTheMachine| Who::AtTheMachine)),
    }
}

/// The refusal of a client that is not known, which is another where too many come from there.
fn refused(parts: &Parts, app: &App, error: ApiError) -> ApiError {
    match app.bad_credential(circumstances(parts, app).0, app.now()) {
        Ok(()) => {
            tracing::info!("a client was refused");
            error
        }
        Err(seconds) => error.one_too_many(seconds),
    }
}

/// The key that is presented, if one is. Sessions and tokens are no clients.
fn key(app: &App, presented: Presented<'_>) -> Result<Option<(Who, KeyId)>, ApiError> {
    Ok(match app.gate().recognize(presented, app.now())? {
        Ok(Known::System(key)) => Some((Who::System(key), key)),
        Ok(Known::Verifier(service, key)) => Some((Who::Verifier(service, key), key)),
        Ok(Known::Session(..) | Known::Token(..)) => None,
        Err((reason, _)) => {
            tracing::debug!(%reason, "this is no key");
            None
        }
    })
}

/// A name and a password (RFC 7617 section 2).
struct Basic(Zeroizing<Vec<u8>>);

fn basic(value: &[u8]) -> Option<Basic> {
    let (scheme, encoded) = value.split_at_checked(6)?;
    let decoded = STANDARD.decode(encoded).ok().filter(|_| scheme.eq_ignore_ascii_case(b"basic "));
    decoded.map(|bytes| Basic(Zeroizing::new(bytes)))
}

impl Basic {
    /// The client of this name and password. RFC 6749 section 2.3.1 has both written as in a form before they are joined;
    /// many libraries join them as they are. Both are taken: whoever has the key has it in either writing.
    fn client(&self, app: &App) -> Result<Option<Who>, ApiError> {
        let Some(at) = self.0.iter().position(|byte| *byte == b':') else { return Ok(None) };
        let (name, password) = (&self.0[..at], &self.0[at + 1..]);
        let known = |name: &[u8], password: &[u8]| -> Result<_, ApiError> {
            let name: Option<KeyId> = std::str::from_utf8(name).ok().and_then(|name| name.parse().ok());
            let Some(name) = name else { return Ok(None) };
            let found = key(app, Presented::Secret(password))?;
            Ok(found.filter(|(_, id)| *id == name).map(|(who, _)| who))
        };
        Ok(match known(&decoded(name), &decoded(password))? {
            None => known(name, password)?,
            found => found,
        })
    }
}

/// A text that was written as in a form.
fn decoded(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Zeroizing::new(percent_encoding::percent_decode(&spaced).collect())
}
