//! An OpenAPI document, as far as a catalog is concerned: which operations there are, and under what they are served.

use std::collections::BTreeMap;

use serde_json::Value;
use symbolon_server::is_plain_json;

use super::pattern::pattern;
use super::tools::{Described, described};

/// The methods of a path item, in the order in which a draft lists them.
const METHODS: [&str; 8] = ["get", "head", "post", "put", "patch", "delete", "options", "trace"];

/// What is read of a document.
#[derive(Debug)]
pub(crate) struct Document {
    /// `info.title`.
    pub(super) title: String,
    /// The paths under which everything is served, without a `/` at the end; `""` is none.
    pub(super) bases: Vec<String>,
    /// In the order of their paths.
    pub(super) operations: Vec<Operation>,
    /// What is said of a tag, by its name.
    pub(super) tags: BTreeMap<String, String>,
    /// What could not be read, a sentence each.
    pub(super) notes: Vec<String>,
}

/// One operation.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    /// In capitals.
    pub(super) method: String,
    /// As written, `/printers/{printer-id}`.
    pub(super) path: String,
    /// The first tag.
    pub(super) tag: Option<String>,
    pub(super) deprecated: bool,
    /// What a tool of it would be.
    pub(super) described: Described,
}

impl Document {
    /// Reads a document: `OpenAPI` 3.0 and 3.1, and Swagger 2.0; JSON, or YAML. The error says what is wrong.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let value = parse(text)?;
        let version = value["openapi"].as_str().or(value["swagger"].as_str()).unwrap_or_default();
        let known = ["3.0.", "3.1.", "2.0"].iter().any(|known| version.starts_with(known));
        match (known, version) {
            (true, _) => {}
            (false, "") => {
                return Err(
                    "it is no OpenAPI document: it has neither openapi nor swagger at its top".to_owned()
                );
            }
            (false, other) => {
                let other: String = other.chars().take(32).collect();
                return Err(format!(
                    "it is of version {other:?}; OpenAPI 3.0 and 3.1 and Swagger 2.0 are read"
                ));
            }
        }
        let mut notes = Vec::new();
        let bases = match &value["basePath"] {
            Value::String(base) => bases([base.clone()].into_iter(), &mut notes),
            _ => bases(servers(&value), &mut notes),
        };
        Ok(Self {
            title: value["info"]["title"].as_str().unwrap_or_default().trim().to_owned(),
            bases,
            operations: operations(&value, &mut notes)?,
            tags: tags(&value),
            notes,
        })
    }
}

/// JSON if it begins like JSON, for which YAML's reader would be a detour; otherwise YAML.
fn parse(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('{') {
        if !is_plain_json(text.as_bytes()) {
            return Err("it has a name in it that no document has: one of $serde_json::private::".to_owned());
        }
        return serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"));
    }
    serde_saphyr::from_str(text).map_err(|error| {
        // What follows the first line shows the place in the text, which the line names.
        let error = error.to_string();
        format!("it is neither JSON nor YAML: {}", error.lines().next().unwrap_or_default())
    })
}

/// The addresses of `servers`. Variables are taken at their defaults.
fn servers(document: &Value) -> impl Iterator<Item = String> {
    let servers = document["servers"].as_array().into_iter().flatten();
    servers.map(|server| {
        let url = server["url"].as_str().unwrap_or_default().to_owned();
        let variables = server["variables"].as_object().into_iter().flatten();
        variables.fold(url, |url, (name, variable)| {
            url.replace(&format!("{{{name}}}"), variable["default"].as_str().unwrap_or_default())
        })
    })
}

/// The paths of these addresses, each once; those that a mount can say.
fn bases(urls: impl Iterator<Item = String>, notes: &mut Vec<String>) -> Vec<String> {
    let mut bases: Vec<String> = Vec::new();
    for url in urls {
        let path = match url.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
            None => &url,
        };
        let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let fits = path.is_empty() || (!path.contains('{') && pattern(path).is_ok());
        if !fits {
            notes.push(format!("the server {url:?} is left out: its path is not absolute, or not canonical"));
        } else if !bases.iter().any(|known| known == path) {
            bases.push(path.to_owned());
        }
    }
    if bases.is_empty() { vec![String::new()] } else { bases }
}

fn operations(document: &Value, notes: &mut Vec<String>) -> Result<Vec<Operation>, String> {
    let paths = document["paths"].as_object().ok_or("it has no paths")?;
    let mut operations = Vec::new();
    for (path, item) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
        let Some(item) = resolved(document, item) else {
            notes.push(format!(
                "{path}: what it refers to is not in this document; its operations are left out"
            ));
            continue;
        };
        if item.get("servers").is_some() {
            notes.push(format!("{path}: it has servers of its own, which are not looked at"));
        }
        for method in METHODS {
            let Some(operation) = item.get(method).filter(|operation| operation.is_object()) else {
                continue;
            };
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                tag: operation["tags"][0].as_str().map(str::to_owned),
                deprecated: operation["deprecated"] == true,
                described: described(document, item, operation),
            });
        }
    }
    operations.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(operations)
}

/// A path item, or the one in this document for which it stands.
fn resolved<'a>(document: &'a Value, item: &'a Value) -> Option<&'a Value> {
    match item["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#')?),
        None => Some(item),
    }
}

fn tags(document: &Value) -> BTreeMap<String, String> {
    let tags = document["tags"].as_array().into_iter().flatten();
    tags.filter_map(|tag| Some((tag["name"].as_str()?.to_owned(), tag["description"].as_str()?.to_owned())))
        .collect()
}
