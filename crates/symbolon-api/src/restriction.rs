use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::strict::{given, given_once};

/// The requests that a token is restricted to. Every kind that is named must hold, and of a kind one entry. A kind that is
/// left out restricts nothing; an empty list is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Restrictions {
    /// The networks and addresses that requests come from, such as `10.0.0.0/8`: at most 100. Where the address is not
    /// known, the request is refused.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub networks: Option<Vec<String>>,
    /// Methods in capitals, of those that the catalog has; HEAD follows GET.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub methods: Option<Vec<String>>,
    /// Paths as the catalog writes them, below its mounts: `/printers` covers itself and all below it. At most 100, of at
    /// most 200 bytes.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub paths: Option<Vec<String>>,
    /// Values of the parameters of the catalog's routes, by name: of at most 10, at most 100 values each. They are compared
    /// decoded and exactly; `01` is not `1`. A route that has not all these parameters is refused.
    #[serde(default, deserialize_with = "given_once", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
}

impl Restrictions {
    /// Whether no kind is named.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
