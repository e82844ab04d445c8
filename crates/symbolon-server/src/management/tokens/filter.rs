//! Which tokens of a service are asked for, as far as the caller may know of them.

use jiff::Timestamp;
use symbolon_api::BulkFilter;
use symbolon_core::record::TokenState;
use symbolon_core::store::{PageQuery, TokenQuery, TokenSort};
use symbolon_core::{Catalog, Refusal};

use super::owner_named;
use crate::answer::ApiError;
use crate::app::App;
use crate::management::caller::{Caller, Who};
use crate::management::parameters::{filter, parsed};

/// The query that a filter stands for: of the caller's own tokens, or of everybody's for who manages those. Its page
/// and its order are the caller's to set. What it says of use is written to the record first.
pub(super) async fn query(
    app: &App,
    caller: &Caller,
    catalog: &Catalog,
    asked: &BulkFilter,
) -> Result<TokenQuery, ApiError> {
    let operator = caller.operator()?;
    operator.manages(catalog)?;
    let owner = match (&asked.owner, &caller.who) {
        (Some(name), _) => Some(owner_named(app, catalog, operator, name).await?.id),
        (None, Who::User(_, user)) if !operator.manages_others(catalog) => Some(user.id),
        (None, _) => None,
    };
    let now = app.now();
    let query = TokenQuery {
        service: catalog.service.clone(),
        owner,
        state: asked.state.as_deref().map(state).transpose()?,
        text: filter("query", asked.query.clone())?,
        scope: asked.scope.as_deref().map(|text| parsed("scope", text)).transpose()?,
        prefix: asked.prefix.clone().map(prefix).transpose()?,
        unused_since: asked.unused_since.as_deref().map(|text| moment("unused_since", text)).transpose()?,
        created_before: asked
            .created_before
            .as_deref()
            .map(|text| moment("created_before", text))
            .transpose()?,
        parent: asked.parent.as_deref().map(|text| parsed("parent", text)).transpose()?,
        sort: TokenSort::default(),
        now,
        idle_since: catalog.policy.idle_expiry.ago(now),
        old_form_ended: catalog.old_form.as_ref().is_none_or(|form| form.until <= now),
        page: PageQuery::default(),
    };
    if query.unused_since.is_some() || (query.state.is_some() && query.idle_since.is_some()) {
        app.write_uses().await;
    }
    Ok(query)
}

fn state(text: &str) -> Result<TokenState, Refusal> {
    let all = [TokenState::Active, TokenState::Disabled, TokenState::Expired, TokenState::Revoked];
    all.into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| Refusal::field("state", "state is active, disabled, expired or revoked"))
}

fn prefix(text: String) -> Result<String, Refusal> {
    if (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(text);
    }
    let detail = "1 to 8 letters and digits: what follows the service's own prefix in a token";
    Err(Refusal::field("prefix", detail))
}

fn moment(field: &str, text: &str) -> Result<Timestamp, Refusal> {
    text.parse().map_err(|_| Refusal::field(field, "a moment such as 2027-01-31T12:00:00Z (RFC 3339)"))
}
