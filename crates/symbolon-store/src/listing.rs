//! What the pages of a list are made of, whichever database has found their rows. One row more than asked for is fetched:
//! it tells whether there is a next page.

use symbolon_core::ask::Ask;
use symbolon_core::audit::Line;
use symbolon_core::record::{Key, Session, Token, User};
use symbolon_core::store::{Page, PageQuery, StoreError, TokenOrder, TokenSort};

use crate::cursor::{self, List};
use crate::rows::{self, Columns, Parsed, get};
use crate::seals::Seals;

const LONGEST_PAGE: usize = 1000;

// As the schemas have them.
const NEVER_USED: i64 = -1_000_000_000_000_000;
const NO_END: i64 = 1_000_000_000_000_000;

fn length(page: &PageQuery) -> usize {
    page.limit.clamp(1, LONGEST_PAGE)
}

/// How many rows of a page are to be fetched.
pub(crate) fn fetched(page: &PageQuery) -> i64 {
    // At most LONGEST_PAGE + 1.
    i64::try_from(length(page) + 1).unwrap_or(i64::MAX)
}

/// What the pages of one list have in common.
pub(crate) struct Listing<R, T> {
    list: List,
    /// Of a list that has several orders, which. A cursor says so.
    order: Option<&'static str>,
    /// The item of a row; `None`, which has been reported, for one that cannot be read or is not what was written.
    parse: fn(&R, &Seals) -> Option<T>,
    /// From the columns and not from the parsed value: a row that cannot be read must not end the list.
    key: fn(&R) -> Parsed<String>,
}

impl<R: Columns, T> Listing<R, T> {
    /// The page of which these rows were fetched.
    pub(crate) fn page(
        &self,
        mut rows: Vec<R>,
        seals: &Seals,
        asked: &PageQuery,
    ) -> Result<Page<T>, StoreError> {
        let more = rows.len() > length(asked);
        rows.truncate(length(asked));
        let key = rows.last().filter(|_| more).map(self.key).transpose()?;
        let next = key.map(|key| match self.order {
            Some(order) => cursor::print(self.list, &format!("{order}/{key}")),
            None => cursor::print(self.list, &key),
        });
        let items = rows.iter().filter_map(|row| (self.parse)(row, seals)).collect();
        Ok(Page { items, next })
    }
}

/// Users by their names.
pub(crate) fn users<R: Columns>() -> Listing<R, User> {
    let parse = |row: &R, seals: &Seals| rows::sealed(row, seals).ok();
    Listing { list: List::Users, order: None, parse, key: |row| get(row, "name") }
}

/// Sessions, the newest first.
pub(crate) fn sessions<R: Columns>() -> Listing<R, Session> {
    let parse = |row: &R, seals: &Seals| rows::sealed(row, seals).ok();
    Listing { list: List::Sessions, order: None, parse, key: by_time }
}

/// Keys, the newest first.
pub(crate) fn keys<R: Columns>() -> Listing<R, Key> {
    let parse = |row: &R, seals: &Seals| rows::sealed(row, seals).ok();
    Listing { list: List::Keys, order: None, parse, key: by_time }
}

/// Lines of the audit, the newest first.
pub(crate) fn audit<R: Columns>() -> Listing<R, Line> {
    Listing {
        list: List::Audit,
        order: None,
        parse: |row, _| rows::audit(row).map_err(|fault| fault.report("audit", row)).ok(),
        key: |row| get::<i64>(row, "seq").map(|seq| seq.to_string()),
    }
}

/// Asks, the newest first.
pub(crate) fn asks<R: Columns>() -> Listing<R, Ask> {
    Listing {
        list: List::Asks,
        order: None,
        parse: |row, _| rows::ask(row).map_err(|fault| fault.report("asks", row)).ok(),
        key: |row| Ok(cursor::time_key(get(row, "made_at")?, get(row, "id")?)),
    }
}

/// Tokens in this order.
pub(crate) fn tokens<R: Columns>(sort: TokenSort) -> Listing<R, Token> {
    let parse = |row: &R, seals: &Seals| rows::sealed(row, seals).ok();
    Listing { list: List::Tokens, order: Some(sort.as_str()), parse, key: token_key(sort.by) }
}

fn by_time(row: &impl Columns) -> Parsed<String> {
    Ok(cursor::time_key(get(row, "created_at")?, get(row, "id")?))
}

/// What a row is ordered by, as the schemas have it.
fn token_key<R: Columns>(by: TokenOrder) -> fn(&R) -> Parsed<String> {
    fn text(row: &impl Columns, key: &str) -> Parsed<String> {
        Ok(format!("{}/{key}", get::<&str>(row, "id")?))
    }
    fn time(row: &impl Columns, column: &'static str, missing: i64) -> Parsed<String> {
        let at: Option<i64> = get(row, column)?;
        text(row, &at.unwrap_or(missing).to_string())
    }
    match by {
        TokenOrder::Created => |row| time(row, "created_at", 0),
        TokenOrder::Name => |row| text(row, &get::<&str>(row, "name")?.to_ascii_lowercase()),
        TokenOrder::LastUsed => |row| time(row, "last_used_at", NEVER_USED),
        TokenOrder::Expires => |row| time(row, "expires_at", NO_END),
    }
}
