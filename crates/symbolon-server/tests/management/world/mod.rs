//! A server in a directory of its own: the real router over the real record, with a clock that the test moves and
//! secrets that are the same in every run.

mod answer;
mod call;
mod edges;
mod keeper;
mod people;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use secrecy::ExposeSecret;
use symbolon_core::Catalog;
use symbolon_core::audit::{AuditKey, AuditKeys};
use symbolon_core::decision::{Keys, ServiceRules};
use symbolon_core::digest::Pepper;
use symbolon_core::lease::{Lease, Moment};
use symbolon_core::record::{ActorId, AuditLine, Origin, Session};
use symbolon_core::session::SessionKey;
use symbolon_core::store::{Change, Mutation, Store};
use symbolon_gate::{Gate, Service};
use symbolon_server::{App, Clock, GitHubAlerts, OnLeak, Parts, PublicKeys, Webhook, router};
use symbolon_store::SqliteStore;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

pub(crate) use answer::Answer;
pub(crate) use call::Call;
use edges::Stopped;
pub(crate) use edges::{TestClock, TestEntropy};
use keeper::Keeper;
pub(crate) use people::{PASSWORD, Person, all_roles};

/// Puts something between the server and its record.
pub(crate) type Wrap = Box<dyn FnOnce(Arc<dyn Store>) -> Arc<dyn Store>>;

/// How a server differs from the plain one.
pub(crate) struct Setup {
    pub(crate) https: bool,
    pub(crate) issuer: Option<&'static str>,
    pub(crate) open_documents: bool,
    /// Whether there are others beside the server, as far as the gate knows: it answers by a lease, which is held for ever.
    pub(crate) fleet: bool,
    /// Whether the gate has loaded the record.
    pub(crate) loaded: bool,
    pub(crate) wrap: Wrap,
    /// Catalogs beside the two shipped ones, as text.
    pub(crate) catalogs: Vec<String>,
    pub(crate) github_alerts: Option<GitHubAlerts>,
    pub(crate) webhooks: Vec<Webhook>,
}

/// The key of the sample in GitHub's documentation, as GitHub tells its keys.
const GITHUBS_SAMPLE_KEY: &str = r#"{"public_keys":[{
    "key_identifier":"bcb53661c06b4728e59d897fb6165d5c9cda0fd9cdf9d09ead458168deb7518c",
    "key":"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYAGMWO8XgCamYKMJS6jc/qgvSlAd\nAjPuDPRcXU22YxgBrz+zoN19MzuRyW87qEt9/AmtoNP5GrobzUvQSyJFVw==\n-----END PUBLIC KEY-----\n",
    "is_current":true
}]}"#;

impl Default for Setup {
    fn default() -> Self {
        Self {
            https: false,
            issuer: None,
            open_documents: false,
            fleet: false,
            loaded: true,
            wrap: Box::new(|store| store),
            catalogs: Vec::new(),
            github_alerts: PublicKeys::of_document(GITHUBS_SAMPLE_KEY.as_bytes())
                .map(|keys| GitHubAlerts::new(OnLeak::Revoke, keys))
                .ok(),
            webhooks: Vec::new(),
        }
    }
}

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) gate: Arc<Gate>,
    /// The record itself, whatever the server sees of it.
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) entropy: Arc<TestEntropy>,
    pub(crate) keys: Keys,
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) router: Router,
    /// The key that [`World::verdict`] asks with.
    asking: OnceCell<String>,
    directory: TempDir,
}

impl World {
    /// O.D.I.N. and Odysseus, and nobody but the built-in user.
    pub(crate) async fn new() -> Self {
        Self::of(Setup::default()).await
    }

    /// These catalogs beside the two, in place of those before.
    pub(crate) fn set_catalogs(&self, catalogs: &[&str]) {
        let catalogs: Vec<_> = catalogs.iter().map(|text| (*text).to_owned()).collect();
        self.gate.set_services(services(&catalogs)).unwrap();
    }

    pub(crate) async fn of(setup: Setup) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let key = |byte| Zeroizing::new([byte; 32]);
        let keys = Keys::new(Pepper::new(1, &key(1)), SessionKey::new(&key(2)));
        let sqlite = SqliteStore::open(&directory.path().join("symbolon.db"), &keys).await.unwrap();
        let store: Arc<dyn Store> = Arc::new(sqlite);
        let lease = if setup.fleet { Lease::of(Arc::new(Stopped)) } else { Lease::endless() };
        lease.renew(Moment(1));
        let gate = Arc::new(Gate::leased(keys.clone(), Arc::new(lease)));
        gate.set_services(services(&setup.catalogs)).unwrap();
        let (clock, entropy) = (Arc::new(TestClock::default()), Arc::new(TestEntropy::default()));
        let keeper = Arc::new(Keeper::new(keys.clone()));
        let app = App::new(Parts {
            gate: gate.clone(),
            store: (setup.wrap)(store.clone()),
            keeper: Some(keeper.clone()),
            clock: clock.clone(),
            entropy: entropy.clone(),
            https: setup.https,
            issuer: setup.issuer.map(|url| url.parse().unwrap()),
            open_documents: setup.open_documents,
            open_metrics: false,
            access_log: None,
            traces: None,
            github_alerts: setup.github_alerts,
            audit_keys: audit_keys(),
            webhooks: setup.webhooks,
        });
        let router = router(app.clone());
        let asking = OnceCell::new();
        let world = Self { app, gate, store, clock, entropy, keys, keeper, router, asking, directory };
        if setup.loaded {
            world.store.attach(world.gate.clone()).await.unwrap();
            world.born_system().await;
        }
        world
    }

    /// Another server over the same record, as a restart makes one.
    pub(crate) fn app_with(&self, webhooks: Vec<Webhook>) -> App {
        App::new(Parts {
            gate: self.gate.clone(),
            store: self.store.clone(),
            keeper: Some(Arc::new(Keeper::new(self.keys.clone()))),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            https: false,
            issuer: None,
            open_documents: false,
            open_metrics: false,
            access_log: None,
            traces: None,
            github_alerts: None,
            audit_keys: audit_keys(),
            webhooks,
        })
    }

    /// The directory that the record is in.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
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

    /// The JWT of a session.
    pub(crate) fn jwt(&self, session: &Session) -> String {
        self.keys.sessions.sign(session).expose_secret().to_owned()
    }

    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        Call::new(self, "GET", path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call<'_> {
        Call::new(self, "DELETE", path)
    }

    pub(crate) fn post(&self, path: &str, body: &serde_json::Value) -> Call<'_> {
        Call::new(self, "POST", path).json(body)
    }

    /// A call of OAuth's, without its form.
    pub(crate) fn oauth(&self, name: &str) -> Call<'_> {
        Call::new(self, "POST", &format!("/oauth/{name}"))
    }

    pub(crate) fn patch(&self, path: &str, body: &serde_json::Value) -> Call<'_> {
        Call::new(self, "PATCH", path).json(body)
    }
}

fn audit_keys() -> AuditKeys {
    AuditKeys { current: AuditKey::new(&Zeroizing::new([3; 32])), former: Vec::new() }
}

fn services(more: &[String]) -> Vec<Service> {
    let shipped = [
        include_str!("../../../../../catalogs/odin.toml"),
        include_str!("../../../../../catalogs/odysseus.toml"),
    ];
    shipped
        .into_iter()
        .chain(more.iter().map(String::as_str))
        .map(|text| {
            let catalog = Catalog::compile("test.toml", text).unwrap_or_else(|error| panic!("{error}"));
            Service { catalog: Arc::new(catalog), rules: ServiceRules::default() }
        })
        .collect()
}
