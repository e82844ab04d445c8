//! Lists of tokens, in every order. How a page is asked for is each database's own; with what, is not.

use jiff::Timestamp;
use symbolon_core::record::{Token, TokenState};
use symbolon_core::store::{Page, StoreError, TokenOrder, TokenQuery};

use super::lists::page;
use super::{Asked, Given};
use crate::cursor::{self, Bound};
use crate::listing::{self, fetched};

/// What a page of tokens is asked for by: its order, whether from the last to the first, whether of revoked ones, and
/// whose.
pub(crate) type Statement = fn(TokenOrder, bool, bool, Whose) -> &'static str;

/// Whose tokens are listed: it decides which index serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Everybodys,
    /// One owner's.
    Owner,
    /// Those that were derived from one token, perhaps of one owner's.
    Parent,
}

/// A page of tokens. `after_text` is what the database sorts after every text.
pub(crate) async fn tokens(
    db: &impl Asked,
    statement: Statement,
    after_text: Given<'_>,
    query: &TokenQuery,
) -> Result<Page<Token>, StoreError> {
    let sort = query.sort;
    let (bound, id) = cursor::sorted(sort, query.page.after.as_deref())?;
    let of_revoked = query.state == Some(TokenState::Revoked);
    let owner = query.owner.map(|id| id.to_string());
    let text = query.text.as_ref().map(|text| text.to_ascii_lowercase());
    let scope = query.scope.as_ref().map(|scope| serde_json::Value::from(scope.as_str()).to_string());
    let time = |at: Option<Timestamp>| Given::MaybeNumber(at.map(Timestamp::as_millisecond));
    let mut given = vec![
        Given::Text(query.service.as_str()),
        Given::MaybeText(owner.as_deref()),
        match &bound {
            Bound::Number(number) => Given::Number(*number),
            Bound::Text(text) => Given::Text(text),
            Bound::AfterText => after_text,
        },
        Given::Text(&id),
        Given::MaybeText(query.state.map(TokenState::as_str)),
        Given::Number(query.now.as_millisecond()),
        Given::MaybeText(text.as_deref()),
        Given::MaybeText(scope.as_deref()),
        Given::Number(fetched(&query.page)),
        time(query.idle_since),
        Given::Truth(query.old_form_ended),
        Given::MaybeText(query.prefix.as_deref()),
        time(query.unused_since),
        time(query.created_before),
    ];
    let parent = query.parent.map(|id| id.to_string());
    let whose = match (&parent, query.owner) {
        (Some(parent), _) => {
            given.push(Given::Text(parent));
            Whose::Parent
        }
        (None, Some(_)) => Whose::Owner,
        (None, None) => Whose::Everybodys,
    };
    let sql = statement(sort.by, sort.descending, of_revoked, whose);
    page(db, listing::tokens(sort), sql, &given, &query.page).await
}
