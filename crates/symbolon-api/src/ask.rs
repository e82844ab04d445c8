use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::strict::given;

/// Scopes that a token asks for because it has not got them, and what somebody said to that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AskRecord {
    /// Its id, `ask_…`.
    pub id: String,
    /// The token's service.
    pub service: String,
    /// The token that is to be lent something.
    pub token: AskingToken,
    /// `open`, `approved` (what was approved is lent now), `ended` (it was), `denied`, `withdrawn`, or `lapsed`: nobody has
    /// answered within a day, or the token was revoked.
    pub state: String,
    /// What it asks for.
    pub scopes: Vec<String>,
    /// For how long, from the answer on, such as `10m`.
    pub duration: String,
    /// What for. The words of who asked, perhaps of a machine: they prove nothing.
    pub reason: String,
    /// Who asked: the id of the token itself, or the name or id of somebody for it.
    pub asked_by: String,
    /// When.
    pub asked_at: String,
    /// When nobody can answer any more.
    pub lapses_at: String,
    /// What was lent: perhaps less than was asked for. `null` where nothing was.
    pub lent: Option<Vec<String>>,
    /// Until when. What was ended before is not lent any more all the same: `state` says so.
    pub lent_until: Option<String>,
    /// The name or id of who answered.
    pub answered_by: Option<String>,
    /// When.
    pub answered_at: Option<String>,
    /// A word of theirs to who asked.
    pub note: Option<String>,
    /// Whether whoever reads this could lend something to this token.
    #[serde(default)]
    pub may_lend: bool,
    /// Whether whoever reads this could deny it.
    #[serde(default)]
    pub may_deny: bool,
}

/// The token of an ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AskingToken {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its identifying characters.
    pub token_prefix: String,
    /// The name of its owner.
    pub owner: String,
}

/// What is asked for. A token asks for itself; whoever is signed in names one of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeAsk {
    /// Scopes that the token has not.
    pub scopes: Vec<String>,
    /// For how long, from the answer on: such as `10m`, at most `1d`.
    pub duration: String,
    /// What for, in 1 to 500 characters: a person reads it. A token or key in it is cut short.
    pub reason: String,
    /// The service of the token that is to be lent something; left out where a token asks.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub service: Option<String>,
    /// That token's id or `token_prefix`; left out where a token asks.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token: Option<String>,
}

/// An approval: of everything that was asked for, or of less.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveAsk {
    /// Scopes that were asked for, or that these contain; left out: all.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scopes: Option<Vec<String>>,
    /// For how long, and no longer than was asked for; left out: for so long.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub duration: Option<String>,
    /// A word to who asked, at most 500 characters.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub note: Option<String>,
}

/// A denial.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DenyAsk {
    /// A word to who asked, at most 500 characters.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub note: Option<String>,
}

/// Where a person can be asked for what was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AskLink {
    /// Where a program asks, with the refused token and a body of `scopes`, `duration` and `reason`, by `POST`.
    pub url: String,
    /// Where somebody who is signed in asks for the token.
    pub page: String,
}
