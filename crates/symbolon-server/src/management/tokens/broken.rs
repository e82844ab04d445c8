//! Tokens whose record, or whose owner's, is not what was written or is gone, and that can be taken back all the same.

use symbolon_core::id::TokenId;
use symbolon_core::manage;
use symbolon_core::name::ServiceName;
use symbolon_core::record::Token;
use symbolon_core::store::{Change, StoreError};
use symbolon_core::{Code, Refusal};

use super::change::{Action, write};
use super::not_there;
use crate::answer::ApiError;
use crate::app::App;
use crate::management::broken::Lost;
use crate::management::caller::Caller;
use crate::management::commit::{Deed, TRIES, Terms, overtaken};
use crate::management::parameters::OfToken;
use crate::management::services;

/// Revokes a token whose record is not what was written. Whose it is, nobody knows, so that it takes an administrator.
pub(super) async fn erase(app: &App, caller: &Caller, of: &OfToken) -> Result<(), ApiError> {
    caller.administrator()?;
    let id: TokenId = of.id.parse().map_err(|_| not_there())?;
    let catalog = services::find(app, &of.service)?.catalog;
    Ok(erase_known(app, caller, &catalog.service, id).await?)
}

/// The same, by whoever has its secret.
pub(super) async fn erase_known(
    app: &App,
    caller: &Caller,
    service: &ServiceName,
    id: TokenId,
) -> Result<(), StoreError> {
    let (action, detail) = (Action::Revoke.as_str(), Lost::Broken.detail(None));
    let deed = Deed { action, subject: id.to_string(), service: Some(service), detail };
    app.record(caller.by(), deed, vec![Change::TokenErased(id, app.now())], Terms::default()).await
}

/// Revokes the token of a path that was not found, if the gate knows it, the record has no row of it and the caller manages
/// the tokens of its owner; otherwise that is the answer.
pub(super) async fn end_rowless(
    app: &App,
    caller: &Caller,
    of: &OfToken,
    error: ApiError,
) -> Result<(), ApiError> {
    let catalog = services::find(app, &of.service)?.catalog;
    let token = of.id.parse().ok().and_then(|id| app.gate().token(id));
    let Some(token) = token.filter(|token| token.service == catalog.service) else { return Err(error) };
    let operator = caller.operator()?;
    let may = match app.gate().user(token.owner) {
        Some(owner) => operator.manages_tokens_of(&catalog, &owner),
        None => operator.administers(),
    };
    if may.is_err() || app.store().token(&token.service, token.id).await?.is_some() {
        return Err(error);
    }
    Ok(forget(app, caller, &token).await?)
}

/// Revokes a token of which the record has no row. Somebody has taken it out of the database, and the token would go on until
/// the next start.
pub(super) async fn forget(app: &App, caller: &Caller, token: &Token) -> Result<(), StoreError> {
    if app.gate().token(token.id).is_none() {
        return Ok(());
    }
    let (action, detail) = (Action::Revoke.as_str(), Lost::Gone.detail(Some(&token.name)));
    let deed = Deed { action, subject: token.id.to_string(), service: Some(&token.service), detail };
    app.record(caller.by(), deed, Vec::new(), Terms::default()).await?;
    app.gate().forget_token(token.id);
    tracing::error!(token = %token.id, "a token whose row is gone was live; it was revoked");
    Ok(())
}

/// What is done to a token whose owner the gate does not know: they were removed and it was revoked with them, or their row
/// is not what was written, and it lives.
pub(super) async fn ownerless(
    app: &App,
    caller: &Caller,
    token: Token,
    action: Action,
) -> Result<Token, ApiError> {
    app.store().applied().await?;
    for _ in 0..TRIES {
        let stored = app.store().token(&token.service, token.id).await?.ok_or_else(not_there)?;
        match (action, manage::revoke(&stored, app.now())) {
            // That can be asked for again, and nothing else can.
            (Action::Revoke, None) => {
                app.gate().forget_token(stored.id);
                return Ok(stored);
            }
            (_, None) => {
                let detail = "the token was revoked when its owner was removed";
                return Err(ApiError::new(Code::Conflict, detail));
            }
            (Action::Revoke, Some(tombstone)) if caller.administrator().is_ok() => {
                match write(app, caller, action, Terms::default(), (&stored, &tombstone)).await {
                    Err(StoreError::Conflict(_)) => {}
                    Err(error) => return Err(error.into()),
                    Ok(()) => return Ok(tombstone),
                }
            }
            (_, Some(_)) => return Err(without_owner().into()),
        }
    }
    Err(overtaken())
}

/// Why nothing but an administrator's revocation is done to such a token.
pub(super) fn without_owner() -> Refusal {
    let detail = "the record of its owner was changed outside Symbolon, so that the token is refused and nobody's; an \
        administrator of the platform can revoke it";
    Refusal::new(Code::Conflict, detail)
}
