//! What the tests are made of: two small services, people, secrets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use secrecy::ExposeSecret;
use symbolon_core::credential::Credentials;
use symbolon_core::decision::{Decision, Keys, Request, ServiceRules};
use symbolon_core::digest::Pepper;
use symbolon_core::id::{KeyId, SessionId, TokenId, UserId};
use symbolon_core::name::ServiceName;
use symbolon_core::random::Entropy;
use symbolon_core::record::{Key, KeyKind, Session, Token, User};
use symbolon_core::restriction::Restrictions;
use symbolon_core::session::SessionKey;
use symbolon_core::store::{Change, Sink};
use symbolon_core::token::{NewSecret, Prefix};
use symbolon_core::{Catalog, Code, Timestamp};
use symbolon_gate::{Gate, Service};
use zeroize::Zeroizing;

/// The moment of most tests.
pub(crate) fn now() -> Timestamp {
    at(1_000_000)
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Bytes that differ from call to call and not from run to run (splitmix64).
pub(crate) struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

pub(crate) fn entropy() -> &'static Seeded {
    static ENTROPY: Seeded = Seeded(AtomicU64::new(7));
    &ENTROPY
}

pub(crate) fn keys() -> Keys {
    Keys::new(Pepper::new(1, &Zeroizing::new([1; 32])), SessionKey::new(&Zeroizing::new([2; 32])))
}

/// A service `name` whose tokens begin with `prefix`. Its scopes are numbered in the order of `scopes`, and each
/// opens the path of its name.
pub(crate) fn service(name: &str, prefix: &str, scopes: &[&str]) -> Service {
    limited(name, prefix, scopes, "")
}

/// The same with these lines under `[limits]`.
pub(crate) fn limited(name: &str, prefix: &str, scopes: &[&str], limits: &str) -> Service {
    let mut text = format!(
        "service = \"{name}\"\ntitle = \"{name}\"\ntoken_prefix = \"{prefix}\"\nroles = [\"user\", \"admin\"]\n\
         token_managers = \"user\"\ntoken_admins = \"admin\"\nimplications = []\n\n\
         [tokens]\ndefault_lifetime = \"none\"\nmax_lifetime = \"none\"\n\n[scopes]\n"
    );
    let declared = scopes.iter().map(|scope| format!("\"{scope}\" = \"{scope}\"\n"));
    let routes = scopes.iter().map(|scope| {
        format!("\n[[routes]]\nscopes = [\"{scope}\"]\nrole = \"user\"\npaths = [\"GET /{scope}\"]\n")
    });
    text.extend(declared.chain(routes));
    text += "\n[[routes]]\naccess = \"human\"\nrole = \"user\"\npaths = [\"GET /human\"]\n";
    text.extend(["\n[limits]\n", limits, "\n"]);
    let catalog = Catalog::compile("test.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Service { catalog: Arc::new(catalog), rules: ServiceRules::default() }
}

pub(crate) fn printers() -> Service {
    service("printers", "prn", &["read", "write"])
}

pub(crate) fn papers() -> Service {
    service("papers", "ppr", &["read"])
}

/// A gate over both services that has been told that nobody is there.
pub(crate) fn gate() -> Gate {
    let gate = Gate::new(keys());
    gate.set_services(vec![printers(), papers()]).unwrap();
    gate.loaded();
    gate
}

/// A user of the role `user` in both services.
pub(crate) fn user(gate: &Gate, name: &str) -> User {
    let user = User {
        id: UserId::new(now(), entropy()),
        name: name.parse().unwrap(),
        password: None,
        password_temporary: false,
        active: true,
        platform_admin: false,
        roles: [
            ("printers".parse().unwrap(), "user".parse().unwrap()),
            ("papers".parse().unwrap(), "user".parse().unwrap()),
        ]
        .into(),
        created_at: now(),
        revision: 1,
    };
    gate.apply(&Change::UserCreated(user.clone()));
    user
}

/// A token of `printers` that nobody has told the gate of, and its secret.
pub(crate) fn unborn(owner: &User, scopes: &[&str]) -> (Token, String) {
    let secret = NewSecret::generate(&"prn".parse().unwrap(), entropy());
    let token = Token {
        id: TokenId::new(now(), entropy()),
        service: "printers".parse().unwrap(),
        name: "test".to_owned(),
        description: String::new(),
        owner: owner.id,
        token_prefix: secret.text().token_prefix(),
        scopes: scopes.iter().map(|scope| scope.parse().unwrap()).collect(),
        metadata: symbolon_core::metadata::Metadata::default(),
        profile: None,
        disabled: false,
        created_at: now(),
        updated_at: now(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revision: 1,
        digest: Some((secret.text().digest(&keys().pepper), 1)),
        rotation: symbolon_core::rotation::Rotation::default(),
        rate_limit: None,
        restrictions: Restrictions::default(),
        imported: None,
        parent: None,
        derive: 0,
        change_limit: None,
        loans: Vec::new(),
    };
    (token, secret.reveal().to_owned())
}

pub(crate) fn token(gate: &Gate, owner: &User, scopes: &[&str]) -> (Token, String) {
    let (token, secret) = unborn(owner, scopes);
    gate.apply(&Change::TokenCreated(token.clone()));
    (token, secret)
}

pub(crate) fn tombstone(token: &Token) -> Token {
    Token { revoked_at: Some(now()), digest: None, revision: token.revision + 1, ..token.clone() }
}

/// A session of an hour, and its JWT.
pub(crate) fn session(gate: &Gate, user: &User) -> (Session, String) {
    let session = Session {
        id: SessionId::new(now(), entropy()),
        user: user.id,
        created_at: now(),
        expires_at: at(now().as_second() + 3_600),
        client_ip: None,
    };
    gate.apply(&Change::SessionStarted(session.clone()));
    let jwt = keys().sessions.sign(&session).expose_secret().to_owned();
    (session, jwt)
}

/// A key that was generated, and its secret.
pub(crate) fn key(gate: &Gate, kind: KeyKind) -> (Key, String) {
    let secret = NewSecret::generate(&Prefix::of_keys(), entropy());
    (key_of(gate, kind, secret.reveal()), secret.reveal().to_owned())
}

/// A key with this secret.
pub(crate) fn key_of(gate: &Gate, kind: KeyKind, secret: &str) -> Key {
    let digest = keys().pepper.digest(secret.as_bytes());
    let id = KeyId::new(now(), entropy());
    let key =
        Key { id, kind, name: "test".to_owned(), key_prefix: None, created_at: now(), digest: (digest, 1) };
    gate.apply(&Change::KeyCreated(key.clone()));
    key
}

pub(crate) fn name(service: &str) -> ServiceName {
    service.parse().unwrap()
}

/// Asks for `GET path` of `service` with this secret at `now`.
pub(crate) fn ask_at(gate: &Gate, service: &str, path: &str, secret: &str, now: Timestamp) -> Code {
    let request = Request {
        method: "GET",
        target: path.as_bytes(),
        credentials: Credentials::of_secret(secret.as_bytes()),
        method_override: false,
        client_ip: None,
    };
    gate.check(&name(service), &request, now).as_ref().map_or(Code::NotFound, Decision::code)
}

/// Asks `printers` for `GET path` with this secret.
pub(crate) fn ask(gate: &Gate, path: &str, secret: &str) -> Code {
    ask_at(gate, "printers", path, secret, now())
}
