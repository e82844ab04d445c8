//! Answering asks: lend, deny, take back.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use symbolon_api::{ApproveAsk, AskRecord, DenyAsk};
use symbolon_core::ask::{Ask, AskState};
use symbolon_core::manage::{self, Answering, Approval, Loaned};
use symbolon_core::record::{Token, TokenState, User};
use symbolon_core::store::{Change, StoreError};
use symbolon_core::{Catalog, Code, Refusal, Timestamp};

use super::{deed, find, lasts};
use crate::answer::ApiError;
use crate::app::App;
use crate::management::body::MaybeBody;
use crate::management::caller::{Caller, Who};
use crate::management::commit::{TRIES, Terms, overtaken};
use crate::management::parameters::{OfAsk, PathOf};
use crate::management::{services, tokens};

/// Lend what was asked for, or some of it, for as long or for a shorter time. For whoever could grant the scopes to the token
/// for good: nothing is lent that its owner's role, or theirs, does not reach. It holds for every request that is decided
/// after this answer, and ends by itself.
#[utoipa::path(
    post, path = "/v1/asks/{id}/approve", tag = "asks",
    params(OfAsk),
    request_body = ApproveAsk,
    responses((status = 200, body = AskRecord)),
)]
pub(in crate::management) async fn approve(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfAsk>,
    MaybeBody { value, .. }: MaybeBody<ApproveAsk>,
) -> Result<Json<AskRecord>, ApiError> {
    let approval = Approval {
        scopes: tokens::asked::scopes(value.scopes.as_deref())?,
        lasts: value.duration.as_deref().map(lasts).transpose()?,
        note: value.note.unwrap_or_default(),
        by: who(&caller),
    };
    let rule = |case: &Case<'_>| {
        let Loaned { ask, token } =
            manage::approve(case.answered_by(&caller)?, &app.keys(), approval.clone())?;
        Ok(Next { action: "ask.approve", ask: Some(ask), token: Some(token) })
    };
    answered(&app, &caller, &of.id, rule).await
}

/// Deny what was asked for. For whoever manages the tokens of the token's owner.
#[utoipa::path(
    post, path = "/v1/asks/{id}/deny", tag = "asks",
    params(OfAsk),
    request_body = DenyAsk,
    responses((status = 200, body = AskRecord)),
)]
pub(in crate::management) async fn deny(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfAsk>,
    MaybeBody { value, .. }: MaybeBody<DenyAsk>,
) -> Result<Json<AskRecord>, ApiError> {
    let note = value.note.unwrap_or_default();
    let rule = |case: &Case<'_>| {
        let ask = manage::deny(case.answered_by(&caller)?, who(&caller), &note)?;
        Ok(Next { action: "ask.deny", ask: Some(ask), token: None })
    };
    answered(&app, &caller, &of.id, rule).await
}

/// Take back what was asked for, if it was not answered: for who asked. End what was lent by it: for the token, and for whoever
/// manages the tokens of its owner. No request that is decided after this answer is let through by it. Ending what has ended
/// succeeds.
#[utoipa::path(
    delete, path = "/v1/asks/{id}", tag = "asks",
    params(OfAsk),
    responses((status = 204, description = "It is asked for, or lent, no more")),
)]
pub(in crate::management) async fn end(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfAsk>,
) -> Result<StatusCode, ApiError> {
    let rule = |case: &Case<'_>| {
        let Case { catalog, owner, token, ask, now, .. } = *case;
        let own = matches!(&caller.who, Who::Token(own, _) if own.id == ask.token);
        let manages = || caller.operator()?.manages_tokens_of(catalog, owner);
        if ask.state(Some(token), now) == AskState::Open {
            if own || ask.by == who(&caller) {
                let ask = manage::withdraw(token, ask, who(&caller), now)?;
                return Ok(Next { action: "ask.withdraw", ask: Some(ask), token: None });
            }
            manages()?;
            let detail = "it waits for an answer: deny it; who asked may take it back";
            return Err(ApiError::new(Code::Conflict, detail));
        }
        if token.revoked_at.is_some() || !token.loans.iter().any(|loan| loan.ask == ask.id.to_string()) {
            return Ok(Next::NOTHING);
        }
        if !own {
            manages()?;
        }
        let (ask, token) = manage::end_loan(token, ask, now)?;
        Ok(Next { action: "ask.end", ask: Some(ask), token: Some(token) })
    };
    answered(&app, &caller, &of.id, rule).await.map(|_| StatusCode::NO_CONTENT)
}

/// The id of who answers: a user's without their sign-in.
fn who(caller: &Caller) -> String {
    caller.origin().actor.to_string()
}

/// What a rule is asked about.
#[derive(Clone, Copy)]
struct Case<'a> {
    catalog: &'a Catalog,
    owner: &'a User,
    token: &'a Token,
    state: TokenState,
    ask: &'a Ask,
    now: Timestamp,
}

impl<'a> Case<'a> {
    fn answered_by(&self, caller: &'a Caller) -> Result<Answering<'a>, Refusal> {
        let Self { catalog, owner, token, state, ask, now } = *self;
        Ok(Answering { catalog, operator: caller.operator()?, owner, token, state, ask, now })
    }
}

/// What a rule makes of it: the next states of those that change.
struct Next {
    action: &'static str,
    ask: Option<Ask>,
    token: Option<Token>,
}

impl Next {
    /// So already.
    const NOTHING: Self = Self { action: "", ask: None, token: None };
}

/// Reads an ask and its token, applies a rule, writes; and begins anew where another change came between.
async fn answered(
    app: &App,
    caller: &Caller,
    id: &str,
    rule: impl Fn(&Case<'_>) -> Result<Next, ApiError>,
) -> Result<Json<AskRecord>, ApiError> {
    for _ in 0..TRIES {
        let (ask, _) = find(app, caller, id).await?;
        let catalog = &*services::find(app, ask.service.as_str())?.catalog;
        // As it is written, and not as the gate knows it: its next state is made of it.
        let token = app.store().token(&ask.service, ask.token).await?;
        let owner = token.as_ref().and_then(|token| app.gate().user(token.owner));
        let (Some(token), Some(owner)) = (token, owner) else {
            return Err(ApiError::new(Code::Conflict, "the token is not there any more, or its owner"));
        };
        let now = app.now();
        let state = app.gate().state(&token, now);
        let next = rule(&Case { catalog, owner: &owner, token: &token, state, ask: &ask, now })?;
        let after = next.ask.as_ref().unwrap_or(&ask);
        let changes: Vec<_> =
            [next.ask.clone().map(Change::AskAnswered), next.token.clone().map(Change::TokenChanged)]
                .into_iter()
                .flatten()
                .collect();
        if changes.is_empty() {
            return Ok(Json(app.ask_record(caller, &ask, Some(&token))));
        }
        let deed = deed(next.action, after, Some(&token));
        match app.record(caller.by(), deed, changes, Terms::default()).await {
            Ok(()) => {
                app.ask_was_answered();
                return Ok(Json(app.ask_record(caller, after, Some(next.token.as_ref().unwrap_or(&token)))));
            }
            Err(StoreError::Conflict(_)) => app.store().applied().await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(overtaken())
}
