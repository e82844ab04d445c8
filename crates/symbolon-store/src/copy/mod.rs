//! A record moved from a file into a PostgreSQL database, and back. Rows are copied as they are, with their seals, and both
//! sides are read again and compared before the copy counts.

mod error;
mod following;
mod side;
mod standing;
mod tables;
#[cfg(test)]
mod tests;
mod value;

use std::path::Path;

use symbolon_core::audit::{Flaw, Verdict};
use symbolon_core::decision::Keys;
use symbolon_core::store::{BrokenSeal, Store};

pub use self::error::CopyError;
pub(crate) use self::side::{Reader, Writer};
pub(crate) use self::standing::broken;
pub(crate) use self::tables::{Kind, TABLES, Table, quoted};
pub(crate) use self::value::{Page, Value, Values};

use self::following::Following;
use self::value::Summary;
use crate::{OpenError, SqliteStore, postgres, sqlite};

/// What a copy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reading from one side and writing to the other.
    Copying,
    /// Reading both sides again.
    Checking,
}

/// How far a copy is.
#[derive(Debug, Clone, Copy)]
pub struct CopyProgress {
    /// What it is about.
    pub step: Step,
    /// In which table.
    pub table: &'static str,
    /// How many rows of it are done.
    pub rows: u64,
}

/// A table that is the same on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopiedTable {
    /// What it is called.
    pub name: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// The SHA-256 over all that is copied of them, in their order.
    pub digest: [u8; 32],
}

/// What was copied, as it was found on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The tables, in the order in which they were copied.
    pub tables: Vec<CopiedTable>,
    /// How far the audit's chain is whole, or what is wrong with it: it was so before.
    pub audit: Result<Verdict, Flaw>,
    /// Rows that were changed outside Symbolon. They are copied as they are, and count as not there.
    pub broken: Vec<BrokenSeal>,
}

/// Hears how far a copy is, at the beginning of each table and after each page.
pub type Tell<'a> = &'a mut (dyn FnMut(CopyProgress) + Send);

/// Copies the record in the file `from` into the database of a `postgres://` URL, in which there is no row yet.
///
/// The file is this process's alone until this returns, and its schema is brought up to date. `keys` are the record's, and
/// `password` is taken in place of the URL's. The database has all of it or, where this fails, nothing.
///
/// # Errors
/// What is in the way on either side, and the table that is not the same on both.
pub async fn copy_to_postgres(
    from: &Path,
    keys: &Keys,
    url: &str,
    password: Option<&str>,
    tell: Tell<'_>,
) -> Result<Copied, CopyError> {
    if !from.is_file() {
        return Err(OpenError::NotAFile(from.to_owned()).into());
    }
    let store = SqliteStore::open(from, keys).await?;
    let copied = async {
        let broken = broken(&store, &from.display().to_string()).await?;
        let mut from = sqlite::copying::Source::open(from).await?;
        let mut to = postgres::copying::Target::begin(url, password).await?;
        let copied = copy(&mut from, &mut to, tell).await?;
        to.keep().await?;
        Ok(Copied { broken, ..copied })
    };
    let copied = copied.await;
    store.close().await;
    copied
}

/// Copies the record in the database of a `postgres://` URL into a new file at `to`, for its owner alone and on the disk when
/// this returns.
///
/// Refused while a node is listed there, and none can join and nobody can change anything until this returns. `keys` are the
/// record's, and `password` is taken in place of the URL's. The file is there whole or, where this fails, not at all.
///
/// # Errors
/// What is in the way on either side, and the table that is not the same on both.
pub async fn copy_from_postgres(
    url: &str,
    password: Option<&str>,
    keys: &Keys,
    to: &Path,
    tell: Tell<'_>,
) -> Result<Copied, CopyError> {
    let mut to = sqlite::copying::Target::begin(to).await?;
    let mut from = postgres::copying::Source::begin(url, password).await?;
    let copied = copy(&mut from, &mut to, tell).await?;
    let broken = to.keep(keys, from.place()).await?;
    Ok(Copied { broken, ..copied })
}

/// Copies every table, and reads both sides again. What comes of it counts when the copy is kept.
async fn copy(
    from: &mut impl Reader,
    to: &mut impl Writer,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Copied, CopyError> {
    for table in &TABLES {
        let (mut pages, mut rows) = (Pages::of(table), 0);
        loop {
            tell(CopyProgress { step: Step::Copying, table: table.name, rows });
            let Some(page) = pages.next(from).await? else { break };
            rows += page.len() as u64;
            to.write(table, page).await?;
        }
    }
    to.settle().await?;
    compare(from, to, tell).await
}

/// Reads both sides, table by table. The first that differs ends it.
async fn compare(
    from: &mut impl Reader,
    to: &mut impl Reader,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Copied, CopyError> {
    let (mut tables, mut audit) = (Vec::new(), Following::new().end());
    for table in &TABLES {
        let (here, there) = (look(from, table, tell).await?, look(to, table, tell).await?);
        if here != there {
            let (from, to) = (here.0.rows, there.0.rows);
            return Err(CopyError::Differs { table: table.name, from, to });
        }
        tables.push(here.0);
        audit = here.1.unwrap_or(audit);
    }
    Ok(Copied { tables, audit, broken: Vec::new() })
}

/// What is in a table on one side; of the audit, whether it is a chain there.
async fn look(
    side: &mut impl Reader,
    table: &'static Table,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<(CopiedTable, Option<Result<Verdict, Flaw>>), CopyError> {
    let (mut pages, mut summary) = (Pages::of(table), Summary::default());
    let mut following = (table.name == "audit").then(Following::new);
    loop {
        tell(CopyProgress { step: Step::Checking, table: table.name, rows: summary.rows });
        let Some(page) = pages.next(side).await? else { break };
        summary.add(&page);
        if let Some(following) = &mut following {
            following.follow(page);
        }
    }
    let rows = summary.rows;
    let found = CopiedTable { name: table.name, rows, digest: summary.digest() };
    Ok((found, following.map(Following::end)))
}

/// A walk over a table.
struct Pages {
    table: &'static Table,
    behind: Option<Values>,
}

impl Pages {
    fn of(table: &'static Table) -> Self {
        Self { table, behind: None }
    }

    /// The next rows, of which there is one at least.
    async fn next(&mut self, side: &mut impl Reader) -> Result<Option<Vec<Values>>, CopyError> {
        let page = side.read(self.table, self.behind.take()).await?;
        self.behind = Some(page.last);
        Ok(Some(page.rows).filter(|rows| !rows.is_empty()))
    }
}
