//! A record, a gate and an app, with people in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::body::{Body, to_bytes};
use secrecy::ExposeSecret;
use symbolon_core::Timestamp;
use symbolon_core::audit::{AuditKey, AuditKeys};
use symbolon_core::catalog::Catalog;
use symbolon_core::decision::{Keys, ServiceRules};
use symbolon_core::digest::Pepper;
use symbolon_core::id::{KeyId, SessionId, TokenId, UserId};
use symbolon_core::lease::{Lease, Moment, SteadyClock};
use symbolon_core::random::Entropy;
use symbolon_core::record::{ActorId, AuditLine, Key, KeyKind, Origin, Session, Token, User};
use symbolon_core::restriction::Restrictions;
use symbolon_core::session::SessionKey;
use symbolon_core::store::{Change, Mutation, Store};
use symbolon_core::token::{NewSecret, Prefix};
use symbolon_gate::{Gate, Service};
use symbolon_server::{AccessLog, AccessTarget, App, Clock, Parts};
use symbolon_store::SqliteStore;
use tempfile::TempDir;
use tower::ServiceExt;
use zeroize::Zeroizing;

/// A small service that has every kind of route.
pub(crate) const SHOP: &str = r#"
service = "shop"
title = "The shop"
token_prefix = "shop"
roles = ["viewer", "operator"]
mounts = ["/api"]
[scopes]
"read:things" = "Read things"
"write:things" = "Change things"
[[routes]]
scopes = ["read:things"]
paths = ["GET /printers", "GET /things", "GET /things/{id}", "GET /socket"]
[[routes]]
scopes = ["write:things"]
role = "operator"
paths = ["POST /things", "PUT /things/{id}", "DELETE /things/{id}"]
[[routes]]
access = "public"
paths = ["GET /health", "POST /login"]
[[routes]]
access = "human"
role = "operator"
paths = ["GET /settings", "POST /settings"]
[[routes]]
access = "system"
paths = ["GET /metrics"]
"#;

/// Another service, whose tokens open nothing of the shop's.
pub(crate) const BANK: &str = r#"
service = "bank"
title = "The bank"
token_prefix = "bank"
[scopes]
"read:things" = "Read things"
[[routes]]
scopes = ["read:things"]
paths = ["GET /things"]
"#;

/// Milliseconds since 1970, moved by hand.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// The clock of leases, at its beginning for ever.
struct Stopped;

impl SteadyClock for Stopped {
    fn now(&self) -> Moment {
        Moment(0)
    }
}

/// Bytes that differ each time and are the same in every run (`SplitMix64`).
pub(crate) struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Everything behind the doors.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) gate: Arc<Gate>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) keys: Keys,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) entropy: Arc<TestEntropy>,
    directory: TempDir,
}

impl World {
    /// The shop and the bank, with nobody in them.
    pub(crate) async fn new() -> Self {
        Self::with(ServiceRules::default()).await
    }

    /// The same, under other rules for the shop.
    pub(crate) async fn with(rules: ServiceRules) -> Self {
        let world = Self::unloaded(rules).await;
        world.store.attach(world.gate.clone()).await.unwrap();
        world
    }

    /// A node of a fleet. It holds a lease until that is given up, or for ever.
    pub(crate) async fn in_a_fleet() -> Self {
        let world = Self::made(ServiceRules::default(), false, Lease::of(Arc::new(Stopped))).await;
        world.store.attach(world.gate.clone()).await.unwrap();
        world.renew();
        world
    }

    /// From now on the lease is held.
    pub(crate) fn renew(&self) {
        self.gate.lease().renew(Moment(1));
    }

    /// The same as [`Self::new`], which writes an access log, and shows its metrics to everybody.
    pub(crate) async fn telling() -> Self {
        let world = Self::made(ServiceRules::default(), true, Lease::endless()).await;
        world.store.attach(world.gate.clone()).await.unwrap();
        world
    }

    /// The lines of its access log.
    pub(crate) async fn access_log(&self) -> Vec<serde_json::Value> {
        self.app.finish().await;
        let text = std::fs::read_to_string(self.directory.path().join("access.log")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How many requests were measured at a door.
    pub(crate) async fn measured(&self, door: &str) -> u64 {
        let request = http::Request::get("/metrics").body(Body::empty()).unwrap();
        let answer = symbolon_server::router(self.app.clone()).oneshot(request).await.unwrap();
        let text = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        let count = format!("symbolon_request_seconds_count{{door=\"{door}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&count)).unwrap().parse().unwrap()
    }

    /// The same, before the record is read.
    pub(crate) async fn unloaded(rules: ServiceRules) -> Self {
        Self::made(rules, false, Lease::endless()).await
    }

    async fn made(rules: ServiceRules, telling: bool, lease: Lease) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(1_700_000_000_000)));
        let entropy = Arc::new(TestEntropy(AtomicU64::new(7)));
        Self::within(tempfile::tempdir().unwrap(), clock, entropy, rules, telling, lease).await
    }

    /// The same after the process has ended and another has begun. Whoever was being served is not any more.
    pub(crate) async fn restarted(self) -> Self {
        let Self { app, gate, store, clock, entropy, directory, .. } = self;
        let rules = gate.service("shop").unwrap().rules;
        store.close().await;
        drop((app, gate, store));
        let world = Self::within(directory, clock, entropy, rules, false, Lease::endless()).await;
        world.store.attach(world.gate.clone()).await.unwrap();
        world
    }

    /// The record's file.
    pub(crate) fn record(&self) -> PathBuf {
        self.directory.path().join("record.db")
    }

    /// Whether any file of the record has this text in it.
    pub(crate) fn lies_in_the_record(&self, text: &str) -> bool {
        std::fs::read_dir(self.directory.path()).unwrap().any(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }

    async fn within(
        directory: TempDir,
        clock: Arc<TestClock>,
        entropy: Arc<TestEntropy>,
        rules: ServiceRules,
        telling: bool,
        lease: Lease,
    ) -> Self {
        let secret = |byte| Zeroizing::new([byte; 32]);
        let keys = Keys::new(Pepper::new(1, &secret(1)), SessionKey::new(&secret(2)));
        let store = SqliteStore::open(&directory.path().join("record.db"), &keys).await.unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let gate = Arc::new(Gate::leased(keys.clone(), Arc::new(lease)));
        let service =
            |text, rules| Service { catalog: Arc::new(Catalog::compile("test", text).unwrap()), rules };
        gate.set_services(vec![service(SHOP, rules), service(BANK, ServiceRules::default())]).unwrap();
        let app = App::new(Parts {
            gate: gate.clone(),
            store: store.clone(),
            keeper: None,
            clock: clock.clone(),
            entropy: entropy.clone(),
            https: false,
            issuer: None,
            open_documents: false,
            open_metrics: telling,
            access_log: telling
                .then(|| AccessLog::open(AccessTarget::File(directory.path().join("access.log"))).unwrap()),
            traces: None,
            github_alerts: None,
            audit_keys: AuditKeys { current: AuditKey::new(&Zeroizing::new([3; 32])), former: Vec::new() },
            webhooks: Vec::new(),
        });
        Self { app, gate, store, keys, clock, entropy, directory }
    }

    /// Puts these lines under `[limits]` of the shop's catalog.
    pub(crate) fn limit(&self, lines: &str) {
        self.append(&format!("[limits]\n{lines}"));
    }

    /// Puts these lines, which begin with the name of a table, behind the shop's catalog.
    pub(crate) fn append(&self, lines: &str) {
        self.sell(&format!("{SHOP}\n{lines}\n"));
    }

    /// Puts these tools at the end of the shop's catalog.
    pub(crate) fn offer(&self, tools: &str) {
        self.sell(&format!("{SHOP}\n{tools}"));
    }

    /// Puts these lines at the top of the shop's catalog.
    pub(crate) fn say(&self, lines: &str) {
        self.sell(&format!("{lines}\n{SHOP}"));
    }

    /// Puts another catalog of the shop in force.
    fn sell(&self, shop: &str) {
        let service = |text: &str| Service {
            catalog: Arc::new(Catalog::compile("test", text).unwrap()),
            rules: self.gate.service("shop").unwrap().rules,
        };
        self.gate.set_services(vec![service(shop), service(BANK)]).unwrap();
    }

    /// Writes changes as they are.
    pub(crate) async fn commit(&self, changes: Vec<Change>) {
        let now = self.clock.now();
        let origin = Origin { actor: ActorId::Local, client_ip: None, request: None };
        let line = AuditLine {
            at: now,
            origin,
            action: "test.change",
            subject: "test".to_owned(),
            service: None,
            detail: serde_json::json!({}),
        };
        self.store.commit(Mutation::given(changes, vec![line], now)).await.unwrap();
    }

    /// Takes a token back.
    pub(crate) async fn revoke(&self, token: Token) {
        let revoked_at = Some(token.created_at);
        let revoked = Token { revoked_at, digest: None, revision: token.revision + 1, ..token };
        self.commit(vec![Change::TokenChanged(revoked)]).await;
    }

    /// Restricts a token to these requests, in JSON.
    pub(crate) async fn restrict(&self, token: Token, only: &str) -> Token {
        let restrictions: Restrictions = serde_json::from_str(only).unwrap();
        let restricted = Token { restrictions, revision: token.revision + 1, ..token };
        self.commit(vec![Change::TokenChanged(restricted.clone())]).await;
        restricted
    }

    /// A new user with this role in the shop, and the only one in the bank.
    pub(crate) async fn user(&self, name: &str, role: &str) -> User {
        let roles = [("shop", role), ("bank", "user")];
        let roles = roles.map(|(service, role)| (service.parse().unwrap(), role.parse().unwrap()));
        let user = User {
            id: UserId::new(self.clock.now(), &*self.entropy),
            name: name.parse().unwrap(),
            password: None,
            password_temporary: false,
            active: true,
            platform_admin: false,
            roles: BTreeMap::from(roles),
            created_at: self.clock.now(),
            revision: 1,
        };
        self.commit(vec![Change::UserCreated(user.clone())]).await;
        user
    }

    /// A new token of the shop's.
    pub(crate) async fn token(&self, owner: &User, scopes: &[&str]) -> String {
        self.token_of("shop", owner, scopes).await.0
    }

    /// A new token and its record.
    pub(crate) async fn token_of(&self, service: &str, owner: &User, scopes: &[&str]) -> (String, Token) {
        let now = self.clock.now();
        let secret = NewSecret::generate(&service.parse::<Prefix>().unwrap(), &*self.entropy);
        let token = Token {
            id: TokenId::new(now, &*self.entropy),
            service: service.parse().unwrap(),
            name: "test".to_owned(),
            description: String::new(),
            owner: owner.id,
            token_prefix: secret.text().token_prefix(),
            scopes: scopes.iter().map(|scope| scope.parse().unwrap()).collect(),
            metadata: symbolon_core::metadata::Metadata::default(),
            profile: None,
            disabled: false,
            created_at: now,
            updated_at: now,
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
            revision: 1,
            digest: Some((secret.text().digest(&self.keys.pepper), self.keys.pepper.id())),
            rotation: symbolon_core::rotation::Rotation::default(),
            rate_limit: None,
            restrictions: Restrictions::default(),
            imported: None,
            parent: None,
            derive: 0,
            change_limit: None,
            loans: Vec::new(),
        };
        self.commit(vec![Change::TokenCreated(token.clone())]).await;
        (secret.reveal().to_owned(), token)
    }

    /// A new session of 24 hours, as its JWT.
    pub(crate) async fn session(&self, user: &User) -> String {
        let now = self.clock.now();
        let session = Session {
            id: SessionId::new(now, &*self.entropy),
            user: user.id,
            created_at: now,
            expires_at: Timestamp::from_millisecond(now.as_millisecond() + 86_400_000).unwrap(),
            client_ip: None,
        };
        self.commit(vec![Change::SessionStarted(session.clone())]).await;
        self.keys.sessions.sign(&session).expose_secret().to_owned()
    }

    /// A new system key.
    pub(crate) async fn system_key(&self) -> String {
        let secret = NewSecret::generate(&Prefix::of_keys(), &*self.entropy);
        let key = Key {
            id: KeyId::new(self.clock.now(), &*self.entropy),
            kind: KeyKind::System,
            name: "test".to_owned(),
            key_prefix: Some(secret.text().token_prefix()),
            created_at: self.clock.now(),
            digest: (secret.text().digest(&self.keys.pepper), self.keys.pepper.id()),
        };
        self.commit(vec![Change::KeyCreated(key)]).await;
        secret.reveal().to_owned()
    }
}
