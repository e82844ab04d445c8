//! Changing a token: edit, switch off and on, take back. What narrows it holds for every request that is decided
//! after the answer.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use symbolon_api::{EditToken, Restrictions, TokenRecord};
use symbolon_core::id::UserId;
use symbolon_core::manage::{self, Operator, TokenEdit};
use symbolon_core::record::{Token, User};
use symbolon_core::restriction;
use symbolon_core::seal::Kind;
use symbolon_core::store::{Change, StoreError};
use symbolon_core::{Catalog, Code, Refusal, Timestamp};

use super::{asked, broken, find, owner_named};
use crate::answer::ApiError;
use crate::app::App;
use crate::management::body::Body;
use crate::management::broken::is_broken;
use crate::management::caller::Caller;
use crate::management::commit::{Claiming, Deed, TRIES, Terms, overtaken};
use crate::management::parameters::{OfToken, PathOf};
use crate::management::{detail, services};

/// Edit a token. What narrows it holds for every request that is decided after this answer.
#[utoipa::path(
    patch, path = "/v1/services/{service}/tokens/{id}", tag = "tokens",
    params(OfToken),
    request_body = EditToken,
    responses((status = 200, body = TokenRecord)),
)]
pub(in crate::management) async fn edit(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfToken>,
    Body { value, .. }: Body<EditToken>,
) -> Result<Json<TokenRecord>, ApiError> {
    let owner = match &value.owner {
        Some(name) => {
            let catalog = services::find(&app, &of.service)?.catalog;
            Some(owner_named(&app, &catalog, caller.operator()?, name).await?)
        }
        None => None,
    };
    let edit = TokenEdit {
        name: value.name,
        description: value.description,
        metadata: value.metadata.unwrap_or_default(),
        scopes: asked::scopes(value.scopes.as_deref())?,
        end: asked::end(value.expires_at.as_deref(), value.expires_in.as_deref())?,
        rate_limit: asked::rate_limit(value.rate_limit.as_deref())?,
        restrictions: value.restrictions.map(replaced).transpose()?,
        derive: value.derive,
        change_limit: match value.change_limit.as_deref() {
            None => None,
            asked => Some(asked::own_rate("change_limit", asked)?),
        },
        owner,
    };
    let rule = |case: &Case<'_>| {
        // As they are by now: of two tries the second may be one because they were changed.
        let owner = edit.owner.as_ref().map(|owner| app.gate().user(owner.id).unwrap_or(owner.clone()));
        let edit = TokenEdit { owner: owner.clone(), ..edit.clone() };
        let next = manage::edit(case.catalog, case.operator, case.owner, case.token, edit, case.now)?;
        Ok(next.map(|token| {
            let judged_by = judged_by(case.token, &token, case.owner, owner.as_deref());
            Next { token, made: (), judged_by }
        }))
    };
    let (token, _) = managed(&app, &caller, &of, Action::Update, &Claiming::NONE, rule).await?;
    Ok(Json(app.token_record(&token)))
}

/// `null` is none at all.
fn replaced(given: Option<Restrictions>) -> Result<restriction::Restrictions, Refusal> {
    given.map_or_else(|| Ok(restriction::Restrictions::default()), asked::restrictions)
}

/// Switch a token off until it is switched on again.
#[utoipa::path(
    post, path = "/v1/services/{service}/tokens/{id}/disable", tag = "tokens",
    params(OfToken),
    responses((status = 200, body = TokenRecord)),
)]
pub(in crate::management) async fn disable(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfToken>,
) -> Result<Json<TokenRecord>, ApiError> {
    let rule = |case: &Case<'_>| Ok(manage::switch(case.token, true, case.now)?.map(alone));
    let (token, _) = managed(&app, &caller, &of, Action::Disable, &Claiming::NONE, rule).await?;
    Ok(Json(app.token_record(&token)))
}

/// Switch a token on again.
#[utoipa::path(
    post, path = "/v1/services/{service}/tokens/{id}/enable", tag = "tokens",
    params(OfToken),
    responses((status = 200, body = TokenRecord)),
)]
pub(in crate::management) async fn enable(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfToken>,
) -> Result<Json<TokenRecord>, ApiError> {
    let rule = |case: &Case<'_>| {
        case.operator.gives_rights_to(case.catalog, case.owner)?;
        Ok(manage::switch(case.token, false, case.now)?.map(alone))
    };
    let (token, _) = managed(&app, &caller, &of, Action::Enable, &Claiming::NONE, rule).await?;
    Ok(Json(app.token_record(&token)))
}

/// Revoke a token. No request that is decided after this answer is let through by it. Revoking it again
/// succeeds.
#[utoipa::path(
    delete, path = "/v1/services/{service}/tokens/{id}", tag = "tokens",
    params(OfToken),
    responses((status = 204, description = "It is revoked")),
)]
pub(in crate::management) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfToken>,
) -> Result<StatusCode, ApiError> {
    let rule = |case: &Case<'_>| Ok(manage::revoke(case.token, case.now).map(alone));
    match managed(&app, &caller, &of, Action::Revoke, &Claiming::NONE, rule).await {
        Err(_) if is_broken(&app, Kind::Token, &of.id) => broken::erase(&app, &caller, &of).await?,
        Err(error) if error.code() == Code::NotFound => {
            broken::end_rowless(&app, &caller, &of, error).await?;
        }
        revoked => drop(revoked?),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Revokes a token whose secret was presented, whatever has become of its row: by the token itself, which may do that to
/// itself alone, or by a key to which somebody has shown it.
pub(in crate::management) async fn revoke_known(
    app: &App,
    caller: &Caller,
    token: &Token,
) -> Result<(), ApiError> {
    for _ in 0..TRIES {
        let written = match app.store().token(&token.service, token.id).await {
            Err(StoreError::SealBroken(_)) => {
                broken::erase_known(app, caller, &token.service, token.id).await
            }
            Err(error) => return Err(error.into()),
            Ok(None) => broken::forget(app, caller, token).await,
            Ok(Some(stored)) => {
                let Some(tombstone) = manage::revoke(&stored, app.now()) else {
                    app.store().applied().await?;
                    app.gate().forget_token(token.id);
                    return Ok(());
                };
                write(app, caller, Action::Revoke, Terms::default(), (&stored, &tombstone)).await
            }
        };
        match written {
            Err(StoreError::Conflict(_) | StoreError::NotFound(_)) => {}
            written => return Ok(written?),
        }
    }
    Err(overtaken())
}

/// What is done to a token.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Action {
    Update,
    Disable,
    Enable,
    Revoke,
    Rotate,
}

impl Action {
    /// The word of the audit.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Update => "token.update",
            Self::Disable => "token.disable",
            Self::Enable => "token.enable",
            Self::Revoke => "token.revoke",
            Self::Rotate => "token.rotate",
        }
    }
}

/// What a rule is asked about.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) operator: Operator<'a>,
    pub(super) owner: &'a User,
    pub(super) token: &'a Token,
    pub(super) now: Timestamp,
}

/// What a rule makes of a token.
pub(super) struct Next<T> {
    pub(super) token: Token,
    /// What else came of it.
    pub(super) made: T,
    /// Users who must be as the rule saw them until it is written.
    pub(super) judged_by: Vec<(UserId, u64)>,
}

/// A next state, and nothing else that came of it.
fn alone(token: Token) -> Next<()> {
    Next { token, made: (), judged_by: Vec::new() }
}

/// Whose roles and state say how a token comes out that is given to another owner: by both, and either may be demoted or
/// deactivated before that is written. All else that depends on an owner is looked at with each request.
pub(super) fn judged_by(
    token: &Token,
    next: &Token,
    former: &User,
    owner: Option<&User>,
) -> Vec<(UserId, u64)> {
    let owner = owner.filter(|_| token.owner != next.owner);
    owner.map_or_else(Vec::new, |owner| [former, owner].map(|user| (user.id, user.revision)).to_vec())
}

/// Reads the token of a path, applies a rule, writes; and begins anew where another change came between. The rule's
/// `None` is "so already"; otherwise what it made besides the token's next state is handed on. It is asked only where the
/// caller manages the tokens of the owner.
pub(super) async fn managed<T>(
    app: &App,
    caller: &Caller,
    of: &OfToken,
    action: Action,
    claiming: &Claiming,
    rule: impl Fn(&Case<'_>) -> Result<Option<Next<T>>, Refusal>,
) -> Result<(Token, Option<T>), ApiError> {
    let operator = caller.operator()?;
    let catalog = &*services::find(app, &of.service)?.catalog;
    for _ in 0..TRIES {
        let token = find(app, caller, catalog, &of.id).await?;
        let Some(owner) = app.gate().user(token.owner) else {
            return Ok((broken::ownerless(app, caller, token, action).await?, None));
        };
        operator.manages_tokens_of(catalog, &owner)?;
        let case = Case { catalog, operator, owner: &owner, token: &token, now: app.now() };
        let Some(Next { token: next, made, judged_by }) = rule(&case)? else {
            if token.revoked_at.is_some() {
                // The record knows of it a moment before the gate does, or for good if somebody else has written there.
                app.store().applied().await?;
                app.gate().forget_token(token.id);
            }
            return Ok((token, None));
        };
        let state = app.gate().state(&token, case.now);
        // What is switched off takes no more than it had.
        let room = manage::room(catalog, Some((token.owner, state)), &next, case.now);
        let room = room.filter(|_| action != Action::Disable);
        let terms = Terms { room: room.into_iter().collect(), judged_by, ..claiming.of(&token.id) };
        match write(app, caller, action, terms, (&token, &next)).await {
            Ok(()) => return Ok((next, Some(made))),
            // The next try asks the gate who the users are, and the record knows of a change a moment before it.
            Err(StoreError::Conflict(_)) => app.store().applied().await?,
            Err(error) => return Err(claiming.failed(error)),
        }
    }
    Err(overtaken())
}

/// Writes a token's next state; it is a conflict if another change came between.
pub(super) async fn write(
    app: &App,
    caller: &Caller,
    action: Action,
    terms: Terms,
    (token, next): (&Token, &Token),
) -> Result<(), StoreError> {
    let deed = deed(app, action.as_str(), token, next);
    app.record(caller.by(), deed, vec![change(token, next)], terms).await
}

/// What the audit says of a change.
pub(super) fn deed<'t>(app: &App, action: &'static str, token: &'t Token, next: &Token) -> Deed<'t> {
    Deed {
        action,
        subject: token.id.to_string(),
        service: Some(&token.service),
        detail: detail::difference(detail::of_token(app, token), detail::of_token(app, next)),
    }
}

/// The change from one state of a token to the next.
pub(super) fn change(token: &Token, next: &Token) -> Change {
    let change = if token.owner == next.owner { Change::TokenChanged } else { Change::TokenOwned };
    change(next.clone())
}
