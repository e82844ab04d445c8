//! A directory in memory for tests: users, tokens, sessions and keys of one service, and the judge over them.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{
    Caller, Decision, Directory, Extra, HeldCatalog, Judge, Keys, LiveToken, LiveUser, Reason, Request,
    ServiceRules,
};
use crate::catalog::Catalog;
use crate::credential::Credentials;
use crate::digest::{Digest, Pepper};
use crate::id::{KeyId, SessionId, TokenId, UserId};
use crate::name::ServiceName;
use crate::random::Entropy;
use crate::record::{Key, KeyKind, Session, Token, User};
use crate::restriction::Restrictions;
use crate::session::SessionKey;
use crate::token::{NewSecret, Prefix, TokenText};

/// What is live, and what a decision depends on besides the request.
pub(super) struct World {
    pub(super) catalog: HeldCatalog,
    pub(super) rules: ServiceRules,
    pub(super) now: Timestamp,
    pub(super) ready: bool,
    pub(super) keys: Keys,
    tokens: HashMap<Digest, Extra>,
    static_keys: HashMap<Digest, Key>,
    sessions: HashMap<SessionId, Session>,
    users: HashMap<UserId, Arc<LiveUser>>,
    made: Cell<u64>,
}

impl Directory for World {
    fn ready(&self) -> bool {
        self.ready
    }
    fn token(&self, digest: &Digest) -> Option<LiveToken<'_>> {
        self.tokens.get(digest)?.live()
    }
    fn by_id(&self, id: TokenId) -> Option<LiveToken<'_>> {
        self.tokens.values().filter_map(Extra::live).find(|live| live.id == id)
    }
    fn owner(&self, live: &LiveToken<'_>) -> Option<Arc<LiveUser>> {
        self.users.get(&live.owner).cloned()
    }
    fn key(&self, digest: &Digest) -> Option<&Key> {
        self.static_keys.get(digest)
    }
    fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id)
    }
    fn user(&self, id: UserId) -> Option<Arc<LiveUser>> {
        self.users.get(&id).cloned()
    }
}

/// The same bytes for the same number, and others for another.
struct Seeded(u64);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for (index, chunk) in bytes.chunks_mut(32).enumerate() {
            let block: [u8; 32] = Sha256::digest(format!("{} {index}", self.0)).into();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

impl World {
    /// Nobody lives in it yet.
    pub(super) fn new(catalog: &str) -> Self {
        let catalog = Catalog::compile("world.toml", catalog).unwrap_or_else(|error| panic!("{error}"));
        let pepper = Pepper::new(1, &Zeroizing::new([7; 32]));
        Self {
            catalog: HeldCatalog::new(Arc::new(catalog)),
            rules: ServiceRules::default(),
            now: Timestamp::from_second(1_800_000_000).unwrap(),
            ready: true,
            keys: Keys::new(pepper, SessionKey::new(&Zeroizing::new([8; 32]))),
            tokens: HashMap::new(),
            static_keys: HashMap::new(),
            sessions: HashMap::new(),
            users: HashMap::new(),
            made: Cell::new(0),
        }
    }

    fn entropy(&self) -> Seeded {
        self.made.set(self.made.get() + 1);
        Seeded(self.made.get())
    }

    /// A user with a role in this service, or without one.
    pub(super) fn user(&mut self, role: Option<&str>) -> UserId {
        let id = UserId::new(self.now, &self.entropy());
        let roles = role.map(|role| (self.catalog.service.clone(), role.parse().unwrap()));
        let user = User {
            id,
            name: format!("user{}", self.made.get()).parse().unwrap(),
            password: None,
            password_temporary: false,
            active: true,
            platform_admin: false,
            roles: BTreeMap::from_iter(roles),
            created_at: self.now,
            revision: 1,
        };
        self.put_user(user);
        id
    }

    /// The built-in user.
    pub(super) fn system_user(&mut self) -> UserId {
        let other = self.user(None);
        let user = User { id: UserId::SYSTEM, ..User::clone(&self.users[&other].user) };
        self.put_user(user);
        UserId::SYSTEM
    }

    pub(super) fn edit_user(&mut self, id: UserId, edit: impl FnOnce(&mut User)) {
        let mut user = User::clone(&self.users[&id].user);
        edit(&mut user);
        self.put_user(user);
    }

    fn put_user(&mut self, user: User) {
        self.users.insert(user.id, Arc::new(LiveUser::new(Arc::new(user), std::iter::empty())));
    }

    pub(super) fn remove_user(&mut self, id: UserId) {
        self.users.remove(&id);
    }

    /// A role in this service in place of the one before.
    pub(super) fn set_role(&mut self, id: UserId, role: &str) {
        let service = self.catalog.service.clone();
        self.edit_user(id, |user| {
            user.roles.insert(service, role.parse().unwrap());
        });
    }

    /// A token; its secret.
    pub(super) fn token(&mut self, owner: UserId, scopes: &[&str]) -> String {
        let prefix = self.catalog.prefix.clone();
        self.token_of(&prefix, owner, scopes)
    }

    /// A token of another prefix.
    pub(super) fn token_of(&mut self, prefix: &Prefix, owner: UserId, scopes: &[&str]) -> String {
        let entropy = self.entropy();
        let secret = NewSecret::generate(prefix, &entropy);
        let digest = secret.text().digest(&self.keys.pepper);
        let token = Token {
            id: TokenId::new(self.now, &entropy),
            service: self.catalog.service.clone(),
            name: "t".to_owned(),
            description: String::new(),
            owner,
            token_prefix: secret.text().token_prefix(),
            scopes: scopes.iter().map(|scope| scope.parse().unwrap()).collect(),
            metadata: crate::metadata::Metadata::default(),
            profile: None,
            disabled: false,
            created_at: self.now,
            updated_at: self.now,
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
            revision: 1,
            digest: Some((digest, 1)),
            rotation: crate::rotation::Rotation::default(),
            rate_limit: None,
            restrictions: Restrictions::default(),
            imported: None,
            parent: None,
            derive: 0,
            change_limit: None,
            loans: Vec::new(),
        };
        self.tokens.insert(digest, Extra::of(token));
        secret.reveal().to_owned()
    }

    fn digest_of(&self, secret: &str) -> Digest {
        let text = TokenText::parse(&self.catalog.prefix, secret.as_bytes()).unwrap();
        text.digest(&self.keys.pepper)
    }

    pub(super) fn live(&self, secret: &str) -> LiveToken<'_> {
        self.tokens[&self.digest_of(secret)].live().unwrap()
    }

    pub(super) fn edit_token(&mut self, secret: &str, edit: impl FnOnce(&mut Token)) {
        let digest = self.digest_of(secret);
        let mut token = Token::clone(self.tokens[&digest].record.as_ref().unwrap());
        edit(&mut token);
        self.tokens.insert(digest, Extra::of(token));
    }

    /// Whether this is the secret of a token that is here.
    pub(super) fn is_token(&self, secret: &str) -> bool {
        let text = TokenText::parse(&self.catalog.prefix, secret.as_bytes());
        text.is_ok_and(|text| self.tokens.contains_key(&text.digest(&self.keys.pepper)))
    }

    pub(super) fn forget_token(&mut self, secret: &str) {
        self.tokens.remove(&self.digest_of(secret));
    }

    /// A session of 24 hours; its id and its JWT.
    pub(super) fn session(&mut self, user: UserId) -> (SessionId, String) {
        let id = SessionId::new(self.now, &self.entropy());
        let expires_at = self.now.checked_add(jiff::SignedDuration::from_hours(24)).unwrap();
        let session = Session { id, user, created_at: self.now, expires_at, client_ip: None };
        let jwt = self.keys.sessions.sign(&session).expose_secret().to_owned();
        self.sessions.insert(id, session);
        (id, jwt)
    }

    pub(super) fn end_session(&mut self, id: SessionId) {
        self.sessions.remove(&id);
    }

    /// A system key, or one that may ask about `verifies`; its secret.
    pub(super) fn key(&mut self, verifies: Option<&str>) -> String {
        let entropy = self.entropy();
        let secret = NewSecret::generate(&Prefix::of_keys(), &entropy);
        let text = secret.reveal().to_owned();
        self.given_key(&text, verifies.map(|service| service.parse().unwrap()));
        text
    }

    /// A key whose secret the operator chose.
    pub(super) fn given_key(&mut self, secret: &str, verifies: Option<ServiceName>) -> KeyId {
        let id = KeyId::new(self.now, &self.entropy());
        let digest = self.keys.pepper.digest(secret.as_bytes());
        let key = Key {
            id,
            kind: verifies.map_or(KeyKind::System, KeyKind::Verifier),
            name: "k".to_owned(),
            key_prefix: None,
            created_at: self.now,
            digest: (digest, 1),
        };
        self.static_keys.insert(digest, key);
        id
    }

    pub(super) fn judge(&self) -> Judge<'_, Self> {
        Judge { catalog: &self.catalog, directory: self, keys: &self.keys, rules: self.rules, now: self.now }
    }

    /// What becomes of `request`; `None` if that cannot be known.
    pub(super) fn verdict(&self, request: &Request<'_>) -> Option<Result<&'static str, Reason>> {
        match self.judge().decide(request, &mut ()) {
            Decision::Allow(grant) => Some(Ok(grant.principal().kind())),
            Decision::Deny(denial) => Some(Err(denial.reason)),
            Decision::Unavailable => None,
        }
    }

    /// What becomes of `GET /path` (or another method) with a secret as the bearer.
    pub(super) fn ask(&self, line: &str, secret: Option<&str>) -> Result<&'static str, Reason> {
        let bearer = secret.map(|secret| format!("Bearer {secret}"));
        let authorization = bearer.as_deref().map(str::as_bytes);
        let credentials = Credentials { authorization, ..Credentials::default() };
        self.verdict(&request(line, credentials)).unwrap()
    }

    /// Who a secret belongs to, whether they still count or not.
    pub(super) fn owner_of<'a>(&'a self, secret: &str) -> Caller<'a> {
        if SessionKey::claims(secret.as_bytes()) {
            let id = self.keys.sessions.open(secret.as_bytes(), Timestamp::MIN).unwrap();
            let session = &self.sessions[&id];
            return Caller::Session { session, user: self.users[&session.user].clone() };
        }
        match self.static_keys.get(&self.keys.pepper.digest(secret.as_bytes())) {
            Some(Key { kind: KeyKind::System, id, .. }) => Caller::System(*id),
            Some(key) => Caller::Verifier(key),
            None => {
                let live = self.live(secret);
                Caller::Token { live, owner: self.users[&live.owner].clone() }
            }
        }
    }
}

/// Restrictions from their JSON.
pub(super) fn restricted(json: &str) -> Restrictions {
    serde_json::from_str(json).unwrap_or_else(|fault| panic!("{json}: {fault}"))
}

/// A request from its first line.
pub(super) fn request<'a>(line: &'a str, credentials: Credentials<'a>) -> Request<'a> {
    let (method, target) = line.split_once(' ').unwrap();
    Request { method, target: target.as_bytes(), credentials, method_override: false, client_ip: None }
}
