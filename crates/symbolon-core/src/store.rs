//! The record's contract, which every database must keep alike.
//!
//! A mutation is one call and one transaction: the rows, the audit line and the change record together, durable
//! when the call returns. The committed changes reach the [`Sink`] in the order of their commits and *before*
//! the call returns; that is what makes "the index changes before the reply" true (DESIGN part 7).

mod answers;
mod asks;
mod fleet;
mod room;
mod seals;
mod sort;
mod steps;
mod webhook;

use std::ops::RangeInclusive;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::ask::Ask;
use crate::audit::{Head, Line};
use crate::id::{KeyId, SessionId, TokenId, UserId};
use crate::imported::Source;
use crate::name::{ScopeName, ServiceName, UserName, WebhookName};
use crate::notice::Told;
use crate::record::{AuditLine, Enforcement, Key, Session, Token, TokenState, User};
use crate::token::TokenPrefix;
use crate::usage::{Day, DayTotal, TokenUsage, UsageCount, UsedRoute};

pub use answers::{AnswerBefore, AnswerClaim, AnswerOutcome, Answers, KeptAnswer, Repeated};
pub use asks::{AskQuery, Asks, SeenAsks};
pub use fleet::{FleetNode, FleetStatus};
pub use room::Room;
pub use seals::{BrokenSeal, PepperUse, Sealing};
pub use sort::{SortFault, TokenOrder, TokenSort};
pub use steps::{CommitStep, CommitSteps};
pub use webhook::{Ending, Notices, WebhookState};

/// One change of what is kept, whole: it carries the new state, never a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new token. Refused with [`StoreError::Conflict`] if its `token_prefix` is taken in its service, or it was
    /// imported from a row that was imported before, and
    /// with [`StoreError::NotFound`] if its owner is gone, or the token that it was derived from is, or is revoked.
    TokenCreated(Token),
    /// A new state of a token (`revision` is one more than the stored one's, or it is a conflict). One with
    /// `revoked_at` is a tombstone and has neither a digest nor a foreign hash. What descends from it becomes tombstones
    /// too, in the same transaction; each has its own line in the audit, `token.revoke`, behind the mutation's and by its
    /// actor. The sink hears of the token alone.
    TokenChanged(Token),
    /// A new state of a token, as above, with another owner, who must be there. No other change moves a token.
    TokenOwned(Token),
    /// A new user. The name must be free.
    UserCreated(User),
    /// A new state of a user, with `revision` as above.
    UserChanged(User),
    /// The user is gone, at this moment; their tokens become tombstones and their sessions end, in the same
    /// transaction, and with their tokens all that descends from those. Each token has its own line in the audit,
    /// `token.revoke`, behind the mutation's and by its actor.
    UserRemoved(UserId, Timestamp),
    /// A sign-in.
    SessionStarted(Session),
    /// A sign-out. Ending what has ended already succeeds.
    SessionEnded(SessionId),
    /// All of a user's sessions end.
    SessionsEnded(UserId),
    /// A new key.
    KeyCreated(Key),
    /// A key taken back.
    KeyRemoved(KeyId),
    /// Enforcement of a service, switched on or off. The last switch is what holds.
    EnforcementSwitched(Enforcement),
    /// A token taken back without a look at its record, which may not be what was written; a tombstone stays. What descends
    /// from it goes with it, as above.
    TokenErased(TokenId, Timestamp),
    /// A key's new digest, made by [`Sealing::redigest`] alone.
    KeyChanged(Key),
    /// This was told of the end of a token. Refused with [`StoreError::Conflict`] if it was told before, or if the token
    /// has another end by now, or is revoked: of two that tell at once, one does.
    EndingTold(TokenId, Told),
    /// A webhook is to be tried at once, also where it was disabled. Refused with [`StoreError::NotFound`] if it has not
    /// begun.
    WebhookRetried(WebhookName),
    /// A token asks for something. Refused with [`StoreError::NotFound`] if the token is gone or revoked, and with
    /// [`StoreError::Conflict`] if it has asked [`MAX_ASKED`](crate::ask::MAX_ASKED) times in the day before.
    AskMade(Ask),
    /// An ask was answered (`revision` is one more than the stored one's, or it is a conflict): nothing else of it changes.
    AskAnswered(Ask),
}

/// A claim on an `Idempotency-Key`, made in the transaction of the creation it stands for. The answer is not
/// kept, for it holds a secret; only what was made is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The caller and the service, as text; a key means nothing outside them.
    pub scope: String,
    /// The header's value.
    pub key: String,
    /// Digest of the request's body under the pepper.
    pub body: crate::digest::Digest,
    /// The id of what was made.
    pub made: String,
    /// When the claim lapses: 24 hours after the creation.
    pub expires_at: Timestamp,
}

/// What a caller's right to a mutation rests on. It is looked at again inside the transaction, for it may have
/// gone while the request was under way: a body that arrives slowly, a password being hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing that could go, or that is not guarded by the change itself: the machine, a user at the sign-in, a token
    /// that revokes itself.
    Given,
    /// A signed-in user: the session still lives, and the user is as they were.
    Session {
        /// The sign-in.
        session: SessionId,
        /// The user.
        user: UserId,
        /// The user's revision when the call was admitted.
        revision: u64,
    },
    /// A key that is still there.
    Key(KeyId),
}

/// Everything one transaction writes.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// What the caller's right rests on. Gone: [`StoreError::CallerChanged`], and nothing is written.
    pub standing: Standing,
    /// In order; all or none.
    pub changes: Vec<Change>,
    /// The lines that say so. At least one.
    pub audit: Vec<AuditLine>,
    /// The claim, for a creation that carried an `Idempotency-Key`. Taken already: [`StoreError::Claimed`].
    pub claim: Option<Claim>,
    /// The limits that tokens more must keep, at most one for each service and owner. Reached: [`StoreError::NoRoom`].
    pub room: Vec<Room>,
    /// Users by whose role and state this was judged, and their revisions then. One who has changed since, or is gone:
    /// [`StoreError::Conflict`].
    pub judged_by: Vec<(UserId, u64)>,
    /// The moment of the mutation: lapsed claims are those that ended before it.
    pub now: Timestamp,
}

impl Mutation {
    /// One whose caller's right is given, and that has no conditions.
    pub fn given(changes: Vec<Change>, audit: Vec<AuditLine>, now: Timestamp) -> Self {
        Self {
            standing: Standing::Given,
            changes,
            audit,
            claim: None,
            room: Vec::new(),
            judged_by: Vec::new(),
            now,
        }
    }
}

/// Why the record could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another change came first, or a name is taken. The text says which.
    #[error("{0}")]
    Conflict(&'static str),
    /// What was to be changed is not there.
    #[error("{0} is not there")]
    NotFound(&'static str),
    /// The idempotency key was used before, for this.
    #[error("the idempotency key was used before")]
    Claimed(Claim),
    /// The token has claimed the idempotency key before, for a request that was to be sent on.
    #[error("the idempotency key was claimed before")]
    Answered(Box<AnswerBefore>),
    /// The user has as many live tokens of the service as there may be.
    #[error("the user has as many live tokens as there may be")]
    NoRoom,
    /// What the caller's right rested on has gone or changed since the call was admitted.
    #[error("the caller's rights changed while the call was under way")]
    CallerChanged,
    /// The row that was asked for is not what was written: its seal is broken, or it cannot be read.
    #[error("the record of the {} {} was changed outside Symbolon", .0.kind, .0.id)]
    SealBroken(BrokenSeal),
    /// The database cannot be reached, is full, or failed. Nothing is known to have changed.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
}

/// What hears of every committed change. Called from one task, in commit order, after the first load; that comes before
/// and from several threads, for of what lives no two things are about one row. Must not block.
pub trait Sink: Send + Sync {
    /// Everything live is about to be loaded anew, for it is not known any more what has changed: what was applied before
    /// is forgotten, and counts as not loaded. Called while nobody may answer from it.
    fn begin(&self) {}
    /// A committed change, or a row of the first load (as its creation).
    fn apply(&self, change: &Change);
    /// Many of them at once, in their order.
    fn apply_all(&self, changes: &[Change]) {
        for change in changes {
            self.apply(change);
        }
    }
    /// The first load is about to bring tokens, about so many.
    fn expect(&self, _tokens: usize) {}
    /// The first load is complete: everything live has been applied.
    fn loaded(&self);
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// At most as many as asked for.
    pub items: Vec<T>,
    /// What to pass as `after` to get the next page; `None` at the end. Opaque to callers.
    pub next: Option<String>,
}

/// Where a page begins and how long it may be.
#[derive(Debug, Clone, Default)]
pub struct PageQuery {
    /// The `next` of the page before. One that the store did not make is [`StoreError::NotFound`] of "that page".
    pub after: Option<String>,
    /// At most this many items, 1 to 1,000.
    pub limit: usize,
}

/// Which tokens to list, and in which order. Tombstones are listed only when asked for by state.
#[derive(Debug, Clone)]
pub struct TokenQuery {
    /// Of this service.
    pub service: ServiceName,
    /// Of this owner alone.
    pub owner: Option<UserId>,
    /// In this state at `now` alone. `None`: every state but revoked.
    pub state: Option<TokenState>,
    /// Whose name, description or `token_prefix` contains this, letter case ignored (ASCII).
    pub text: Option<String>,
    /// To which exactly this scope was granted.
    pub scope: Option<ScopeName>,
    /// Whose `token_prefix` begins with this.
    pub prefix: Option<String>,
    /// That were not used at this moment or after it, as far as the record knows, nor made.
    pub unused_since: Option<Timestamp>,
    /// That were made before this moment.
    pub created_before: Option<Timestamp>,
    /// That were derived from this token.
    pub parent: Option<TokenId>,
    /// In this order. A cursor of one order is no page of another.
    pub sort: TokenSort,
    /// The moment at which states are judged.
    pub now: Timestamp,
    /// What was neither made, changed nor used after this moment, as far as the record knows, is expired too.
    pub idle_since: Option<Timestamp>,
    /// Whether tokens of the old form count no more, and so are expired.
    pub old_form_ended: bool,
    /// The page.
    pub page: PageQuery,
}

/// Which audit lines to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Of this service.
    pub service: Option<ServiceName>,
    /// With this action, or whose action begins with this word and a dot (`token`).
    pub action: Option<String>,
    /// About this id.
    pub subject: Option<String>,
    /// By this actor's id.
    pub actor: Option<String>,
    /// The page.
    pub page: PageQuery,
}

/// An audit line that cannot be read: somebody edited it by hand, or the file is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnreadableLine {
    /// Its number.
    pub seq: u64,
}

/// The record. Reads see every mutation acknowledged before them.
#[async_trait]
pub trait Store: Sealing + Notices + Answers + Asks + Send + Sync {
    /// Loads everything live into `sink` and keeps it informed from then on, with no gap between. Called once.
    async fn attach(&self, sink: Arc<dyn Sink>) -> Result<(), StoreError>;
    /// Writes one mutation; see the module's text for what holds when it returns.
    async fn commit(&self, mutation: Mutation) -> Result<(), StoreError>;
    /// Notes last uses; a later use is never replaced by an earlier one. No audit, no change record.
    async fn note_used(&self, uses: Vec<(TokenId, Timestamp)>) -> Result<(), StoreError>;
    /// Returns when every change that a read may have seen has reached the sink. Who answers "so already" after a
    /// read waits for it first: the record knows of a change a moment before the gate does.
    async fn applied(&self) -> Result<(), StoreError>;
    /// Adds counts of use to the record, in one transaction; to be kept to a few thousand, for mutations wait behind
    /// them. Tokens that are not there are no error. No audit, no change record.
    async fn record_usage(&self, counts: Vec<UsageCount>) -> Result<(), StoreError>;
    /// Removes sessions that ended before `now`, lapsed claims of both kinds, asks that were made
    /// [`KEPT`](crate::ask::KEPT) ago, and the use of days that are kept no longer
    /// ([`KEPT_DAYS`](crate::usage::KEPT_DAYS); in transactions of at most 10,000 rows each, between which
    /// mutations go). No audit.
    async fn prune(&self, now: Timestamp) -> Result<(), StoreError>;

    /// One token of a service, tombstones included.
    async fn token(&self, service: &ServiceName, id: TokenId) -> Result<Option<Token>, StoreError>;
    /// One token of a service by its `token_prefix`, tombstones included.
    async fn token_prefixed(
        &self,
        service: &ServiceName,
        prefix: TokenPrefix,
    ) -> Result<Option<Token>, StoreError>;
    /// How many tokens that were derived from this one are neither revoked nor at their end at `now`.
    async fn children(&self, parent: TokenId, now: Timestamp) -> Result<u64, StoreError>;
    /// Which of these rows of an application, at most 1,000, were imported into a service before, and as which tokens,
    /// tombstones included.
    async fn imported(
        &self,
        service: &ServiceName,
        sources: &[Source],
    ) -> Result<Vec<(Source, TokenId)>, StoreError>;
    /// Tokens.
    async fn tokens(&self, query: &TokenQuery) -> Result<Page<Token>, StoreError>;
    /// The use of one token on these days, at most [`KEPT_DAYS`](crate::usage::KEPT_DAYS).
    async fn usage(&self, token: TokenId, days: RangeInclusive<Day>) -> Result<TokenUsage, StoreError>;
    /// How many requests each of these tokens, at most 1,000, made on each of these days; none where there were none.
    async fn requests(
        &self,
        tokens: &[TokenId],
        days: RangeInclusive<Day>,
    ) -> Result<Vec<DayTotal>, StoreError>;
    /// By which routes each of these tokens, at most 1,000, was let through on these days.
    async fn routes_used(
        &self,
        tokens: &[TokenId],
        days: RangeInclusive<Day>,
    ) -> Result<Vec<(TokenId, UsedRoute)>, StoreError>;
    /// One user.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;
    /// One user by name.
    async fn user_named(&self, name: &UserName) -> Result<Option<User>, StoreError>;
    /// Users, by name.
    async fn users(&self, page: &PageQuery) -> Result<Page<User>, StoreError>;
    /// Sessions that live at `now`, newest first; of one user, or all.
    async fn sessions(
        &self,
        user: Option<UserId>,
        now: Timestamp,
        page: &PageQuery,
    ) -> Result<Page<Session>, StoreError>;
    /// One key.
    async fn key(&self, id: KeyId) -> Result<Option<Key>, StoreError>;
    /// Keys, newest first.
    async fn keys(&self, page: &PageQuery) -> Result<Page<Key>, StoreError>;
    /// Audit lines, newest first.
    async fn audit(&self, query: &AuditQuery) -> Result<Page<Line>, StoreError>;
    /// The audit lines behind the number `after`, oldest first, at most `limit` of them, 1 to 1,000. One that cannot be
    /// read is no reason to leave it out.
    async fn audit_after(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Result<Line, UnreadableLine>>, StoreError>;
    /// The end of the audit's chain.
    async fn audit_head(&self) -> Result<Head, StoreError>;
    /// The claim made with `key` in `scope`, if it has not lapsed at `now`.
    async fn claim(&self, scope: &str, key: &str, now: Timestamp) -> Result<Option<Claim>, StoreError>;
    /// Whether the record answers: a cheap read.
    async fn ping(&self) -> Result<(), StoreError>;
    /// How large the record is, in bytes.
    async fn size(&self) -> Result<u64, StoreError>;
    /// Whether the record is whole: the database's own check of its file. May take long; for `doctor`.
    async fn check(&self) -> Result<(), StoreError>;
    /// What it is kept in: a word, such as `sqlite`.
    fn kind(&self) -> &'static str;
    /// The nodes that share the record; `None` where one process has it to itself.
    async fn fleet(&self) -> Result<Option<FleetStatus>, StoreError> {
        Ok(None)
    }
    /// How long the steps of mutations took that were acknowledged here; `None` where the store does not tell them apart.
    fn commit_steps(&self) -> Option<&CommitSteps> {
        None
    }
    /// Returns when the store has failed for good, so that the process had better end; never otherwise.
    async fn broken(&self) {
        std::future::pending::<()>().await;
    }
    /// Ends the store: waits for what is being written, then closes.
    async fn close(&self);
}
