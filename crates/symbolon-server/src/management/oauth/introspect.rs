//! What a presented token is (RFC 7662).

use axum::Json;
use axum::extract::State;
use secrecy::ExposeSecret;
use symbolon_api::{Introspection, OAuthError, TokenForm};
use symbolon_core::Timestamp;
use symbolon_core::code::scope_list;
use symbolon_core::credential::Presented;
use symbolon_core::record::{Token, User};
use symbolon_gate::Known;

use super::client::Client;
use super::form::Form;
use crate::answer::ApiError;
use crate::app::App;
use crate::management::caller::Who;
use crate::proving::Asked;

/// Tell what a token is, by RFC 7662. For a system key, or a verifier key, to which tokens of other services are inactive.
/// So is a token that is restricted to certain requests: about it ask `verify`. To look at a token is no use of it.
#[utoipa::path(
    post, path = "/oauth/introspect", tag = "oauth",
    security(("basic" = []), ("bearer" = [])),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = Introspection),
        (status = 400, description = "The form is wrong", body = OAuthError),
        (status = 401, description = "The client is not known", body = OAuthError),
    ),
)]
pub(in crate::management) async fn introspect(
    State(app): State<App>,
    Client(caller): Client,
    form: Form,
) -> Result<Json<Introspection>, ApiError> {
    let secret = form.token.expose_secret().as_bytes();
    let service = match &caller.who {
        Who::Verifier(service, _) => Some(service),
        _ => None,
    };
    let asked = Asked { service, client_ip: caller.client_ip, ending: false };
    let now = app.prove_secret(asked, secret, app.now()).await.map_err(|_| ApiError::unavailable())?;
    // The gate, asked who this is and for no decision: it is counted and noted nowhere.
    let found = match app.gate().recognize(Presented::Secret(secret), now)? {
        Ok(Known::Token(token, owner, end)) => Some((token, owner, end)),
        // Keys and sessions are not what this is about.
        Ok(_) => None,
        Err((reason, token)) => {
            tracing::debug!(%reason, ?token, "an inactive token was looked at");
            None
        }
    };
    let concerns = |token: &Token| match &caller.who {
        Who::Verifier(service, _) => *service == token.service,
        _ => true,
    };
    // The answer has no place for restrictions, and whoever reads it would take the token for one without any.
    let whole = |token: &Token| {
        let above = app.gate().above(token);
        let free = |above: Vec<Token>| above.iter().all(|above| above.restrictions.is_empty());
        token.restrictions.is_empty() && above.is_some_and(free)
    };
    let active = found
        .filter(|(token, ..)| concerns(token) && whole(token))
        .and_then(|(token, owner, end)| told(&app, &token, &owner, end));
    Ok(Json(active.unwrap_or_default()))
}

/// What is told of a token that passes; `None` if its service is not served any more.
fn told(app: &App, token: &Token, owner: &User, end: Option<Timestamp>) -> Option<Introspection> {
    let catalog = app.gate().service(token.service.as_str())?.catalog;
    let effective = app.gate().effective(&catalog, token, Some(app.now()));
    Some(Introspection {
        active: true,
        scope: Some(scope_list(catalog.names(effective))),
        username: Some(owner.name.to_string()),
        sub: Some(owner.id.to_string()),
        aud: Some(token.service.to_string()),
        jti: Some(token.id.to_string()),
        token_type: Some("Bearer".to_owned()),
        iat: Some(token.created_at.as_second()),
        exp: end.map(Timestamp::as_second),
        iss: app.shared().parts.issuer.as_ref().map(ToString::to_string),
    })
}
