//! What either side of a copy can do.

use async_trait::async_trait;

use super::{CopyError, Page, Table, Values};

/// A side that rows are read from.
#[async_trait]
pub(crate) trait Reader: Send {
    /// The first rows of a table, or those behind a key; none is the end.
    async fn read(&mut self, table: &'static Table, behind: Option<Values>) -> Result<Page, CopyError>;
}

/// A side that rows are written to. Dropped before it is kept, it leaves nothing.
#[async_trait]
pub(crate) trait Writer: Reader {
    /// Writes rows behind those that are there.
    async fn write(&mut self, table: &'static Table, rows: Vec<Values>) -> Result<(), CopyError>;
    /// All is written: what is read from here on is what the copy has.
    async fn settle(&mut self) -> Result<(), CopyError>;
}
