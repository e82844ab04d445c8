//! What Symbolon finds and what a router picks, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use serde_json::{Value, json};
use symbolon_core::catalog::{Catalog, Matched};
use symbolon_core::target::{Target, decoded};

use super::support::SplitMix;
use super::table::Table;
use super::targets::draw;
use super::wire::Wire;

/// Sends `count` requests for each of `tables` to the application that `start` makes of it.
#[expect(clippy::disallowed_methods, reason = "a seed that somebody repeats is the test's own setting")]
#[expect(clippy::print_stdout, reason = "a run can be repeated by what it says")]
pub(crate) fn compare<T>(
    router: &str,
    count: usize,
    tables: &[&Table],
    start: impl Fn(&Table) -> (SocketAddr, T),
) {
    let seed = std::env::var("SYMBOLON_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("{router}: SYMBOLON_SEED={seed}");
    for table in tables {
        let (address, _application) = start(table);
        let mut tally = Tally::new(table, address);
        let mut chance = SplitMix(seed);
        for _ in 0..count {
            let (method, target) = draw(&mut chance, table);
            tally.ask(&method, &target);
        }
        println!("{router}: {:?}", tally.counts);
        let differences = tally.differences;
        assert!(differences.is_empty(), "{router}, SYMBOLON_SEED={seed}: {differences:#?}");
        // A router that is asked for nothing, or knows nothing, would agree with everything.
        let all = table.routes().iter().map(|(method, path)| format!("{method} {path}"));
        let missed: Vec<_> =
            all.filter(|route| !table.hides(route) && !tally.picked.contains(route)).collect();
        assert!(missed.is_empty(), "{router}, SYMBOLON_SEED={seed}: never picked: {missed:?}");
    }
}

struct Tally {
    catalog: Catalog,
    wire: Wire,
    counts: BTreeMap<&'static str, usize>,
    picked: BTreeSet<String>,
    /// The target as sent, what was decided about, and what the router picked. The first few of each route.
    differences: BTreeMap<String, (String, Value, Value)>,
}

impl Tally {
    fn new(table: &Table, address: SocketAddr) -> Self {
        Self {
            catalog: table.catalog(),
            wire: Wire::to(address),
            counts: BTreeMap::new(),
            picked: BTreeSet::new(),
            differences: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Asks the router for what the catalog has a route for, as the proxy sends it on and as a gateway may.
    fn ask(&mut self, method: &str, target: &[u8]) {
        let Ok(canonical) = Target::parse(target) else { return self.count("refused as a target") };
        let Matched::Route(own, route) = self.catalog.find(method, canonical.sent_path()) else {
            return self.count("no route");
        };
        let ours = json!({
            "route": format!("{} {}", route.method, route.path),
            "parameters": parameters(&self.catalog, &route.path, canonical.path()),
        });
        let readings = self.catalog.readings(Some(own), method, &canonical);
        let others: Vec<_> =
            readings.map(|other| json!(format!("{} {}", other.method, other.path))).collect();
        self.count(if others.is_empty() { "one reading" } else { "more readings" });
        for spelling in [canonical.to_path_and_query().as_bytes(), target] {
            match self.wire.pick(method, spelling) {
                None => self.count("picked by nobody"),
                Some(theirs) => {
                    self.picked.insert(theirs["route"].as_str().unwrap().to_owned());
                    if theirs["route"] != ours["route"] && others.contains(&theirs["route"]) {
                        self.count("picked by another reading");
                    } else if theirs != ours {
                        let asked = format!("{method} {}", String::from_utf8_lossy(spelling));
                        self.differences.entry(theirs["route"].to_string()).or_insert((
                            asked,
                            ours.clone(),
                            theirs,
                        ));
                    }
                }
            }
        }
    }
}

/// What the parameters of a pattern are in a path that matches it under one of the mounts, decoded.
fn parameters(catalog: &Catalog, pattern: &str, path: &str) -> Vec<String> {
    let fits = |mount: &&String| {
        let full = format!("{mount}{pattern}");
        let (full, path): (Vec<_>, Vec<_>) = (full.split('/').collect(), path.split('/').collect());
        let tail = full.last().is_some_and(|last| last.starts_with("{*"));
        let long_enough = if tail { path.len() >= full.len() } else { path.len() == full.len() };
        let same = |(part, segment): (&&str, &&str)| {
            part.starts_with('{') || decoded(part).unwrap() == decoded(segment).unwrap()
        };
        long_enough && full.iter().zip(&path).all(same)
    };
    let mount = catalog.mounts.iter().find(fits).unwrap();
    let depth = mount.matches('/').count();
    let segments: Vec<_> =
        path.split('/').skip(depth).map(|segment| decoded(segment).unwrap().into_owned()).collect();
    let named = pattern.split('/').enumerate().filter(|(_, part)| part.starts_with('{'));
    named
        .map(
            |(at, part)| if part.starts_with("{*") { segments[at..].join("/") } else { segments[at].clone() },
        )
        .collect()
}
