//! Whether restrictions mean something in a catalog.

use std::collections::BTreeSet;

use super::Restrictions;
use crate::catalog::{Access, Catalog, Route};
use crate::code::Refusal;

impl Restrictions {
    /// Refuses what no request of a token could meet, with what there is instead. What `before` has is taken as it is: a
    /// catalog may have dropped it, and then it stays and refuses.
    pub fn fit(&self, catalog: &Catalog, before: &Self) -> Result<(), Refusal> {
        let routes = || catalog.routes.iter().filter(|route| matches!(route.access, Access::Scopes(_)));
        let service = &catalog.service;
        for method in self.methods.difference(&before.methods) {
            let known = methods(routes());
            if !known.contains(method.as_str()) {
                let known = list(&known);
                let detail =
                    format!("no route of {service} that a token may call takes {method}; there are {known}");
                return Err(Refusal::field("restrictions.methods", detail));
            }
        }
        for path in self.paths.difference(&before.paths) {
            let segments = path.segments().unwrap_or_default();
            if !routes().any(|route| route.reaches(&segments)) {
                let mounts: Vec<_> = catalog.mounts.iter().filter(|mount| !mount.is_empty()).collect();
                let mounted = mounts.iter().find(|mount| path.0.starts_with(&format!("{mount}/")));
                let advice = match mounted {
                    Some(mount) => format!("; leave {mount} out, under which the catalog mounts them"),
                    None => String::new(),
                };
                let detail = format!("no route of {service} that a token may call lies under {path}{advice}");
                return Err(Refusal::field("restrictions.paths", detail));
            }
        }
        for name in self.parameters.keys().filter(|name| !before.parameters.contains_key(*name)) {
            let known: BTreeSet<_> = routes().flat_map(Route::parameters).collect();
            if !known.contains(name.as_str()) {
                let known = list(&known);
                let detail =
                    format!("no route of {service} that a token may call has {name}; there are {known}");
                return Err(Refusal::field(format!("restrictions.parameters.{name}"), detail));
            }
        }
        Ok(())
    }
}

/// The methods of routes; HEAD where GET is one.
fn methods<'a>(routes: impl Iterator<Item = &'a Route>) -> BTreeSet<&'a str> {
    let mut methods: BTreeSet<&str> = routes.map(|route| route.method.as_str()).collect();
    if methods.contains("GET") {
        methods.insert("HEAD");
    }
    methods
}

fn list(names: &BTreeSet<&str>) -> String {
    if names.is_empty() { "none".to_owned() } else { names.iter().copied().collect::<Vec<_>>().join(", ") }
}
