//! From rows to values. A row is not trusted: somebody may have edited the file by hand.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Decode, Row, Type};
use symbolon_core::digest::Digest;
use symbolon_core::id::TokenId;
use symbolon_core::metadata::Metadata;
use symbolon_core::name::{RoleName, ScopeName, ServiceName};
use symbolon_core::record::{Enforcement, Key, KeyKind, PasswordHash, Session, Token, User};
use symbolon_core::store::{Claim, StoreError, StoredAudit};
use symbolon_core::usage::{Day, DayTotal, RouteUsage, UsedRoute};

/// A column whose value the domain refuses.
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

/// `SELECT` of all that [`token`] reads, with `rowid` for the load.
macro_rules! select_tokens {
    ($($rest:tt)*) => {
        concat!(
            "SELECT rowid AS at_row, id, service, name, description, owner, token_prefix, scopes, profile, \
             disabled, created_at, updated_at, expires_at, last_used_at, revoked_at, revision, digest, pepper, metadata \
             FROM tokens ",
            $($rest)*
        )
    };
}

/// `SELECT` of all that [`user`] reads, with `rowid` for the load.
macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT rowid AS at_row, id, name, password, password_temporary, active, platform_admin, roles, \
             created_at, revision FROM users ",
            $rest
        )
    };
}

/// `SELECT` of all that [`session`] reads, with `rowid` for the load.
macro_rules! select_sessions {
    ($rest:literal) => {
        concat!("SELECT rowid AS at_row, id, user, created_at, expires_at, client_ip FROM sessions ", $rest)
    };
}

/// `SELECT` of all that [`key`] reads, with `rowid` for the load.
macro_rules! select_keys {
    ($rest:literal) => {
        concat!(
            "SELECT rowid AS at_row, id, kind, service, name, key_prefix, created_at, digest, pepper FROM keys ",
            $rest
        )
    };
}

/// `SELECT` of all that [`enforcement`] reads, with `rowid` for the load.
macro_rules! select_enforcement {
    ($rest:literal) => {
        concat!("SELECT rowid AS at_row, service AS id, service, enforce, since FROM enforcement ", $rest)
    };
}

pub(super) use {select_enforcement, select_keys, select_sessions, select_tokens, select_users};

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

pub(super) fn token(row: &SqliteRow) -> Parsed<Token> {
    let digest = match get::<Option<&[u8]>>(row, "digest")? {
        Some(_) => Some((digest(row, "digest")?, number(row, "pepper")?)),
        None => None,
    };
    Ok(Token {
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
    })
}

pub(super) fn user(row: &SqliteRow) -> Parsed<User> {
    Ok(User {
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

pub(super) fn session(row: &SqliteRow) -> Parsed<Session> {
    Ok(Session {
        id: parsed(row, "id")?,
        user: parsed(row, "user")?,
        created_at: time(row, "created_at")?,
        expires_at: time(row, "expires_at")?,
        client_ip: maybe_parsed(row, "client_ip")?,
    })
}

pub(super) fn key(row: &SqliteRow) -> Parsed<Key> {
    let kind = match get(row, "kind")? {
        "system" => KeyKind::System,
        "verifier" => KeyKind::Verifier(parsed(row, "service")?),
        _ => return Err(RowFault("kind")),
    };
    Ok(Key {
        id: parsed(row, "id")?,
        kind,
        name: get(row, "name")?,
        key_prefix: maybe_parsed(row, "key_prefix")?,
        created_at: time(row, "created_at")?,
        digest: (digest(row, "digest")?, number(row, "pepper")?),
    })
}

pub(super) fn enforcement(row: &SqliteRow) -> Parsed<Enforcement> {
    Ok(Enforcement {
        service: parsed(row, "service")?,
        enforce: get(row, "enforce")?,
        // Left out, the switch would hold no more, and the configuration may say the opposite: a time that cannot be
        // read is no reason for that.
        since: time(row, "since").unwrap_or(Timestamp::UNIX_EPOCH),
    })
}

pub(super) fn audit(row: &SqliteRow) -> Parsed<(u64, StoredAudit)> {
    let line = StoredAudit {
        at: time(row, "at")?,
        actor: get(row, "actor")?,
        client_ip: get(row, "client_ip")?,
        request_id: get(row, "request_id")?,
        action: get(row, "action")?,
        subject: get(row, "subject")?,
        service: get(row, "service")?,
        detail: serde_json::from_str(get(row, "detail")?).map_err(|_| RowFault("detail"))?,
    };
    Ok((number(row, "seq")?, line))
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
