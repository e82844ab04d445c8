//! Asking.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use symbolon_api::{AskRecord, MakeAsk};
use symbolon_core::ask::{Ask, MAX_ASKED, OPEN};
use symbolon_core::manage::{self, Asking, NewAsk};
use symbolon_core::record::{Token, User};
use symbolon_core::store::{AskQuery, Change, PageQuery, SeenAsks, StoreError};
use symbolon_core::{Catalog, Code, Refusal, Timestamp};

use super::{deed, lasts};
use crate::answer::ApiError;
use crate::app::App;
use crate::management::body::Body;
use crate::management::caller::{Caller, Who};
use crate::management::commit::Terms;
use crate::management::{services, tokens};

/// Ask for scopes. A token asks for itself, 20 times a day at the most; somebody who is
/// signed in asks for a token of theirs, or for one that they manage. What is asked for already, and waits for an answer, is
/// that ask: 200.
#[utoipa::path(
    post, path = "/v1/asks", tag = "asks",
    request_body = MakeAsk,
    responses((status = 201, body = AskRecord), (status = 200, body = AskRecord)),
)]
pub(in crate::management) async fn make(
    State(app): State<App>,
    caller: Caller,
    Body { value, .. }: Body<MakeAsk>,
) -> Result<(StatusCode, Json<AskRecord>), ApiError> {
    let (catalog, token, owner) = asking(&app, &caller, &value).await?;
    let new = NewAsk {
        scopes: tokens::asked::scopes_at("scopes", &value.scopes)?,
        lasts: lasts(&value.duration)?,
        reason: value.reason,
        by: caller.origin().actor.to_string(),
    };
    let now = app.now();
    // No change: there are few asks anyway, and they are not to use up what is asked for.
    caller.charge(&app, false)?;
    let effective = app.gate().effective(&catalog, &token, None);
    let (rate, state) = (app.gate().rate(token.id), app.gate().state(&token, now));
    let asking = Asking { token: &token, state, owner: &owner, effective, rate };
    let ask = manage::ask(&catalog, asking, new, now, &app.keys(), app.entropy())?;
    if let Some(same) = before(&app, &ask).await? {
        return Ok((StatusCode::OK, Json(app.ask_record(&caller, &same, Some(&token)))));
    }
    let deed = deed("ask.make", &ask, Some(&token));
    match app.record(caller.by(), deed, vec![Change::AskMade(ask.clone())], Terms::default()).await {
        Ok(()) => Ok((StatusCode::CREATED, Json(app.ask_record(&caller, &ask, Some(&token))))),
        Err(StoreError::NotFound(_)) => Err(gone(&caller)),
        Err(error) => Err(error.into()),
    }
}

/// For which token is asked, of which service, and whose it is.
async fn asking(
    app: &App,
    caller: &Caller,
    value: &MakeAsk,
) -> Result<(Arc<Catalog>, Arc<Token>, Arc<User>), ApiError> {
    let (catalog, token) = if let Who::Token(token, _) = &caller.who {
        for (field, given) in [("service", &value.service), ("token", &value.token)] {
            if given.is_some() {
                return Err(Refusal::field(field, "a token asks for itself; leave this out").into());
            }
        }
        (services::find(app, token.service.as_str())?.catalog, token.clone())
    } else {
        caller.operator()?;
        let missing = |field: &'static str| Refusal::field(field, "say for which token is asked");
        let service = value.service.as_deref().ok_or_else(|| missing("service"))?;
        let name = value.token.as_deref().ok_or_else(|| missing("token"))?;
        let catalog = services::find(app, service)?.catalog;
        let token = tokens::find_own(app, caller, &catalog, name).await?;
        (catalog, Arc::new(token))
    };
    // As the gate knows it: that is the state that counts.
    let token = app.gate().token(token.id).unwrap_or(token);
    let owner = app.gate().user(token.owner).ok_or_else(|| gone(caller))?;
    Ok((catalog, token, owner))
}

/// The token was revoked, or its owner removed, while the call was under way.
fn gone(caller: &Caller) -> ApiError {
    match &caller.who {
        Who::Token(..) => ApiError::challenged(Code::InvalidToken),
        _ => ApiError::new(Code::Conflict, "the token does not work any more"),
    }
}

/// The token's open ask for the same; an error where it has asked too often. Most who ask again are told here, and nobody's
/// change waits for theirs.
async fn before(app: &App, new: &Ask) -> Result<Option<Ask>, ApiError> {
    let query = AskQuery {
        seen: SeenAsks::All,
        service: Some(new.service.clone()),
        token: Some(new.token),
        open: false,
        open_since: Timestamp::MIN,
        page: PageQuery { after: None, limit: MAX_ASKED as usize },
    };
    let since = new.made_at.saturating_sub(OPEN).unwrap_or_default();
    let mut latest = app.store().asks(&query).await?.items;
    latest.retain(|ask| ask.made_at > since);
    let keys = app.keys();
    let same = |ask: &&Ask| ask.answer.is_none() && ask.scopes == new.scopes && ask.is_whole(&keys);
    if let Some(same) = latest.iter().find(same) {
        return Ok(Some(same.clone()));
    }
    let Some(first) = latest.get(MAX_ASKED as usize - 1) else { return Ok(None) };
    let wait = first.lapses_at().duration_since(new.made_at).as_secs().max(1).unsigned_abs();
    let detail =
        format!("the token has asked {MAX_ASKED} times within a day, and that is the most; wait {wait} s");
    Err(ApiError::limited(detail, wait))
}
