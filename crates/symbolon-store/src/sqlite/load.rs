//! The first load: everything live, as if it were being made now.
//!
//! Each table is read by as many threads as there are processors, each on a connection of its own and over ranges of rows
//! that it takes in turn; a row becomes a value, its seal is checked, and many at once go to the sink. Nothing is
//! committed meanwhile, for the one writer waits, and so all the connections see one state.

mod ranges;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;

use rusqlite::Connection;
use symbolon_core::record::{Enforcement, Key, Session, Token, User};
use symbolon_core::store::{BrokenSeal, Change, Sink};

use super::connect::connect_reading;
use crate::loading::{BATCH, Progress, TELLING, switched};
use crate::rows::{
    self, Row, Words, select_enforcement, select_keys, select_sessions, select_tokens, select_users,
};
use crate::seals::Seals;
use ranges::Ranges;

/// More threads than that would wait for each other at the sink.
const MOST_THREADS: usize = 8;

/// One load.
pub(super) struct Load<'a> {
    pub(super) path: &'a Path,
    pub(super) sink: &'a dyn Sink,
    pub(super) seals: &'a Seals,
}

impl Load<'_> {
    /// The whole load. The log hears of one that takes long.
    pub(super) fn run(&self) -> Result<(), rusqlite::Error> {
        let progress = Progress::default();
        let (over, told) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let loading = scope.spawn(|| {
                // Dropped when it ends, however that is.
                let _over = over;
                self.all(&progress)
            });
            while told.recv_timeout(TELLING) == Err(RecvTimeoutError::Timeout) {
                progress.tell();
            }
            loading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Applies every live row to the sink: users first, for the rest refers to them, and tokens last, for they are many. To
    /// be called where nothing is committed meanwhile, and where a thread may wait.
    fn all(&self, progress: &Progress) -> Result<(), rusqlite::Error> {
        let mut db = connect_reading(self.path)?;
        self.table::<User>(
            &mut db,
            progress,
            "users",
            select_users!("NOT INDEXED WHERE rowid BETWEEN ?1 AND ?2 AND removed_at IS NULL"),
            |user| user.map(Change::UserCreated).ok(),
        )?;
        self.table::<Key>(
            &mut db,
            progress,
            "keys",
            select_keys!("NOT INDEXED WHERE rowid BETWEEN ?1 AND ?2"),
            |key| key.map(Change::KeyCreated).ok(),
        )?;
        self.table::<Session>(
            &mut db,
            progress,
            "sessions",
            select_sessions!("NOT INDEXED WHERE rowid BETWEEN ?1 AND ?2"),
            |session| session.map(Change::SessionStarted).ok(),
        )?;
        self.table::<Enforcement>(
            &mut db,
            progress,
            "enforcement",
            select_enforcement!("NOT INDEXED WHERE rowid BETWEEN ?1 AND ?2"),
            switched,
        )?;
        let tokens = ranges::estimate(&db, "tokens", "revoked_at IS NULL")?;
        progress.expect(tokens, self.sink);
        self.table::<Token>(
            &mut db,
            progress,
            "tokens",
            select_tokens!("NOT INDEXED WHERE rowid BETWEEN ?1 AND ?2 AND revoked_at IS NULL"),
            |token| token.map(Change::TokenCreated).ok(),
        )?;
        self.seals.loaded();
        self.sink.loaded();
        Ok(())
    }

    /// Applies one table. A row that is not what was written has been reported, and is left out: what is not loaded is
    /// denied, and the rest goes on working.
    fn table<T: Row>(
        &self,
        db: &mut Connection,
        progress: &Progress,
        name: &'static str,
        select: &'static str,
        into: fn(Result<T, BrokenSeal>) -> Option<Change>,
    ) -> Result<(), rusqlite::Error> {
        let ranges = Ranges::of(db, name)?;
        let failed = Mutex::new(None);
        let stop = AtomicBool::new(false);
        let work = |db: &mut Connection| {
            if let Err(error) = self.take(db, progress, &ranges, &stop, select, into) {
                stop.store(true, Ordering::Relaxed);
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        thread::scope(|scope| {
            for _ in 1..threads.min(ranges.count()) {
                scope.spawn(|| match connect_reading(self.path) {
                    Ok(mut db) => work(&mut db),
                    // The others do its part.
                    Err(error) => tracing::warn!(%error, "the record is loaded with a thread less"),
                });
            }
            work(db);
        });
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    /// Takes ranges until there are none left, or another has failed.
    fn take<T: Row>(
        &self,
        db: &mut Connection,
        progress: &Progress,
        ranges: &Ranges,
        stop: &AtomicBool,
        select: &'static str,
        into: fn(Result<T, BrokenSeal>) -> Option<Change>,
    ) -> Result<(), rusqlite::Error> {
        let mut statement = db.prepare(select)?;
        let mut words = Words::default();
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(range) = ranges.next() {
            let mut rows = statement.query([range.start(), range.end()])?;
            while let Some(row) = rows.next()? {
                batch.extend(into(rows::sealed_in(row, self.seals, &mut words)));
                if batch.len() == BATCH {
                    if stop.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    progress.hand_on(&mut batch, self.sink);
                }
            }
        }
        progress.hand_on(&mut batch, self.sink);
        Ok(())
    }
}
