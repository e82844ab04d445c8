//! What the process knows of itself: since when it runs, where it listens, how its catalogs fare, and how many checks
//! there were in each of the last seconds. None of it is touched by a check.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use symbolon_core::name::ServiceName;
use symbolon_core::{Code, Timestamp};
use symbolon_gate::Checks;

use crate::app::App;
use crate::listen::Tls;

/// How many samples are kept.
const SAMPLES: usize = 60;
/// How much of a fault is kept, in characters.
const FAULT: usize = 2_000;

/// Where the process listens.
#[derive(Debug, Clone)]
pub struct Door {
    /// `management`, `socket`, `gateway` or `proxy`.
    pub name: &'static str,
    /// A URL; a path for the socket.
    pub address: String,
    /// For a proxy: the service behind it.
    pub service: Option<ServiceName>,
    /// What it proves itself with, where it speaks TLS.
    pub tls: Option<Tls>,
}

/// How many checks were answered how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) allowed: u64,
    pub(crate) refused: u64,
    pub(crate) unavailable: u64,
}

impl Counts {
    fn of(checks: &[Checks]) -> Self {
        let mut sum = Self::default();
        for (code, count) in checks.iter().flat_map(|checks| &checks.counts) {
            *match code {
                Code::Allowed => &mut sum.allowed,
                Code::Unavailable => &mut sum.unavailable,
                _ => &mut sum.refused,
            } += count;
        }
        sum
    }

    fn since(self, before: Self) -> Self {
        Self {
            allowed: self.allowed.saturating_sub(before.allowed),
            refused: self.refused.saturating_sub(before.refused),
            unavailable: self.unavailable.saturating_sub(before.unavailable),
        }
    }
}

pub(crate) struct Pulse {
    pub(crate) started_at: Timestamp,
    changing: Mutex<Changing>,
}

struct Changing {
    doors: Vec<Door>,
    catalogs: Catalogs,
    /// The counts at the last sample.
    last: Counts,
    samples: VecDeque<(Timestamp, Counts)>,
}

/// How the catalogs fare, which are loaded all together.
#[derive(Debug, Clone)]
pub(crate) struct Catalogs {
    pub(crate) loaded_at: Timestamp,
    pub(crate) fault: Option<String>,
}

impl Pulse {
    pub(crate) fn new(now: Timestamp) -> Self {
        let catalogs = Catalogs { loaded_at: now, fault: None };
        let changing = Changing {
            doors: Vec::new(),
            catalogs,
            last: Counts::default(),
            samples: VecDeque::with_capacity(SAMPLES),
        };
        Self { started_at: now, changing: Mutex::new(changing) }
    }

    fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn doors(&self) -> Vec<Door> {
        self.changing().doors.clone()
    }

    pub(crate) fn catalogs(&self) -> Catalogs {
        self.changing().catalogs.clone()
    }

    /// Oldest first.
    pub(crate) fn samples(&self) -> Vec<(Timestamp, Counts)> {
        self.changing().samples.iter().copied().collect()
    }

    /// Where the management API listens, if that is an address which only the machine itself reaches.
    pub(crate) fn at_this_machine(&self) -> Option<String> {
        let changing = self.changing();
        let door = changing.doors.iter().find(|door| door.name == "management")?;
        let uri: http::Uri = door.address.parse().ok()?;
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()).then(|| door.address.clone())
    }

    /// Where the proxy of a service listens.
    pub(crate) fn proxy_of(&self, service: &ServiceName) -> Option<String> {
        let changing = self.changing();
        let mut doors = changing.doors.iter();
        doors.find(|door| door.service.as_ref() == Some(service)).map(|door| door.address.clone())
    }
}

impl App {
    /// Says where the process listens, once its doors are open.
    pub fn set_doors(&self, doors: Vec<Door>) {
        self.pulse().changing().doors = doors;
    }

    /// Says that the catalogs have been put in force anew.
    pub fn catalogs_reloaded(&self) {
        self.metrics().catalogs_loaded.add();
        let catalogs = Catalogs { loaded_at: self.now(), fault: None };
        self.pulse().changing().catalogs = catalogs;
    }

    /// Says why catalogs that changed were not put in force.
    pub fn catalogs_failed(&self, fault: &str) {
        self.metrics().catalogs_refused.add();
        self.pulse().changing().catalogs.fault = Some(fault.chars().take(FAULT).collect());
    }

    /// Notes how many checks there were since the last call; to be called once a second.
    pub fn sample(&self) {
        let (now, counts) = (self.now(), Counts::of(&self.gate().checks()));
        let mut changing = self.pulse().changing();
        let since = counts.since(changing.last);
        changing.last = counts;
        if changing.samples.len() == SAMPLES {
            changing.samples.pop_front();
        }
        changing.samples.push_back((now, since));
    }
}
