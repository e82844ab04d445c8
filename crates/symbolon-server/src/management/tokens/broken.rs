//! Tokens whose record, or whose owner's, is not what was written. They are refused everywhere, and can be taken back all
//! the same.

use serde_json::json;
use symbolon_core::id::TokenId;
use symbolon_core::manage;
use symbolon_core::record::Token;
use symbolon_core::store::{Change, StoreError};
use symbolon_core::{Code, Refusal};

use super::change::{Action, write};
use super::not_there;
use crate::answer::ApiError;
use crate::app::App;
use crate::management::caller::Caller;
use crate::management::commit::{Deed, TRIES, Terms, overtaken};
use crate::management::parameters::OfToken;
use crate::management::services;

/// Revokes a token whose record is not what was written. Whose it is, nobody knows, so that it takes an administrator.
pub(super) async fn erase(app: &App, caller: &Caller, of: &OfToken) -> Result<(), ApiError> {
    caller.administrator()?;
    let id: TokenId = of.id.parse().map_err(|_| not_there())?;
    let (action, detail) = (Action::Revoke.as_str(), json!({ "seal": "broken" }));
    let catalog = services::find(app, &of.service)?.catalog;
    let deed = Deed { action, subject: of.id.clone(), service: Some(&catalog.service), detail };
    Ok(app.record(caller.by(), deed, vec![Change::TokenErased(id, app.now())], Terms::default()).await?)
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
