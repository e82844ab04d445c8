//! What tokens ask for.

use symbolon_core::ask::Ask;
use symbolon_core::id::AskId;
use symbolon_core::name::ServiceName;
use symbolon_core::store::{AskQuery, Page, SeenAsks, StoreError};

use super::lists::page;
use super::{Asked, Given};
use crate::cursor::{self, List};
use crate::listing::{self, fetched};
use crate::rows::{self, select_asks};

/// A page of asks. The argument decides which index serves it; all else is tested row by row. The services, of which there may be
/// many, are a JSON array: a name with its quotes stands in it if it is another text without that.
macro_rules! asks_page {
    ($($lead:expr),+) => {
        select_asks!(
            "WHERE ",
            $($lead,)+
            " AND (made_at, id) < ($1, $2) AND ($4 IS NULL OR service = $4)
              AND ($5 IS NULL OR replace($5, '\"' || service || '\"', '') <> $5
                   OR (SELECT owner FROM tokens WHERE tokens.id = asks.token) = $6)
              ORDER BY made_at DESC, id DESC LIMIT $8"
        )
    };
}

/// What waits for an answer, of asks made after `$7`.
macro_rules! open {
    () => {
        "answer IS NULL AND made_at > $7
         AND (SELECT revoked_at IS NULL FROM tokens WHERE tokens.id = asks.token)"
    };
}

pub(crate) const ASKS: &str = asks_page!("$3 IS NULL AND $7 IS NULL");
pub(crate) const ASKS_OPEN: &str = asks_page!("$3 IS NULL AND ", open!());
pub(crate) const ASKS_OF: &str = asks_page!("token = $3 AND ($7 IS NULL OR (", open!(), "))");

pub(crate) async fn ask(db: &impl Asked, id: AskId) -> Result<Option<Ask>, StoreError> {
    let row = db.row(select_asks!("WHERE id = $1"), &[Given::Text(&id.to_string())]).await?;
    rows::only(row.as_ref(), "asks", rows::ask)
}

pub(crate) async fn asks(db: &impl Asked, query: &AskQuery) -> Result<Page<Ask>, StoreError> {
    let (at, id) = cursor::before(List::Asks, query.page.after.as_deref())?;
    let token = query.token.map(|id| id.to_string());
    let (services, owner) = match &query.seen {
        SeenAsks::All => (None, None),
        SeenAsks::Of { services, owner } => {
            let services: serde_json::Value = services.iter().map(ServiceName::as_str).collect();
            (Some(services.to_string()), Some(owner.to_string()))
        }
    };
    let given = [
        Given::Number(at),
        Given::Text(&id),
        Given::MaybeText(token.as_deref()),
        Given::MaybeText(query.service.as_ref().map(ServiceName::as_str)),
        Given::MaybeText(services.as_deref()),
        Given::MaybeText(owner.as_deref()),
        Given::MaybeNumber(query.open.then(|| query.open_since.as_millisecond())),
        Given::Number(fetched(&query.page)),
    ];
    let sql = match (query.token, query.open) {
        (Some(_), _) => ASKS_OF,
        (None, true) => ASKS_OPEN,
        (None, false) => ASKS,
    };
    page(db, listing::asks(), sql, &given, &query.page).await
}
