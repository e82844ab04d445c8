//! What of a document a catalog misses, and which of its routes the document does not have.

use std::collections::BTreeSet;

use serde::Serialize;
use symbolon_core::Catalog;
use symbolon_core::catalog::{Matched, RouteIndex};

use super::document::{Document, Operation};
use super::pattern::{describes, pattern, sample};

/// How a document and a catalog agree.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Coverage {
    /// How many operations the document has.
    pub(crate) operations: usize,
    /// How many of them have a route.
    pub(crate) covered: usize,
    /// Operations without a route: closed to everyone.
    pub(crate) missed: Vec<Missed>,
    /// Routes that no operation of the document is.
    pub(crate) unknown: Vec<Unknown>,
    /// Operations that no catalog can say, with the reason; they are closed to everyone and no fault of the catalog.
    pub(crate) not_expressible: Vec<Missed>,
}

/// An operation of the document.
#[derive(Debug, Serialize)]
pub(crate) struct Missed {
    pub(crate) method: String,
    pub(crate) path: String,
    /// What is wrong, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
}

/// A route of the catalog.
#[derive(Debug, Serialize)]
pub(crate) struct Unknown {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Its line in the catalog's file.
    pub(crate) line: usize,
}

impl Coverage {
    /// Whether each has what the other has.
    pub(crate) fn is_whole(&self) -> bool {
        self.missed.is_empty() && self.unknown.is_empty()
    }
}

/// Compares a document and a catalog.
pub(crate) fn coverage(document: &Document, catalog: &Catalog) -> Coverage {
    let mut used = BTreeSet::new();
    let mut coverage = Coverage { operations: document.operations.len(), ..Coverage::default() };
    for operation in &document.operations {
        let found = routes_of(operation, document, catalog);
        if !found.is_empty() {
            coverage.covered += 1;
            used.extend(found);
            continue;
        }
        let Operation { method, path, .. } = operation;
        let why = match pattern(path) {
            Ok(_) if method == "TRACE" => Some("the method is never let through".to_owned()),
            Ok(_) => None,
            Err(why) => Some(why),
        };
        let list = if why.is_some() { &mut coverage.not_expressible } else { &mut coverage.missed };
        list.push(Missed { method: method.clone(), path: path.clone(), why });
    }
    let unknown = catalog.routes.iter().enumerate().filter(|(index, route)| {
        !used.contains(index)
            && !document.operations.iter().any(|operation| is_of(operation, document, catalog, route))
    });
    let unknown = unknown.map(|(_, route)| Unknown {
        method: route.method.clone(),
        path: route.path.clone(),
        line: route.line,
    });
    coverage.unknown = unknown.collect();
    coverage
}

/// The paths at which an operation may be asked for: as the document says, and, where that is under none of the
/// catalog's mounts, under each of these: a document may have been written without what a proxy puts before it.
fn places(path: &str, document: &Document, catalog: &Catalog) -> Vec<String> {
    let under = |mount: &String, path: &str| {
        path.strip_prefix(mount.as_str()).is_some_and(|rest| rest.starts_with('/'))
    };
    let served = document.bases.iter().map(|base| format!("{base}{path}"));
    let (mounted, bare): (Vec<_>, Vec<_>) =
        served.partition(|path| catalog.mounts.iter().any(|mount| under(mount, path)));
    if !mounted.is_empty() {
        return mounted;
    }
    bare.iter().flat_map(|path| catalog.mounts.iter().map(move |mount| format!("{mount}{path}"))).collect()
}

/// The routes by which an operation would be decided about.
fn routes_of(operation: &Operation, document: &Document, catalog: &Catalog) -> Vec<RouteIndex> {
    let places = places(&sample(&operation.path), document, catalog).into_iter();
    let found = places.filter_map(|path| match catalog.find(&operation.method, &path) {
        Matched::Route(index, _) => Some(index),
        _ => None,
    });
    found.collect()
}

/// Whether a route, which no operation as a whole comes to, is part of one: `/printers/tags` of `/printers/{id}`. The
/// HEAD of a GET is, and a preflight is of every path.
fn is_of(
    operation: &Operation,
    document: &Document,
    catalog: &Catalog,
    route: &symbolon_core::catalog::Route,
) -> bool {
    let method = match route.method.as_str() {
        "OPTIONS" => true,
        "HEAD" => matches!(operation.method.as_str(), "GET" | "HEAD"),
        method => method == operation.method,
    };
    method
        && places(&operation.path, document, catalog).iter().any(|place| {
            catalog.mounts.iter().any(|mount| describes(place, &sample(&format!("{mount}{}", route.path))))
        })
}
