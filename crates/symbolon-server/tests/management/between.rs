//! A record with something in front of it: what a test wants to happen between a request and its commit.

use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use async_trait::async_trait;
use symbolon_core::Timestamp;
use symbolon_core::ask::Ask;
use symbolon_core::audit::{Head, Line};
use symbolon_core::decision::{Keys, Redigest};
use symbolon_core::id::{AskId, KeyId, TokenId, UserId};
use symbolon_core::imported::Source;
use symbolon_core::name::{ServiceName, UserName, WebhookName};
use symbolon_core::record::{ActorId, AuditLine, Key, Origin, Session, Token, User};
use symbolon_core::store::{
    AnswerClaim, AnswerOutcome, Answers, AskQuery, Asks, AuditQuery, BrokenSeal, Change, Claim, Ending,
    Mutation, Notices, Page, PageQuery, PepperUse, Sealing, Sink, Store, StoreError, TokenQuery,
    UnreadableLine, WebhookState,
};
use symbolon_core::token::TokenPrefix;
use symbolon_core::usage::{Day, DayTotal, TokenUsage, UsageCount, UsedRoute};
use tokio::sync::Semaphore;

/// What becomes of a commit, or of a read (then of no changes).
pub(crate) enum Verdict {
    /// It goes on.
    Pass,
    /// It goes on after these, which somebody else makes first.
    After(Vec<Change>),
    /// It does not happen.
    Fail(StoreError),
}

type Deciding = Pin<Box<dyn Future<Output = Verdict> + Send>>;
type Pause = Pin<Box<dyn Future<Output = ()> + Send>>;
type Decide = dyn Fn(Arc<dyn Store>, &Mutation) -> Deciding + Send + Sync;

pub(crate) struct Between {
    store: Arc<dyn Store>,
    decide: Box<Decide>,
    reads: Box<dyn Fn() -> Result<(), StoreError> + Send + Sync>,
    waiting: Box<dyn Fn() + Send + Sync>,
    applying: Box<dyn Fn() -> Pause + Send + Sync>,
    /// A permit of it is needed to write counts of use.
    usage: Arc<Semaphore>,
}

impl Between {
    /// Nothing in front of it.
    fn nothing(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            decide: Box::new(|_, _| Box::pin(async { Verdict::Pass })),
            reads: Box::new(|| Ok(())),
            waiting: Box::new(|| {}),
            applying: Box::new(|| Box::pin(async {})),
            usage: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        }
    }

    /// Writes counts of use when `usage` has a permit for it.
    pub(crate) fn held_usage(store: Arc<dyn Store>, usage: Arc<Semaphore>) -> Arc<dyn Store> {
        Arc::new(Self { usage, ..Self::nothing(store) })
    }

    /// Asks `decide` before each commit.
    pub(crate) fn before_commits(
        store: Arc<dyn Store>,
        decide: impl Fn(Arc<dyn Store>, &Mutation) -> Deciding + Send + Sync + 'static,
    ) -> Arc<dyn Store> {
        Arc::new(Self { decide: Box::new(decide), ..Self::nothing(store) })
    }

    /// Asks `fault` before everything.
    pub(crate) fn faulty(
        store: Arc<dyn Store>,
        fault: impl Fn() -> Result<(), StoreError> + Clone + Send + Sync + 'static,
    ) -> Arc<dyn Store> {
        let reads = Box::new(fault.clone());
        let decide = move |_, _: &Mutation| -> Deciding {
            let verdict = fault().map_or_else(Verdict::Fail, |()| Verdict::Pass);
            Box::pin(async move { verdict })
        };
        Arc::new(Self { decide: Box::new(decide), reads, ..Self::nothing(store) })
    }

    /// Says when somebody waits for what was committed to be applied, and has to.
    pub(crate) fn watched(
        store: Arc<dyn Store>,
        waiting: impl Fn() + Send + Sync + 'static,
    ) -> Arc<dyn Store> {
        Arc::new(Self { waiting: Box::new(waiting), ..Self::nothing(store) })
    }

    /// Says of each read, and has whoever waits for what was committed to be applied wait for `applying` first.
    pub(crate) fn held(
        store: Arc<dyn Store>,
        read: impl Fn() + Send + Sync + 'static,
        applying: impl Fn() -> Pause + Send + Sync + 'static,
    ) -> Arc<dyn Store> {
        let reads = Box::new(move || {
            read();
            Ok(())
        });
        Arc::new(Self { reads, applying: Box::new(applying), ..Self::nothing(store) })
    }
}

#[async_trait]
impl Sealing for Between {
    fn set_keys(&self, keys: &Keys) {
        self.store.set_keys(keys);
    }

    async fn announce_keys(&self, keys: &Keys) -> Result<(), StoreError> {
        (self.reads)()?;
        self.store.announce_keys(keys).await
    }

    async fn agree_keys(&self, keys: &Keys) -> Result<(), StoreError> {
        (self.reads)()?;
        self.store.agree_keys(keys).await
    }

    fn begin_reseal(&self) {
        self.store.begin_reseal();
    }

    async fn reseal(&self) -> Result<bool, StoreError> {
        (self.reads)()?;
        self.store.reseal().await
    }

    async fn redigest(&self, secrets: Vec<Redigest>, now: Timestamp) -> Result<(), StoreError> {
        (self.reads)()?;
        self.store.redigest(secrets, now).await
    }

    async fn pepper_uses(&self, now: Timestamp) -> Result<Vec<PepperUse>, StoreError> {
        (self.reads)()?;
        self.store.pepper_uses(now).await
    }

    async fn under_pepper(&self, pepper: u32, limit: u32) -> Result<(Vec<TokenId>, Vec<KeyId>), StoreError> {
        (self.reads)()?;
        self.store.under_pepper(pepper, limit).await
    }

    async fn unused_imports(&self, limit: u32) -> Result<(u64, Vec<TokenId>), StoreError> {
        (self.reads)()?;
        self.store.unused_imports(limit).await
    }

    fn broken_seals(&self) -> Vec<BrokenSeal> {
        self.store.broken_seals()
    }
}

#[async_trait]
impl Notices for Between {
    async fn endings(
        &self,
        until: Timestamp,
        after: Option<(Timestamp, TokenId)>,
    ) -> Result<Vec<Ending>, StoreError> {
        (self.reads)()?;
        self.store.endings(until, after).await
    }

    async fn begin_webhooks(&self, names: Vec<WebhookName>) -> Result<(), StoreError> {
        (self.reads)()?;
        self.store.begin_webhooks(names).await
    }

    async fn webhooks(&self) -> Result<Vec<WebhookState>, StoreError> {
        (self.reads)()?;
        self.store.webhooks().await
    }

    async fn save_webhook(&self, state: WebhookState) -> Result<(), StoreError> {
        (self.reads)()?;
        self.store.save_webhook(state).await
    }
}

#[async_trait]
impl Asks for Between {
    async fn ask(&self, id: AskId) -> Result<Option<Ask>, StoreError> {
        (self.reads)()?;
        self.store.ask(id).await
    }

    async fn asks(&self, query: &AskQuery) -> Result<Page<Ask>, StoreError> {
        (self.reads)()?;
        self.store.asks(query).await
    }
}

#[async_trait]
impl Answers for Between {
    async fn claim_answer(&self, claim: AnswerClaim) -> Result<(), StoreError> {
        (self.reads)()?;
        self.store.claim_answer(claim).await
    }

    async fn release_answer(&self, claim: AnswerClaim) -> Result<(), StoreError> {
        (self.reads)()?;
        self.store.release_answer(claim).await
    }

    async fn end_answer(&self, claim: AnswerClaim, outcome: AnswerOutcome) -> Result<(), StoreError> {
        (self.reads)()?;
        self.store.end_answer(claim, outcome).await
    }
}

#[async_trait]
impl Store for Between {
    fn kind(&self) -> &'static str {
        self.store.kind()
    }

    async fn attach(&self, sink: Arc<dyn Sink>) -> Result<(), StoreError> {
        self.store.attach(sink).await
    }

    async fn commit(&self, mutation: Mutation) -> Result<(), StoreError> {
        match (self.decide)(self.store.clone(), &mutation).await {
            Verdict::Pass => {}
            Verdict::Fail(error) => return Err(error),
            Verdict::After(changes) => {
                let origin = Origin { actor: ActorId::Local, client_ip: None, request: None };
                let line = AuditLine {
                    at: mutation.now,
                    origin,
                    action: "test.change",
                    subject: "test".to_owned(),
                    service: None,
                    detail: serde_json::json!({}),
                };
                let first = Mutation::given(changes, vec![line], mutation.now);
                self.store.commit(first).await?;
            }
        }
        self.store.commit(mutation).await
    }

    async fn note_used(&self, uses: Vec<(TokenId, Timestamp)>) -> Result<(), StoreError> {
        (self.reads)()?;
        self.store.note_used(uses).await
    }

    async fn record_usage(&self, counts: Vec<UsageCount>) -> Result<(), StoreError> {
        (self.reads)()?;
        let _permit = self.usage.acquire().await.unwrap();
        self.store.record_usage(counts).await
    }

    async fn applied(&self) -> Result<(), StoreError> {
        (self.reads)()?;
        (self.applying)().await;
        let mut applied = self.store.applied();
        let first = std::future::poll_fn(|context| Poll::Ready(applied.as_mut().poll(context))).await;
        if let Poll::Ready(at_once) = first {
            return at_once;
        }
        (self.waiting)();
        applied.await
    }

    async fn prune(&self, now: Timestamp) -> Result<(), StoreError> {
        (self.reads)()?;
        self.store.prune(now).await
    }

    async fn token(&self, service: &ServiceName, id: TokenId) -> Result<Option<Token>, StoreError> {
        (self.reads)()?;
        self.store.token(service, id).await
    }

    async fn token_prefixed(
        &self,
        service: &ServiceName,
        prefix: TokenPrefix,
    ) -> Result<Option<Token>, StoreError> {
        (self.reads)()?;
        self.store.token_prefixed(service, prefix).await
    }

    async fn children(&self, parent: TokenId, now: Timestamp) -> Result<u64, StoreError> {
        self.store.children(parent, now).await
    }
    async fn imported(
        &self,
        service: &ServiceName,
        sources: &[Source],
    ) -> Result<Vec<(Source, TokenId)>, StoreError> {
        (self.reads)()?;
        self.store.imported(service, sources).await
    }

    async fn tokens(&self, query: &TokenQuery) -> Result<Page<Token>, StoreError> {
        (self.reads)()?;
        self.store.tokens(query).await
    }

    async fn usage(&self, token: TokenId, days: RangeInclusive<Day>) -> Result<TokenUsage, StoreError> {
        (self.reads)()?;
        self.store.usage(token, days).await
    }

    async fn requests(
        &self,
        tokens: &[TokenId],
        days: RangeInclusive<Day>,
    ) -> Result<Vec<DayTotal>, StoreError> {
        (self.reads)()?;
        self.store.requests(tokens, days).await
    }

    async fn routes_used(
        &self,
        tokens: &[TokenId],
        days: RangeInclusive<Day>,
    ) -> Result<Vec<(TokenId, UsedRoute)>, StoreError> {
        (self.reads)()?;
        self.store.routes_used(tokens, days).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        (self.reads)()?;
        self.store.user(id).await
    }

    async fn user_named(&self, name: &UserName) -> Result<Option<User>, StoreError> {
        (self.reads)()?;
        self.store.user_named(name).await
    }

    async fn users(&self, page: &PageQuery) -> Result<Page<User>, StoreError> {
        (self.reads)()?;
        self.store.users(page).await
    }

    async fn sessions(
        &self,
        user: Option<UserId>,
        now: Timestamp,
        page: &PageQuery,
    ) -> Result<Page<Session>, StoreError> {
        (self.reads)()?;
        self.store.sessions(user, now, page).await
    }

    async fn key(&self, id: KeyId) -> Result<Option<Key>, StoreError> {
        (self.reads)()?;
        self.store.key(id).await
    }

    async fn keys(&self, page: &PageQuery) -> Result<Page<Key>, StoreError> {
        (self.reads)()?;
        self.store.keys(page).await
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Page<Line>, StoreError> {
        (self.reads)()?;
        self.store.audit(query).await
    }

    async fn audit_after(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Result<Line, UnreadableLine>>, StoreError> {
        (self.reads)()?;
        self.store.audit_after(after, limit).await
    }

    async fn audit_head(&self) -> Result<Head, StoreError> {
        (self.reads)()?;
        self.store.audit_head().await
    }

    async fn claim(&self, scope: &str, key: &str, now: Timestamp) -> Result<Option<Claim>, StoreError> {
        (self.reads)()?;
        self.store.claim(scope, key, now).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        (self.reads)()?;
        self.store.ping().await
    }

    async fn size(&self) -> Result<u64, StoreError> {
        (self.reads)()?;
        self.store.size().await
    }

    async fn check(&self) -> Result<(), StoreError> {
        (self.reads)()?;
        self.store.check().await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
