//! The services in force, and what outlives their exchange: the catalogs that events may still name, and the counts of
//! checks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use symbolon_core::catalog::{Catalog, RouteIndex};
use symbolon_core::decision::{HeldCatalog, ServiceRules};
use symbolon_core::name::ServiceName;
use symbolon_core::old_form::OldForm;
use symbolon_core::rate::{Meter, Rate};
use symbolon_core::token::Prefix;
use symbolon_core::{Code, Timestamp};

use crate::stripes::Striped;

/// How many sets of catalogs are remembered: the one in force, and those before.
const REMEMBERED: usize = 4;

/// A service that the gate decides for.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its catalog.
    pub catalog: Arc<Catalog>,
    /// The operator's rules for it.
    pub rules: ServiceRules,
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

/// How many checks of one service had each answer, since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// The service; one that is in force no more keeps its counts.
    pub service: ServiceName,
    /// Every code that was answered, and how often.
    pub counts: Vec<(Code, u64)>,
}

/// How many checks of one route had each answer, since the start or since the route came into the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteChecks {
    /// The service.
    pub service: ServiceName,
    /// The route's method and pattern, as the catalog has them; `None` is every check without a route.
    pub route: Option<(String, String)>,
    /// Every code that was answered, and how often.
    pub counts: Vec<(Code, u64)>,
}

/// The counts of one service or route, a place for each code.
#[derive(Debug)]
pub(crate) struct Counters(Striped<[AtomicU64; Code::ALL.len()]>);

impl Default for Counters {
    fn default() -> Self {
        Self(Striped::new(|_| std::array::from_fn(|_| AtomicU64::new(0))))
    }
}

impl Counters {
    pub(crate) fn count(&self, code: Code) {
        self.0.own()[code as usize].fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> Vec<(Code, u64)> {
        let count = |code: Code| self.0.all().map(|own| own[code as usize].load(Ordering::Relaxed)).sum();
        Code::ALL.iter().map(|code| (*code, count(*code))).filter(|(_, count)| *count > 0).collect()
    }
}

/// A service in force.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) service: Service,
    /// The catalog, with a count of its own for each thread.
    catalogs: Striped<HeldCatalog>,
    pub(crate) counters: Arc<Counters>,
    meter: Arc<Meter>,
    /// In the order of the catalog's routes.
    routes: Vec<Arc<Counters>>,
    unrouted: Arc<Counters>,
}

impl Served {
    /// The catalog, to be held on to by this thread's decisions.
    pub(crate) fn catalog(&self) -> &HeldCatalog {
        self.catalogs.own()
    }

    /// The rate that its tokens are held to together, if there is one.
    pub(crate) fn limit(&self) -> Option<(Rate, &Meter)> {
        self.service.catalog.limits.service.map(|rate| (rate, &*self.meter))
    }

    /// Counts a check of this route, or without one. Two additions, and nothing waits.
    pub(crate) fn count(&self, route: Option<RouteIndex>, code: Code) {
        self.counters.count(code);
        route.and_then(|index| self.routes.get(index)).unwrap_or(&self.unrouted).count(code);
    }
}

/// The services by name, and the prefixes of their tokens.
#[derive(Debug, Default)]
pub(crate) struct Services {
    /// In the order of their names: there are few.
    served: Vec<Served>,
    pub(crate) prefixes: Vec<Prefix>,
}

impl Services {
    /// The service of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Served> {
        let place = self.served.binary_search_by(|served| served.service.catalog.service.as_str().cmp(name));
        place.ok().map(|place| &self.served[place])
    }

    /// All of them, by name.
    pub(crate) fn all(&self) -> &[Served] {
        &self.served
    }

    /// The catalogs in force.
    pub(crate) fn catalogs(&self) -> impl Iterator<Item = &Catalog> + Clone {
        self.served.iter().map(|served| &*served.service.catalog)
    }

    /// The catalog of a service, if it is in force.
    pub(crate) fn catalog(&self, service: &ServiceName) -> Option<&Catalog> {
        self.get(service.as_str()).map(|served| &*served.service.catalog)
    }

    /// The old forms of tokens that count at `now`, each with its service; of `only`, or of all.
    pub(crate) fn old_forms<'s>(
        &'s self,
        only: Option<&'s ServiceName>,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'s ServiceName, &'s OldForm)> {
        let catalogs =
            self.catalogs().filter(move |catalog| only.is_none_or(|only| *only == catalog.service));
        let forms = catalogs.filter_map(|catalog| Some((&catalog.service, catalog.old_form.as_ref()?)));
        forms.filter(move |(_, form)| now < form.until)
    }
}

/// What outlives an exchange of the services.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// The latest first.
    catalogs: VecDeque<Vec<Arc<Catalog>>>,
    counters: BTreeMap<ServiceName, Arc<Counters>>,
    unrouted: BTreeMap<ServiceName, Arc<Counters>>,
    meters: BTreeMap<ServiceName, Arc<Meter>>,
    /// By service, method and pattern: of the routes in force alone, so that there are never more than the catalogs have.
    routes: BTreeMap<RouteKey, Arc<Counters>>,
}

type RouteKey = (ServiceName, String, String);

impl Past {
    /// Makes ready the services that are to come into force, and remembers them.
    pub(crate) fn admit(&mut self, services: Vec<Service>) -> Result<Services, ServiceConflict> {
        let mut next = Services::default();
        let mut catalogs = Vec::new();
        for service in &services {
            let catalog = &service.catalog;
            if services.iter().filter(|other| other.catalog.service == catalog.service).count() > 1 {
                return Err(ServiceConflict::Name(catalog.service.clone()));
            }
            let twin = catalogs.iter().find(|other: &&Arc<Catalog>| other.prefix == catalog.prefix);
            if let Some(twin) = twin {
                return Err(ServiceConflict::Prefix(twin.service.clone(), catalog.service.clone()));
            }
            catalogs.push(catalog.clone());
        }
        let mut before = std::mem::take(&mut self.routes);
        for service in services {
            let name = service.catalog.service.clone();
            let counters = self.counters.entry(name.clone()).or_default().clone();
            let unrouted = self.unrouted.entry(name.clone()).or_default().clone();
            let meter = self.meters.entry(name.clone()).or_default().clone();
            let mut routes = Vec::with_capacity(service.catalog.routes.len());
            for route in &service.catalog.routes {
                let key = (name.clone(), route.method.clone(), route.path.clone());
                let kept = before.remove(&key).unwrap_or_default();
                routes.push(self.routes.entry(key).or_insert(kept).clone());
            }
            next.prefixes.push(service.catalog.prefix.clone());
            let catalogs = Striped::new(|_| HeldCatalog::new(service.catalog.clone()));
            next.served.push(Served { service, catalogs, counters, meter, routes, unrouted });
        }
        next.served
            .sort_by(|a, b| a.service.catalog.service.as_str().cmp(b.service.catalog.service.as_str()));
        self.catalogs.push_front(catalogs);
        self.catalogs.truncate(REMEMBERED);
        Ok(next)
    }

    /// A remembered catalog.
    pub(crate) fn catalog(&self, generation: u64) -> Option<Arc<Catalog>> {
        self.catalogs.iter().flatten().find(|catalog| catalog.generation() == generation).cloned()
    }

    pub(crate) fn checks(&self) -> Vec<Checks> {
        let checks = |(service, counters): (&ServiceName, &Arc<Counters>)| Checks {
            service: service.clone(),
            counts: counters.read(),
        };
        self.counters.iter().map(checks).collect()
    }
    pub(crate) fn route_checks(&self) -> Vec<RouteChecks> {
        let routed = self.routes.iter().map(|((service, method, path), counters)| RouteChecks {
            service: service.clone(),
            route: Some((method.clone(), path.clone())),
            counts: counters.read(),
        });
        let unrouted = self.unrouted.iter().map(|(service, counters)| RouteChecks {
            service: service.clone(),
            route: None,
            counts: counters.read(),
        });
        routed.chain(unrouted).filter(|checks| !checks.counts.is_empty()).collect()
    }
}
