//! What many rows say alike, parsed once.

use std::collections::HashMap;

use symbolon_core::name::{ScopeName, ServiceName};

/// How many texts are kept. More than that do not occur often enough to be worth it.
const KEPT: usize = 1_000;

/// Kept by whoever reads many rows, one for each thread.
#[derive(Default)]
pub(crate) struct Words {
    scopes: HashMap<String, Vec<ScopeName>>,
    services: HashMap<String, ServiceName>,
}

impl Words {
    /// A JSON array of names.
    pub(super) fn scopes(&mut self, text: &str) -> Option<Vec<ScopeName>> {
        kept(&mut self.scopes, text, |text| {
            let names: Vec<String> = serde_json::from_str(text).ok()?;
            names.iter().map(|name| name.parse().ok()).collect()
        })
    }

    pub(super) fn service(&mut self, text: &str) -> Option<ServiceName> {
        kept(&mut self.services, text, |text| text.parse().ok())
    }
}

fn kept<T: Clone>(
    known: &mut HashMap<String, T>,
    text: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    if let Some(known) = known.get(text) {
        return Some(known.clone());
    }
    let new = parse(text)?;
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(text.to_owned(), new.clone());
    Some(new)
}
