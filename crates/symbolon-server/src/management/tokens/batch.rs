//! Issuing tokens together.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use symbolon_api::{CreateTokens, CreatedToken, CreatedTokens};
use symbolon_core::Refusal;
use symbolon_core::manage::{self, NewToken};
use symbolon_core::record::{Token, User};
use symbolon_core::store::{Change, Room, StoreError};
use symbolon_core::token::NewSecret;

use super::create;
use crate::answer::ApiError;
use crate::app::App;
use crate::management::body::Body;
use crate::management::caller::Caller;
use crate::management::commit::{IdempotencyKey, TRIES, Terms};
use crate::management::parameters::{OfService, PathOf};
use crate::management::services;

/// How many are made together at most.
const MOST: usize = 100;

/// Create tokens together: all or none. Their secrets are in this answer and nowhere else, in the order in which they
/// were asked for. An `Idempotency-Key` is for them all; what was made under it is named by its ids, with commas.
#[utoipa::path(
    post, path = "/v1/services/{service}/tokens/batch", tag = "tokens", operation_id = "create_many",
    params(OfService, IdempotencyKey),
    request_body = CreateTokens,
    responses((status = 201, body = CreatedTokens)),
)]
pub(in crate::management) async fn create_many(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfService>,
    key: IdempotencyKey,
    Body { value, bytes }: Body<CreateTokens>,
) -> Result<impl IntoResponse, ApiError> {
    let operator = caller.operator()?;
    let catalog = services::find(&app, &of.service)?.catalog;
    operator.manages(&catalog)?;
    if !(1..=MOST).contains(&value.tokens.len()) {
        return Err(Refusal::field("tokens", format!("1 to {MOST} tokens are made at once")).into());
    }
    let mut asked = Vec::with_capacity(value.tokens.len());
    for (index, new) in value.tokens.into_iter().enumerate() {
        let new = create::asked(&app, &caller, &catalog, new).await;
        asked.push(new.map_err(|error| error.within(&place(index)))?);
    }
    let claimed = format!("services/{}/tokens/batch", catalog.service);
    let claiming = key.begin(&app, &caller, &claimed, &bytes, app.now()).await?;
    let issue = || -> Result<Vec<(Token, NewSecret)>, ApiError> {
        let now = app.now();
        let issue = |(index, (owner, new)): (usize, &(Arc<User>, NewToken))| {
            let issued =
                manage::issue(&catalog, operator, owner, new.clone(), now, &app.keys(), app.entropy());
            issued.map_err(|refusal| ApiError::from(refusal).within(&place(index)))
        };
        let mut made = asked.iter().enumerate().map(issue).collect::<Result<Vec<_>, _>>()?;
        order(&mut made);
        Ok(made)
    };
    let mut tries = 0;
    let made = loop {
        let made = issue()?;
        let tokens = || made.iter().map(|(token, _)| token);
        let ids: Vec<String> = tokens().map(|token| token.id.to_string()).collect();
        let room =
            Room::together(tokens().filter_map(|token| manage::room(&catalog, None, token, app.now())));
        let terms = Terms { room, ..claiming.of(&ids.join(",")) };
        let deeds = tokens().map(|token| create::deed(&app, token)).collect();
        let changes = tokens().cloned().map(Change::TokenCreated).collect();
        match app.record_all(caller.by(), deeds, changes, terms).await {
            Ok(()) => break made,
            // Another token has the `token_prefix` of one of them: draw again.
            Err(StoreError::Conflict(_)) if tries < TRIES => tries += 1,
            Err(error) => return Err(claiming.failed(error)),
        }
    };
    let created = |(token, secret): &(Token, NewSecret)| CreatedToken {
        record: app.token_record(token),
        token: secret.reveal().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(CreatedTokens { tokens: made.iter().map(created).collect() })))
}

/// Tokens of one moment lie in lists by their ids, which are chance: theirs are in the order in which they were asked for.
fn order(made: &mut [(Token, NewSecret)]) {
    let mut ids: Vec<_> = made.iter().map(|(token, _)| token.id).collect();
    ids.sort_unstable();
    for ((token, _), id) in made.iter_mut().zip(ids) {
        token.id = id;
    }
}

fn place(index: usize) -> String {
    format!("tokens[{index}]")
}
