//! Who is calling, as headers: what a proxy adds to a request, and what a gateway is answered.

use http::{HeaderName, HeaderValue};
use symbolon_core::decision::Identity;

use crate::incoming::folds_to_beginning;

/// The identity headers, each with a value.
pub(crate) type IdentityHeaders = [(HeaderName, HeaderValue); 5];

/// The names, in the order of [`IdentityHeaders`].
const NAMES: [HeaderName; 5] = [
    HeaderName::from_static("x-symbolon-principal"),
    HeaderName::from_static("x-symbolon-token-id"),
    HeaderName::from_static("x-symbolon-owner"),
    HeaderName::from_static("x-symbolon-role"),
    HeaderName::from_static("x-symbolon-scopes"),
];

/// What the application is told of the caller.
pub(crate) fn headers(identity: &Identity<'_>) -> IdentityHeaders {
    // Names and ids are of letters, digits and a few marks, all of which a header takes.
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("-"));
    let [principal, token_id, owner, role, scopes] = NAMES;
    [
        (principal, HeaderValue::from_static(identity.principal)),
        (token_id, value(&identity.token_id)),
        (owner, value(identity.owner)),
        (role, value(identity.role)),
        (scopes, value(&identity.scopes)),
    ]
}

/// Whether this could be taken for an identity header.
pub(crate) fn is_identity(name: &HeaderName) -> bool {
    folds_to_beginning(name.as_str(), "x-symbolon-")
}
