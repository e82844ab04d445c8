//! Another secret for a token.

use axum::Json;
use axum::extract::State;
use symbolon_api::{CreatedToken, RotateToken};
use symbolon_core::Refusal;
use symbolon_core::lifetime::Lifetime;
use symbolon_core::manage::{self, Rotate};
use symbolon_core::rotation::{Grace, OldEnds};

use super::asked;
use super::change::{Action, Case, Next, managed};
use crate::answer::ApiError;
use crate::app::App;
use crate::management::body::MaybeBody;
use crate::management::caller::Caller;
use crate::management::commit::IdempotencyKey;
use crate::management::parameters::{OfToken, PathOf, parsed};
use crate::management::services;

/// Give a token another secret, which is in this answer and nowhere else. The old one ends as was asked; a secret that was
/// never used is replaced by the new one, so that whoever lost an answer rotates again.
#[utoipa::path(
    post, path = "/v1/services/{service}/tokens/{id}/rotate", tag = "tokens",
    params(OfToken, IdempotencyKey),
    request_body(content = RotateToken, description = "Left out: as with `{}`"),
    responses((status = 200, body = CreatedToken)),
)]
pub(in crate::management) async fn rotate(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfToken>,
    key: IdempotencyKey,
    MaybeBody { value, bytes }: MaybeBody<RotateToken>,
) -> Result<Json<CreatedToken>, ApiError> {
    caller.operator()?;
    let service = services::find(&app, &of.service)?.catalog.service.clone();
    let (now, keys, entropy) = (app.now(), app.keys(), app.entropy());
    let asked = Rotate {
        old_ends: old_ends(value.old_ends.as_deref(), value.grace.as_deref(), now)?,
        end: asked::end(value.expires_at.as_deref(), value.expires_in.as_deref())?,
    };
    let place = format!("services/{service}/tokens/{}/rotate", of.id);
    let claiming = key.begin(&app, &caller, &place, &bytes, now).await?;
    let rule = |case: &Case<'_>| {
        let Case { catalog, operator, owner, token, now } = *case;
        let first_use = app.gate().first_use(token.id);
        let (token, made) =
            manage::rotate(catalog, operator, owner, token, asked, first_use, now, &keys, entropy)?;
        Ok(Some(Next { token, made, judged_by: Vec::new() }))
    };
    let (token, secret) = managed(&app, &caller, &of, Action::Rotate, &claiming, rule).await?;
    let secret = secret.ok_or_else(ApiError::unavailable)?;
    Ok(Json(CreatedToken { record: app.token_record(&token), token: secret.reveal().to_owned() }))
}

/// `first_use`, `now`, how long from now, or a moment; and the grace, which goes with the first alone.
fn old_ends(
    text: Option<&str>,
    grace: Option<&str>,
    now: symbolon_core::Timestamp,
) -> Result<OldEnds, Refusal> {
    let text = text.unwrap_or("first_use");
    if text == "first_use" {
        let grace = grace.map(|text| parsed("grace", text)).transpose()?;
        return Ok(OldEnds::AfterFirstUse(grace.unwrap_or(Grace::DEFAULT)));
    }
    if grace.is_some() {
        return Err(Refusal::field(
            "grace",
            "a grace counts from the first use; leave old_ends out, or the grace",
        ));
    }
    let wrong = || {
        let detail = "old_ends is first_use, now, a time from now such as 2d, or a moment such as 2027-01-31T12:00:00Z";
        Refusal::field("old_ends", detail)
    };
    if text == "now" {
        return Ok(OldEnds::Now);
    }
    let moment = match text.parse() {
        Ok(lifetime @ Lifetime::Seconds(_)) => lifetime.end(now),
        Ok(Lifetime::Never) => None,
        Err(_) => asked::moment("old_ends", text).ok(),
    };
    moment.map(OldEnds::At).ok_or_else(wrong)
}
