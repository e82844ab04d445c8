//! OAuth's own ways to ask about a token and to end one, for programs that know the standards and not Symbolon:
//! introspection (RFC 7662) and revocation (RFC 7009).
//!
//! No metadata of an authorization server (RFC 8414) is served: it would have to name a token endpoint, and there is no
//! grant that one gets a token of Symbolon's by.

mod client;
mod form;
pub(super) mod introspect;
pub(super) mod revoke;

use symbolon_core::Code;

use crate::answer::ApiError;

/// RFC 6749 section 5.2.
fn invalid_request(detail: impl Into<String>) -> ApiError {
    ApiError::oauth(Code::InvalidRequest, "invalid_request", detail)
}
