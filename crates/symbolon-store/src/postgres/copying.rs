//! A PostgreSQL database as a side of a copy ([`crate::copy`]).

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, PgConnection};

use super::codes::is_known_undone;
use super::connect::Server;
use super::fault::{cannot_open, unavailable};
use super::open::{KNOWN, enter, migrate_known, migrate_known_in, version};
use crate::OpenError;
use crate::copy::{CopyError, Kind, Page, Reader, TABLES, Table, Value, Values, Writer, quoted};

/// A copy takes its time, in one transaction, in which the server hears nothing while the other side is busy.
const PATIENCE: &str = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL lock_timeout = '5s'";

/// Who joins writes to the one, who changes something to the other; and two copies keep out of each other's way.
const ALONE: &str = "LOCK TABLE nodes, fleet_clock IN EXCLUSIVE MODE";

/// A record that is copied, as it is at one moment, and that nobody changes meanwhile.
pub(crate) struct Source {
    db: PgConnection,
    place: String,
}

impl Source {
    /// The record in the database of a URL, brought up to date.
    pub(crate) async fn begin(url: &str, password: Option<&str>) -> Result<Self, CopyError> {
        let (server, mut db) = enter(url, password).await?;
        let open_fault = |error: sqlx::Error| cannot_open(server.place(), &error);
        if version(&mut db).await.map_err(open_fault)?.is_none() {
            return Err(CopyError::NoRecord(server.place().to_owned()));
        }
        // Before the lock, which would have running servers wait.
        refuse_served(&mut db, &server).await?;
        migrate_known(&mut db, &server).await?;
        if version(&mut db).await.map_err(open_fault)? != Some(KNOWN) {
            return Err(CopyError::NoRecord(server.place().to_owned()));
        }
        sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ").execute(&mut db).await.map_err(open_fault)?;
        sqlx::raw_sql(PATIENCE).execute(&mut db).await.map_err(open_fault)?;
        // The snapshot comes behind the lock.
        sqlx::raw_sql(ALONE).execute(&mut db).await.map_err(open_fault)?;
        refuse_served(&mut db, &server).await?;
        Ok(Self { db, place: server.place().to_owned() })
    }

    /// Host, port and database.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }
}

async fn refuse_served(db: &mut PgConnection, server: &Server) -> Result<(), CopyError> {
    let nodes: Vec<(String, i64)> = sqlx::query_as(
        "SELECT name, extract(epoch FROM clock_timestamp() - renewed_at)::bigint FROM nodes ORDER BY name, id",
    )
    .fetch_all(db)
    .await
    .map_err(|error| cannot_open(server.place(), &error))?;
    if nodes.is_empty() {
        return Ok(());
    }
    Err(CopyError::Served { place: server.place().to_owned(), nodes })
}

#[async_trait]
impl Reader for Source {
    async fn read(&mut self, table: &'static Table, behind: Option<Values>) -> Result<Page, CopyError> {
        read(&mut self.db, table, behind)
            .await
            .map_err(|error| CopyError::failed(table, &self.place, "read", &unavailable(&error)))
    }
}

/// A copy in a transaction that is committed when it is right. Dropped before, it ends with its connection.
pub(crate) struct Target {
    db: PgConnection,
    place: String,
}

impl Target {
    /// Begins a copy in the database of a URL, in which there is nothing, or a schema of ours with nothing in it: so a server
    /// leaves it that was started on it before the record was moved.
    pub(crate) async fn begin(url: &str, password: Option<&str>) -> Result<Self, CopyError> {
        let (server, mut db) = enter(url, password).await?;
        let open_fault = |error: sqlx::Error| cannot_open(server.place(), &error);
        sqlx::raw_sql("BEGIN").execute(&mut db).await.map_err(open_fault)?;
        match migrate_known_in(&mut db, &server).await {
            Err(OpenError::NotOurs(_)) => return Err(CopyError::NotEmpty(server.place().to_owned())),
            done => done?,
        }
        // A newer one may have columns that are not known here.
        if version(&mut db).await.map_err(open_fault)? != Some(KNOWN) {
            return Err(CopyError::NotEmpty(server.place().to_owned()));
        }
        sqlx::raw_sql(PATIENCE).execute(&mut db).await.map_err(open_fault)?;
        sqlx::raw_sql(ALONE).execute(&mut db).await.map_err(open_fault)?;
        for table in TABLES.iter().map(|table| table.name).chain(["changes"]) {
            let sql = AssertSqlSafe(format!("SELECT EXISTS (SELECT 1 FROM {})", quoted(table)));
            if sqlx::query_scalar(sql).fetch_one(&mut db).await.map_err(open_fault)? {
                return Err(CopyError::NotEmpty(server.place().to_owned()));
            }
        }
        refuse_served(&mut db, &server).await?;
        Ok(Self { db, place: server.place().to_owned() })
    }

    /// The copy is right, and is to stay.
    pub(crate) async fn keep(mut self) -> Result<(), CopyError> {
        let open_fault = |error: sqlx::Error| cannot_open(&self.place, &error);
        // The planner knows nothing of a table that was just filled.
        sqlx::raw_sql("ANALYZE users, tokens, sessions, keys, audit, usage")
            .execute(&mut self.db)
            .await
            .map_err(open_fault)?;
        match sqlx::raw_sql("COMMIT").execute(&mut self.db).await {
            Ok(_) => Ok(()),
            Err(error) if is_known_undone(&error) => Err(open_fault(error).into()),
            Err(_) => Err(CopyError::Unknown(self.place)),
        }
    }
}

#[async_trait]
impl Reader for Target {
    async fn read(&mut self, table: &'static Table, behind: Option<Values>) -> Result<Page, CopyError> {
        read(&mut self.db, table, behind)
            .await
            .map_err(|error| CopyError::failed(table, &self.place, "read again", &unavailable(&error)))
    }
}

#[async_trait]
impl Writer for Target {
    async fn write(&mut self, table: &'static Table, rows: Vec<Values>) -> Result<(), CopyError> {
        let zero = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
        if let Some(row) = rows.iter().find(|row| row.iter().any(zero)) {
            return Err(CopyError::ZeroByte { table: table.name, row: begin(row) });
        }
        let (sql, mut columns) = (insert(table), columns(table, rows));
        let insert = columns.drain(..).fold(sqlx::query(AssertSqlSafe(sql)), |query, (kind, values)| {
            let values = values.into_iter();
            match kind {
                Kind::Text => query.bind(values.map(Value::text).collect::<Vec<_>>()),
                Kind::Number => query.bind(values.map(Value::number).collect::<Vec<_>>()),
                Kind::Truth => query.bind(values.map(Value::truth).collect::<Vec<_>>()),
                Kind::Bytes => query.bind(values.map(Value::bytes).collect::<Vec<_>>()),
            }
        });
        insert
            .execute(&mut self.db)
            .await
            .map(drop)
            .map_err(|error| CopyError::failed(table, &self.place, "written", &unavailable(&error)))
    }

    async fn settle(&mut self) -> Result<(), CopyError> {
        Ok(())
    }
}

/// Rows of which each column comes as an array, and which are written in their order: so they are numbered.
fn insert(table: &Table) -> String {
    let arrays: Vec<_> = (1..)
        .zip(table.columns)
        .map(|(n, (_, kind))| {
            let kind = match kind {
                Kind::Text => "text",
                Kind::Number => "bigint",
                Kind::Truth => "boolean",
                Kind::Bytes => "bytea",
            };
            format!("${n}::{kind}[]")
        })
        .collect();
    let (names, arrays) = (table.names(), arrays.join(", "));
    format!(
        "INSERT INTO {} ({names}) SELECT {names} FROM unnest({arrays}) WITH ORDINALITY AS given ({names}, ordinal)
         ORDER BY ordinal",
        quoted(table.name)
    )
}

/// The rows turned over.
fn columns(table: &Table, rows: Vec<Values>) -> Vec<(Kind, Values)> {
    let mut columns: Vec<_> =
        table.columns.iter().map(|(_, kind)| (*kind, Vec::with_capacity(rows.len()))).collect();
    for row in rows {
        columns.iter_mut().zip(row).for_each(|((_, column), value)| column.push(value));
    }
    columns
}

/// What a row begins with, which tells people which one it is. Anything may be in it.
fn begin(row: &Values) -> String {
    match row.first() {
        Some(Value::Text(text)) => format!("{:?}", text.chars().take(64).collect::<String>()),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

async fn read(db: &mut PgConnection, table: &Table, behind: Option<Values>) -> Result<Page, sqlx::Error> {
    let sql = table.select(behind.is_some());
    let select = behind.into_iter().flatten().fold(sqlx::query(AssertSqlSafe(sql)), Value::bind);
    Page::of(table, &select.fetch_all(db).await?)
}
