use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::strict::{few_objects, given, given_once};
use crate::{Problem, TokenRecord};

/// A question: may this request pass, or does this secret hold these scopes?
///
/// Whoever stands at an application's door gives `headers`, and so says all that a door of Symbolon's own would see: that
/// a credential is there twice, that there is none, that another method is asked for. Whoever has but a secret gives
/// `token`.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// The presented secret: a token, a session's JWT or a key; or
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token: Option<String>,
    /// the request's headers as they came, by name, each with all its values, of which each character is one byte. Needed
    /// are those that may hold a credential (`Authorization`, `X-API-Key`, `Cookie`) or ask for another method, and
    /// `Host`, `Origin`, `Sec-Fetch-Site`, `Upgrade` and `Sec-WebSocket-Key`; others are ignored.
    #[serde(default, deserialize_with = "given_once", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub headers: Option<BTreeMap<String, Vec<String>>>,
    /// The request's method, with `path`; or
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub method: Option<String>,
    /// The request's target as it was sent, from its `/` on.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub path: Option<String>,
    /// scopes, all of which must be held. A token that is restricted in more than its networks is refused.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scopes: Option<Vec<String>>,
    /// The address that the request came from. Without it a token that is restricted to networks is refused.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client_ip: Option<String>,
}

impl fmt::Debug for Verify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verify")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// How many questions are answered together at most.
pub const MOST_QUESTIONS: usize = 100;

/// Questions to be answered together.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyMany {
    /// 1 to 100 of them.
    #[serde(deserialize_with = "few_objects::<_, _, MOST_QUESTIONS>")]
    pub questions: Vec<Verify>,
}

/// Their answers, in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerifyReplies {
    /// One for each question.
    pub replies: Vec<VerifyReply>,
}

/// The answer. It is 200 whether or not the request is allowed; `status` is what to tell the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerifyReply {
    /// Whether it may pass.
    pub allowed: bool,
    /// `allowed`, or the refusal's code.
    pub code: String,
    /// The HTTP status that goes with the code.
    pub status: u16,
    /// The value for `WWW-Authenticate`, where the refusal has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub www_authenticate: Option<String>,
    /// The kind of caller: `token`, `session`, `system` or `anonymous`; `null` where refused.
    pub principal: Option<String>,
    /// The user's name, where allowed and there is one.
    pub owner: Option<String>,
    /// The user's role in the service, where allowed and there is one.
    pub role: Option<String>,
    /// The token's record; `null` unless the secret is a live token's.
    pub token: Option<TokenRecord>,
    /// The request's target in its canonical form, where a request was allowed: the only one that may be acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target: Option<String>,
    /// The catalog's route, where a request was allowed and there is one; a preflight has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub route: Option<VerifyRoute>,
    /// What to answer the caller, where it is not allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub answer: Option<VerifyAnswer>,
    /// What to add to the application's answer, where it is allowed, by names in lower case: `ratelimit` and
    /// `ratelimit-policy` where the token has a limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

/// A route of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerifyRoute {
    /// Its method.
    pub method: String,
    /// Its pattern as the catalog writes it, such as `/jobs/{id}`: without the mount.
    pub path: String,
}

/// The answer to a request that is not allowed, as every door of Symbolon's gives it. Its status is the document's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerifyAnswer {
    /// Its headers by their names in lower case: `content-type` and, where they apply, `www-authenticate`, `allow`,
    /// `retry-after`, `ratelimit` and `ratelimit-policy`.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub problem: Problem,
}

/// A request to be explained, without being made: by the id of a recent refusal, or by method, path and caller.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// The id of a recent refusal; or
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub request_id: Option<String>,
    /// a method,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub method: Option<String>,
    /// a target, and one caller:
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub path: Option<String>,
    /// a token by id or `token_prefix`, or
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token: Option<String>,
    /// a signed-in user by name, or
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user: Option<String>,
    /// the system key (`true`). None of them: nobody.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub system: Option<bool>,
    /// The address that the request would come from. Left out: it is not known.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client_ip: Option<String>,
}

/// A decision, rule by rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// The service.
    pub service: String,
    /// The method.
    pub method: String,
    /// The target as it was sent.
    pub path: String,
    /// Whether it may pass.
    pub allowed: bool,
    /// `allowed`, or the refusal's code.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// The reason in one sentence; more exact than what the caller was told.
    pub reason: String,
    /// When the request was refused, for one that was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The rules in their order; the last that did not pass decided.
    pub steps: Vec<ExplanationStep>,
}

/// One rule of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplanationStep {
    /// `target`, `route`, `credential`, `identity`, `access`, `scopes`, `role` or `restrictions`.
    pub rule: String,
    /// Whether it let the request on.
    pub passed: bool,
    /// Why.
    pub detail: String,
}
