//! The one table of answers: every code that leaves Symbolon, with its HTTP status.

use crate::name::ScopeName;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $status:literal $text:literal $title:literal;)*) => {
        /// What an answer is called on the wire (`code`). The set is closed: a client can switch over it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code, for documents and tests.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// A short sentence for people, the same for every occurrence (RFC 9457 section 3.1.4).
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    /// Not a refusal.
    Allowed = 200 "allowed" "The request is allowed.";
    /// The target is not canonical, a credential is given twice, or the body is not JSON.
    InvalidRequest = 400 "invalid_request" "The request cannot be understood in exactly one way.";
    /// Nobody is calling.
    CredentialRequired = 401 "credential_required" "A credential is required.";
    /// The credential is bad, whatever the reason.
    InvalidToken = 401 "invalid_token" "The credential is not valid.";
    /// The user name or the password is wrong, or the user has no login.
    InvalidLogin = 401 "invalid_login" "The user name or the password is wrong.";
    /// The token's scopes do not reach the route.
    InsufficientScope = 403 "insufficient_scope" "The token does not hold a scope that this needs.";
    /// No token passes here.
    HumanOnly = 403 "human_only" "No token may do this; a person must sign in.";
    /// The system key alone passes here.
    SystemOnly = 403 "system_only" "Only the system key may do this.";
    /// The user's role, or the token owner's, does not reach this.
    InsufficientRole = 403 "insufficient_role" "The user's role does not allow this.";
    /// The body is not signed by whom it has to be from, or was changed since.
    InvalidSignature = 403 "invalid_signature" "The signature is not valid.";
    /// The token is restricted to other requests.
    Restricted = 403 "restricted" "The token is restricted to other requests than this.";
    /// The token was not allowed to make tokens, or is as far from one that a person made as may be.
    MayNotDerive = 403 "may_not_derive" "This token may not make tokens.";
    /// The token was derived, or the catalog lets no token ask for scopes.
    MayNotAsk = 403 "may_not_ask" "This token may not ask for scopes.";
    /// Whoever asks is none of the gateways that may.
    UnknownPeer = 403 "unknown_peer" "This address may not ask.";
    /// The catalog has no such route.
    NoRoute = 404 "no_route" "The catalog has no such route.";
    /// There is no such thing, or none that the caller may see.
    NotFound = 404 "not_found" "There is no such thing.";
    /// The path has routes, but none for this method.
    MethodNotAllowed = 405 "method_not_allowed" "This path does not take this method.";
    /// Somebody else changed it first, or a name is taken.
    Conflict = 409 "conflict" "The change conflicts with another.";
    /// The owner has as many live tokens as the catalog allows.
    TooManyTokens = 409 "too_many_tokens" "The owner has as many live tokens as the service allows.";
    /// The same creation was made before; its answer held a secret and is not kept.
    AlreadyCreated = 409 "already_created" "This creation was made before; its answer is not kept.";
    /// The same request is under way under its idempotency key.
    AnswerPending = 409 "answer_pending" "The same request is under way; its answer is yet to come.";
    /// The request was sent under its idempotency key, and nobody knows what came of it.
    AnswerUnknown = 409 "answer_unknown" "The same request was sent before, and it is not known what came of it.";
    /// The request was answered under its idempotency key, and the answer is not kept.
    AnswerNotKept = 409 "answer_not_kept" "The same request was answered before; its answer is not kept.";
    /// The body is longer than is read.
    PayloadTooLarge = 413 "payload_too_large" "The body is too long.";
    /// The body is not declared to be JSON.
    UnsupportedMediaType = 415 "unsupported_media_type" "The body must be application/json.";
    /// A field is wrong; `errors` names it.
    ValidationFailed = 422 "validation_failed" "A field is not as it should be.";
    /// A token needs at least one scope, or a profile.
    ScopesRequired = 422 "scopes_required" "A token needs at least one scope, or a profile.";
    /// The idempotency key was used before with another body.
    IdempotencyMismatch = 422 "idempotency_mismatch" "The idempotency key was used before for something else.";
    /// Too many requests of a token, or too many attempts that failed or are under way; `Retry-After` says how long to wait.
    RateLimited = 429 "rate_limited" "Too many requests; wait before the next.";
    /// The application behind the proxy could not be reached, or broke off.
    BadGateway = 502 "bad_gateway" "The application behind this proxy could not be reached.";
    /// The decision cannot be made: neither a denial nor a pass.
    Unavailable = 503 "unavailable" "This cannot be decided now; try again.";
    /// The application behind the proxy is given no more requests at once; `Retry-After` says how long to wait.
    Overloaded = 503 "overloaded" "The application behind this proxy has as many requests as it is given at once.";
    /// The application behind the proxy did not answer in time.
    GatewayTimeout = 504 "gateway_timeout" "The application behind this proxy did not answer in time.";
}

/// A management call refused: the code, what was wrong, and at which field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// What it is called.
    pub code: Code,
    /// The field at fault, as a path into the body (`scopes[1]`), if one is.
    pub field: Option<String>,
    /// One sentence: what was wrong and what would be right. Never a secret.
    pub detail: String,
}

impl Refusal {
    /// A refusal that concerns no single field.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, field: None, detail: detail.into() }
    }

    /// A field that is not as it should be.
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: Code::ValidationFailed, field: Some(field.into()), detail: detail.into() }
    }
}

/// `scope` attribute of a challenge (RFC 6750 section 3): the scopes joined by spaces.
pub fn scope_list<'a>(scopes: impl IntoIterator<Item = &'a ScopeName>) -> String {
    scopes.into_iter().map(ScopeName::as_str).collect::<Vec<_>>().join(" ")
}
