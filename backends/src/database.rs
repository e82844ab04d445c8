//! Opening an application's SQLite file, and the few ways in which handlers ask it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{extract::State, http::StatusCode};
use sqlx::{
    Executor, Sqlite, SqlitePool, Transaction,
    query::QueryScalar,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
    },
};

use crate::{
    error::ApiError,
    json::{Answer, JsonText, array},
};

/// How long a request waits for a connection, or for another's write to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why an application could not start on the file it was given.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {} as the application's database", path.display())]
pub struct BackendError {
    path: PathBuf,
    #[source]
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("the file belongs to another program")]
    Foreign,
}

/// What makes a file one application's: the tables, the first rows, and the mark that says whose they are.
pub(crate) struct Schema {
    /// SQLite's `application_id`. `tables` must set it, and zero is taken: a new file has that.
    pub(crate) application_id: i64,
    /// The statements that make tables and views.
    pub(crate) tables: &'static str,
    /// The statements that fill them, once.
    pub(crate) seed: &'static str,
}

/// Opens `path`, and creates and fills it when it is new. A database of another program is refused, its rows untouched.
pub(crate) async fn open(path: &Path, schema: &Schema) -> Result<SqlitePool, BackendError> {
    prepare(path, schema).await.map_err(|problem| BackendError { path: path.to_owned(), problem })
}

async fn prepare(path: &Path, schema: &Schema) -> Result<SqlitePool, Problem> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(PATIENCE);
    let db =
        SqlitePoolOptions::new().max_connections(4).acquire_timeout(PATIENCE).connect_with(options).await?;

    // The first statement takes the write lock, so that of two processes on a new file only one fills it.
    let mut transaction = begin(&db).await?;
    let owner: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *transaction).await?;
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *transaction).await?;
    if owner == 0 && tables == 0 {
        sqlx::raw_sql(schema.tables).execute(&mut *transaction).await?;
        sqlx::raw_sql(schema.seed).execute(&mut *transaction).await?;
        transaction.commit().await?;
    } else if owner != schema.application_id {
        return Err(Problem::Foreign);
    }
    Ok(db)
}

/// Begins a transaction that writes. It holds the write lock from the start: one that reads first and then wants to
/// write is refused at once by SQLite when another has written meanwhile, however long it would have waited.
pub(crate) async fn begin(db: &SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    db.begin_with("BEGIN IMMEDIATE").await
}

/// The one row of JSON that `sql` selects by `id`, or 404 with the `noun`.
pub(crate) async fn find(
    db: impl Executor<'_, Database = Sqlite>,
    sql: &'static str,
    noun: &str,
    id: i64,
) -> Answer {
    let row: Option<String> = sqlx::query_scalar(sql).bind(id).fetch_optional(db).await?;
    row.map(JsonText::ok).ok_or_else(|| ApiError::not_found(format!("there is no {noun} {id}")))
}

/// All the rows of JSON that `query` selects, as an array.
pub(crate) async fn rows(db: &SqlitePool, query: QueryScalar<'_, Sqlite, String, SqliteArguments>) -> Answer {
    Ok(JsonText::ok(array(&query.fetch_all(db).await?)))
}

/// Deletes the one row that `sql` deletes by `id`, or answers 404 with the `noun`.
pub(crate) async fn remove(
    db: &SqlitePool,
    sql: &'static str,
    noun: &str,
    id: i64,
) -> Result<StatusCode, ApiError> {
    match sqlx::query(sql).bind(id).execute(db).await?.rows_affected() {
        0 => Err(ApiError::not_found(format!("there is no {noun} {id}"))),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// `GET /health`: well as long as the database answers.
pub(crate) async fn health(State(db): State<SqlitePool>) -> Answer {
    Ok(JsonText::ok(sqlx::query_scalar("SELECT json_object('status', 'ok')").fetch_one(&db).await?))
}

/// Refuses a `field` of the body that names a row which does not exist: `sql` must select something by `id`.
pub(crate) async fn refer(
    db: impl Executor<'_, Database = Sqlite>,
    sql: &'static str,
    field: &str,
    id: i64,
) -> Result<(), ApiError> {
    match sqlx::query(sql).bind(id).fetch_optional(db).await? {
        Some(_) => Ok(()),
        None => Err(ApiError::invalid(field, format_args!("there is no {id}"))),
    }
}
