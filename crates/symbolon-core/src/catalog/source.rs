//! The catalog file as written: shapes and positions, no meaning yet.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use toml::Spanned;

/// A catalog file. Every key that is not here is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) service: Spanned<String>,
    pub(super) title: Option<Spanned<String>>,
    pub(super) token_prefix: Spanned<String>,
    pub(super) roles: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) token_managers: Option<Spanned<String>>,
    pub(super) token_admins: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) implications: Vec<Spanned<String>>,
    pub(super) mounts: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) options: Option<Spanned<String>>,
    pub(super) parameters: Option<Spanned<String>>,
    pub(super) dry_run: Option<Spanned<String>>,
    pub(super) idempotency: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) tokens: TokenSource,
    #[serde(default)]
    pub(super) limits: LimitSource,
    #[serde(default)]
    pub(super) scopes: BTreeMap<Spanned<String>, ScopeSource>,
    #[serde(default)]
    pub(super) profiles: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) routes: Vec<Spanned<RouteSource>>,
    #[serde(default)]
    pub(super) tools: Vec<Spanned<ToolSource>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenSource {
    pub(super) default_lifetime: Option<Spanned<String>>,
    pub(super) max_lifetime: Option<Spanned<String>>,
    pub(super) never_expires: Option<Spanned<bool>>,
    pub(super) idle_expiry: Option<Spanned<String>>,
    pub(super) max_live: Option<Spanned<u32>>,
    pub(super) max_loan: Option<Spanned<String>>,
    pub(super) on_reuse: Option<Spanned<String>>,
    pub(super) old_form: Option<Spanned<OldFormSource>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitSource {
    pub(super) service: Option<Spanned<String>>,
    pub(super) token: Option<Spanned<String>>,
    pub(super) max_token: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OldFormSource {
    pub(super) prefix: Spanned<String>,
    pub(super) length: Spanned<u16>,
    pub(super) alphabet: Spanned<String>,
    pub(super) lookup: Spanned<u16>,
    pub(super) hashed: Spanned<String>,
    pub(super) until: Spanned<toml::value::Datetime>,
}

/// `"text"`, or a table with the text and more.
#[derive(Default)]
pub(super) struct ScopeSource {
    pub(super) grants: String,
    pub(super) implies: Vec<Spanned<String>>,
    pub(super) min_role: Option<Spanned<String>>,
    pub(super) max_lifetime: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeTable {
    grants: String,
    #[serde(default)]
    implies: Vec<Spanned<String>>,
    min_role: Option<Spanned<String>>,
    max_lifetime: Option<Spanned<String>>,
}

impl<'de> Deserialize<'de> for ScopeSource {
    // By hand, because an untagged enum would lose the positions.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = ScopeSource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a sentence that says what the scope grants, \
                     or { grants = \"…\", implies = […], min_role = \"…\", max_lifetime = \"…\" }",
                )
            }

            fn visit_str<E>(self, grants: &str) -> Result<ScopeSource, E> {
                Ok(ScopeSource { grants: grants.to_owned(), ..ScopeSource::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ScopeSource, A::Error> {
                let table = ScopeTable::deserialize(MapAccessDeserializer::new(map))?;
                let ScopeTable { grants, implies, min_role, max_lifetime } = table;
                Ok(ScopeSource { grants, implies, min_role, max_lifetime })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RouteSource {
    pub(super) scopes: Option<Vec<Spanned<String>>>,
    pub(super) access: Option<Spanned<String>>,
    pub(super) role: Option<Spanned<String>>,
    pub(super) paths: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolSource {
    pub(super) name: Spanned<String>,
    pub(super) description: Spanned<String>,
    pub(super) arguments: Option<Spanned<serde_json::Map<String, serde_json::Value>>>,
    pub(super) limit: Option<Spanned<String>>,
    pub(super) destructive: Option<bool>,
    pub(super) idempotent: Option<bool>,
    pub(super) call: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) query: BTreeMap<String, Spanned<FieldSource>>,
    #[serde(default)]
    pub(super) body: BTreeMap<String, Spanned<FieldSource>>,
    #[serde(default)]
    pub(super) result: ResultSource,
    #[serde(default)]
    pub(super) calls: BTreeMap<String, Spanned<CallSource>>,
}

/// One of several requests of a tool.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallSource {
    pub(super) call: Spanned<String>,
    #[serde(default)]
    pub(super) query: BTreeMap<String, Spanned<FieldSource>>,
    #[serde(default)]
    pub(super) body: BTreeMap<String, Spanned<FieldSource>>,
    #[serde(default)]
    pub(super) result: ResultSource,
}

/// `"argument"`, or a table with what is sent for which value.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "an argument's name, or { argument = \"…\", send = { \"value\" = what is sent } }"
)]
pub(super) enum FieldSource {
    Plain(String),
    Mapped { argument: String, send: BTreeMap<String, serde_json::Value> },
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ResultSource {
    pub(super) pick: Vec<String>,
    pub(super) count: Option<String>,
    pub(super) list: Option<String>,
}
