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
            "say which tokens: by owner, scope, query, prefix, unused_since, created_before or state";
        return Err(Refusal::field("filter", detail).into());
    }
    if asked.state.as_deref() == Some("revoked") {
        let detail = "what is revoked stays as it is; state is active, disabled or expired";
        return Err(Refusal::field("filter.state", detail).into());
    }
    let all = filter::query(app, caller, catalog, asked).await.map_err(|error| error.within("filter"))?;
    let mut tokens = Vec::new();
    let mut after = None;
    loop {
        let page = PageQuery { after: after.take(), limit: PAGE };
        let found = app.store().tokens(&TokenQuery { page, ..all.clone() }).await?;
        tokens.extend(found.items);
        if tokens.len() > MOST {
            let detail =
                format!("these are more than {MOST} tokens; ask for fewer, such as by created_before");
            return Err(Refusal::field("filter", detail).into());
        }
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    none_is_broken(app)?;
    if let Some(since) = all.unused_since {
        // The gate knows of uses that could not be written to the record.
        tokens.retain(|token| app.gate().last_used(token.id).is_none_or(|at| at < since));
    }
    Ok(tokens)
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
