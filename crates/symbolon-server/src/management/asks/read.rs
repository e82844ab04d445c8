//! Looking at asks, and waiting for the answer to one.

use std::pin::pin;
use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::{Extension, Json};
use http::request::Parts;
use serde::Deserialize;
use symbolon_api::{AskRecord, List};
use symbolon_core::ask::{AskState, OPEN};
use symbolon_core::manage::Operator;
use symbolon_core::record::User;
use symbolon_core::store::{AskQuery, SeenAsks};
use symbolon_core::{Refusal, Timestamp};
use tokio::time::{sleep, timeout};
use utoipa::IntoParams;

use super::{find, may_answer, not_there, token_of};
use crate::answer::ApiError;
use crate::app::App;
use crate::listen::Tunnels;
use crate::management::caller::{Caller, Who};
use crate::management::parameters::{OfAsk, PathOf, QueryOf, found, page, parsed};

/// The longest that a caller is kept waiting.
const LONGEST: u8 = 60;
/// How often it is looked whether another node has answered.
const LOOK: Duration = Duration::from_secs(2);

/// Query of a list of asks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::management) struct ListAsks {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 1000; 50 if left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// The name of a service.
    service: Option<String>,
    /// The id of a token.
    token: Option<String>,
    /// `open`: those that wait for an answer; `all`. Left out: `open`.
    state: Option<String>,
}

/// Query of one ask.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::management) struct WaitForAsk {
    /// Whether to answer when it is open no more, or after so many seconds, 1 to 60.
    #[param(minimum = 1, maximum = 60)]
    wait: Option<u8>,
}

/// List asks, newest first: a token those of its own; somebody who is signed in those of their own tokens, and of everybody's
/// in services where they manage those. They are forgotten 30 days after they were made.
#[utoipa::path(
    get, path = "/v1/asks", tag = "asks",
    params(ListAsks),
    responses((status = 200, body = List<AskRecord>)),
)]
pub(in crate::management) async fn list(
    State(app): State<App>,
    caller: Caller,
    QueryOf(query): QueryOf<ListAsks>,
) -> Result<Json<List<AskRecord>>, ApiError> {
    let service = match &query.service {
        Some(name) => {
            let found = app
                .gate()
                .service(name)
                .ok_or_else(|| Refusal::field("service", "there is no such service"))?;
            Some(found.catalog.service.clone())
        }
        None => None,
    };
    caller.charge(&app, false)?;
    let mut token = query.token.as_deref().map(|text| parsed("token", text)).transpose()?;
    let seen = match &caller.who {
        Who::Token(own, _) => {
            if token.is_some_and(|token| token != own.id) {
                return Err(Refusal::field("token", "a token sees what it has asked itself").into());
            }
            token = Some(own.id);
            SeenAsks::All
        }
        Who::User(_, user) => seen_by(&app, user),
        Who::AtTheMachine | Who::System(_) => SeenAsks::All,
        Who::Verifier(..) => return Err(caller.operator().err().map_or_else(not_there, ApiError::from)),
    };
    let open = match query.state.as_deref() {
        None | Some("open") => true,
        Some("all") => false,
        Some(_) => return Err(Refusal::field("state", "state is open or all").into()),
    };
    let page = page(query.limit, query.cursor)?;
    let asked = AskQuery { seen, service, token, open, open_since: open_since(&app), page };
    let asks = found(app.store().asks(&asked).await)?;
    let mut items = Vec::with_capacity(asks.items.len());
    for ask in &asks.items {
        items.push(app.ask_record(&caller, ask, token_of(&app, ask).await?.as_deref()));
    }
    Ok(Json(List { items, next_cursor: asks.next }))
}

/// The asks that somebody who is signed in may know of.
fn seen_by(app: &App, user: &User) -> SeenAsks {
    let operator = Operator::User(user);
    let all = app.gate().services();
    let managed = all.iter().filter(|service| operator.manages_others(&service.catalog));
    let services = managed.map(|service| service.catalog.service.clone()).collect();
    SeenAsks::Of { services, owner: user.id }
}

/// Since when one was made that may still be answered.
fn open_since(app: &App) -> Timestamp {
    app.now().saturating_sub(OPEN).unwrap_or_default()
}

/// How many asks wait for an answer that somebody could give, as far as one page shows. Where the record does not answer it is not
/// known: who somebody is can be told without it.
pub(in crate::management) async fn waiting_for(app: &App, caller: &Caller, user: &User) -> Option<u64> {
    let page = page(None, None).ok()?;
    let seen = seen_by(app, user);
    let open = AskQuery { seen, service: None, token: None, open: true, open_since: open_since(app), page };
    let open = app.store().asks(&open).await.ok()?.items;
    let theirs =
        open.iter().filter(|ask| may_answer(app, caller, ask, app.gate().token(ask.token).as_deref()).0);
    Some(theirs.count() as u64)
}

/// Show an ask; with `wait`, when it was answered. For the token that asks, and for who may see that token.
#[utoipa::path(
    get, path = "/v1/asks/{id}", tag = "asks",
    params(OfAsk, WaitForAsk),
    responses((status = 200, body = AskRecord)),
)]
pub(in crate::management) async fn show(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfAsk>,
    QueryOf(query): QueryOf<WaitForAsk>,
    tunnels: Option<Extension<Tunnels>>,
    mut parts: Parts,
) -> Result<Json<AskRecord>, ApiError> {
    let seconds = match query.wait {
        None => 0,
        Some(seconds @ 1..=LONGEST) => seconds,
        Some(_) => return Err(Refusal::field("wait", format!("1 to {LONGEST} seconds")).into()),
    };
    let mut over = pin!(sleep(Duration::from_secs(seconds.into())));
    let stop = tunnels.map(|Extension(tunnels)| tunnels.stop()).unwrap_or_default();
    let places = &app.shared().waiting_for_answers;
    let place = (seconds > 0).then(|| places.enter(caller.origin().actor.to_string())).flatten();
    caller.charge(&app, false)?;
    let mut answered = app.asks_answered();
    let mut caller = caller;
    loop {
        answered.mark_unchanged();
        let (ask, token) = find(&app, &caller, &of.id).await?;
        let state = ask.state(token.as_deref(), app.now());
        // Of many who wait at once the last do not: they come again.
        if state != AskState::Open || place.is_none() || over.is_elapsed() || stop.is_cancelled() {
            if state == AskState::Approved {
                // What is told is so here, too: another node may have lent it.
                app.store().applied().await?;
            }
            return Ok(Json(app.ask_record(&caller, &ask, token.as_deref())));
        }
        tokio::select! {
            () = &mut over => {}
            _ = timeout(LOOK, answered.changed()) => {}
            () = stop.cancelled() => {}
        }
        // As they are by now: a session may have ended, and a token been revoked.
        caller = Caller::from_request_parts(&mut parts, &app).await?;
    }
}
