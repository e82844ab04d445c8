//! Lists, page by page. One row more than asked for is fetched: it tells whether there is a next page.

use jiff::Timestamp;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{Row, SqlitePool};
use symbolon_core::id::UserId;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{Key, Session, Token, TokenState, User};
use symbolon_core::store::{AuditQuery, Page, PageQuery, StoreError, StoredAudit, TokenQuery};

use crate::cursor::{self, List};
use crate::sqlite::fault::unavailable;
use crate::sqlite::rows::{self, Parsed, select_keys, select_sessions, select_tokens, select_users};

const LONGEST_PAGE: usize = 1000;

fn length(page: &PageQuery) -> usize {
    page.limit.clamp(1, LONGEST_PAGE)
}

fn fetched(page: &PageQuery) -> i64 {
    // At most LONGEST_PAGE + 1.
    i64::try_from(length(page) + 1).unwrap_or(i64::MAX)
}

/// What the pages of one list have in common.
struct Listing<T> {
    list: List,
    table: &'static str,
    parse: fn(&SqliteRow) -> Parsed<T>,
    /// From the columns and not from the parsed value: a row that cannot be read must not end the list.
    key: fn(&SqliteRow) -> Result<String, sqlx::Error>,
}

const TOKENS: Listing<Token> =
    Listing { list: List::Tokens, table: "tokens", parse: rows::token, key: by_time };
const USERS: Listing<User> =
    Listing { list: List::Users, table: "users", parse: rows::user, key: |row| row.try_get("name") };
const SESSIONS: Listing<Session> =
    Listing { list: List::Sessions, table: "sessions", parse: rows::session, key: by_time };
const KEYS: Listing<Key> = Listing { list: List::Keys, table: "keys", parse: rows::key, key: by_time };
const AUDIT: Listing<(u64, StoredAudit)> = Listing {
    list: List::Audit,
    table: "audit",
    parse: rows::audit,
    key: |row| row.try_get::<i64, _>("seq").map(|seq| seq.to_string()),
};

fn by_time(row: &SqliteRow) -> Result<String, sqlx::Error> {
    Ok(cursor::time_key(row.try_get("created_at")?, row.try_get("id")?))
}

impl<T> Listing<T> {
    async fn page(
        &self,
        db: &SqlitePool,
        query: sqlx::query::Query<'_, Sqlite, SqliteArguments>,
        asked: &PageQuery,
    ) -> Result<Page<T>, StoreError> {
        let mut rows = query.fetch_all(db).await.map_err(|error| unavailable(&error))?;
        let more = rows.len() > length(asked);
        rows.truncate(length(asked));
        let next = match rows.last().filter(|_| more).map(self.key).transpose() {
            Ok(key) => key.map(|key| cursor::print(self.list, &key)),
            Err(error) => return Err(unavailable(&error)),
        };
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            match (self.parse)(row) {
                Ok(item) => items.push(item),
                Err(fault) => fault.report(self.table, row),
            }
        }
        Ok(Page { items, next })
    }
}

/// A page of tokens. The two arguments decide which index serves it; all else is tested row by row. `CASE` is
/// [`Token::state`] in SQL. The text is found with `instr` and not `LIKE`: there is nothing to escape, and no
/// limit to a pattern's length. `lower` knows ASCII only, which is what the contract asks for.
macro_rules! tokens_page {
    ($kept:literal, $owner:literal) => {
        select_tokens!(
            "WHERE service = ?1 AND ",
            $owner,
            " AND ",
            $kept,
            " AND (created_at, id) < (?3, ?4)
              AND (?5 IS NULL OR ?5 = CASE
                   WHEN revoked_at IS NOT NULL THEN 'revoked'
                   WHEN expires_at <= ?6 THEN 'expired'
                   WHEN disabled THEN 'disabled'
                   ELSE 'active' END)
              AND (?7 IS NULL OR instr(lower(name), ?7) OR instr(lower(description), ?7)
                   OR instr(lower(token_prefix), ?7))
              ORDER BY created_at DESC, id DESC LIMIT ?8"
        )
    };
}

pub(in crate::sqlite) async fn tokens(
    db: &SqlitePool,
    query: &TokenQuery,
) -> Result<Page<Token>, StoreError> {
    let (at, id) = cursor::before(List::Tokens, query.page.after.as_deref())?;
    let sql = match (query.state, &query.owner) {
        (Some(TokenState::Revoked), None) => tokens_page!("revoked_at IS NOT NULL", "?2 IS NULL"),
        (Some(TokenState::Revoked), Some(_)) => tokens_page!("revoked_at IS NOT NULL", "owner = ?2"),
        (_, None) => tokens_page!("revoked_at IS NULL", "?2 IS NULL"),
        (_, Some(_)) => tokens_page!("revoked_at IS NULL", "owner = ?2"),
    };
    let prepared = sqlx::query(sql)
        .bind(query.service.as_str())
        .bind(query.owner.map(|id| id.to_string()))
        .bind(at)
        .bind(id)
        .bind(query.state.map(TokenState::as_str))
        .bind(query.now.as_millisecond())
        .bind(query.text.as_ref().map(|text| text.to_ascii_lowercase()))
        .bind(fetched(&query.page));
    TOKENS.page(db, prepared, &query.page).await
}

pub(in crate::sqlite) async fn users(db: &SqlitePool, asked: &PageQuery) -> Result<Page<User>, StoreError> {
    let after = cursor::key(List::Users, asked.after.as_deref())?.unwrap_or_default();
    let prepared =
        sqlx::query(select_users!("WHERE name > ?1 AND removed_at IS NULL ORDER BY name LIMIT ?2"))
            .bind(after)
            .bind(fetched(asked));
    USERS.page(db, prepared, asked).await
}

pub(in crate::sqlite) async fn sessions(
    db: &SqlitePool,
    user: Option<UserId>,
    now: Timestamp,
    asked: &PageQuery,
) -> Result<Page<Session>, StoreError> {
    let (at, id) = cursor::before(List::Sessions, asked.after.as_deref())?;
    let prepared = sqlx::query(select_sessions!(
        "WHERE (created_at, id) < (?1, ?2) AND expires_at > ?3 AND (?4 IS NULL OR user = ?4)
         ORDER BY created_at DESC, id DESC LIMIT ?5"
    ))
    .bind(at)
    .bind(id)
    .bind(now.as_millisecond())
    .bind(user.map(|id| id.to_string()))
    .bind(fetched(asked));
    SESSIONS.page(db, prepared, asked).await
}

pub(in crate::sqlite) async fn keys(db: &SqlitePool, asked: &PageQuery) -> Result<Page<Key>, StoreError> {
    let (at, id) = cursor::before(List::Keys, asked.after.as_deref())?;
    let prepared = sqlx::query(select_keys!(
        "WHERE (created_at, id) < (?1, ?2) ORDER BY created_at DESC, id DESC LIMIT ?3"
    ))
    .bind(at)
    .bind(id)
    .bind(fetched(asked));
    KEYS.page(db, prepared, asked).await
}

/// A page of the audit. The argument decides which index serves it.
macro_rules! audit_page {
    ($lead:literal) => {
        concat!(
            "SELECT seq, at, actor, client_ip, request_id, action, subject, service, detail FROM audit WHERE ",
            $lead,
            " AND seq < ?3 AND (?4 IS NULL OR service = ?4)
              AND (?5 IS NULL OR action = ?5 OR substr(action, 1, length(?5) + 1) = ?5 || '.')
              ORDER BY seq DESC LIMIT ?6"
        )
    };
}

pub(in crate::sqlite) async fn audit(
    db: &SqlitePool,
    query: &AuditQuery,
) -> Result<Page<(u64, StoredAudit)>, StoreError> {
    let before = cursor::before_number(List::Audit, query.page.after.as_deref())?;
    let sql = match (&query.subject, &query.actor) {
        (Some(_), _) => audit_page!("subject = ?1 AND (?2 IS NULL OR actor = ?2)"),
        (None, Some(_)) => audit_page!("?1 IS NULL AND actor = ?2"),
        (None, None) => audit_page!("?1 IS NULL AND ?2 IS NULL"),
    };
    let prepared = sqlx::query(sql)
        .bind(&query.subject)
        .bind(&query.actor)
        .bind(before)
        .bind(query.service.as_ref().map(ServiceName::as_str))
        .bind(&query.action)
        .bind(fetched(&query.page));
    AUDIT.page(db, prepared, &query.page).await
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::sqlite::open::open;

    /// A page costs what it shows and not what is stored: an index gives the rows in order, and nothing is
    /// sorted.
    #[tokio::test]
    async fn every_list_has_its_index() {
        let directory = tempfile::tempdir().unwrap();
        let opened = open(&directory.path().join("symbolon.db")).await.unwrap();
        for (sql, index) in [
            (tokens_page!("revoked_at IS NULL", "?2 IS NULL"), "tokens_live (service=? AND (created_at,id)<"),
            (tokens_page!("revoked_at IS NULL", "owner = ?2"), "tokens_owned (owner=? AND service=? AND ("),
            (tokens_page!("revoked_at IS NOT NULL", "?2 IS NULL"), "tokens_revoked (service=? AND ("),
            (
                tokens_page!("revoked_at IS NOT NULL", "owner = ?2"),
                "tokens_owned (owner=? AND service=? AND (",
            ),
            (
                audit_page!("subject = ?1 AND (?2 IS NULL OR actor = ?2)"),
                "audit_about (subject=? AND rowid<?)",
            ),
            (audit_page!("?1 IS NULL AND actor = ?2"), "audit_by (actor=? AND rowid<?)"),
            (audit_page!("?1 IS NULL AND ?2 IS NULL"), "INTEGER PRIMARY KEY (rowid<?)"),
        ] {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let rows = sqlx::query(explain).fetch_all(&opened.readers).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
            assert!(plan.len() == 1 && plan[0].contains(index), "{sql}: {plan:?}");
        }
    }
}
