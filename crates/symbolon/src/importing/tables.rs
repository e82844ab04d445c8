//! The tables of the two applications, opened to be read only.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Decode, Row, Type};
use symbolon_api::ImportRow;
use symbolon_core::Timestamp;

use super::file::words;
use super::{Application, Read, Table};
use crate::failure::Failure;

/// Every column: some copies of the application have more than others.
const ODYSSEUS: &str = "SELECT * FROM api_tokens ORDER BY created_at, id";
const ODIN: &str = "SELECT api_tokens.*, users.username AS owner FROM api_tokens
     LEFT JOIN users ON users.id = api_tokens.user_id ORDER BY api_tokens.id";

/// From a row to what it says; the error says why it is none.
type Parse = fn(&SqliteRow) -> Result<ImportRow, String>;

pub(super) async fn read(table: &Table) -> Result<Vec<Read>, Failure> {
    let failed = |error: sqlx::Error| {
        let path = table.path.display();
        Failure::new(format!("{path} cannot be read as the application's database: {error}"))
    };
    let options = SqliteConnectOptions::new().filename(&table.path).read_only(true);
    let mut db = options.connect().await.map_err(failed)?;
    let (sql, parse): (_, Parse) = match table.application {
        Application::Odysseus => (ODYSSEUS, odysseus),
        Application::Odin => (ODIN, odin),
    };
    let rows = sqlx::query(sql).fetch_all(&mut db).await.map_err(failed)?;
    Ok(rows.iter().map(|row| Read { place: place(row), row: parse(row) }).collect())
}

fn place(row: &SqliteRow) -> String {
    let number = row.try_get::<i64, _>("id").map(|id| id.to_string());
    number.or_else(|_| row.try_get::<String, _>("id")).unwrap_or_else(|_| "?".to_owned())
}

/// A text; empty where there is none or no such column.
fn text(row: &SqliteRow, column: &str) -> String {
    row.try_get::<Option<String>, _>(column).ok().flatten().unwrap_or_default()
}

/// The same of what says whether a token still counts: there nothing else is taken for none.
fn strict<'r, T>(row: &'r SqliteRow, column: &str, kind: &str) -> Result<Option<T>, String>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
{
    match row.try_get::<Option<T>, _>(column) {
        Ok(value) => Ok(value),
        Err(sqlx::Error::ColumnNotFound(_)) => Ok(None),
        Err(_) => Err(format!("its {column} is not a {kind}, and what it means is not guessed")),
    }
}

fn common(row: &SqliteRow, scopes: Vec<String>) -> Result<ImportRow, String> {
    let owner = text(row, "owner");
    if owner.is_empty() {
        return Err("it has no owner, or one that is gone".to_owned());
    }
    Ok(ImportRow {
        prefix: text(row, "token_prefix"),
        hash: text(row, "token_hash"),
        name: text(row, "name"),
        owner,
        scopes,
        expires_at: end(&strict::<String>(row, "expires_at", "text")?.unwrap_or_default())?,
    })
}

/// Scopes between commas. Some copies take tokens back by a mark.
fn odysseus(row: &SqliteRow) -> Result<ImportRow, String> {
    let off = strict(row, "is_active", "boolean")? == Some(false);
    if off || strict::<String>(row, "revoked_at", "text")?.is_some_and(|at| !at.is_empty()) {
        return Err("it was taken back in the application".to_owned());
    }
    common(row, words(&text(row, "scopes")))
}

/// Scopes as a list in JSON.
fn odin(row: &SqliteRow) -> Result<ImportRow, String> {
    let scopes = text(row, "scopes");
    let scopes = if scopes.is_empty() { Ok(Vec::new()) } else { serde_json::from_str(&scopes) };
    common(row, scopes.map_err(|_| "its scopes are no list of texts".to_owned())?)
}

/// An end as the applications write it: without a zone it is UTC. They take one that cannot be read for none.
fn end(written: &str) -> Result<Option<String>, String> {
    if written.is_empty() {
        return Ok(None);
    }
    let written = written.replacen(' ', "T", 1);
    let civil =
        || written.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let end = written.parse::<Timestamp>().ok().or_else(civil);
    end.map(|end| Some(end.to_string())).ok_or_else(|| "its end is no date that can be read".to_owned())
}
