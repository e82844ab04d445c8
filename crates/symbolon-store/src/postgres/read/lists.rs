//! Lists, page by page.

use jiff::Timestamp;
use sqlx::Postgres;
use sqlx::postgres::{PgArguments, PgRow};
use symbolon_core::audit::Line;
use symbolon_core::id::UserId;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{Key, Session, User};
use symbolon_core::store::{AuditQuery, Page, PageQuery, StoreError};

use super::{Readers, matches_nothing};
use crate::cursor::{self, List};
use crate::listing::{self, Listing, fetched};
use crate::postgres::fault::unavailable;
use crate::rows::{select_audit, select_keys, select_sessions, select_users};

/// A page of what the statement finds.
pub(super) async fn page<T>(
    db: &Readers,
    listing: Listing<PgRow, T>,
    query: sqlx::query::Query<'_, Postgres, PgArguments>,
    asked: &PageQuery,
) -> Result<Page<T>, StoreError> {
    let rows = query.fetch_all(&db.pool).await.map_err(|error| unavailable(&error))?;
    listing.page(rows, &db.seals, asked)
}

macro_rules! users_page {
    () => {
        select_users!("WHERE name > $1 AND removed_at IS NULL ORDER BY name LIMIT $2")
    };
}

macro_rules! sessions_page {
    () => {
        select_sessions!(
            "WHERE (created_at, id) < ($1, $2) AND expires_at > $3 AND ($4 IS NULL OR \"user\" = $4)
             ORDER BY created_at DESC, id DESC LIMIT $5"
        )
    };
}

macro_rules! keys_page {
    () => {
        select_keys!("WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT $3")
    };
}

pub(in crate::postgres) async fn users(db: &Readers, asked: &PageQuery) -> Result<Page<User>, StoreError> {
    let after = cursor::key(List::Users, asked.after.as_deref())?.unwrap_or_default();
    let prepared = sqlx::query(users_page!()).bind(after).bind(fetched(asked));
    page(db, listing::users(), prepared, asked).await
}

pub(in crate::postgres) async fn sessions(
    db: &Readers,
    user: Option<UserId>,
    now: Timestamp,
    asked: &PageQuery,
) -> Result<Page<Session>, StoreError> {
    let (at, id) = cursor::before(List::Sessions, asked.after.as_deref())?;
    let prepared = sqlx::query(sessions_page!())
        .bind(at)
        .bind(id)
        .bind(now.as_millisecond())
        .bind(user.map(|id| id.to_string()))
        .bind(fetched(asked));
    page(db, listing::sessions(), prepared, asked).await
}

pub(in crate::postgres) async fn keys(db: &Readers, asked: &PageQuery) -> Result<Page<Key>, StoreError> {
    let (at, id) = cursor::before(List::Keys, asked.after.as_deref())?;
    let prepared = sqlx::query(keys_page!()).bind(at).bind(id).bind(fetched(asked));
    page(db, listing::keys(), prepared, asked).await
}

/// A page of the audit. The argument decides which index serves it.
macro_rules! audit_page {
    ($lead:literal) => {
        select_audit!(
            "WHERE ",
            $lead,
            " AND seq < $3 AND ($4 IS NULL OR service = $4)
              AND ($5 IS NULL OR action = $5 OR substr(action, 1, length($5) + 1) = $5 || '.')
              ORDER BY seq DESC LIMIT $6"
        )
    };
}

pub(in crate::postgres) async fn audit(db: &Readers, query: &AuditQuery) -> Result<Page<Line>, StoreError> {
    let before = cursor::before_number(List::Audit, query.page.after.as_deref())?;
    if [&query.subject, &query.actor, &query.action].into_iter().any(|text| matches_nothing(text.as_ref())) {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let sql = match (&query.subject, &query.actor) {
        (Some(_), _) => audit_page!("subject = $1 AND ($2 IS NULL OR actor = $2)"),
        (None, Some(_)) => audit_page!("$1 IS NULL AND actor = $2"),
        (None, None) => audit_page!("$1 IS NULL AND $2 IS NULL"),
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
    use super::*;
    use crate::postgres::testing::place;

    /// A page costs what it shows and not what is stored: an index gives the rows in order, and nothing is
    /// sorted.
    #[tokio::test]
    async fn every_list_has_its_index() {
        let place = place().await;
        for (types, sql, index, bound) in [
            ("text, bigint", users_page!(), "users_name_key", "(name > $1)"),
            (
                "bigint, text, bigint, text, bigint",
                sessions_page!(),
                "sessions_listed",
                "ROW(created_at, id) < ",
            ),
            ("bigint, text, bigint", keys_page!(), "keys_listed", "ROW(created_at, id) < "),
            (
                AUDIT,
                audit_page!("subject = $1 AND ($2 IS NULL OR actor = $2)"),
                "audit_about",
                "((subject = $1) AND (seq < $3))",
            ),
            (AUDIT, audit_page!("$1 IS NULL AND actor = $2"), "audit_by", "((actor = $2) AND (seq < $3))"),
            (AUDIT, audit_page!("$1 IS NULL AND $2 IS NULL"), "audit_pkey", "(seq < $3)"),
        ] {
            let plan = place.plan(types, sql);
            let served = plan.contains(&format!(" {index} ")) && plan.contains(bound);
            assert!(served && !plan.contains("Sort"), "{sql}: {plan}");
        }
    }

    const AUDIT: &str = "text, text, bigint, text, text, bigint";
}
