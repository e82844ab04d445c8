//! The check: every live token in memory, one function to ask, and a feed that keeps it true.
//!
//! A check reads the index and calls [`symbolon_core::decision::Judge`]. It touches no database, takes no lock
//! and waits for nothing. The store applies each committed change before it acknowledges it, so when the reply
//! to a revocation is sent, the token is not here any more (DESIGN part 7).

mod hash;
mod index;
mod usage;

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use symbolon_core::Timestamp;
use symbolon_core::catalog::Catalog;
use symbolon_core::credential::{Credentials, Presented, claims_symbolon};
use symbolon_core::decision::{
    Caller, Decision, Identifier, Judge, Keys, LiveToken, Principal, Reason, Request, ServiceRules,
};
use symbolon_core::explain::{Explanation, Trace};
use symbolon_core::id::{KeyId, SessionId, TokenId, UserId};
use symbolon_core::name::{ScopeName, ServiceName};
use symbolon_core::record::{KeyKind, Session, Token, User};
use symbolon_core::store::{Change, Sink};
use symbolon_core::token::Prefix;

use index::{Index, View};
use usage::Uses;

/// A service that the gate decides for.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its catalog.
    pub catalog: Arc<Catalog>,
    /// The operator's rules for it.
    pub rules: ServiceRules,
}

/// The services by name, and the prefixes of their tokens.
#[derive(Debug, Default)]
struct Services {
    by_name: HashMap<ServiceName, Service>,
    prefixes: Vec<Prefix>,
}

/// The gate.
pub struct Gate {
    index: Index,
    services: ArcSwap<Services>,
    keys: Keys,
    uses: Uses,
}

/// Two catalogs that cannot be served side by side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceConflict {
    /// Two catalogs of one service.
    #[error("two catalogs declare the service {0}")]
    Name(ServiceName),
    /// Two services whose tokens could not be told apart.
    #[error("the services {0} and {1} have the same token_prefix")]
    Prefix(ServiceName, ServiceName),
}

/// Whom the gate knows by a credential, outside any service: for the management calls.
#[derive(Debug, Clone)]
pub enum Known {
    /// A system key.
    System(KeyId),
    /// A verifier key.
    Verifier(ServiceName, KeyId),
    /// A signed-in user.
    Session(Session, Arc<User>),
    /// A token of any service.
    Token(Arc<Token>, Arc<User>),
}

impl Gate {
    /// A gate that knows nobody yet: until the store has loaded it, every answer is "unavailable".
    pub fn new(keys: Keys) -> Self {
        Self { index: Index::default(), services: ArcSwap::default(), keys, uses: Uses::default() }
    }

    /// Puts these services in force, in place of all before. Decisions under way end under the old ones.
    pub fn set_services(&self, services: Vec<Service>) -> Result<(), ServiceConflict> {
        let mut next = Services::default();
        for service in services {
            let catalog = service.catalog.clone();
            let twin = next.by_name.values().find(|other| other.catalog.prefix == catalog.prefix);
            if next.by_name.contains_key(&catalog.service) {
                return Err(ServiceConflict::Name(catalog.service.clone()));
            }
            if let Some(twin) = twin {
                return Err(ServiceConflict::Prefix(twin.catalog.service.clone(), catalog.service.clone()));
            }
            next.prefixes.push(catalog.prefix.clone());
            next.by_name.insert(catalog.service.clone(), service);
        }
        self.services.store(Arc::new(next));
        // Until an entry is resolved under the new catalog, each check resolves it for itself.
        self.index.resolve_again(|_| true, |token| self.resolve(token));
        Ok(())
    }

    fn resolve(&self, token: Arc<Token>) -> LiveToken {
        let services = self.services.load();
        let catalog = services.by_name.get(&token.service).map(|service| &*service.catalog);
        LiveToken::new(token, catalog)
    }

    /// Decides a request to a service; `None` if there is no such service.
    pub fn check<'r>(
        &self,
        service: &ServiceName,
        request: &Request<'r>,
        now: Timestamp,
    ) -> Option<Decision<'r>> {
        self.check_traced(service, request, now, &mut ())
    }

    /// As [`Gate::check`], and tells `trace` of each rule.
    pub fn check_traced<'r>(
        &self,
        service: &ServiceName,
        request: &Request<'r>,
        now: Timestamp,
        trace: &mut impl Trace,
    ) -> Option<Decision<'r>> {
        let services = self.services.load();
        let view = self.index.view();
        let decision = self.judge(services.by_name.get(service)?, &view, now).decide(request, trace);
        self.note(&view, &decision, now);
        Some(decision)
    }

    /// As [`Gate::check`], for a look at what goes on since an earlier check: it is no use of the token.
    pub fn recheck<'r>(
        &self,
        service: &ServiceName,
        request: &Request<'r>,
        now: Timestamp,
    ) -> Option<Decision<'r>> {
        let services = self.services.load();
        let view = self.index.view();
        Some(self.judge(services.by_name.get(service)?, &view, now).decide(request, &mut ()))
    }

    /// Decides whether a presented secret holds scopes, without a route; `None` if there is no such service.
    pub fn check_scopes(
        &self,
        service: &ServiceName,
        credentials: Credentials<'_>,
        required: &[ScopeName],
        now: Timestamp,
    ) -> Option<Decision<'static>> {
        let services = self.services.load();
        let view = self.index.view();
        let decision =
            self.judge(services.by_name.get(service)?, &view, now).decide_scopes(credentials, required);
        self.note(&view, &decision, now);
        Some(decision)
    }

    /// Explains what would become of a request by somebody who has presented nothing; `None` if there is no
    /// such service, or no such token or user.
    pub fn explain_as(
        &self,
        service: &ServiceName,
        request: &Request<'_>,
        subject: &Subject,
        now: Timestamp,
    ) -> Option<(Result<(), Reason>, Explanation)> {
        let services = self.services.load();
        let view = self.index.view();
        let judge = self.judge(services.by_name.get(service)?, &view, now);
        match subject {
            Subject::Anonymous => Some(judge.explain_as(request, &Caller::Anonymous)),
            Subject::System(key) => Some(judge.explain_as(request, &Caller::System(*key))),
            Subject::User(session) => {
                let user = self.index.user(session.user)?;
                Some(judge.explain_as(request, &Caller::Session { session, user: &user }))
            }
            Subject::Token(id) => {
                let entry = self.index.token(*id)?;
                let owner = self.index.user(entry.live.token.owner)?;
                Some(judge.explain_as(request, &Caller::Token { live: &entry.live, owner: &owner }))
            }
        }
    }

    fn judge<'a>(&'a self, service: &'a Service, view: &'a View<'a>, now: Timestamp) -> Judge<'a, View<'a>> {
        Judge { catalog: &service.catalog, directory: view, keys: &self.keys, rules: service.rules, now }
    }

    fn note(&self, view: &View<'_>, decision: &Decision<'_>, now: Timestamp) {
        if let Decision::Allow(grant) = decision
            && let Principal::Token { token, .. } = grant.principal()
            && let Some(usage) = token.digest.and_then(|(digest, _)| view.usage(&digest))
        {
            self.uses.note(token.id, usage, now);
        }
    }

    /// Who presented this, outside any service. The error is for the log; callers learn `invalid_token`.
    pub fn identify(
        &self,
        presented: Presented<'_>,
        now: Timestamp,
    ) -> Result<Known, (Reason, Option<TokenId>)> {
        let services = self.services.load();
        let view = self.index.view();
        let identifier = Identifier { directory: &view, keys: &self.keys, now };
        let caller = identifier.identify(presented, &services.prefixes)?;
        Ok(match caller {
            Caller::Anonymous => return Err((Reason::CredentialRequired, None)),
            Caller::System(key) => Known::System(key),
            Caller::Verifier(key) => match &key.kind {
                KeyKind::Verifier(service) => Known::Verifier(service.clone(), key.id),
                KeyKind::System => Known::System(key.id),
            },
            Caller::Session { session, user } => Known::Session(session.clone(), user.clone()),
            Caller::Token { live, owner } => Known::Token(live.token.clone(), owner.clone()),
        })
    }

    /// Whether the value of a credential header claims to be Symbolon's, or holds what is: a token of any of its
    /// services, a key, or a session. A proxy in passthrough decides about such a request and hands on only the
    /// others.
    pub fn claims(&self, value: &[u8], now: Timestamp) -> bool {
        let services = self.services.load();
        let view = self.index.view();
        let identifier = Identifier { directory: &view, keys: &self.keys, now };
        claims_symbolon(value, &services.prefixes, |secret| identifier.is_key(secret))
    }

    /// Whether everything live is known, so that decisions can be made.
    pub fn ready(&self) -> bool {
        self.index.is_loaded()
    }

    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<Service> {
        self.services.load().by_name.get(name).cloned()
    }

    /// All services, by name.
    pub fn services(&self) -> Vec<Service> {
        let mut services: Vec<_> = self.services.load().by_name.values().cloned().collect();
        services.sort_by(|a, b| a.catalog.service.cmp(&b.catalog.service));
        services
    }

    /// A user as the gate knows them.
    pub fn user(&self, id: UserId) -> Option<Arc<User>> {
        self.index.user(id)
    }

    /// A session that is kept; it may have run out.
    pub fn session(&self, id: SessionId) -> Option<Session> {
        self.index.session(id)
    }

    /// The last use of a token that the gate knows; later than the record's by at most one batch.
    pub fn last_used(&self, id: TokenId) -> Option<Timestamp> {
        self.index.token(id)?.usage.last()
    }

    /// How many tokens are live.
    pub fn tokens(&self) -> usize {
        self.index.len()
    }

    /// At most `limit` uses that the record has not been told of.
    pub fn take_uses(&self, limit: usize) -> Vec<(TokenId, Timestamp)> {
        self.uses.take(limit)
    }

    /// Forgets sessions that ended before `now`.
    pub fn prune(&self, now: Timestamp) {
        self.index.prune(|session| session.expires_at > now);
    }
}

/// Whose request is to be explained.
#[derive(Debug, Clone)]
pub enum Subject {
    /// Nobody's.
    Anonymous,
    /// A system key's.
    System(KeyId),
    /// A user's who is signed in.
    User(Session),
    /// A token's.
    Token(TokenId),
}

impl Sink for Gate {
    fn apply(&self, change: &Change) {
        self.index.apply(change, |token| self.resolve(token));
    }

    fn loaded(&self) {
        self.index.set_loaded();
        tracing::info!(tokens = self.tokens(), "the index is loaded");
    }
}
