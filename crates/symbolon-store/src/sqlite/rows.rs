//! From rows to values. A row is not trusted: somebody may have edited the file by hand.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Decode, Row as _, Type};
use symbolon_core::audit::{Line, LineHash};
use symbolon_core::digest::Digest;
use symbolon_core::foreign::ForeignHash;
use symbolon_core::id::TokenId;
use symbolon_core::imported::{Imported, ImportedSecret, Source};
use symbolon_core::metadata::Metadata;
use symbolon_core::name::{RoleName, ScopeName, ServiceName};
use symbolon_core::notice::Told;
use symbolon_core::old_form::OldPrefix;
use symbolon_core::record::{Enforcement, Key, KeyKind, PasswordHash, Session, Token, User};
use symbolon_core::restriction::Restrictions;
use symbolon_core::seal::Sealed;
use symbolon_core::store::{BrokenSeal, Claim, Ending, StoreError, WebhookState};
use symbolon_core::usage::{Day, DayTotal, RouteUsage, UsedRoute};

use super::rotation;
use super::seals::Seals;

/// A column whose value the domain refuses; `seal` where the row is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowFault(&'static str);

impl RowFault {
    /// Says which row it is, in the log.
    pub(super) fn report(self, table: &'static str, row: &SqliteRow) {
        // An audit line has a number and no id. Quoted: what is in a broken row may be anything.
        let id = row.try_get::<String, _>("id").ok();
        let seq = row.try_get::<i64, _>("seq").ok();
        tracing::error!(
            table,
            id,
            seq,
            column = self.0,
            "a row of the record cannot be read; it is left out"
        );
    }
}

pub(super) type Parsed<T> = Result<T, RowFault>;

/// A value of a kind that is sealed, and how its row is read.
pub(super) trait Row: Sealed + Sized {
    fn read(row: &SqliteRow) -> Parsed<Self>;

    /// Whether the row grants, and so has a seal. A tombstone does not.
    fn grants(&self) -> bool {
        true
    }
}

/// A row that grants, if it is as it was written. One that cannot be read is not.
pub(super) fn sealed<T: Row>(row: &SqliteRow, seals: &Seals) -> Result<T, BrokenSeal> {
    let value = T::read(row).and_then(|value| {
        if value.grants() { seals.checked(row, value).ok_or(RowFault("seal")) } else { Ok(value) }
    });
    value.map_err(|RowFault(column)| seals.broken(T::KIND, row, column))
}

/// The one row that was asked for, as it was written. Another is not passed off as absent.
pub(super) fn only_sealed<T: Row>(row: Option<SqliteRow>, seals: &Seals) -> Result<Option<T>, StoreError> {
    row.map(|row| sealed(&row, seals)).transpose().map_err(StoreError::SealBroken)
}

/// The one row that was asked for. One that cannot be read is not passed off as absent.
pub(super) fn only<T>(
    row: Option<SqliteRow>,
    table: &'static str,
    parse: fn(&SqliteRow) -> Parsed<T>,
) -> Result<Option<T>, StoreError> {
    let Some(row) = row else { return Ok(None) };
    parse(&row).map(Some).map_err(|fault| {
        fault.report(table, &row);
        StoreError::Unavailable("a row of the record cannot be read".to_owned())
    })
}

pub(super) fn get<'r, T>(row: &'r SqliteRow, column: &'static str) -> Parsed<T>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
{
    row.try_get(column).map_err(|_| RowFault(column))
}

fn parsed<T: FromStr>(row: &SqliteRow, column: &'static str) -> Parsed<T> {
    get::<&str>(row, column)?.parse().map_err(|_| RowFault(column))
}

fn maybe_parsed<T: FromStr>(row: &SqliteRow, column: &'static str) -> Parsed<Option<T>> {
    get::<Option<&str>>(row, column)?.map(|text| text.parse().map_err(|_| RowFault(column))).transpose()
}

fn number<T: TryFrom<i64>>(row: &SqliteRow, column: &'static str) -> Parsed<T> {
    T::try_from(get(row, column)?).map_err(|_| RowFault(column))
}

fn time(row: &SqliteRow, column: &'static str) -> Parsed<Timestamp> {
    Timestamp::from_millisecond(get(row, column)?).map_err(|_| RowFault(column))
}

fn maybe_time(row: &SqliteRow, column: &'static str) -> Parsed<Option<Timestamp>> {
    let millis: Option<i64> = get(row, column)?;
    millis.map(|millis| Timestamp::from_millisecond(millis).map_err(|_| RowFault(column))).transpose()
}

fn digest(row: &SqliteRow, column: &'static str) -> Parsed<Digest> {
    get::<&[u8]>(row, column)?.try_into().map(Digest::from_bytes).map_err(|_| RowFault(column))
}

/// `SELECT` of all that a [`Token`] is read from, with `rowid` for the load.
macro_rules! select_tokens {
    ($($rest:tt)*) => {
        concat!(
            "SELECT rowid AS at_row, id, service, name, description, owner, token_prefix, scopes, profile, \
             disabled, created_at, updated_at, expires_at, last_used_at, revoked_at, revision, digest, pepper, metadata, \
             rotation, rate_limit, restrictions, seal, import_source, old_prefix, of_old_form, foreign_hash, told_end, told_days FROM tokens ",
            $($rest)*
        )
    };
}

/// `SELECT` of all that a [`User`] is read from, with `rowid` for the load.
macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT rowid AS at_row, id, name, password, password_temporary, active, platform_admin, roles, \
             created_at, revision, seal FROM users ",
            $rest
        )
    };
}

/// `SELECT` of all that a [`Session`] is read from, with `rowid` for the load.
macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "SELECT rowid AS at_row, id, user, created_at, expires_at, client_ip, seal FROM sessions ",
            $rest
        )
    };
}

/// `SELECT` of all that a [`Key`] is read from, with `rowid` for the load.
macro_rules! select_keys {
    ($rest:literal) => {
        concat!(
            "SELECT rowid AS at_row, id, kind, service, name, key_prefix, created_at, digest, pepper, seal FROM keys ",
            $rest
        )
    };
}

/// `SELECT` of all that an [`Enforcement`] is read from, with `rowid` for the load.
macro_rules! select_enforcement {
    ($rest:literal) => {
        concat!(
            "SELECT rowid AS at_row, service AS id, service, enforce, since, seal FROM enforcement ",
            $rest
        )
    };
}

/// `SELECT` of all that [`audit`] reads.
macro_rules! select_audit {
    ($($rest:tt)*) => {
        concat!(
            "SELECT seq, at, actor, session, client_ip, request_id, action, subject, service, detail, hash FROM audit ",
            $($rest)*
        )
    };
}

pub(super) use {
    select_audit, select_enforcement, select_keys, select_sessions, select_tokens, select_users,
};

/// A JSON array of names.
fn scopes(text: &str) -> Option<Vec<ScopeName>> {
    let names: Vec<String> = serde_json::from_str(text).ok()?;
    names.iter().map(|name| name.parse().ok()).collect()
}

/// A JSON object of service and role.
fn roles(text: &str) -> Option<BTreeMap<ServiceName, RoleName>> {
    let names: BTreeMap<String, String> = serde_json::from_str(text).ok()?;
    names.iter().map(|(service, role)| Some((service.parse().ok()?, role.parse().ok()?))).collect()
}

/// A JSON object of texts.
fn metadata(text: &str) -> Option<Metadata> {
    serde_json::from_str(text).ok().map(Metadata::kept)
}

/// A JSON object of lists. What is not understood is no token at all, rather than one without restrictions.
fn restrictions(text: &str) -> Option<Restrictions> {
    let kinds: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    serde_json::from_value(kinds.into()).ok()
}

/// A hash that is not taken any more leaves the whole row out: nobody would be let in by it anyway.
fn imported(row: &SqliteRow) -> Parsed<Option<Imported>> {
    if get::<Option<&[u8]>>(row, "import_source")?.is_none() {
        return Ok(None);
    }
    let secret = match (get(row, "of_old_form")?, get::<Option<&str>>(row, "foreign_hash")?) {
        (true, Some(text)) => {
            ImportedSecret::Foreign(ForeignHash::parse(text).map_err(|_| RowFault("foreign_hash"))?)
        }
        (true, None) => ImportedSecret::Upgraded,
        (false, _) => ImportedSecret::Gone,
    };
    let old_prefix = OldPrefix::kept(get(row, "old_prefix")?);
    Ok(Some(Imported { source: Source(digest(row, "import_source")?), old_prefix, secret }))
}

/// Which row a token was imported from.
pub(super) fn imported_from(row: &SqliteRow) -> Parsed<(Source, TokenId)> {
    Ok((Source(digest(row, "import_source")?), parsed(row, "id")?))
}

impl Row for Token {
    fn read(row: &SqliteRow) -> Parsed<Self> {
        let digest = match get::<Option<&[u8]>>(row, "digest")? {
            Some(_) => Some((digest(row, "digest")?, number(row, "pepper")?)),
            None => None,
        };
        Ok(Self {
            id: parsed(row, "id")?,
            service: parsed(row, "service")?,
            name: get(row, "name")?,
            description: get(row, "description")?,
            metadata: metadata(get(row, "metadata")?).ok_or(RowFault("metadata"))?,
            owner: parsed(row, "owner")?,
            token_prefix: parsed(row, "token_prefix")?,
            scopes: scopes(get(row, "scopes")?).ok_or(RowFault("scopes"))?,
            profile: get(row, "profile")?,
            disabled: get(row, "disabled")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
            expires_at: maybe_time(row, "expires_at")?,
            last_used_at: maybe_time(row, "last_used_at")?,
            revoked_at: maybe_time(row, "revoked_at")?,
            revision: number(row, "revision")?,
            digest,
            rotation: rotation::read(get(row, "rotation")?).ok_or(RowFault("rotation"))?,
            rate_limit: maybe_parsed(row, "rate_limit")?,
            restrictions: restrictions(get(row, "restrictions")?).ok_or(RowFault("restrictions"))?,
            imported: imported(row)?,
        })
    }

    fn grants(&self) -> bool {
        self.revoked_at.is_none()
    }
}

impl Row for User {
    fn read(row: &SqliteRow) -> Parsed<Self> {
        Ok(Self {
            id: parsed(row, "id")?,
            name: parsed(row, "name")?,
            password: get::<Option<String>>(row, "password")?.map(PasswordHash::from_phc),
            password_temporary: get(row, "password_temporary")?,
            active: get(row, "active")?,
            platform_admin: get(row, "platform_admin")?,
            roles: roles(get(row, "roles")?).ok_or(RowFault("roles"))?,
            created_at: time(row, "created_at")?,
            revision: number(row, "revision")?,
        })
    }
}

impl Row for Session {
    fn read(row: &SqliteRow) -> Parsed<Self> {
        Ok(Self {
            id: parsed(row, "id")?,
            user: parsed(row, "user")?,
            created_at: time(row, "created_at")?,
            expires_at: time(row, "expires_at")?,
            client_ip: maybe_parsed(row, "client_ip")?,
        })
    }
}

impl Row for Key {
    fn read(row: &SqliteRow) -> Parsed<Self> {
        let kind = match get(row, "kind")? {
            "system" => KeyKind::System,
            "verifier" => KeyKind::Verifier(parsed(row, "service")?),
            _ => return Err(RowFault("kind")),
        };
        Ok(Self {
            id: parsed(row, "id")?,
            kind,
            name: get(row, "name")?,
            key_prefix: maybe_parsed(row, "key_prefix")?,
            created_at: time(row, "created_at")?,
            digest: (digest(row, "digest")?, number(row, "pepper")?),
        })
    }
}

impl Row for Enforcement {
    fn read(row: &SqliteRow) -> Parsed<Self> {
        Ok(Self {
            service: parsed(row, "service")?,
            enforce: get(row, "enforce")?,
            since: time(row, "since")?,
        })
    }
}

pub(super) fn audit(row: &SqliteRow) -> Parsed<Line> {
    Ok(Line {
        seq: number(row, "seq")?,
        at: time(row, "at")?,
        actor: get(row, "actor")?,
        session: get(row, "session")?,
        client_ip: get(row, "client_ip")?,
        request_id: get(row, "request_id")?,
        action: get(row, "action")?,
        subject: get(row, "subject")?,
        service: get(row, "service")?,
        detail: get(row, "detail")?,
        hash: hash(row, "hash")?,
    })
}

fn hash(row: &SqliteRow, column: &'static str) -> Parsed<LineHash> {
    get::<&[u8]>(row, column)?.try_into().map(LineHash::from_bytes).map_err(|_| RowFault(column))
}

pub(super) fn usage(row: &SqliteRow) -> Parsed<(Day, RouteUsage)> {
    let route = RouteUsage {
        method: get(row, "method")?,
        path: get(row, "path")?,
        outcome: parsed(row, "outcome")?,
        count: number(row, "count")?,
        last_at: time(row, "last_at")?,
        last_ip: maybe_parsed(row, "last_ip")?,
    };
    Ok((Day(number(row, "day")?), route))
}

pub(super) fn day_total(row: &SqliteRow) -> Parsed<DayTotal> {
    Ok(DayTotal { token: parsed(row, "token")?, day: Day(number(row, "day")?), count: number(row, "count")? })
}

pub(super) fn used_route(row: &SqliteRow) -> Parsed<(TokenId, UsedRoute)> {
    Ok((parsed(row, "token")?, UsedRoute { method: get(row, "method")?, path: get(row, "path")? }))
}

pub(super) fn claim(row: &SqliteRow) -> Parsed<Claim> {
    Ok(Claim {
        scope: get(row, "scope")?,
        key: get(row, "key")?,
        body: digest(row, "body")?,
        made: get(row, "made")?,
        expires_at: time(row, "expires_at")?,
    })
}

/// A token that is as it was written, and what was told of its end. Why there is none is in the log.
pub(super) fn ending(row: &SqliteRow, seals: &Seals) -> Option<Ending> {
    let token = sealed(row, seals).ok()?;
    let told = told(row).map_err(|fault| fault.report("tokens", row)).ok()?;
    Some(Ending { token, told })
}

fn told(row: &SqliteRow) -> Parsed<Option<Told>> {
    let Some(expires_at) = maybe_time(row, "told_end")? else { return Ok(None) };
    Ok(Some(Told { expires_at, days: number(row, "told_days")? }))
}

pub(super) fn webhook(row: &SqliteRow) -> Parsed<WebhookState> {
    Ok(WebhookState {
        name: parsed(row, "name")?,
        position: number(row, "position")?,
        attempts: number(row, "attempts")?,
        waiting_since: maybe_time(row, "waiting_since")?,
        next_at: maybe_time(row, "next_at")?,
        last_at: maybe_time(row, "last_at")?,
        last_answer: get(row, "last_answer")?,
        disabled_at: maybe_time(row, "disabled_at")?,
        revision: number(row, "revision")?,
    })
}
