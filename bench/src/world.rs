//! Who there is: a record with owners and tokens of O.D.I.N., the catalog with the most routes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use symbolon_core::Timestamp;
use symbolon_core::audit::{AuditKey, AuditKeys};
use symbolon_core::catalog::Catalog;
use symbolon_core::decision::{Keys, ServiceRules};
use symbolon_core::digest::Pepper;
use symbolon_core::id::{KeyId, TokenId, UserId};
use symbolon_core::manage::{End, NewToken, Operator, RateLimit, issue};
use symbolon_core::record::{ActorId, AuditLine, Key, KeyKind, Origin, Token, User};
use symbolon_core::session::SessionKey;
use symbolon_core::store::{Change, Mutation, Sink, Store, StoreError};
use symbolon_core::token::{NewSecret, Prefix};
use symbolon_gate::{Gate, Service};
use symbolon_server::Clock;
use symbolon_store::SqliteStore;
use zeroize::Zeroizing;

use crate::Outcome;
use crate::clock::{OsEntropy, SystemClock};

/// Each token is one of these many people's.
pub(crate) const OWNERS: usize = 1_000;
/// Tokens that are written in one transaction.
const BATCH: usize = 1_000;

/// What the record of a [`make`] opens with.
pub(crate) struct World {
    /// Every token's secret; each token holds `read:printers`.
    pub(crate) tokens: Vec<String>,
    /// Their ids, in the same order.
    pub(crate) ids: Vec<TokenId>,
    pub(crate) system_key: String,
    pub(crate) verifier_key: String,
}

/// The server's keys. Nobody is kept out by them: the record is thrown away.
pub(crate) fn keys() -> Keys {
    Keys::new(Pepper::new(1, &Zeroizing::new([1; 32])), SessionKey::new(&Zeroizing::new([2; 32])))
}

pub(crate) fn audit_keys() -> AuditKeys {
    AuditKeys { current: AuditKey::new(&Zeroizing::new([3; 32])), former: Vec::new() }
}

const ODIN: &str = include_str!("../../catalogs/odin.toml");

/// O.D.I.N. as it is shipped, with the tokens that it issued before.
pub(crate) fn service() -> Outcome<Service> {
    compiled(ODIN)
}

/// The same with few of its routes.
pub(crate) fn service_of_few_routes() -> Outcome<Service> {
    let head = ODIN.split("\n[[routes]]").next().unwrap_or(ODIN);
    compiled(&format!("{head}\n{}", include_str!("few_routes.toml")))
}

fn compiled(catalog: &str) -> Outcome<Service> {
    let text = format!("{catalog}\n{}", include_str!("old_form.toml"));
    let catalog = Catalog::compile("odin.toml", &text).map_err(|why| why.to_string())?;
    Ok(Service { catalog: Arc::new(catalog), rules: ServiceRules::default() })
}

/// Makes a record at `path` with `count` tokens in it, and closes it.
pub(crate) async fn make(path: &Path, count: usize) -> Outcome<World> {
    let store = SqliteStore::open(path, &keys()).await.map_err(|why| why.to_string())?;
    let world = fill(&store, count).await?;
    store.close().await;
    Ok(world)
}

/// Puts people, keys and `count` tokens into an empty record.
pub(crate) async fn fill(store: &dyn Store, count: usize) -> Outcome<World> {
    let catalog = service()?.catalog;
    let fault = |why: StoreError| format!("the record cannot be filled: {why}");
    let owners = owners(&catalog)?;
    let (system, system_key) = key(KeyKind::System);
    let (verifier, verifier_key) = key(KeyKind::Verifier(catalog.service.clone()));
    let mut changes: Vec<_> = owners.iter().cloned().map(Change::UserCreated).collect();
    changes.extend([Change::KeyCreated(system), Change::KeyCreated(verifier)]);
    commit(store, changes).await.map_err(fault)?;
    let (mut tokens, mut ids) = (Vec::with_capacity(count), Vec::with_capacity(count));
    while tokens.len() < count {
        let mut changes = Vec::with_capacity(BATCH);
        for owner in owners.iter().cycle().take(BATCH.min(count - tokens.len())) {
            let (token, secret) = token(&catalog, owner)?;
            ids.push(token.id);
            changes.push(Change::TokenCreated(token));
            tokens.push(secret.reveal().to_owned());
        }
        commit(store, changes).await.map_err(fault)?;
    }
    Ok(World { tokens, ids, system_key, verifier_key })
}

/// The built-in user, and people who may look at things.
pub(crate) fn owners(catalog: &Catalog) -> Outcome<Vec<User>> {
    let name = |text: &str| text.parse().map_err(|_| format!("{text} is no name of a user"));
    let viewer = catalog.roles.name(catalog.token_managers).clone();
    let system = User {
        id: UserId::SYSTEM,
        name: name("system")?,
        password: None,
        password_temporary: false,
        active: true,
        platform_admin: false,
        roles: BTreeMap::new(),
        created_at: now(),
        revision: 1,
    };
    let mut owners = vec![system];
    while owners.len() < OWNERS {
        owners.push(User {
            id: UserId::new(now(), &OsEntropy),
            name: name(&format!("owner-{}", owners.len()))?,
            roles: BTreeMap::from([(catalog.service.clone(), viewer.clone())]),
            ..owners[0].clone()
        });
    }
    Ok(owners)
}

/// A gate that knows these people and no token yet.
pub(crate) fn gate(service: Service, owners: &[User]) -> Outcome<Gate> {
    let gate = Gate::new(keys());
    gate.set_services(vec![service]).map_err(|why| why.to_string())?;
    owners.iter().cloned().for_each(|owner| gate.apply(&Change::UserCreated(owner)));
    Ok(gate)
}

/// A new token of `owner`'s, by the rule that makes every token.
pub(crate) fn token(catalog: &Catalog, owner: &User) -> Outcome<(Token, NewSecret)> {
    let scope = "read:printers".parse().map_err(|why| format!("a scope is refused: {why}"))?;
    let new = NewToken {
        name: "bench".to_owned(),
        description: String::new(),
        scopes: Some(vec![scope]),
        metadata: std::collections::BTreeMap::default(),
        profile: None,
        end: End::Never,
        rate_limit: RateLimit::Default,
        change_limit: None,
        derive: 0,
        restrictions: symbolon_core::restriction::Restrictions::default(),
    };
    issue(catalog, Operator::System, owner, new, now(), &keys(), &OsEntropy).map_err(|why| why.detail)
}

fn key(kind: KeyKind) -> (Key, String) {
    let (secret, pepper) = (NewSecret::generate(&Prefix::of_keys(), &OsEntropy), keys().pepper);
    let key = Key {
        id: KeyId::new(now(), &OsEntropy),
        kind,
        name: "bench".to_owned(),
        key_prefix: Some(secret.text().token_prefix()),
        created_at: now(),
        digest: (secret.text().digest(&pepper), pepper.id()),
    };
    (key, secret.reveal().to_owned())
}

/// One change or several, with a line in the audit.
pub(crate) async fn commit(store: &dyn Store, changes: Vec<Change>) -> Result<(), StoreError> {
    let line = AuditLine {
        at: now(),
        origin: Origin { actor: ActorId::Local, client_ip: None, request: None },
        action: "bench.fill",
        subject: "bench".to_owned(),
        service: None,
        detail: serde_json::json!({}),
    };
    store.commit(Mutation::given(changes, vec![line], now())).await
}

fn now() -> Timestamp {
    SystemClock.now()
}

#[cfg(test)]
mod tests {
    use symbolon_core::catalog::Route;

    use super::*;

    #[test]
    fn the_few_routes_are_twelve_of_those_that_there_are() {
        let (whole, few) = (service().unwrap().catalog, service_of_few_routes().unwrap().catalog);
        assert_eq!((whole.routes.len(), few.routes.len()), (395, 12));
        let asked = |catalog: &Catalog| -> Vec<_> {
            let of = |route: &Route| {
                format!("{} {} {:?} {:?}", route.method, route.path, route.access, route.role)
            };
            catalog.routes.iter().map(of).collect()
        };
        let whole = asked(&whole);
        for route in asked(&few) {
            assert!(whole.contains(&route), "{route}");
        }
    }
}
