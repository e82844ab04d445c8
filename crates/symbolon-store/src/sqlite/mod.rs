//! The record in one SQLite file: a writer task that commits in groups, and a few connections that read.

mod answers;
mod asks;
mod backup;
mod chain;
mod connect;
#[cfg(feature = "postgres")]
pub(crate) mod copying;
mod fault;
mod load;
mod notices;
mod open;
#[cfg(test)]
mod plans;
mod planted;
mod read;
mod statement;
mod write;
mod writer;

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use symbolon_core::audit::{Head, Line};
use symbolon_core::decision::{Keys, Redigest};
use symbolon_core::id::{KeyId, TokenId, UserId};
use symbolon_core::imported::Source;
use symbolon_core::name::{ServiceName, UserName};
use symbolon_core::record::{Key, Session, Token, User};
use symbolon_core::store::{
    AuditQuery, BrokenSeal, Claim, Mutation, Page, PageQuery, PepperUse, Sealing, Sink, Store, StoreError,
    TokenQuery, UnreadableLine,
};
use symbolon_core::token::TokenPrefix;
use symbolon_core::usage::{Day, DayTotal, TokenUsage, UsageCount, UsedRoute};
use tokio::sync::{mpsc, oneshot};

pub use self::backup::{Contents, copy, inspect};
use self::open::Unsealed;
use self::read::Readers;
use self::writer::{Command, Work, Writer};
use crate::OpenError;
use crate::reading;
use crate::seals::Seals;

/// How many commands may wait for the writer before callers wait to hand theirs over.
const QUEUE: usize = 1024;

/// The record in one SQLite file, owned by this process for as long as the store is open.
///
/// Dropping it closes it too, but does not wait; [`Store::close`] does.
#[derive(Debug)]
pub struct SqliteStore {
    commands: mpsc::Sender<Command>,
    readers: Readers,
    checking: SqliteConnectOptions,
}

impl SqliteStore {
    /// Opens the database at `path`, makes it if there is none (mode 0600), and brings its schema up to date.
    ///
    /// Its directory must exist. Beside it lies `<path>.lock`, which the open store holds: a second one, here
    /// or in another process, is refused with [`OpenError::InUse`]. To be called inside a Tokio runtime,
    /// where the writer lives.
    ///
    /// Rows that grant are sealed and checked with `keys`. A database from before seals is refused with
    /// [`OpenError::Unsealed`].
    pub async fn open(path: &Path, keys: &Keys) -> Result<Self, OpenError> {
        Self::begin(path, keys, Unsealed::Refuse).await
    }

    /// The same, but a database from before seals is trusted, and sealed as it is found. To be called as long as it is not
    /// known, from elsewhere than the database, that it was sealed.
    pub async fn open_unsealed(path: &Path, keys: &Keys) -> Result<Self, OpenError> {
        Self::begin(path, keys, Unsealed::Trust).await
    }

    async fn begin(path: &Path, keys: &Keys, unsealed: Unsealed) -> Result<Self, OpenError> {
        let seals = Arc::new(Seals::new(keys));
        let opened = open::open(path, &seals.sealer(), unsealed).await?;
        let (commands, queue) = mpsc::channel(QUEUE);
        let readers = Readers { pool: opened.readers.clone(), seals: seals.clone() };
        let checking = opened.checking.clone();
        Writer::start(opened, seals, queue).map_err(|error| open::fault(path, &error))?;
        Ok(Self { commands, readers, checking })
    }

    /// Hands a command to the writer and waits for its answer. From the moment it is handed over it is
    /// carried out, whether or not the caller still waits.
    async fn ask(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<(), StoreError>>) -> Command,
    ) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| fault::closed())?;
        answer.await.map_err(|_| fault::closed())?
    }

    /// Whether the writer is there. Without it nothing can be promised, however well the file reads.
    fn alive(&self) -> Result<(), StoreError> {
        if self.commands.is_closed() { Err(fault::closed()) } else { Ok(()) }
    }

    async fn write(&self, work: Work) -> Result<(), StoreError> {
        self.ask(|reply| Command::Write(work, reply)).await
    }
}

#[async_trait]
impl Sealing for SqliteStore {
    fn set_keys(&self, keys: &Keys) {
        self.readers.seals.set_keys(keys);
    }

    fn begin_reseal(&self) {
        self.readers.seals.begin_walk();
    }

    async fn reseal(&self) -> Result<bool, StoreError> {
        let Some(at) = self.readers.seals.walk() else { return Ok(false) };
        self.write(Work::Reseal { at, next: None }).await?;
        Ok(self.readers.seals.walk().is_some())
    }

    async fn redigest(&self, secrets: Vec<Redigest>, now: Timestamp) -> Result<(), StoreError> {
        if secrets.is_empty() {
            return Ok(());
        }
        self.write(Work::Redigest { secrets, now, changes: Vec::new() }).await
    }

    async fn pepper_uses(&self, now: Timestamp) -> Result<Vec<PepperUse>, StoreError> {
        read::pepper_uses(&self.readers.pool, now).await
    }

    async fn under_pepper(&self, pepper: u32, limit: u32) -> Result<(Vec<TokenId>, Vec<KeyId>), StoreError> {
        read::under_pepper(&self.readers.pool, pepper, limit).await
    }

    async fn unused_imports(&self, limit: u32) -> Result<(u64, Vec<TokenId>), StoreError> {
        read::unused_imports(&self.readers.pool, limit).await
    }

    fn broken_seals(&self) -> Vec<BrokenSeal> {
        self.readers.seals.all_broken()
    }
}

#[async_trait]
impl Store for SqliteStore {
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
        self.write(Work::NoteUsed(uses)).await
    }

    async fn record_usage(&self, counts: Vec<UsageCount>) -> Result<(), StoreError> {
        if counts.is_empty() {
            return Ok(());
        }
        self.write(Work::RecordUsage(counts)).await
    }

    async fn applied(&self) -> Result<(), StoreError> {
        // The writer takes this up after it has told the sink of everything before.
        self.write(Work::NoteUsed(Vec::new())).await
    }

    async fn prune(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(Work::Prune(now)).await
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
        read::ping(&self.readers.pool).await
    }

    async fn size(&self) -> Result<u64, StoreError> {
        self.alive()?;
        read::size(&self.readers.pool).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.alive()?;
        read::check(&self.checking).await
    }

    fn kind(&self) -> &'static str {
        "sqlite"
    }

    async fn close(&self) {
        // An error says that the writer has gone already, or is going.
        let _ = self.commands.send(Command::Close).await;
        self.commands.closed().await;
    }
}
