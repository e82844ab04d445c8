//! Lists, page by page.

use jiff::Timestamp;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use symbolon_core::audit::Line;
use symbolon_core::id::UserId;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{Key, Session, User};
use symbolon_core::store::{AuditQuery, Page, PageQuery, StoreError};

use super::Readers;
use crate::cursor::{self, List};
use crate::listing::{self, Listing, fetched};
use crate::rows::{select_audit, select_keys, select_sessions, select_users};
use crate::sqlite::fault::unavailable;

/// A page of what the statement finds.
pub(super) async fn page<T>(
    db: &Readers,
    listing: Listing<SqliteRow, T>,
    query: sqlx::query::Query<'_, Sqlite, SqliteArguments>,
    asked: &PageQuery,
) -> Result<Page<T>, StoreError> {
    let rows = query.fetch_all(&db.pool).await.map_err(|error| unavailable(&error))?;
    listing.page(rows, &db.seals, asked)
}

pub(in crate::sqlite) async fn users(db: &Readers, asked: &PageQuery) -> Result<Page<User>, StoreError> {
    let after = cursor::key(List::Users, asked.after.as_deref())?.unwrap_or_default();
    let prepared =
        sqlx::query(select_users!("WHERE name > ?1 AND removed_at IS NULL ORDER BY name LIMIT ?2"))
            .bind(after)
            .bind(fetched(asked));
    page(db, listing::users(), prepared, asked).await
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
    page(db, listing::sessions(), prepared, asked).await
}

pub(in crate::sqlite) async fn keys(db: &Readers, asked: &PageQuery) -> Result<Page<Key>, StoreError> {
    let (at, id) = cursor::before(List::Keys, asked.after.as_deref())?;
    let prepared = sqlx::query(select_keys!(
        "WHERE (created_at, id) < (?1, ?2) ORDER BY created_at DESC, id DESC LIMIT ?3"
    ))
    .bind(at)
    .bind(id)
    .bind(fetched(asked));
    page(db, listing::keys(), prepared, asked).await
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
    page(db, listing::audit(), prepared, &query.page).await
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row as _};

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
