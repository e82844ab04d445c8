//! One catalog in force: for each of its roles a user with a session, tokens as they are needed, a system key.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use secrecy::ExposeSecret as _;
use symbolon_core::credential::Credentials;
use symbolon_core::decision::{
    Decision, Denial, Directory, Extra, HeldCatalog, Judge, Keys, LiveToken, LiveUser, Request, ServiceRules,
};
use symbolon_core::digest::{Digest, Pepper};
use symbolon_core::id::{KeyId, SessionId, TokenId, UserId};
use symbolon_core::name::ScopeName;
use symbolon_core::random::Entropy;
use symbolon_core::record::{Key, KeyKind, Session, Token, User};
use symbolon_core::restriction::Restrictions;
use symbolon_core::session::SessionKey;
use symbolon_core::token::{NewSecret, Prefix};
use symbolon_core::{Catalog, Code, Timestamp, catalog::Role};
use zeroize::Zeroizing;

pub(crate) struct Stage {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) system_key: String,
    keys: Keys,
    now: Timestamp,
    users: Vec<Arc<LiveUser>>,
    sessions: HashMap<SessionId, Session>,
    jwts: Vec<String>,
    tokens: HashMap<Digest, Extra>,
    static_keys: HashMap<Digest, Key>,
    /// Secrets by owner's role and scopes, so that each token is made once.
    made: HashMap<(Role, Vec<ScopeName>), String>,
}

impl Directory for Stage {
    fn ready(&self) -> bool {
        true
    }
    fn token(&self, digest: &Digest) -> Option<LiveToken<'_>> {
        self.tokens.get(digest)?.live()
    }
    fn by_id(&self, id: TokenId) -> Option<LiveToken<'_>> {
        self.tokens.values().filter_map(Extra::live).find(|live| live.id == id)
    }
    fn owner(&self, live: &LiveToken<'_>) -> Option<Arc<LiveUser>> {
        self.user(live.owner)
    }
    fn key(&self, digest: &Digest) -> Option<&Key> {
        self.static_keys.get(digest)
    }
    fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id)
    }
    fn user(&self, id: UserId) -> Option<Arc<LiveUser>> {
        self.users.iter().find(|known| known.user.id == id).cloned()
    }
}

/// Bytes that differ for each number.
struct Numbered(usize);

impl Entropy for Numbered {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0 as u64;
        for byte in bytes {
            // The constants of Knuth's generator; any that spread would do.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (state >> 33).to_le_bytes()[0];
        }
    }
}

impl Stage {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        let catalog = Catalog::compile(file, text).unwrap_or_else(|error| panic!("{error}"));
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let pepper = Pepper::new(1, &Zeroizing::new([1; 32]));
        let keys = Keys::new(pepper, SessionKey::new(&Zeroizing::new([2; 32])));
        let secret = NewSecret::generate(&Prefix::of_keys(), &Numbered(0));
        let digest = secret.text().digest(&keys.pepper);
        let key = Key {
            id: KeyId::new(now, &Numbered(0)),
            kind: KeyKind::System,
            name: "internal".to_owned(),
            key_prefix: None,
            created_at: now,
            digest: (digest, 1),
        };
        let mut stage = Self {
            catalog: Arc::new(catalog),
            system_key: secret.reveal().to_owned(),
            keys,
            now,
            users: Vec::new(),
            sessions: HashMap::new(),
            jwts: Vec::new(),
            tokens: HashMap::new(),
            static_keys: HashMap::from([(digest, key)]),
            made: HashMap::new(),
        };
        for (role, name) in stage.catalog.clone().roles.iter() {
            let entropy = Numbered(role.index());
            let user = User {
                id: UserId::new(now, &entropy),
                name: name.as_str().parse().unwrap(),
                password: None,
                password_temporary: false,
                active: true,
                platform_admin: false,
                roles: BTreeMap::from([(stage.catalog.service.clone(), name.clone())]),
                created_at: now,
                revision: 1,
            };
            let id = SessionId::new(now, &entropy);
            let expires_at = Timestamp::MAX;
            let session = Session { id, user: user.id, created_at: now, expires_at, client_ip: None };
            stage.jwts.push(stage.keys.sessions.sign(&session).expose_secret().to_owned());
            stage.sessions.insert(id, session);
            let catalogs = std::iter::once(&*stage.catalog);
            stage.users.push(Arc::new(LiveUser::new(Arc::new(user), catalogs)));
        }
        stage
    }

    pub(crate) fn role(&self, name: &str) -> Role {
        self.catalog.roles.get(name).unwrap()
    }

    /// The role just below, if there is one.
    pub(crate) fn below(&self, role: Role) -> Option<Role> {
        self.catalog.roles.iter().map(|(role, _)| role).take_while(|lower| *lower < role).last()
    }

    /// The JWT of the user of this role.
    pub(crate) fn session(&self, role: Role) -> String {
        self.jwts[role.index()].clone()
    }

    /// The secret of a token of the user of this role.
    pub(crate) fn token(&mut self, owner: Role, scopes: &[ScopeName]) -> String {
        let wanted = (owner, scopes.to_vec());
        if let Some(secret) = self.made.get(&wanted) {
            return secret.clone();
        }
        let entropy = Numbered(1 + self.made.len());
        let secret = NewSecret::generate(&self.catalog.prefix, &entropy);
        let digest = secret.text().digest(&self.keys.pepper);
        let token = Token {
            id: TokenId::new(self.now, &entropy),
            service: self.catalog.service.clone(),
            name: "t".to_owned(),
            description: String::new(),
            owner: self.users[owner.index()].user.id,
            token_prefix: secret.text().token_prefix(),
            scopes: scopes.to_vec(),
            metadata: symbolon_core::metadata::Metadata::default(),
            profile: None,
            disabled: false,
            created_at: self.now,
            updated_at: self.now,
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
            revision: 1,
            digest: Some((digest, 1)),
            rotation: symbolon_core::rotation::Rotation::default(),
            rate_limit: None,
            restrictions: Restrictions::default(),
            imported: None,
            parent: None,
            derive: 0,
            change_limit: None,
            loans: Vec::new(),
        };
        let text = secret.reveal().to_owned();
        self.tokens.insert(digest, Extra::of(token));
        self.made.insert(wanted, text.clone());
        text
    }

    /// As [`Stage::token`], of the strongest role and with the scopes as text.
    pub(crate) fn token_of(&mut self, scopes: &[&str]) -> String {
        let scopes: Vec<ScopeName> = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
        self.token(self.catalog.roles.strongest(), &scopes)
    }

    /// What becomes of a request with this bearer; the denial if it is refused.
    pub(crate) fn ask(&self, method: &str, target: &str, secret: Option<&str>) -> Result<(), Box<Denial>> {
        let bearer = secret.map(|secret| format!("Bearer {secret}"));
        let authorization = bearer.as_deref().map(str::as_bytes);
        let credentials = Credentials { authorization, ..Credentials::default() };
        let target = target.as_bytes();
        let request = Request { method, target, credentials, method_override: false, client_ip: None };
        let (catalog, keys, rules) = (&self.catalog, &self.keys, ServiceRules::default());
        let catalog = &HeldCatalog::new(catalog.clone());
        match (Judge { catalog, directory: self, keys, rules, now: self.now }).decide(&request, &mut ()) {
            Decision::Allow(_) => Ok(()),
            Decision::Deny(denial) => Err(denial),
            Decision::Unavailable => panic!("everything is known"),
        }
    }

    /// The code of the answer under the first mount.
    pub(crate) fn code(&self, operation: &Operation, secret: Option<&str>) -> Code {
        let target = format!("{}{}", self.catalog.mounts[0], operation.sample());
        self.ask(operation.method, &target, secret)
            .map_or_else(|denial| denial.reason.code(), |()| Code::Allowed)
    }

    /// Every operation of `all` that this secret may do, without those that anybody may.
    pub(crate) fn reach<'a>(&self, all: &'a [Operation], secret: &str) -> Vec<&'a Operation> {
        let allowed = |operation: &&Operation, secret| self.code(operation, secret) == Code::Allowed;
        all.iter().filter(|one| allowed(one, Some(secret)) && !allowed(one, None)).collect()
    }
}

/// One line of a table of operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// What the table says further.
    pub(crate) rest: Vec<&'static str>,
}

impl Operation {
    /// A tab-separated table below one line of headings.
    pub(crate) fn table(text: &'static str) -> Vec<Self> {
        let row = |line: &'static str| {
            let mut cells = line.split('\t');
            let (method, path) = (cells.next().unwrap(), cells.next().unwrap());
            Self { method, path, rest: cells.collect() }
        };
        text.lines().skip(1).map(row).collect()
    }

    /// `METHOD /path`, as in a catalog.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// A path of this operation and of no other: no literal of the catalogs looks like this.
    pub(crate) fn sample(&self) -> String {
        let segment = |part: &str| match part {
            part if part.starts_with("{*") => "s4mple/and%20more".to_owned(),
            part if part.starts_with('{') => "s4mple".to_owned(),
            part => part.to_owned(),
        };
        self.path.split('/').map(segment).collect::<Vec<_>>().join("/")
    }
}

/// The lines of some operations, sorted.
pub(crate) fn lines(operations: &[&Operation]) -> Vec<String> {
    let mut lines: Vec<_> = operations.iter().map(|operation| operation.line()).collect();
    lines.sort();
    lines
}
