//! What the application is told of the caller: five headers, always all of them, each with a value. One that is
//! missing would be left for the caller to say.

use http::{HeaderName, HeaderValue};
use symbolon_core::decision::Identity;

pub(crate) use crate::incoming::is_identity;

/// Their names.
pub const IDENTITY_HEADERS: [&str; 5] = [
    "x-symbolon-principal",
    "x-symbolon-token-id",
    "x-symbolon-owner",
    "x-symbolon-role",
    "x-symbolon-scopes",
];

/// The principal of somebody whom the application's own login knows, or does not.
pub(crate) const OTHERS: &str = "none";
/// The principal of somebody who would have been refused.
pub(crate) const REFUSED: &str = "refused";

const NONE: HeaderValue = HeaderValue::from_static("-");

/// The five headers and their values.
pub(crate) type Headers = [(HeaderName, HeaderValue); 5];

/// Of somebody about whom Symbolon has decided.
pub(crate) fn headers(identity: &Identity<'_>) -> Headers {
    // Names and ids are of letters, digits and a few marks, all of which a header takes.
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or(NONE);
    let values = [
        HeaderValue::from_static(identity.principal),
        value(&identity.token_id),
        value(identity.owner),
        value(identity.role),
        value(&identity.scopes),
    ];
    paired(values)
}

/// Of somebody whom the application's own login knows, or does not.
pub(crate) fn of_others() -> Headers {
    paired([HeaderValue::from_static(OTHERS), NONE, NONE, NONE, NONE])
}

/// Of somebody who would have been refused, and comes with a credential of Symbolon's, which stays here.
pub(crate) fn of_refused() -> Headers {
    paired([HeaderValue::from_static(REFUSED), NONE, NONE, NONE, NONE])
}

fn paired(values: [HeaderValue; 5]) -> Headers {
    const NAMES: [HeaderName; 5] = {
        let [principal, token, owner, role, scopes] = IDENTITY_HEADERS;
        [
            HeaderName::from_static(principal),
            HeaderName::from_static(token),
            HeaderName::from_static(owner),
            HeaderName::from_static(role),
            HeaderName::from_static(scopes),
        ]
    };
    let mut values = values.into_iter();
    NAMES.map(|name| (name, values.next().unwrap_or(NONE)))
}
