//! GitHub's alerts ("Secret scanning partner program", docs.github.com): it has found what looks like a secret of ours in
//! a public place. Who sends one has no credential; its signature is asked for before anything of it is read.

use std::fmt::Write;
use std::net::IpAddr;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::extract::{Request, State};
use bytes::Bytes;
use http::HeaderMap;
use symbolon_api::{GitHubLabel, GitHubMatch};
use symbolon_core::Code;
use symbolon_core::record::{ActorId, Origin};
use symbolon_core::store::Standing;

use super::MAX_SECRET;
use super::known::Known;
use super::leaked::{self, Sighting};
use crate::answer::ApiError;
use crate::app::App;
use crate::leaks::{GitHubAlerts, OnLeak, PublicKey, Unknowable};
use crate::management::body;
use crate::management::caller::{By, circumstances};
use crate::management::{envelope, settled};

const IDENTIFIER: &str = "github-public-key-identifier";
const SIGNATURE: &str = "github-public-key-signature";

/// The longest of the two headers that is looked at, in bytes.
const MAX_HEADER: usize = 200;
/// The longest name of a kind of secret that is repeated, in characters.
const MAX_KIND: usize = 100;

/// Hear from GitHub of secrets that it has found in public. Signed by a current key of GitHub's, and by nothing else.
#[utoipa::path(
    post, path = "/v1/leaks/github", tag = "leaks", security(()),
    params(
        ("Github-Public-Key-Identifier" = String, Header, description = "Which of GitHub's keys has signed"),
        ("Github-Public-Key-Signature" = String, Header,
            description = "ECDSA over P-256 and SHA-256 of the body, as DER in base64"),
    ),
    request_body = Vec<GitHubMatch>,
    responses((status = 200, body = Vec<GitHubLabel>)),
)]
pub(in crate::management) async fn hear(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Vec<GitHubLabel>>, ApiError> {
    let Some(alerts) = app.github_alerts() else { return Err(envelope::not_found().await) };
    if !app.gate().ready() {
        return Err(ApiError::unavailable());
    }
    let (parts, body) = request.into_parts();
    let (client_ip, id) = circumstances(&parts, &app);
    let signed = Signed::by(&app, alerts, &parts.headers).await?;
    let bytes = signed.body(&app, alerts, client_ip, Request::from_parts(parts, body)).await?;
    let matches: Vec<GitHubMatch> = serde_json::from_slice(&bytes).map_err(|_| {
        let detail = "the body is a JSON array of objects, each with token, type, url and source";
        ApiError::new(Code::ValidationFailed, detail)
    })?;
    let origin = Origin { actor: ActorId::GitHub, client_ip, request: Some(id) };
    let by = || By { origin: origin.clone(), standing: Standing::Given };
    let mut labels = Vec::with_capacity(matches.len());
    let mut failed = None;
    for found in matches {
        match is_ours(&app, alerts.on_leak, by, &found).await {
            Ok(ours) => labels.push(label(&found, ours)),
            // What cannot be known of one hides none that stands behind it.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    // As in `look_up`.
    settled::read();
    failed.map_or(Ok(Json(labels)), Err)
}

/// What a message says of its signature, and the key that it has to be by.
struct Signed {
    key: PublicKey,
    signature: String,
}

impl Signed {
    /// By whom it is signed. Nothing of the body is read for somebody whose key is none.
    async fn by(app: &App, alerts: &GitHubAlerts, headers: &HeaderMap) -> Result<Self, ApiError> {
        let one = |name| {
            let mut values = headers.get_all(name).iter();
            let value = values.next().filter(|value| value.len() <= MAX_HEADER && values.next().is_none());
            value
                .and_then(|value| value.to_str().ok())
                .ok_or_else(|| refused("a header is missing, or is no such"))
        };
        let (id, signature) = (one(IDENTIFIER)?, one(SIGNATURE)?);
        let key = alerts.keys.find(id, app.now()).await.map_err(|Unknowable| ApiError::unavailable())?;
        let key = key.ok_or_else(|| refused("the key is unknown, or not current"))?;
        Ok(Self { key, signature: signature.to_owned() })
    }

    /// The body, which is as it was signed.
    async fn body(
        self,
        app: &App,
        alerts: &GitHubAlerts,
        client_ip: Option<IpAddr>,
        request: Request,
    ) -> Result<Bytes, ApiError> {
        let too_many = || ApiError::new(Code::Unavailable, "too many alerts at once; send it again");
        let _place = alerts.places.enter(client_ip).ok_or_else(too_many)?;
        let bytes = body::bytes(request, app).await?;
        if self.key.verifies(&bytes, &self.signature) {
            Ok(bytes)
        } else {
            Err(refused("the signature is not the key's over this body"))
        }
    }
}

/// The caller learns that it is not signed as it has to be; the log has the cause.
fn refused(cause: &'static str) -> ApiError {
    tracing::info!(cause, "an alert was refused");
    let detail = "the body must be signed with a current key of GitHub's; see docs/leaks.md";
    ApiError::new(Code::InvalidSignature, detail)
}

/// Whether it is a secret of this installation, which has then leaked.
async fn is_ours(
    app: &App,
    on_leak: OnLeak,
    by: impl Fn() -> By,
    found: &GitHubMatch,
) -> Result<bool, ApiError> {
    if found.token.len() > MAX_SECRET {
        return Ok(false);
    }
    let sighting = Sighting::at(&found.url, found.source.as_deref());
    match Known::of(app, found.token.as_bytes()).await? {
        Known::Token(token) => drop(leaked::token(app, by, &token, &sighting, on_leak).await?),
        Known::Key(key) => leaked::key(app, by, &key, &sighting, on_leak).await?,
        Known::Nothing => return Ok(false),
    }
    Ok(true)
}

/// What GitHub is told of it. The secret itself does not go back.
fn label(found: &GitHubMatch, ours: bool) -> GitHubLabel {
    let mut hash = String::new();
    for byte in digest(&SHA256, found.token.as_bytes()).as_ref() {
        // Writing to a String does not fail.
        let _ = write!(hash, "{byte:02x}");
    }
    GitHubLabel {
        token_hash: hash,
        token_type: found.kind.chars().take(MAX_KIND).collect(),
        label: if ours { "true_positive" } else { "false_positive" }.to_owned(),
    }
}
