//! The services in force, and what outlives their exchange: the catalogs that events may still name, and the counts of
//! checks.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use symbolon_core::Code;
use symbolon_core::catalog::Catalog;
use symbolon_core::decision::ServiceRules;
use symbolon_core::name::ServiceName;
use symbolon_core::token::Prefix;

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

/// The counts of one service, a place for each code.
#[derive(Debug, Default)]
pub(crate) struct Counters([AtomicU64; Code::ALL.len()]);

impl Counters {
    pub(crate) fn count(&self, code: Code) {
        self.0[code as usize].fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> Vec<(Code, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        Code::ALL.iter().copied().zip(counts).filter(|(_, count)| *count > 0).collect()
    }
}

/// A service in force.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) service: Service,
    pub(crate) counters: Arc<Counters>,
}

/// The services by name, and the prefixes of their tokens.
#[derive(Debug, Default)]
pub(crate) struct Services {
    pub(crate) by_name: HashMap<ServiceName, Served>,
    pub(crate) prefixes: Vec<Prefix>,
}

/// What outlives an exchange of the services.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// The latest first.
    catalogs: VecDeque<Vec<Arc<Catalog>>>,
    counters: BTreeMap<ServiceName, Arc<Counters>>,
}

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
        for service in services {
            let name = service.catalog.service.clone();
            let counters = self.counters.entry(name.clone()).or_default().clone();
            next.prefixes.push(service.catalog.prefix.clone());
            next.by_name.insert(name, Served { service, counters });
        }
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
}
