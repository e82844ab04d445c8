//! Lists, page by page. One row more than asked for is fetched: it tells whether there is a next page.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use symbolon_core::audit::Line;
use symbolon_core::id::UserId;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{Key, Session, User};
use symbolon_core::store::{AuditQuery, Page, PageQuery, StoreError};

use super::Readers;
use crate::cursor::{self, List};
use crate::sqlite::fault::unavailable;
use crate::sqlite::rows::{self, select_audit, select_keys, select_sessions, select_users};
use crate::sqlite::seals::Seals;

const LONGEST_PAGE: usize = 1000;

fn length(page: &PageQuery) -> usize {
    page.limit.clamp(1, LONGEST_PAGE)
}

pub(super) fn fetched(page: &PageQuery) -> i64 {
    // At most LONGEST_PAGE + 1.
    i64::try_from(length(page) + 1).unwrap_or(i64::MAX)
}

/// What the pages of one list have in common.
pub(super) struct Listing<T> {
    pub(super) list: List,
    /// Of a list that has several orders, which. A cursor says so.
    pub(super) order: Option<&'static str>,
    /// The item of a row; `None`, which has been reported, for one that cannot be read or is not what was written.
    pub(super) parse: fn(&SqliteRow, &Seals) -> Option<T>,
    /// From the columns and not from the parsed value: a row that cannot be read must not end the list.
    pub(super) key: fn(&SqliteRow) -> Result<String, sqlx::Error>,
}

const USERS: Listing<User> = Listing {
    list: List::Users,
    order: None,
    parse: |row, seals| rows::sealed(row, seals).ok(),
    key: |row| row.try_get("name"),
};
const SESSIONS: Listing<Session> = Listing {
    list: List::Sessions,
    order: None,
    parse: |row, seals| rows::sealed(row, seals).ok(),
    key: by_time,
};
const KEYS: Listing<Key> = Listing {
    list: List::Keys,
    order: None,
    parse: |row, seals| rows::sealed(row, seals).ok(),
    key: by_time,
};
const AUDIT: Listing<Line> = Listing {
    list: List::Audit,
    order: None,
    parse: |row, _| rows::audit(row).map_err(|fault| fault.report("audit", row)).ok(),
    key: |row| row.try_get::<i64, _>("seq").map(|seq| seq.to_string()),
};

fn by_time(row: &SqliteRow) -> Result<String, sqlx::Error> {
    Ok(cursor::time_key(row.try_get("created_at")?, row.try_get("id")?))
}

impl<T> Listing<T> {
    pub(super) async fn page(
        &self,
        db: &Readers,
        query: sqlx::query::Query<'_, Sqlite, SqliteArguments>,
        asked: &PageQuery,
    ) -> Result<Page<T>, StoreError> {
        let mut rows = query.fetch_all(&db.pool).await.map_err(|error| unavailable(&error))?;
        let more = rows.len() > length(asked);
        rows.truncate(length(asked));
        let next = match rows.last().filter(|_| more).map(self.key).transpose() {
            Ok(key) => key.map(|key| match self.order {
                Some(order) => cursor::print(self.list, &format!("{order}/{key}")),
                None => cursor::print(self.list, &key),
            }),
            Err(error) => return Err(unavailable(&error)),
        };
        let items = rows.iter().filter_map(|row| (self.parse)(row, &db.seals)).collect();
        Ok(Page { items, next })
    }
}

pub(in crate::sqlite) async fn users(db: &Readers, asked: &PageQuery) -> Result<Page<User>, StoreError> {
    let after = cursor::key(List::Users, asked.after.as_deref())?.unwrap_or_default();
    let prepared =
        sqlx::query(select_users!("WHERE name > ?1 AND removed_at IS NULL ORDER BY name LIMIT ?2"))
            .bind(after)
            .bind(fetched(asked));
    USERS.page(db, prepared, asked).await
}

pub(in crate::sqlite) async fn sessions(
    db: &Readers,
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

pub(in crate::sqlite) async fn keys(db: &Readers, asked: &PageQuery) -> Result<Page<Key>, StoreError> {
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
        select_audit!(
            "WHERE ",
            $lead,
            " AND seq < ?3 AND (?4 IS NULL OR service = ?4)
              AND (?5 IS NULL OR action = ?5 OR substr(action, 1, length(?5) + 1) = ?5 || '.')
              ORDER BY seq DESC LIMIT ?6"
        )
    };
}

pub(in crate::sqlite) async fn audit(db: &Readers, query: &AuditQuery) -> Result<Page<Line>, StoreError> {
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
    use crate::sqlite::open::open_new;

    /// A page costs what it shows and not what is stored: an index gives the rows in order, and nothing is
    /// sorted.
    #[tokio::test]
    async fn every_list_has_its_index() {
        let directory = tempfile::tempdir().unwrap();
        let opened = open_new(&directory.path().join("symbolon.db")).await;
        for (sql, index) in [
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
