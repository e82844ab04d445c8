//! Who calls: people with their sessions, and keys.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::SignedDuration;
use serde_json::{Value, json};
use symbolon_core::id::{KeyId, SessionId, UserId};
use symbolon_core::record::{Key, KeyKind, PasswordHash, Session, User};
use symbolon_core::store::Change;
use symbolon_core::token::{NewSecret, Prefix};
use symbolon_server::{Clock, hash_password};

use super::{TestEntropy, World};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A user and a session of theirs.
pub(crate) struct Person {
    pub(crate) user: User,
    pub(crate) session: Session,
    /// The session's JWT.
    pub(crate) jwt: String,
}

impl Person {
    pub(crate) fn name(&self) -> &str {
        self.user.name.as_str()
    }
}

/// The strongest role of both applications.
pub(crate) fn all_roles() -> Vec<(&'static str, &'static str)> {
    vec![("odin", "superadmin"), ("odysseus", "admin")]
}

/// Hashing takes 35 ms, and all have the same password.
fn password() -> PasswordHash {
    static HASH: OnceLock<PasswordHash> = OnceLock::new();
    HASH.get_or_init(|| hash_password(PASSWORD, &TestEntropy::default()).unwrap()).clone()
}

impl World {
    /// The built-in user, as the binary makes it in an empty record.
    pub(super) async fn born_system(&self) {
        let system = User {
            id: UserId::SYSTEM,
            name: "system".parse().unwrap(),
            password: None,
            password_temporary: false,
            active: true,
            platform_admin: false,
            roles: BTreeMap::new(),
            created_at: self.clock.now(),
            revision: 1,
        };
        self.commit(vec![Change::UserCreated(system)]).await;
    }

    /// A person of these roles, signed in.
    pub(crate) async fn person(&self, name: &str, roles: &[(&str, &str)]) -> Person {
        self.born(name, roles, false).await
    }

    /// A platform administrator with the strongest role everywhere, signed in.
    pub(crate) async fn admin(&self) -> Person {
        self.born("admin", &all_roles(), true).await
    }

    async fn born(&self, name: &str, roles: &[(&str, &str)], platform_admin: bool) -> Person {
        let roles = roles.iter().map(|(service, role)| (service.parse().unwrap(), role.parse().unwrap()));
        let user = User {
            id: UserId::new(self.clock.now(), &*self.entropy),
            name: name.parse().unwrap(),
            password: Some(password()),
            password_temporary: false,
            active: true,
            platform_admin,
            roles: roles.collect(),
            created_at: self.clock.now(),
            revision: 1,
        };
        let session = self.new_session(&user);
        self.commit(vec![Change::UserCreated(user.clone()), Change::SessionStarted(session.clone())]).await;
        let jwt = self.jwt(&session);
        Person { user, session, jwt }
    }

    /// One more session of 24 hours.
    pub(crate) async fn session(&self, user: &User) -> (Session, String) {
        let session = self.new_session(user);
        self.commit(vec![Change::SessionStarted(session.clone())]).await;
        let jwt = self.jwt(&session);
        (session, jwt)
    }

    fn new_session(&self, user: &User) -> Session {
        let now = self.clock.now();
        let expires_at = now + SignedDuration::from_hours(24);
        let id = SessionId::new(now, &*self.entropy);
        Session { id, user: user.id, created_at: now, expires_at, client_ip: None }
    }

    /// A new system key.
    pub(crate) async fn system_key(&self) -> String {
        self.key(KeyKind::System).await.1
    }

    /// A new verifier key of a service.
    pub(crate) async fn verifier_key(&self, service: &str) -> String {
        self.key(KeyKind::Verifier(service.parse().unwrap())).await.1
    }

    pub(crate) async fn key(&self, kind: KeyKind) -> (Key, String) {
        let secret = NewSecret::generate(&Prefix::of_keys(), &*self.entropy);
        let key = Key {
            id: KeyId::new(self.clock.now(), &*self.entropy),
            kind,
            name: "test".to_owned(),
            key_prefix: Some(secret.text().token_prefix()),
            created_at: self.clock.now(),
            digest: (secret.text().digest(&self.keys.pepper), self.keys.pepper.id()),
        };
        self.commit(vec![Change::KeyCreated(key.clone())]).await;
        (key, secret.reveal().to_owned())
    }

    /// Creates a token; its answer.
    pub(crate) async fn token(&self, by: &str, service: &str, body: &Value) -> Value {
        self.post(&format!("/v1/services/{service}/tokens"), body).by(by).send().await.expect(201)
    }

    /// Creates a token of O.D.I.N.'s with these scopes; its id and secret.
    pub(crate) async fn odin_token(&self, by: &str, scopes: &[&str]) -> (String, String) {
        let made = self.token(by, "odin", &json!({ "name": "test", "scopes": scopes })).await;
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        (text("id"), text("token"))
    }

    /// What verify says of a secret and a request to O.D.I.N.: `allowed`, or the refusal's code.
    pub(crate) async fn verdict(&self, secret: &str, method: &str, path: &str) -> String {
        let key = self.asking.get_or_init(|| self.verifier_key("odin")).await;
        let body = json!({ "token": secret, "method": method, "path": path });
        let reply = self.post("/v1/services/odin/verify", &body).by(key).send().await.expect(200);
        reply["code"].as_str().unwrap().to_owned()
    }
}
