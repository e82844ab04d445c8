//! The record in a PostgreSQL database, which several processes may share: a writer task that commits in groups and in its turn
//! among all nodes, a few connections that read, one that notes uses, and two that note which
//! changes were sent on.

mod again;
mod answers;
mod asks;
mod chain;
mod changes;
mod codes;
mod connect;
pub(crate) mod copying;
mod durability;
mod fault;
mod fleet;
mod identity;
mod line;
mod load;
mod looks;
mod notices;
mod open;
mod patience;
#[cfg(test)]
mod plans;
mod planted;
mod read;
mod sealing;
#[cfg(test)]
mod testing;
mod transaction;
mod usage;
mod write;
mod writer;

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::PgPool;
use symbolon_core::audit::{Head, Line};
use symbolon_core::decision::Keys;
use symbolon_core::id::{KeyId, TokenId, UserId};
use symbolon_core::imported::Source;
use symbolon_core::name::{ServiceName, UserName};
use symbolon_core::record::{Key, Session, Token, User};
use symbolon_core::store::{
    AuditQuery, Claim, CommitSteps, FleetStatus, Mutation, Page, PageQuery, Sink, Store, StoreError,
    TokenQuery, UnreadableLine,
};
use symbolon_core::token::TokenPrefix;
use symbolon_core::usage::{Day, DayTotal, TokenUsage, UsageCount, UsedRoute};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use self::fault::unavailable;
use self::fleet::Fleet;
pub use self::fleet::Membership;
use self::looks::Looks;
use self::open::Opened;
pub use self::open::reach;
use self::patience::answered;
use self::read::Readers;
use self::writer::{Asked, Command, Pruning, Upkeep, Work, Writer};
use crate::OpenError;
use crate::fault::closed;
use crate::reading;
use crate::seals::Seals;

/// How many commands may wait for the writer before callers wait to hand theirs over.
const QUEUE: usize = 1024;

/// How long it may take to learn whether the database answers.
const PING: Duration = Duration::from_secs(2);

/// The record in a PostgreSQL database.
///
/// Dropping it closes it too, but does not wait; [`Store::close`] does.
pub struct PostgresStore {
    commands: mpsc::Sender<Command>,
    readers: Readers,
    usage: PgPool,
    answers: PgPool,
    fleet: Arc<Fleet>,
    steps: Arc<CommitSteps>,
    /// Those at what is committed.
    applied: Looks,
    /// Those whether the database answers.
    pings: Looks,
    /// What it is called in messages.
    place: String,
}

impl PostgresStore {
    /// Opens the database of a `postgres://` URL, and brings its schema up to date; several processes may do so at once. TLS is
    /// as the URL's `sslmode` has it. Rows that grant are sealed and checked with `keys`. To be called inside a Tokio runtime,
    /// where the writer lives.
    ///
    /// `password` is taken in place of the URL's, if there is one. The process is a node of the fleet that shares the database
    /// from [`Store::attach`] on until it is closed.
    ///
    /// A standby is refused, and a server that acknowledges commits before they are durable. The database must be there, and
    /// its tables belong to the URL's user.
    pub async fn open(
        url: &str,
        password: Option<&str>,
        keys: &Keys,
        membership: Membership,
    ) -> Result<Self, OpenError> {
        let Opened { server, readers, usage, answers } =
            open::open(url, password, keys, membership.terms).await?;
        let seals = Arc::new(Seals::new(keys));
        let fleet = Arc::new(Fleet::begin(&server, readers.clone(), seals.clone(), keys, membership));
        let (commands, queue) = mpsc::channel(QUEUE);
        let place = server.place().to_owned();
        let last = leave(fleet.clone(), [readers.clone(), usage.clone(), answers.clone()]);
        let steps = Arc::new(CommitSteps::default());
        Writer::start(server, seals.clone(), fleet.clone(), steps.clone(), queue, last);
        Ok(Self {
            commands,
            readers: Readers { pool: readers, seals },
            usage,
            answers,
            fleet,
            steps,
            applied: Looks::default(),
            pings: Looks::default(),
            place,
        })
    }

    /// Hands a command to the writer and waits for its answer. From the moment it is handed over it is
    /// carried out, whether or not the caller still waits.
    async fn ask(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<(), StoreError>>) -> Command,
    ) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Whether the writer is there, and the node. Without them nothing can be promised, however well the database reads.
    fn alive(&self) -> Result<(), StoreError> {
        if self.commands.is_closed() || self.fleet.is_broken() { Err(closed()) } else { Ok(()) }
    }

    async fn write(&self, work: Work) -> Result<(), StoreError> {
        let now = self.fleet.now();
        self.ask(|reply| Command::Write(Asked::new(work, reply, now))).await
    }

    async fn upkeep(&self, upkeep: Upkeep) -> Result<(), StoreError> {
        self.write(Work::Upkeep(upkeep)).await
    }
}

/// When nothing is to be written any more.
async fn leave(fleet: Arc<Fleet>, pools: [PgPool; 3]) {
    fleet.leave().await;
    for pool in pools {
        pool.close().await;
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("place", &self.place).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn attach(&self, sink: Arc<dyn Sink>) -> Result<(), StoreError> {
        self.ask(|reply| Command::Attach(sink, reply)).await
    }

    async fn commit(&self, mutation: Mutation) -> Result<(), StoreError> {
        if mutation.audit.is_empty() {
            return Err(StoreError::Conflict("a mutation without a line in the audit"));
        }
        self.write(Work::Commit(Box::new(mutation))).await
    }

    async fn note_used(&self, uses: Vec<(TokenId, Timestamp)>) -> Result<(), StoreError> {
        if uses.is_empty() {
            return Ok(());
        }
        answered(usage::note(&self.usage, &uses)).await.map_err(|error| unavailable(&error))
    }

    async fn record_usage(&self, counts: Vec<UsageCount>) -> Result<(), StoreError> {
        if counts.is_empty() {
            return Ok(());
        }
        answered(usage::record(&self.usage, &counts)).await.map_err(|error| unavailable(&error))
    }

    async fn applied(&self) -> Result<(), StoreError> {
        self.alive()?;
        self.applied
            .take(async {
                let (seq, epoch) = self.fleet.committed().await?;
                self.fleet.settle(seq, epoch).await
            })
            .await
    }

    async fn prune(&self, now: Timestamp) -> Result<(), StoreError> {
        loop {
            // Each piece in its turn: mutations go between.
            let more = Arc::new(AtomicBool::new(false));
            self.upkeep(Upkeep::Prune(Pruning { now, own: self.fleet.own(), more: more.clone() })).await?;
            if !more.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    }

    async fn token(&self, service: &ServiceName, id: TokenId) -> Result<Option<Token>, StoreError> {
        reading::token(&self.readers, service, id).await
    }

    async fn token_prefixed(
        &self,
        service: &ServiceName,
        prefix: TokenPrefix,
    ) -> Result<Option<Token>, StoreError> {
        reading::token_prefixed(&self.readers, service, prefix).await
    }

    async fn children(&self, parent: TokenId, now: Timestamp) -> Result<u64, StoreError> {
        reading::children(&self.readers, parent, now).await
    }

    async fn imported(
        &self,
        service: &ServiceName,
        sources: &[Source],
    ) -> Result<Vec<(Source, TokenId)>, StoreError> {
        read::imported(&self.readers.pool, service, sources).await
    }

    async fn tokens(&self, query: &TokenQuery) -> Result<Page<Token>, StoreError> {
        read::tokens(&self.readers, query).await
    }

    async fn usage(&self, token: TokenId, days: RangeInclusive<Day>) -> Result<TokenUsage, StoreError> {
        read::usage(&self.readers.pool, token, &days).await
    }

    async fn requests(
        &self,
        tokens: &[TokenId],
        days: RangeInclusive<Day>,
    ) -> Result<Vec<DayTotal>, StoreError> {
        read::requests(&self.readers.pool, tokens, &days).await
    }

    async fn routes_used(
        &self,
        tokens: &[TokenId],
        days: RangeInclusive<Day>,
    ) -> Result<Vec<(TokenId, UsedRoute)>, StoreError> {
        read::routes_used(&self.readers.pool, tokens, &days).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        reading::user(&self.readers, id).await
    }

    async fn user_named(&self, name: &UserName) -> Result<Option<User>, StoreError> {
        reading::user_named(&self.readers, name).await
    }

    async fn users(&self, page: &PageQuery) -> Result<Page<User>, StoreError> {
        reading::users(&self.readers, page).await
    }

    async fn sessions(
        &self,
        user: Option<UserId>,
        now: Timestamp,
        page: &PageQuery,
    ) -> Result<Page<Session>, StoreError> {
        reading::sessions(&self.readers, user, now, page).await
    }

    async fn key(&self, id: KeyId) -> Result<Option<Key>, StoreError> {
        reading::key(&self.readers, id).await
    }

    async fn keys(&self, page: &PageQuery) -> Result<Page<Key>, StoreError> {
        reading::keys(&self.readers, page).await
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Page<Line>, StoreError> {
        reading::audit(&self.readers, query).await
    }

    async fn audit_after(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Result<Line, UnreadableLine>>, StoreError> {
        reading::audit_after(&self.readers, after, limit).await
    }

    async fn audit_head(&self) -> Result<Head, StoreError> {
        reading::audit_head(&self.readers).await
    }

    async fn claim(&self, scope: &str, key: &str, now: Timestamp) -> Result<Option<Claim>, StoreError> {
        reading::claim(&self.readers, scope, key, now).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.alive()?;
        // Past all who read: they may be slow, and whoever asks this wants to know it soon.
        let answer = timeout(PING, self.pings.take(self.fleet.ping())).await;
        answer.unwrap_or_else(|_| Err(StoreError::Unavailable("the database does not answer".to_owned())))
    }

    async fn size(&self) -> Result<u64, StoreError> {
        self.alive()?;
        read::size(&self.readers.pool).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.alive()?;
        read::check(&self.readers.pool).await
    }

    fn kind(&self) -> &'static str {
        "postgres"
    }

    async fn fleet(&self) -> Result<Option<FleetStatus>, StoreError> {
        fleet::roll(&self.readers.pool, self.fleet.own()).await.map(Some)
    }

    fn commit_steps(&self) -> Option<&CommitSteps> {
        Some(&self.steps)
    }

    async fn broken(&self) {
        self.fleet.broken().await;
    }

    async fn close(&self) {
        // An error says that the writer has gone already, or is going.
        let _ = self.commands.send(Command::Close).await;
        self.commands.closed().await;
    }
}
