//! Restrictions of a token: whence, by which methods, at which paths and for which values of a route's parameters it may
//! be used (DESIGN part 4, rule 8).
//!
//! Every kind that is there must hold, and of a kind one entry; so a restriction only ever narrows. One that cannot be
//! evaluated, because nobody said the address or the path, refuses.

mod fit;
mod given;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::catalog::{Reading, Route};
use crate::network::Network;
use crate::target::decoded;

pub use given::{Given, MAX_ENTRIES, MAX_PARAMETERS, MAX_TEXT};

/// What a token is restricted to. A kind without entries restricts nothing; it cannot be asked for so ([`Given`]).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Given", into = "Given")]
pub struct Restrictions {
    networks: BTreeSet<Network>,
    methods: BTreeSet<String>,
    paths: BTreeSet<PathPrefix>,
    parameters: BTreeMap<String, BTreeSet<String>>,
}

/// A path in the catalog's terms, below its mounts: `/printers` covers `/printers` and `/printers/1`, and not
/// `/printers-old`. Canonical, and without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct PathPrefix(String);

/// What of a request restrictions are about.
#[derive(Debug, Clone)]
pub struct Circumstances<'a> {
    /// Where the request comes from, if that is known.
    pub client: Option<IpAddr>,
    /// Its method.
    pub method: &'a str,
    /// Everything that the application's router may take its path for. None: that is not known.
    pub readings: Vec<Reading<'a>>,
}

/// The restriction that refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken<'a> {
    /// Networks, and no address.
    #[error("the token is restricted to networks, and the caller's address is not known")]
    NoAddress,
    /// Another address.
    #[error("the caller's address is in none of the token's networks")]
    Network,
    /// Methods, paths or parameters, and no request.
    #[error("the token is restricted to certain requests, and this is about none")]
    NoRequest,
    /// Another method.
    #[error("the method is none of the token's")]
    Method,
    /// Paths or parameters, and no route by which the path could be read.
    #[error("the token is restricted by the path, and the request is of no route")]
    NoReading,
    /// Another path, or one that some routers take for another.
    #[error("the path, or what some routers take it for, is under none of the token's")]
    Path,
    /// A route without the parameter.
    #[error(
        "the token is restricted by the parameter {0}, which the route, or what some routers take it for, has not"
    )]
    NoParameter(&'a str),
    /// Another value.
    #[error("the parameter {0} has none of the token's values")]
    Value(&'a str),
}

impl Restrictions {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty() && !self.are_about_requests()
    }

    /// Whether anything but the network is restricted.
    fn are_about_requests(&self) -> bool {
        !self.methods.is_empty() || self.are_about_paths()
    }

    /// Whether it must be known what a path is read as.
    pub fn are_about_paths(&self) -> bool {
        !self.paths.is_empty() || !self.parameters.is_empty()
    }

    /// Whether a request keeps all of them, whatever it is read as.
    pub fn admit(&self, asked: &Circumstances<'_>) -> Result<(), Broken<'_>> {
        self.admit_from(asked.client)?;
        self.admit_method(asked.method)?;
        if self.are_about_paths() && asked.readings.is_empty() {
            return Err(Broken::NoReading);
        }
        asked.readings.iter().try_for_each(|reading| {
            self.admit_path(reading)?;
            self.admit_parameters(reading)
        })
    }

    /// Whether they let a caller through that makes no request of the service: asked about scopes alone. That is refused
    /// where anything but the network is restricted.
    pub fn admit_without_request(&self, client: Option<IpAddr>) -> Result<(), Broken<'_>> {
        self.admit_from(client)?;
        if self.are_about_requests() { Err(Broken::NoRequest) } else { Ok(()) }
    }

    /// Whether they let a caller through by the network, the other kinds aside.
    pub fn admit_from(&self, client: Option<IpAddr>) -> Result<(), Broken<'_>> {
        if self.networks.is_empty() {
            return Ok(());
        }
        let client = client.ok_or(Broken::NoAddress)?;
        held(self.networks.iter().any(|network| network.contains(client)), Broken::Network)
    }

    /// Whether there may be a request of a route that keeps all of them.
    pub fn could_admit(&self, route: &Route, client: Option<IpAddr>) -> bool {
        let under = |path: &PathPrefix| path.segments().is_some_and(|own| route.reaches(&own));
        self.admit_from(client).is_ok()
            && self.admit_method(&route.method).is_ok()
            && (self.paths.is_empty() || self.paths.iter().any(under))
            && self.parameters.keys().all(|name| route.parameters().any(|own| own == name))
    }

    /// HEAD follows GET, as it does in the catalog.
    fn admit_method(&self, method: &str) -> Result<(), Broken<'_>> {
        let follows = method == "HEAD" && self.methods.contains("GET");
        held(self.methods.is_empty() || self.methods.contains(method) || follows, Broken::Method)
    }

    fn admit_path(&self, reading: &Reading<'_>) -> Result<(), Broken<'_>> {
        let under = || self.paths.iter().any(|path| path.covers(&reading.segments));
        held(self.paths.is_empty() || under(), Broken::Path)
    }

    fn admit_parameters(&self, reading: &Reading<'_>) -> Result<(), Broken<'_>> {
        self.parameters.iter().try_for_each(|(name, values)| {
            let found = reading.parameters.iter().find(|(own, _)| own == name);
            let (_, value) = found.ok_or(Broken::NoParameter(name))?;
            held(values.contains(&**value), Broken::Value(name))
        })
    }
}

fn held(holds: bool, broken: Broken<'_>) -> Result<(), Broken<'_>> {
    if holds { Ok(()) } else { Err(broken) }
}

impl PathPrefix {
    /// Its segments, decoded; `None` if it is not canonical, which it is.
    fn segments(&self) -> Option<Vec<Cow<'_, str>>> {
        self.0.strip_prefix('/')?.split('/').map(|text| decoded(text).ok()).collect()
    }

    fn covers(&self, path: &[Cow<'_, str>]) -> bool {
        self.segments().is_some_and(|own| path.starts_with(&own))
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
