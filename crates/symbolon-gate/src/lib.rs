//! The check: every live token in memory, one function to ask, and a feed that keeps it true.
//!
//! A check reads the index and calls [`symbolon_core::decision::Judge`]. It touches no database, takes no lock
//! and waits for nothing. The store applies each committed change before it acknowledges it, so when the reply
//! to a revocation is sent, the token is not here any more (DESIGN part 7).

mod counts;
mod descent;
mod explain;
mod foreign;
mod gone;
mod hash;
mod index;
mod keys;
mod known;
mod news;
mod reach;
mod services;
mod settle;
mod stripes;
mod tally;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use symbolon_core::Timestamp;
use symbolon_core::credential::Credentials;
use symbolon_core::decision::{
    Decision, Directory as _, Extra, Grant, Judge, Keys, Principal, Request, line,
};
use symbolon_core::explain::Trace;
use symbolon_core::id::{SessionId, TokenId, UserId};
use symbolon_core::lease::Lease;
use symbolon_core::name::{ScopeName, ServiceName};
use symbolon_core::rate::Rate;
use symbolon_core::record::{Enforcement, Session, Token, TokenState, User};
use symbolon_core::store::{Change, Sink};

use index::{Index, View};
use keys::Keyring;
use news::Untold;
use services::{Past, Served, Services};
use settle::About;
use tally::{AskedFor, Tally};

pub use explain::Subject;
pub use foreign::Unproven;
pub use known::{Known, Unavailable};
pub use news::{News, Seen};
pub use services::{Checks, RouteChecks, Service, ServiceConflict};

/// The gate.
pub struct Gate {
    index: Index,
    services: ArcSwap<Services>,
    /// Locked by exchanges of the services and by readers of counts; never by a check.
    past: Mutex<Past>,
    keys: Keyring,
    lease: Arc<Lease>,
    untold: Untold,
    tally: Tally,
}

impl Gate {
    /// A gate that knows nobody yet: until the store has loaded it, every answer is "unavailable". For a process that has
    /// the record to itself.
    pub fn new(keys: Keys) -> Self {
        Self::leased(keys, Arc::new(Lease::endless()))
    }

    /// The same of a node of a fleet: it answers while the lease is held, which the store renews.
    pub fn leased(keys: Keys, lease: Arc<Lease>) -> Self {
        Self {
            index: Index::default(),
            services: ArcSwap::default(),
            past: Mutex::default(),
            keys: Keyring::new(keys),
            lease,
            untold: Untold::default(),
            tally: Tally::default(),
        }
    }

    /// Puts these services in force, in place of all before. Decisions under way end under the old ones.
    pub fn set_services(&self, services: Vec<Service>) -> Result<(), ServiceConflict> {
        let mut past = self.past();
        // Remembered before the first event can name them.
        let next = past.admit(services)?;
        self.index.exchange(&self.services, next);
        Ok(())
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides a request to a service; `None` if there is no such service. One that is allowed takes its place in the limits
    /// of its token and its service: who asks twice about a request, takes two.
    pub fn check<'r>(
        &self,
        service: &ServiceName,
        request: &Request<'r>,
        now: Timestamp,
    ) -> Option<Decision<'r>> {
        let (services, keys) = (self.services.load(), self.keys.load());
        let view = self.view();
        let served = services.get(service.as_str())?;
        let decision = self.sure(&view, judge(served, &view, &keys, now).decide(request, &mut ()));
        let method = Some(request.method);
        let about = About { without: AskedFor::Preflight, method, client_ip: request.client_ip, now };
        Some(self.settle(served, &view, decision, &about))
    }

    /// The same decision, for a look at what was decided before: it is no use of the token, counts as nothing and asks no
    /// limit. Tells `trace` of each rule.
    pub fn look<'r>(
        &self,
        service: &ServiceName,
        request: &Request<'r>,
        now: Timestamp,
        trace: &mut impl Trace,
    ) -> Option<Decision<'r>> {
        let (services, keys) = (self.services.load(), self.keys.load());
        let view = self.view();
        let served = services.get(service.as_str())?;
        Some(self.sure(&view, judge(served, &view, &keys, now).decide(request, trace)))
    }

    /// Decides whether a presented secret holds scopes, without a route; `None` if there is no such service. Nobody says
    /// what the scopes are for, so it counts as a request that changes something.
    pub fn check_scopes(
        &self,
        service: &ServiceName,
        credentials: Credentials<'_>,
        required: &[ScopeName],
        client_ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Option<Decision<'static>> {
        let (services, keys) = (self.services.load(), self.keys.load());
        let view = self.view();
        let served = services.get(service.as_str())?;
        let judge = judge(served, &view, &keys, now);
        let decision = self.sure(&view, judge.decide_scopes(credentials, required, client_ip));
        let about = About { without: AskedFor::Scopes, method: None, client_ip, now };
        Some(self.settle(served, &view, decision, &about))
    }

    /// What is live, and the lease under which it is looked at.
    fn view(&self) -> View<'_> {
        self.index.view(self.lease.hold())
    }

    /// A decision, if what it was made of was so until now: the clock is looked at before and after.
    fn sure<'r>(&self, view: &View<'_>, decision: Decision<'r>) -> Decision<'r> {
        if view.held().is_some_and(|held| self.lease.holds(held)) { decision } else { Decision::Unavailable }
    }

    /// Counts a request to a service about which nothing can be decided now; `None` if there is no such service.
    pub fn undecided(&self, service: &ServiceName) -> Option<Decision<'static>> {
        let services = self.services.load();
        services.get(service.as_str())?.count(None, Decision::Unavailable.code());
        Some(Decision::Unavailable)
    }

    /// What was let in once is let in still: a use of its token, though not one more request.
    pub fn goes_on(&self, grant: &Grant<'_>, now: Timestamp) {
        if let Principal::Token { id, place, .. } = grant.principal() {
            self.index.note_use(*id, place, now);
            if place.extra {
                let view = self.view();
                let above = view.by_id(*id).and_then(|live| line(&view, &live));
                self.note_use_above(&above.unwrap_or_default(), now);
            }
        }
    }

    /// Whether the refusals of a service are acted on. Where they are not, a door notes a refusal and lets the request
    /// go on to the application as in passthrough, without anything of Symbolon's: no credential, no identity. What
    /// somebody has switched in the record holds, and before that what the configuration says. Until the record is
    /// loaded nobody knows, and so it is enforced.
    pub fn enforces(&self, service: &ServiceName) -> bool {
        let enforces = self.surely(|_| match self.index.switched(service) {
            Some(switched) => switched.enforce,
            None => {
                self.services.load().get(service.as_str()).is_none_or(|served| served.service.rules.enforce)
            }
        });
        enforces.unwrap_or(true)
    }

    /// What somebody has switched for a service; `None` where the configuration holds.
    pub fn switched(&self, service: &ServiceName) -> Result<Option<Enforcement>, Unavailable> {
        self.surely(|_| self.index.switched(service))
    }

    /// Whether everything live is known, so that decisions can be made.
    pub fn ready(&self) -> bool {
        self.view().ready()
    }

    /// The lease under which it answers.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Whether there is a service of this name.
    pub fn serves(&self, name: &ServiceName) -> bool {
        self.services.load().get(name.as_str()).is_some()
    }

    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<Service> {
        self.services.load().get(name).map(|served| served.service.clone())
    }

    /// All services, by name.
    pub fn services(&self) -> Vec<Service> {
        self.services.load().all().iter().map(|served| served.service.clone()).collect()
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
        let last = self.view().by_id(id)?.last_used?;
        Timestamp::from_millisecond(last).ok()
    }

    /// When the present secret of a token was first used, if it is known and was.
    pub fn first_use(&self, id: TokenId) -> Option<Timestamp> {
        self.view().by_id(id)?.first_use()
    }

    /// The rate that a token is held to, if there is one; `None` too for one that is not here.
    pub fn rate(&self, id: TokenId) -> Option<Rate> {
        let (services, view) = (self.services.load(), self.view());
        let live = view.by_id(id)?;
        live.rate(services.catalog(live.service))
    }

    /// What a token is at `now`, with regard to how long it has lain unused; by the record alone for one that is not here.
    pub fn state(&self, token: &Token, now: Timestamp) -> TokenState {
        let (services, view) = (self.services.load(), self.view());
        let here = view.by_id(token.id).filter(|live| live.revision == token.revision);
        // One that nobody has used here has no use that the record does not know.
        let alone = token.foreign().is_some().then(|| Extra::of(token.clone()));
        let live = here.or_else(|| alone.as_ref()?.live());
        live.map_or_else(|| token.state(now), |live| live.state(services.catalog(&token.service), now))
    }

    /// How many tokens are live.
    pub fn tokens(&self) -> usize {
        self.index.len()
    }

    /// How many users and sessions are known.
    pub fn people(&self) -> (usize, usize) {
        self.index.people()
    }

    /// Forgets sessions that ended before `now`.
    pub fn prune(&self, now: Timestamp) {
        self.index.prune(|session| session.expires_at > now);
    }
}

fn judge<'a, 'v>(
    served: &'a Served,
    view: &'a View<'v>,
    keys: &'a Keys,
    now: Timestamp,
) -> Judge<'a, View<'v>> {
    Judge { catalog: served.catalog(), directory: view, keys, rules: served.service.rules, now }
}

impl Sink for Gate {
    fn begin(&self) {
        self.index.clear();
    }

    fn apply(&self, change: &Change) {
        self.index.apply(change, &self.services);
    }

    fn apply_all(&self, changes: &[Change]) {
        self.index.apply_all(changes, &self.services);
    }

    fn expect(&self, tokens: usize) {
        self.index.expect(tokens);
    }

    fn loaded(&self) {
        self.index.set_loaded();
        tracing::info!(tokens = self.tokens(), "the index is loaded");
    }
}
