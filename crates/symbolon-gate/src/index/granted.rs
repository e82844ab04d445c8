//! What tokens are granted, once for all that are granted the same.

use std::sync::Arc;

use arc_swap::ArcSwap;
use symbolon_core::catalog::Catalog;
use symbolon_core::name::{ScopeName, ServiceName};
use symbolon_core::scope::ScopeSet;

use crate::services::Services;

/// What many tokens are granted alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Terms {
    pub(super) service: ServiceName,
    pub(super) scopes: Vec<ScopeName>,
    pub(super) profile: Option<String>,
}

/// The same, with the closure of the scopes under the catalog in force.
pub(super) struct Granted {
    pub(super) terms: Terms,
    /// With the generation of the catalog.
    closure: ArcSwap<(u64, ScopeSet)>,
}

impl Granted {
    pub(super) fn new(terms: Terms, services: &Services) -> Self {
        let closure = ArcSwap::from_pointee(Self::resolved(&terms, services));
        Self { terms, closure }
    }

    fn resolved(terms: &Terms, services: &Services) -> (u64, ScopeSet) {
        let catalog = services.catalog(&terms.service);
        catalog.map_or((0, ScopeSet::EMPTY), |catalog| (catalog.generation(), catalog.closure(&terms.scopes)))
    }

    /// Resolves it under the services in force.
    pub(super) fn resolve(&self, services: &Services) {
        self.closure.store(Arc::new(Self::resolved(&self.terms, services)));
    }

    /// Bits resolved under another catalog mean something else; they are never used.
    pub(super) fn closure(&self, catalog: &Catalog) -> ScopeSet {
        let known = self.closure.load();
        if known.0 == catalog.generation() && self.terms.service == catalog.service {
            known.1
        } else {
            catalog.closure(&self.terms.scopes)
        }
    }
}
