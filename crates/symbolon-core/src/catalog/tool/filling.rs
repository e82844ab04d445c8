//! From arguments to a request. The one place where what a model wrote becomes part of a path.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{ArgumentFault, Draft, FieldPlace, Part};
use crate::catalog::{Catalog, Matched};
use crate::target::Target;

impl Part {
    pub(super) fn draft(
        &self,
        catalog: &Catalog,
        arguments: &Map<String, Value>,
    ) -> Result<Draft, ArgumentFault> {
        let route = &catalog.routes[self.route];
        let mut path = format!("{}{}", catalog.mounts.first().map_or("", String::as_str), route.path);
        let mut query = self.query.clone().unwrap_or_default();
        let mut body = Map::new();
        for field in &self.fields {
            let Some(sent) = arguments.get(&field.argument).and_then(|value| field.sent(value)) else {
                continue;
            };
            match field.place {
                FieldPlace::Path => {
                    let text = plain_text(sent);
                    let segment = text.as_deref().map(escaped).filter(|text| !text.is_empty());
                    let segment = segment.ok_or_else(|| unfit(&field.argument))?;
                    path = path.replacen(&format!("{{{}}}", field.name), &segment, 1);
                }
                FieldPlace::Query => {
                    for value in sent.as_array().map_or(std::slice::from_ref(sent), Vec::as_slice) {
                        let text = plain_text(value).unwrap_or_else(|| value.to_string());
                        let between = if query.is_empty() { "" } else { "&" };
                        let _ = write!(query, "{between}{}={}", escaped(&field.name), escaped(&text));
                    }
                }
                FieldPlace::Body => drop(body.insert(field.name.clone(), sent.clone())),
            }
        }
        // Whatever the arguments are, it is a request of this route or none at all.
        let own = |target: &Target<'_>| matches!(catalog.find(&route.method, target.path()), Matched::Route(found, _) if found == self.route);
        if !Target::parse(path.as_bytes()).is_ok_and(|target| own(&target)) {
            let of_path = |field: &&super::Field| field.place == FieldPlace::Path;
            let first = self.fields.iter().find(of_path);
            return Err(unfit(first.map_or("", |field| field.argument.as_str())));
        }
        let has_body = self.fields.iter().any(|field| field.place == FieldPlace::Body);
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        if Target::parse(target.as_bytes()).is_err() {
            return Err(ArgumentFault("the arguments are too long for the query of a request".to_owned()));
        }
        Ok(Draft { method: route.method.clone(), target, body: has_body.then_some(Value::Object(body)) })
    }
}

impl super::Field {
    /// What is sent for a value, if anything is.
    fn sent<'a>(&'a self, value: &'a Value) -> Option<&'a Value> {
        match &self.values {
            Some(values) => values.get(&plain_text(value)?),
            None => Some(value).filter(|value| !value.is_null()),
        }
    }
}

fn unfit(argument: &str) -> ArgumentFault {
    ArgumentFault(format!(
        "{argument} cannot stand in a path: it must be a number or a text that is not empty, not . or .., and has no / \\ % ; ? # \
         or control character"
    ))
}

/// A value that is one text, without quotation marks.
pub(super) fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        // As JSON Schema has it 1.0 is a whole number, and an application that asks for one has never heard of it.
        Value::Number(number) => Some(match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                format!("{float:.0}")
            }
            _ => number.to_string(),
        }),
        Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A text of which every byte but the unreserved ones (RFC 3986, section 2.3) is escaped.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
