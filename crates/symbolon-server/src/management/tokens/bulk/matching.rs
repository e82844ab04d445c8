//! Which tokens something is done to.

use symbolon_api::BulkFilter;
use symbolon_core::record::Token;
use symbolon_core::seal::Kind;
use symbolon_core::store::{PageQuery, TokenQuery};
use symbolon_core::{Catalog, Code, Refusal};

use crate::answer::ApiError;
use crate::app::App;
use crate::management::caller::Caller;
use crate::management::tokens::filter;

/// The most tokens of one call: so many share a transaction, and others wait for it.
const MOST: usize = 10_000;
/// Tokens read at a time.
const PAGE: usize = 1_000;

/// The tokens that are asked for, no more than fit into one call.
pub(super) async fn all(
    app: &App,
    caller: &Caller,
    catalog: &Catalog,
    asked: &BulkFilter,
) -> Result<Vec<Token>, ApiError> {
    if *asked == BulkFilter::default() {
        let detail =
            "say which tokens: by owner, scope, query, prefix, unused_since, created_before, parent or state";
        return Err(Refusal::field("filter", detail).into());
    }
    if asked.state.as_deref() == Some("revoked") {
        let detail = "what is revoked stays as it is; state is active, disabled or expired";
        return Err(Refusal::field("filter.state", detail).into());
    }
    let all = filter::query(app, caller, catalog, asked).await.map_err(|error| error.within("filter"))?;
    let mut tokens = Vec::new();
    each(app, &all, |found| {
        tokens.extend(found);
        if tokens.len() <= MOST {
            return Ok(());
        }
        let detail = format!("these are more than {MOST} tokens; ask for fewer, such as by created_before");
        Err(Refusal::field("filter", detail))
    })
    .await?;
    look_at_seals(app, caller, catalog, &all).await?;
    none_is_broken(app)?;
    if let Some(since) = all.unused_since {
        // The gate knows of uses that could not be written to the record.
        tokens.retain(|token| app.gate().last_used(token.id).is_none_or(|at| at < since));
    }
    Ok(tokens)
}

/// Reads pages of tokens to the end, or until `take` wants no more.
async fn each(
    app: &App,
    query: &TokenQuery,
    mut take: impl FnMut(Vec<Token>) -> Result<(), Refusal>,
) -> Result<(), ApiError> {
    let mut after = None;
    loop {
        let page = PageQuery { after, limit: PAGE };
        let found = app.store().tokens(&TokenQuery { page, ..query.clone() }).await?;
        take(found.items)?;
        after = found.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Reads every live row of the service, by which those are found that are not what was written: one may have been edited out
/// of the filter. For who manages only their own tokens, theirs: nobody makes the server read everything who may not see it.
async fn look_at_seals(
    app: &App,
    caller: &Caller,
    catalog: &Catalog,
    asked: &TokenQuery,
) -> Result<(), ApiError> {
    let others = caller.operator()?.manages_others(catalog);
    let every = TokenQuery {
        owner: asked.owner.filter(|_| !others),
        state: None,
        text: None,
        scope: None,
        prefix: None,
        unused_since: None,
        created_before: None,
        parent: None,
        ..asked.clone()
    };
    each(app, &every, |_| Ok(())).await
}

/// Rows that are not what was written are in no list, and nobody knows which filter they would match: without them, "all"
/// would not be all.
fn none_is_broken(app: &App) -> Result<(), ApiError> {
    let broken = app.store().broken_seals().iter().filter(|row| row.kind == Kind::Token).count();
    if broken == 0 {
        return Ok(());
    }
    let detail = format!(
        "the records of {broken} tokens were changed outside Symbolon, and whether they match cannot be known; an \
        administrator finds them at GET /v1/status and revokes them by their ids; then ask again"
    );
    Err(ApiError::new(Code::Conflict, detail))
}
