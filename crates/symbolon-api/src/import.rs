use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::strict::given;

/// Tokens of an application to take over, at most 500 at once.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportTokens {
    /// What is to be told of each comes in the same order.
    pub rows: Vec<ImportRow>,
    /// Tell what would become of them, and make nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// One token as the application keeps it.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRow {
    /// What the application shows of it, such as `odin_x7Kp2`: as many characters as the catalog's `old_form` says.
    pub prefix: String,
    /// The application's hash: bcrypt, argon2, PBKDF2 as Django writes it, SHA-256 or SHA-512. It is in no answer.
    pub hash: String,
    /// 1 to 100 characters.
    pub name: String,
    /// The name of the user that it shall belong to.
    pub owner: String,
    /// Its scopes in the application. Those that the catalog does not declare are left out; without any it opens nothing.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// When it ends (RFC 3339); left out: never, if the service allows that, and else as late as it allows.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_at: Option<String>,
}

impl fmt::Debug for ImportRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportRow")
            .field("prefix", &self.prefix)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What became of the rows, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedTokens {
    /// One for each row.
    pub rows: Vec<RowOutcome>,
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowOutcome {
    /// `imported`; `inert`: imported, but without a scope, so that it opens nothing; `known`: it was imported before, and
    /// is left alone; or `refused`.
    pub outcome: String,
    /// The token's id, where there is one and this is no dry run.
    pub id: Option<String>,
    /// In what it is less than the row, in sentences; of a refused one, why.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The field at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub field: Option<String>,
}

/// The old secret of an imported token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedSecret {
    /// The head of it, as the application shows it.
    pub prefix: String,
    /// Whether it was used here, and so is checked as quickly as any other.
    pub upgraded: bool,
    /// The first moment at which it counts no more; `null` where the service takes no old secrets.
    pub until: Option<String>,
}

/// How the tokens look that an application made before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OldFormInfo {
    /// What each begins with.
    pub prefix: String,
    /// How many characters follow it.
    pub length: u64,
    /// How many of those find its row.
    pub lookup: u64,
    /// The first moment at which none counts any more.
    pub until: String,
}
