//! Which route a decision was about.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::catalog::{Catalog, RouteIndex};
use crate::name::ScopeName;

/// A catalog as decisions hold on to it. Each has a count of its own, of those who hold on to it: a thread that has its own
/// waits for no other at that word.
#[derive(Debug, Clone)]
pub struct HeldCatalog(Arc<Held>);

#[derive(Debug)]
struct Held(Arc<Catalog>);

impl HeldCatalog {
    /// With a count of its own.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self(Arc::new(Held(catalog)))
    }
}

impl Deref for HeldCatalog {
    type Target = Arc<Catalog>;

    fn deref(&self) -> &Arc<Catalog> {
        &self.0.0
    }
}

/// The route that a decision was about. It keeps its catalog, and so tells what was decided about whatever catalog is in
/// force by then.
#[derive(Clone)]
pub struct DecidedRoute {
    catalog: HeldCatalog,
    index: RouteIndex,
}

impl DecidedRoute {
    pub(super) fn new(catalog: &HeldCatalog, index: RouteIndex) -> Self {
        Self { catalog: catalog.clone(), index }
    }

    /// The place of the route in its catalog.
    pub fn index(&self) -> RouteIndex {
        self.index
    }

    /// The alternatives of scopes one of which it asks for.
    pub(super) fn alternatives(&self) -> Vec<Vec<ScopeName>> {
        self.catalog.alternatives(&self.catalog.routes[self.index])
    }

    /// The method, in capitals.
    pub fn method(&self) -> &str {
        &self.catalog.routes[self.index].method
    }

    /// The pattern as the catalog has it, without a mount.
    pub fn path(&self) -> &str {
        &self.catalog.routes[self.index].path
    }
}

impl fmt::Display for DecidedRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method(), self.path())
    }
}

impl fmt::Debug for DecidedRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
