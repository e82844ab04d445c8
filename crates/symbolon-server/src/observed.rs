//! What would have been refused of services that are not enforced: the decision is made, noted and not acted on.
//!
//! It is kept in memory, summed up and bounded, and begins anew with the process: what is learnt is meant to be put into
//! the catalog. A route is noted by its pattern; what has none, by a pattern drafted from its path, so that no id and
//! nothing secret is kept of what was sent.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use symbolon_core::Timestamp;
use symbolon_core::catalog::{Matched, drafted};
use symbolon_core::decision::{Denial, Reason, Request};
use symbolon_core::name::ServiceName;
use symbolon_core::target::Target;

use crate::app::App;

/// How many sums are kept of one service.
const ROWS: usize = 2_000;
/// Stands for a path that was not canonical, or too long to keep.
const NO_PATH: &str = "-";
/// How long a drafted pattern may be, in bytes.
const LONGEST: usize = 256;

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Sight {
    pub(crate) path: String,
    pub(crate) method: String,
    /// Whether the catalog has it as a route.
    pub(crate) in_catalog: bool,
    /// Whether it is under one of the catalog's mounts. Where it is not, `path` is the whole path.
    pub(crate) under_mount: bool,
    /// Why it would have been refused. `None`: it would not, for it is somebody else's in passthrough, but it has no
    /// route.
    pub(crate) reason: Option<&'static str>,
}

/// How often something was seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) count: u64,
    pub(crate) last_at: Timestamp,
}

/// All that was seen of one service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sights {
    pub(crate) rows: HashMap<Sight, Seen>,
    /// How many requests had no place.
    pub(crate) left_out: u64,
}

/// What was seen, by service.
#[derive(Default)]
pub(crate) struct Observed(Mutex<BTreeMap<ServiceName, Sights>>);

impl Observed {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<ServiceName, Sights>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was seen of a service.
    pub(crate) fn of(&self, service: &ServiceName) -> Sights {
        self.lock().get(service).cloned().unwrap_or_default()
    }

    fn note(&self, service: &ServiceName, sight: Sight, now: Timestamp) {
        let mut all = self.lock();
        let sights = all.entry(service.clone()).or_default();
        if let Some(seen) = sights.rows.get_mut(&sight) {
            *seen = Seen { count: seen.count.saturating_add(1), last_at: now };
        } else if sights.rows.len() < ROWS {
            sights.rows.insert(sight, Seen { count: 1, last_at: now });
        } else {
            sights.left_out = sights.left_out.saturating_add(1);
        }
    }
}

impl App {
    /// Whether a refusal is not acted on, because its service is not enforced; it is noted then. The request goes on as
    /// in passthrough, without a credential or identity of Symbolon's. What is no path goes nowhere.
    pub(crate) fn lets_pass(
        &self,
        service: &ServiceName,
        request: &Request<'_>,
        denial: &Denial,
        now: Timestamp,
    ) -> bool {
        if request.target.first() != Some(&b'/') || self.gate().enforces(service) {
            return false;
        }
        let reason = denial.reason;
        let sight = match &denial.route {
            Some(route) => Sight {
                path: route.path().to_owned(),
                method: route.method().to_owned(),
                in_catalog: true,
                under_mount: true,
                reason: Some(reason.word()),
            },
            None => self.unrouted(service, request.method, request.target, Some(reason)),
        };
        let (method, path, reason) = (&sight.method, &sight.path, reason.word());
        tracing::info!(%service, %method, %path, reason, token = ?denial.about(), "would have been refused");
        self.observed().note(service, sight, now);
        true
    }

    /// Notes a request that is left to the application's own login, if its service is not enforced and the catalog has
    /// no route for it.
    pub(crate) fn observe_others(&self, service: &ServiceName, method: &str, target: &[u8], now: Timestamp) {
        if self.gate().enforces(service) {
            return;
        }
        let (Some(known), Ok(target)) = (self.gate().service(service.as_str()), Target::parse(target)) else {
            return;
        };
        if !matches!(known.catalog.find(method, target.path()), Matched::Route(..) | Matched::Preflight) {
            let sight = self.unrouted(service, method, target.path().as_bytes(), None);
            self.observed().note(service, sight, now);
        }
    }

    fn unrouted(&self, service: &ServiceName, method: &str, target: &[u8], reason: Option<Reason>) -> Sight {
        let known = self.gate().service(service.as_str());
        let found = Target::parse(target).ok().zip(known).map(|(target, known)| {
            let mounts = known.catalog.mounts.iter();
            let within = mounts.filter_map(|mount| target.path().strip_prefix(mount.as_str()));
            // Under the longest mount.
            let within = within.filter(|rest| rest.starts_with('/')).min_by_key(|rest| rest.len());
            (drafted(within.unwrap_or(target.path())), within.is_some())
        });
        let (path, under_mount) = found.filter(|(path, _)| path.len() <= LONGEST).unzip();
        Sight {
            path: path.unwrap_or_else(|| NO_PATH.to_owned()),
            // A method is anything that the caller likes.
            method: method.chars().filter(char::is_ascii_uppercase).take(16).collect(),
            in_catalog: false,
            under_mount: under_mount.unwrap_or_default(),
            reason: reason.map(Reason::word),
        }
    }
}
