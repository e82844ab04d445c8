//! Tokens of a service: issue, list, show, edit, switch off and on, take back.

pub(super) mod advice;
pub(super) mod asked;
pub(super) mod batch;
mod broken;
pub(super) mod bulk;
pub(super) mod change;
pub(super) mod create;
pub(super) mod derive;
mod filter;
pub(super) mod history;
pub(super) mod import;
pub(super) mod read;
pub(super) mod rotate;
pub(super) mod usage;

use std::sync::Arc;

use symbolon_core::id::{TokenId, UserId};
use symbolon_core::manage::Operator;
use symbolon_core::name::UserName;
use symbolon_core::record::{Token, User};
use symbolon_core::token::TokenPrefix;
use symbolon_core::{Catalog, Code, Refusal};

use super::caller::{Caller, Who};
use super::parameters::parsed;
use crate::answer::ApiError;
use crate::app::App;

fn not_there() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such token")
}

/// The token of a path, by id or by `token_prefix`, if the caller may know of it.
async fn find(app: &App, caller: &Caller, catalog: &Catalog, name: &str) -> Result<Token, ApiError> {
    let token = named(app, catalog, name).await?.ok_or_else(not_there)?;
    if sees(caller, catalog, token.owner)? { Ok(token) } else { Err(not_there()) }
}

/// The same, and also a token of the caller's own who manages none: for what its owner may do with it all the same.
pub(super) async fn find_own(
    app: &App,
    caller: &Caller,
    catalog: &Catalog,
    name: &str,
) -> Result<Token, ApiError> {
    let token = named(app, catalog, name).await?.ok_or_else(not_there)?;
    let own = matches!(&caller.who, Who::User(_, user) if user.id == token.owner);
    if own || sees(caller, catalog, token.owner).unwrap_or_default() { Ok(token) } else { Err(not_there()) }
}

/// The token of this id or `token_prefix`.
async fn named(app: &App, catalog: &Catalog, name: &str) -> Result<Option<Token>, ApiError> {
    Ok(match (name.parse::<TokenId>(), name.parse::<TokenPrefix>()) {
        (Ok(id), _) => app.store().token(&catalog.service, id).await?,
        (_, Ok(prefix)) => app.store().token_prefixed(&catalog.service, prefix).await?,
        _ => None,
    })
}

/// Whether the caller may know of the tokens of `owner`: their own, or everybody's for who manages those.
fn sees(caller: &Caller, catalog: &Catalog, owner: UserId) -> Result<bool, Refusal> {
    let operator = caller.operator()?;
    operator.manages(catalog)?;
    let own = matches!(&caller.who, Who::User(_, user) if user.id == owner);
    Ok(own || operator.manages_others(catalog))
}

/// The owner that is named in a call. Who manages only their own tokens names nobody else, and does not learn
/// here who there is.
async fn owner_named(
    app: &App,
    catalog: &Catalog,
    operator: Operator<'_>,
    name: &str,
) -> Result<Arc<User>, ApiError> {
    let name: UserName = parsed("owner", name)?;
    if let Operator::User(user) = operator
        && user.name != name
        && !operator.manages_others(catalog)
    {
        let needed = catalog.roles.name(catalog.token_admins);
        let detail = format!("the tokens of others in {} need the role {needed}", catalog.service);
        return Err(Refusal { field: Some("owner".to_owned()), code: Code::InsufficientRole, detail }.into());
    }
    let unknown = || Refusal::field("owner", "there is no user of this name");
    let user = app.store().user_named(&name).await?.ok_or_else(unknown)?;
    // As the gate knows them: that is the state that counts.
    Ok(app.gate().user(user.id).ok_or_else(unknown)?)
}
