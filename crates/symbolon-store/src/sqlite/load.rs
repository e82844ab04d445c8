//! The first load: everything live, as if it were being made now.
//!
//! Each table is read by as many threads as there are processors, each on a connection of its own and over ranges of rows
//! that it takes in turn; a row becomes a value, its seal is checked, and many at once go to the sink. Nothing is
//! committed meanwhile, for the one writer waits, and so all the connections see one state.

mod ranges;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use symbolon_core::name::NameFault;
use symbolon_core::record::{Enforcement, Key, Session, Token, User};
use symbolon_core::store::{BrokenSeal, Change, Sink};

use super::connect::connect_reading;
use crate::rows::{
    self, Row, Words, select_enforcement, select_keys, select_sessions, select_tokens, select_users,
};
use crate::seals::Seals;
use ranges::Ranges;

/// Changes that are handed on together: enough to hide what handing on costs, few enough to hold.
const BATCH: usize = 256;
/// More threads than that would wait for each other at the sink.
const MOST_THREADS: usize = 8;
/// How often the log hears of a load that takes long.
const TELLING: Duration = Duration::from_secs(1);

/// How far a load is.
#[derive(Debug, Default)]
struct Progress {
    tokens: AtomicU64,
    /// An estimate.
    of: AtomicU64,
}

impl Progress {
    fn tell(&self) {
        let (tokens, about) = (self.tokens.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed));
        tracing::info!(tokens, about, "the record is being loaded");
    }
}

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
            |switched| switched.or_else(|broken| enforced(&broken)).map(Change::EnforcementSwitched).ok(),
        )?;
        let tokens = ranges::estimate(&db, "tokens", "revoked_at IS NULL")?;
        progress.of.store(tokens, Ordering::Relaxed);
        self.sink.expect(usize::try_from(tokens).unwrap_or(0));
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
                    self.hand_on(&mut batch, progress);
                }
            }
        }
        self.hand_on(&mut batch, progress);
        Ok(())
    }

    fn hand_on(&self, batch: &mut Vec<Change>, progress: &Progress) {
        self.sink.apply_all(batch);
        let tokens = batch.iter().filter(|change| matches!(change, Change::TokenCreated(_))).count();
        progress.tokens.fetch_add(tokens as u64, Ordering::Relaxed);
        batch.clear();
    }
}

/// What holds of a service whose switch is not what was written: left out, it would hold no more, and the configuration may
/// say that nothing is enforced.
fn enforced(broken: &BrokenSeal) -> Result<Enforcement, NameFault> {
    Ok(Enforcement { service: broken.id.parse()?, enforce: true, since: Timestamp::UNIX_EPOCH })
}
