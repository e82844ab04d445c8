//! How long nobody is let in after a start: from when the process is started until it has answered a request, beside the
//! least that has to be done meanwhile, which is to read each token's row.

use std::fmt::Display;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::load::Wire;
use crate::rounds::{Comparison, Quantity, alternate};
use crate::stage::{Stage, gets};
use crate::{Outcome, clock, complain, many};

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    Ok(vec![of(stage, stage.plan.many)?])
}

/// The start with so many tokens. The record is read before each turn, so that the disk has no part in it.
pub(super) fn of(stage: &Stage, count: usize) -> Outcome<Comparison> {
    let record = stage.folder.path().join(format!("{count}.db"));
    let begun = clock::instant();
    let secret = stage.runtime.block_on(many::make(&record, count))?;
    let took = clock::instant().duration_since(begun).as_secs_f64();
    complain(&format!("a record of {count} tokens was made in {took:.1} s"));
    let unreadable = |why: &dyn Display| format!("the record cannot be read: {why}");
    let turns = alternate(stage.plan.rounds, 2, |side| {
        warm(&record).map_err(|why| unreadable(&why))?;
        match side {
            0 => start(stage, &record, &secret),
            _ => read(&record).map_err(|why| unreadable(&why)),
        }
    })?;
    Ok(Comparison {
        subject: format!("from the start of the process to the first request that is let in, {count} tokens"),
        baseline: "every token's row read by one connection of SQLite, each value looked at",
        quantities: vec![Quantity::of("s (less is better)", &turns[0], &turns[1])],
    })
}

/// Sees to it that the file is in memory.
fn warm(record: &Path) -> io::Result<()> {
    let (mut file, mut piece) = (File::open(record)?, vec![0; 1 << 20]);
    while file.read(&mut piece)? > 0 {}
    Ok(())
}

/// Seconds until a new process has let somebody in.
fn start(stage: &Stage, record: &Path, secret: &str) -> Outcome<f64> {
    let (record, upstream) = (record.display().to_string(), stage.upstream.addresses[0].to_string());
    let request = gets("/api/printers", std::iter::once(secret));
    let begun = clock::instant();
    let symbolon = stage.start(&["symbolon", "--record", &record, "--upstream", &upstream])?;
    stage.runtime.block_on(async {
        let mut wire = Wire::connect(symbolon.addresses[1]).await?;
        match wire.exchange_soon(&request[0]).await?.status {
            200 => Ok(clock::instant().duration_since(begun).as_secs_f64()),
            status => Err(format!("the first request is answered {status}")),
        }
    })
}

/// Seconds until every live row was read.
fn read(record: &Path) -> Result<f64, rusqlite::Error> {
    let begun = clock::instant();
    let db = Connection::open_with_flags(record, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let columns: String =
        db.query_row("SELECT group_concat(name) FROM pragma_table_info('tokens')", [], |row| row.get(0))?;
    let mut all =
        db.prepare(&format!("SELECT {columns} FROM tokens NOT INDEXED WHERE revoked_at IS NULL"))?;
    let width = all.column_count();
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..width {
            black_box(row.get_ref(column)?);
        }
    }
    Ok(clock::instant().duration_since(begun).as_secs_f64())
}
