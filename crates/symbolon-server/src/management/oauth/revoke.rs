//! Ending a token that one has in hand (RFC 7009).

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use secrecy::ExposeSecret;
use symbolon_api::{OAuthError, TokenForm};
use symbolon_core::Code;
use symbolon_core::credential::Presented;
use symbolon_core::record::Token;
use symbolon_core::session::SessionKey;
use symbolon_core::token::Prefix;
use symbolon_gate::Known;

use super::client::Asking;
use super::form::Form;
use crate::answer::ApiError;
use crate::app::App;
use crate::management::caller::Who;
use crate::management::settled;
use crate::management::tokens::change::revoke_known;
use crate::proving::Asked;

/// No answer comes sooner than this after its form. What is not there is found out in microseconds, and a revocation is
/// written to a disk: without this the time of the same answer would tell the two apart.
const LEAST: Duration = Duration::from_millis(100);

/// End a token, by RFC 7009. Whoever has the secret may, without saying who they are; the answer is the same whether or
/// not there was such a token. When it is sent, the token passes no check any more. With a verifier key: tokens of its
/// service alone.
#[utoipa::path(
    post, path = "/oauth/revoke", tag = "oauth",
    security(("basic" = []), ("bearer" = []), ()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "There is no such token any more"),
        (status = 400, description = "The form is wrong, or what it holds is no token", body = OAuthError),
        (status = 401, description = "The client is not known", body = OAuthError),
    ),
)]
pub(in crate::management) async fn revoke(
    State(app): State<App>,
    asking: Asking,
    form: Form,
) -> Result<StatusCode, ApiError> {
    let (outcome, ()) = tokio::join!(ended(&app, &asking, &form), tokio::time::sleep(LEAST));
    outcome.map(|()| StatusCode::OK)
}

/// Ends the token whose secret is in the form, and returns when it has ended everywhere, whoever ended it. Where there are no
/// other nodes, one that is not in the index is nowhere.
async fn ended(app: &App, asking: &Asking, form: &Form) -> Result<(), ApiError> {
    end(app, asking, form).await?;
    if app.gate().lease().is_endless() {
        return Ok(());
    }
    Ok(settled::everywhere(app).await?)
}

/// Ends the token whose secret is in the form. A stranger's unknown secret costs a hash and a look into the index, and no
/// word to the record.
async fn end(app: &App, asking: &Asking, form: &Form) -> Result<(), ApiError> {
    let secret = form.token.expose_secret().as_bytes();
    let asked = Asked { service: None, client_ip: asking.client_ip(), ending: true };
    let now = app.prove_secret(asked, secret, app.now()).await.map_err(|_| ApiError::unavailable())?;
    let Some(token) = app.gate().token_of(secret, now)? else { return no_other(app, secret) };
    let who = match &asking.client {
        Some(Who::Verifier(service, _)) if *service != token.service => {
            let detail = "a verifier key ends tokens of its own service alone";
            return Err(ApiError::oauth(Code::InvalidRequest, "unauthorized_client", detail));
        }
        Some(client) => client.clone(),
        None => match app.gate().user(token.owner) {
            Some(owner) => Who::Token(token.clone(), owner),
            None => return gone_with_owner(app, &token).await,
        },
    };
    revoke_known(app, &asking.by(who), &token).await
}

/// The owner was removed, and every token with them; or the owner's row is not what was written, and the token rests.
async fn gone_with_owner(app: &App, token: &Token) -> Result<(), ApiError> {
    app.store().applied().await?;
    match app.store().token(&token.service, token.id).await? {
        Some(stored) if stored.revoked_at.is_none() => Err(ApiError::unavailable()),
        _ => Ok(()),
    }
}

/// What is no token of ours is gone already, and that is the answer; but not of what lives and is no token. A session ends
/// where it began, and a key is not taken back by whoever finds it: an installation stands on it.
fn no_other(app: &App, secret: &[u8]) -> Result<(), ApiError> {
    let unsupported = |detail| Err(ApiError::oauth(Code::InvalidRequest, "unsupported_token_type", detail));
    if SessionKey::claims(secret) {
        return unsupported("this is a session; it ends at DELETE /v1/sessions/current");
    }
    // Also one of the operator's own making, which has no form to be known by.
    let known = app.gate().recognize(Presented::Secret(secret), app.now())?;
    let key = matches!(known, Ok(Known::System(_) | Known::Verifier(..)));
    if key || Prefix::of_keys().claims(secret) {
        return unsupported("this is a key; an administrator takes it back at DELETE /v1/keys/{id}");
    }
    Ok(())
}
