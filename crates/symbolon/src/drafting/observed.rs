//! Routes for what was seen of a service and has none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use symbolon_api::{Observed, ServiceInfo, Sight};

use super::family::{of_path, reads};
use super::pattern::shape;

/// Others may be anything that a caller made up.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// `[[routes]]` for what was seen and has no route, to be added to the catalog. Where it has a fitting scope the block
/// asks for that; otherwise it is for people, and says so. `None`: there is nothing to add.
pub(crate) fn missing_routes(observed: &Observed, catalog: &ServiceInfo) -> Option<String> {
    // The catalog may have got a route since.
    let routes: BTreeSet<(&str, String)> =
        catalog.routes.iter().map(|route| (route.method.as_str(), shape(&route.path))).collect();
    let has =
        |sight: &Sight| sight.in_catalog || routes.contains(&(sight.method.as_str(), shape(&sight.path)));
    let missing: Vec<&Sight> = observed.sights.iter().filter(|sight| !has(sight)).collect();
    let (sayable, odd): (Vec<&Sight>, Vec<&Sight>) = missing.into_iter().partition(|sight| {
        sight.under_mount && sight.path != "-" && METHODS.contains(&sight.method.as_str())
    });
    let mut blocks: BTreeMap<(String, &str), BTreeMap<String, u64>> = BTreeMap::new();
    for sight in sayable {
        let kind = if reads(&sight.method) { "read" } else { "write" };
        let block = blocks.entry((of_path(&sight.path), kind)).or_default();
        *block.entry(format!("{} {}", sight.method, sight.path)).or_default() += sight.count;
    }
    if blocks.is_empty() && odd.is_empty() {
        return None;
    }
    let known: BTreeSet<&str> = catalog.scopes.iter().map(|scope| scope.name.as_str()).collect();
    let mut text = format!(
        "# Routes of {} that were asked for since {} and that its catalog does not have. A draft by rule: a path that was\n\
         # asked for need not be one that anybody should reach. Read each before it is added.\n",
        catalog.service, observed.since
    );
    for ((family, kind), paths) in &blocks {
        let fitting = [format!("{kind}:{family}"), format!("{family}:{kind}")];
        // Writing to a String does not fail.
        let _ = match fitting.iter().find(|scope| known.contains(scope.as_str())) {
            Some(scope) => write!(text, "\n[[routes]]\nscopes = [\"{scope}\"]\npaths = [\n"),
            None => write!(
                text,
                "\n# The catalog has no scope {}. Until it has one, this is for people.\n[[routes]]\naccess = \"human\"\npaths = [\n",
                fitting[0]
            ),
        };
        for (path, count) in paths {
            let _ = writeln!(text, "    \"{path}\", # {count}");
        }
        text += "]\n";
    }
    if !odd.is_empty() {
        text +=
            "\n# No route can say these: outside the mounts, not canonical, or of a method that is none.\n";
        for sight in odd {
            let _ = writeln!(text, "#   {} {} ({})", sight.method, sight.path, sight.count);
        }
    }
    Some(text)
}
