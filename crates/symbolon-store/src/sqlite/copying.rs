//! A file as a side of a copy ([`crate::copy`]).

mod staging;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use symbolon_core::decision::Keys;
use symbolon_core::store::{BrokenSeal, Store};

use self::staging::Staging;
use super::connect::options;
use super::fault::{cannot_open, unavailable};
use super::open::{fault, make_new};
use crate::copy::{CopyError, Page, Reader, Table, Value, Values, Writer, broken};
use crate::{OpenError, SqliteStore};

/// A record that is copied, as it is at one moment.
pub(crate) struct Source {
    db: SqliteConnection,
    path: PathBuf,
}

impl Source {
    /// The record in this file, which is ours and of the newest schema: somebody has it open.
    pub(crate) async fn open(path: &Path) -> Result<Self, CopyError> {
        let open_fault = |error: sqlx::Error| cannot_open(path, &error);
        let mut db = options(path).read_only(true).connect().await.map_err(open_fault)?;
        sqlx::query("BEGIN").execute(&mut db).await.map_err(open_fault)?;
        // Only here is it known which numbers were given.
        let cut: Option<i64> = sqlx::query_scalar(
            "SELECT seq FROM sqlite_sequence WHERE name = 'audit' AND seq > (SELECT coalesce(max(seq), 0) FROM audit)",
        )
        .fetch_optional(&mut db)
        .await
        .map_err(open_fault)?;
        match cut {
            Some(given) => Err(CopyError::CutOff { path: path.to_owned(), given }),
            None => Ok(Self { db, path: path.to_owned() }),
        }
    }
}

#[async_trait]
impl Reader for Source {
    async fn read(&mut self, table: &'static Table, behind: Option<Values>) -> Result<Page, CopyError> {
        read(&mut self.db, table, behind)
            .await
            .map_err(|error| CopyError::failed(table, self.path.display(), "read", &unavailable(&error)))
    }
}

/// A copy in a file that is not at its place until it is right. Dropped before, it leaves nothing.
pub(crate) struct Target {
    db: SqliteConnection,
    staging: Staging,
    to: PathBuf,
}

impl Target {
    /// Begins a copy that is to be at `to`.
    pub(crate) async fn begin(to: &Path) -> Result<Self, CopyError> {
        let to = std::path::absolute(to).map_err(|error| fault(to, &error))?;
        let Some(directory) = to.parent().filter(|_| to.file_name().is_some()) else {
            return Err(OpenError::NotAFile(to).into());
        };
        if !directory.is_dir() {
            return Err(CopyError::NoDirectory(directory.to_owned()));
        }
        refuse_taken(&to)?;
        let staging = Staging::beside(&to)?;
        make_new(staging.file())?;
        let open_fault = |error: sqlx::Error| cannot_open(&to, &error);
        // On the disk at the end, all at once.
        let options = options(staging.file()).pragma("synchronous", "OFF");
        let mut db = options.connect().await.map_err(open_fault)?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut db).await.map_err(open_fault)?;
        Ok(Self { db, staging, to })
    }

    /// The copy is right, and is to stay: opens it as a server would, under the keys of the record at `from`, and gives it its
    /// place. Which rows count as not there.
    pub(crate) async fn keep(self, keys: &Keys, from: &str) -> Result<Vec<BrokenSeal>, CopyError> {
        let Self { db, staging, to } = self;
        db.close().await.map_err(|error| cannot_open(&to, &error))?;
        let store = SqliteStore::open(staging.file(), keys).await?;
        let broken = broken(&store, from).await;
        store.close().await;
        let broken = broken?;
        // All of it is in the one file, for it was made without a log.
        refuse_taken(&to)?;
        staging.finish(&to)?;
        Ok(broken)
    }
}

/// Refuses a place where there is something, or where something is left of a record.
fn refuse_taken(to: &Path) -> Result<(), CopyError> {
    let rests = ["", "-wal", "-shm", "-journal"].map(|end| {
        let mut name = to.to_owned().into_os_string();
        name.push(end);
        PathBuf::from(name)
    });
    match rests.into_iter().find(|path| path.symlink_metadata().is_ok()) {
        Some(taken) => Err(CopyError::Taken(taken)),
        None => Ok(()),
    }
}

#[async_trait]
impl Reader for Target {
    async fn read(&mut self, table: &'static Table, behind: Option<Values>) -> Result<Page, CopyError> {
        read(&mut self.db, table, behind)
            .await
            .map_err(|error| CopyError::failed(table, self.to.display(), "read again", &unavailable(&error)))
    }
}

#[async_trait]
impl Writer for Target {
    async fn write(&mut self, table: &'static Table, rows: Vec<Values>) -> Result<(), CopyError> {
        let sql = table.insert();
        for row in rows {
            let insert = row.into_iter().fold(sqlx::query(AssertSqlSafe(sql.as_str())), Value::bind);
            insert.execute(&mut self.db).await.map_err(|error| {
                CopyError::failed(table, self.to.display(), "written", &unavailable(&error))
            })?;
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), CopyError> {
        let written = sqlx::query("COMMIT").execute(&mut self.db).await;
        written.map(drop).map_err(|error| cannot_open(&self.to, &error).into())
    }
}

async fn read(db: &mut SqliteConnection, table: &Table, behind: Option<Values>) -> Result<Page, sqlx::Error> {
    let sql = table.select(behind.is_some());
    let select = behind.into_iter().flatten().fold(sqlx::query(AssertSqlSafe(sql)), Value::bind);
    Page::of(table, &select.fetch_all(db).await?)
}
