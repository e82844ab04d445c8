//! Lists: page after page, until there are as many as were asked for.

use clap::Args;
use symbolon_api::List;
use symbolon_api::client::{ClientError, PageOf};

use crate::failure::Failure;
use crate::output::Output;

/// The most that one call gives.
const PAGE: usize = 1_000;

/// How much of a list.
#[derive(Debug, Args)]
pub(super) struct Extent {
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = some)]
    limit: usize,
    /// Go on from here: the `next_cursor` of the list before
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

fn some(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|limit| *limit > 0).ok_or_else(|| "a whole number from 1 on".to_owned())
}

/// At most `limit` items from `cursor` on.
pub(super) async fn collect<T>(
    limit: usize,
    cursor: Option<String>,
    mut page: impl AsyncFnMut(PageOf) -> Result<List<T>, ClientError>,
) -> Result<List<T>, Failure> {
    let mut all = List { items: Vec::new(), next_cursor: cursor };
    loop {
        let missing = limit - all.items.len();
        let next = page(PageOf { cursor: all.next_cursor.take(), limit: Some(missing.min(PAGE)) }).await?;
        all.items.extend(next.items);
        all.next_cursor = next.next_cursor;
        if all.next_cursor.is_none() || all.items.len() >= limit {
            return Ok(all);
        }
    }
}

impl Extent {
    /// Follows the cursors.
    pub(super) async fn collect<T>(
        &self,
        page: impl AsyncFnMut(PageOf) -> Result<List<T>, ClientError>,
    ) -> Result<List<T>, Failure> {
        collect(self.limit, self.cursor.clone(), page).await
    }

    /// Prints a list: for programs whole, for people as a table.
    pub(super) fn print<T: serde::Serialize, const N: usize>(
        output: Output,
        list: &List<T>,
        heading: [&str; N],
        row: impl Fn(&T) -> [String; N],
    ) -> Result<(), Failure> {
        if output.json() {
            return output.document(list);
        }
        output.table(heading, list.items.iter().map(row).collect())?;
        if let Some(cursor) = &list.next_cursor {
            output.note(&format!("There are more: a larger --limit, or --cursor {cursor}"));
        }
        Ok(())
    }
}
