//! Restrictions as texts: as they are asked for, kept and shown.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{PathPrefix, Restrictions};
use crate::code::Refusal;
use crate::network::Network;
use crate::target::Target;

/// How many entries a kind has at the most; of parameters, the values of each.
pub const MAX_ENTRIES: usize = 100;
/// How many parameters may be restricted.
pub const MAX_PARAMETERS: usize = 10;
/// The longest path, in bytes, and the longest value, in characters.
pub const MAX_TEXT: usize = 200;

/// Restrictions as texts. A kind that is left out restricts nothing. One that is there has entries: an empty list would
/// open what somebody meant to close.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Networks and addresses, such as `10.0.0.0/8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<Vec<String>>,
    /// Methods in capitals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<String>>,
    /// Path prefixes in the catalog's terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<Vec<String>>,
    /// Values by the names of parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
}

impl TryFrom<Given> for Restrictions {
    type Error = Refusal;

    /// The refusal names the entry as a field of a token: `restrictions.networks[0]`.
    fn try_from(given: Given) -> Result<Self, Refusal> {
        let Given { networks, methods, paths, parameters } = given;
        Ok(Self {
            networks: entries("networks", networks, |text| {
                text.parse::<Network>().map_err(|fault| fault.to_string())
            })?,
            methods: entries("methods", methods, method)?,
            paths: entries("paths", paths, path)?,
            parameters: parameters.map(values).transpose()?.unwrap_or_default(),
        })
    }
}

impl From<Restrictions> for Given {
    fn from(restrictions: Restrictions) -> Self {
        let Restrictions { networks, methods, paths, parameters } = restrictions;
        let parameters: BTreeMap<_, _> =
            parameters.into_iter().map(|(name, values)| (name, values.into_iter().collect())).collect();
        Self {
            networks: texts(&networks),
            methods: texts(&methods),
            paths: texts(&paths),
            parameters: Some(parameters).filter(|parameters| !parameters.is_empty()),
        }
    }
}

fn texts<T: ToString>(entries: &BTreeSet<T>) -> Option<Vec<String>> {
    let texts: Vec<String> = entries.iter().map(ToString::to_string).collect();
    Some(texts).filter(|texts| !texts.is_empty())
}

/// The entries of a kind, sorted and without doubles.
fn entries<T: Ord>(
    kind: &str,
    given: Option<Vec<String>>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<BTreeSet<T>, Refusal> {
    let Some(given) = given else { return Ok(BTreeSet::new()) };
    let field = format!("restrictions.{kind}");
    if given.is_empty() || given.len() > MAX_ENTRIES {
        let detail =
            format!("name 1 to {MAX_ENTRIES}, or leave {kind} out: an empty list would restrict nothing");
        return Err(Refusal::field(field, detail));
    }
    let entry = |(index, text): (usize, &String)| {
        parse(text).map_err(|detail| Refusal::field(format!("{field}[{index}]"), detail))
    };
    given.iter().enumerate().map(entry).collect()
}

fn values(given: BTreeMap<String, Vec<String>>) -> Result<BTreeMap<String, BTreeSet<String>>, Refusal> {
    if given.is_empty() || given.len() > MAX_PARAMETERS {
        let detail = format!(
            "name 1 to {MAX_PARAMETERS}, or leave parameters out: an empty object would restrict nothing"
        );
        return Err(Refusal::field("restrictions.parameters", detail));
    }
    let one = |(name, values): (String, Vec<String>)| {
        let kind = format!("parameters.{}", name.chars().take(64).collect::<String>());
        if name.is_empty() || name.len() > 64 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            let detail = "a parameter is 1 to 64 letters, digits and _, as the catalog names it";
            return Err(Refusal::field(format!("restrictions.{kind}"), detail));
        }
        Ok((name, entries(&kind, Some(values), value)?))
    };
    given.into_iter().map(one).collect()
}

fn method(text: &str) -> Result<String, String> {
    let word = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
    if word { Ok(text.to_owned()) } else { Err("a method is written in capitals, such as GET".to_owned()) }
}

fn path(text: &str) -> Result<PathPrefix, String> {
    if text.len() > MAX_TEXT {
        return Err(format!("a path has at most {MAX_TEXT} bytes"));
    }
    let target = Target::parse(text.as_bytes())
        .map_err(|fault| format!("{fault}; a path is written as in the catalog, such as /printers"))?;
    if target.query().is_some() {
        return Err("a path has no query".to_owned());
    }
    if target.path() != text {
        return Err(format!("the path is written {}", target.path()));
    }
    match text.strip_suffix('/') {
        None => Ok(PathPrefix(text.to_owned())),
        Some("") => Err("/ is every path; leave paths out".to_owned()),
        Some(path) => Err(format!("the path is written {path}, which covers {text} and all below")),
    }
}

/// One segment of a path, decoded; of a tail several, with the slashes between them.
fn value(text: &str) -> Result<String, String> {
    let whole = text.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    if whole && text.chars().count() <= MAX_TEXT && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "a value is 1 to {MAX_TEXT} characters, decoded, as it stands in the path: no control character, and no / but between \
         the segments of a tail"
    ))
}
