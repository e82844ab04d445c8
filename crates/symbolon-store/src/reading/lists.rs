//! Lists, page by page. That each has its index is tested where the database is.

use jiff::Timestamp;
use symbolon_core::audit::Line;
use symbolon_core::id::UserId;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{Key, Session, User};
use symbolon_core::store::{AuditQuery, Page, PageQuery, StoreError};

use super::{Asked, Given};
use crate::cursor::{self, List};
use crate::listing::{self, Listing, fetched};
use crate::rows::{select_audit, select_keys, select_sessions, select_users};

pub(crate) const USERS: &str = select_users!("WHERE name > $1 AND removed_at IS NULL ORDER BY name LIMIT $2");

pub(crate) const SESSIONS: &str = select_sessions!(
    "WHERE (created_at, id) < ($1, $2) AND expires_at > $3 AND ($4 IS NULL OR \"user\" = $4)
     ORDER BY created_at DESC, id DESC LIMIT $5"
);

pub(crate) const KEYS: &str =
    select_keys!("WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT $3");

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

pub(crate) const AUDIT_ABOUT: &str = audit_page!("subject = $1 AND ($2 IS NULL OR actor = $2)");
pub(crate) const AUDIT_BY: &str = audit_page!("$1 IS NULL AND actor = $2");
pub(crate) const AUDIT: &str = audit_page!("$1 IS NULL AND $2 IS NULL");

/// A page of what the statement finds.
pub(super) async fn page<D: Asked, T>(
    db: &D,
    listing: Listing<D::Row, T>,
    sql: &'static str,
    given: &[Given<'_>],
    asked: &PageQuery,
) -> Result<Page<T>, StoreError> {
    listing.page(db.rows(sql, given).await?, db.seals(), asked)
}

pub(crate) async fn users(db: &impl Asked, asked: &PageQuery) -> Result<Page<User>, StoreError> {
    let after = cursor::key(List::Users, asked.after.as_deref())?.unwrap_or_default();
    page(db, listing::users(), USERS, &[Given::Text(&after), Given::Number(fetched(asked))], asked).await
}

pub(crate) async fn sessions(
    db: &impl Asked,
    user: Option<UserId>,
    now: Timestamp,
    asked: &PageQuery,
) -> Result<Page<Session>, StoreError> {
    let (at, id) = cursor::before(List::Sessions, asked.after.as_deref())?;
    let user = user.map(|id| id.to_string());
    let given = [
        Given::Number(at),
        Given::Text(&id),
        Given::Number(now.as_millisecond()),
        Given::MaybeText(user.as_deref()),
        Given::Number(fetched(asked)),
    ];
    page(db, listing::sessions(), SESSIONS, &given, asked).await
}

pub(crate) async fn keys(db: &impl Asked, asked: &PageQuery) -> Result<Page<Key>, StoreError> {
    let (at, id) = cursor::before(List::Keys, asked.after.as_deref())?;
    let given = [Given::Number(at), Given::Text(&id), Given::Number(fetched(asked))];
    page(db, listing::keys(), KEYS, &given, asked).await
}

pub(crate) async fn audit(db: &impl Asked, query: &AuditQuery) -> Result<Page<Line>, StoreError> {
    let before = cursor::before_number(List::Audit, query.page.after.as_deref())?;
    let sql = match (&query.subject, &query.actor) {
        (Some(_), _) => AUDIT_ABOUT,
        (None, Some(_)) => AUDIT_BY,
        (None, None) => AUDIT,
    };
    let given = [
        Given::MaybeText(query.subject.as_deref()),
        Given::MaybeText(query.actor.as_deref()),
        Given::Number(before),
        Given::MaybeText(query.service.as_ref().map(ServiceName::as_str)),
        Given::MaybeText(query.action.as_deref()),
        Given::Number(fetched(&query.page)),
    ];
    page(db, listing::audit(), sql, &given, &query.page).await
}
