//! Statements on a connection of our own, prepared once for each.

use rusqlite::{Connection, OptionalExtension, Params, Row};

/// How many rows a statement has changed.
pub(super) fn execute(
    db: &Connection,
    sql: &'static str,
    params: impl Params,
) -> Result<usize, rusqlite::Error> {
    db.prepare_cached(sql)?.execute(params)
}

/// What `read` makes of the first row, if there is one.
pub(super) fn first<T>(
    db: &Connection,
    sql: &'static str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, rusqlite::Error>,
) -> Result<Option<T>, rusqlite::Error> {
    db.prepare_cached(sql)?.query_row(params, read).optional()
}

/// What `read` makes of each row.
pub(super) fn all<T>(
    db: &Connection,
    sql: &'static str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
) -> Result<Vec<T>, rusqlite::Error> {
    db.prepare_cached(sql)?.query_map(params, read)?.collect()
}
