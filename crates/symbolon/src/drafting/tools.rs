//! The tools of a draft: an operation that a token may call, with what its document says that it takes.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Map, Value};
use symbolon_core::Catalog;

use super::catalog::{clean, quoted};

/// How deep a schema is followed; a list of lists of objects is enough.
const DEPTH: usize = 6;

/// The longest name of a tool.
const LONGEST: usize = 64;

/// What a document says of an operation, as far as a tool of it is concerned.
#[derive(Debug, Clone, Default)]
pub(super) struct Described {
    /// `operationId`.
    id: String,
    about: String,
    arguments: Vec<Argument>,
    /// What it must be told and no tool can say.
    unsayable: Option<String>,
}

#[derive(Debug, Clone)]
struct Argument {
    name: String,
    place: Place,
    required: bool,
    schema: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Body,
}

/// What is said of an operation of a path item.
pub(super) fn described(document: &Value, item: &Value, operation: &Value) -> Described {
    let text = |key: &str| operation[key].as_str().map(clean).filter(|text| !text.is_empty());
    let mut described = Described {
        id: text("operationId").unwrap_or_default(),
        about: text("summary").or_else(|| text("description")).unwrap_or_default(),
        ..Described::default()
    };
    let parameters = |value: &Value| value["parameters"].as_array().cloned().unwrap_or_default();
    for parameter in parameters(item).iter().chain(&parameters(operation)) {
        let Some(parameter) = followed(document, parameter) else { continue };
        let name = parameter["name"].as_str().unwrap_or_default();
        let place = match parameter["in"].as_str() {
            Some("path") => Place::Path,
            Some("query") => Place::Query,
            // Swagger 2.0 has the body among the parameters.
            Some("body") => {
                described.body(document, &parameter["schema"], parameter["required"] == true);
                continue;
            }
            // Headers and cookies are not for a model to say.
            _ => {
                if parameter["required"] == true {
                    described.unsayable = Some(format!("{name} in a header, a cookie or a form"));
                }
                continue;
            }
        };
        let schema = if parameter["schema"].is_object() { &parameter["schema"] } else { parameter };
        described.add(document, name, place, place == Place::Path || parameter["required"] == true, schema);
    }
    let body = followed(document, &operation["requestBody"]).unwrap_or(&Value::Null);
    if body.is_object() {
        let schema = &body["content"]["application/json"]["schema"];
        if schema.is_object() {
            described.body(document, schema, body["required"] == true);
        } else if body["required"] == true {
            described.unsayable = Some("a body that is no JSON".to_owned());
        }
    }
    described
}

impl Described {
    fn body(&mut self, document: &Value, schema: &Value, required: bool) {
        let schema = followed(document, schema).unwrap_or(&Value::Null);
        let Some(properties) = schema["properties"].as_object() else {
            if required {
                self.unsayable = Some("a body that is no object of known fields".to_owned());
            }
            return;
        };
        let needed = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, property) in properties {
            self.add(document, name, Place::Body, needed.iter().any(|known| known == name), property);
        }
    }

    fn add(&mut self, document: &Value, name: &str, place: Place, required: bool, schema: &Value) {
        // What is said of an operation stands before what is said of all of its path.
        self.arguments.retain(|known| (known.name.as_str(), known.place) != (name, place));
        match subset(document, schema, DEPTH) {
            Some(schema) => self.arguments.push(Argument { name: name.to_owned(), place, required, schema }),
            None if required => self.unsayable = Some(format!("{name}, of a kind that a catalog cannot say")),
            None => {}
        }
    }

    /// The tool of an operation that has this route, as it is written. The error says why there is none.
    pub(super) fn written(
        &self,
        (method, path, pattern): (&str, &str, &str),
        names: &mut BTreeSet<String>,
    ) -> Result<String, String> {
        if let Some(unsayable) = &self.unsayable {
            return Err(format!("it needs {unsayable}"));
        }
        let mut names_before = names.clone();
        let name = self.name((method, pattern), &mut names_before);
        let about = if self.about.is_empty() { format!("{method} {pattern}") } else { self.about.clone() };
        let mut text = format!(
            "\n[[tools]]\nname = {}\ndescription = {}\ncall = {}\n",
            quoted(&name),
            quoted(&about),
            quoted(&format!("{method} {pattern}")),
        );
        let in_query = matches!(method, "GET" | "HEAD" | "DELETE" | "OPTIONS");
        // The pattern's name of a parameter stands where the document's does.
        let stands =
            |text: &str| text.split(['{', '}']).skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let (written, own) = (stands(path), stands(pattern));
        let (mut properties, mut required) = (String::new(), Vec::new());
        let (mut query, mut body) = (Vec::new(), Vec::new());
        let mut known = BTreeSet::new();
        // A parameter of which the document says nothing is a text.
        let said = |name: &String| {
            self.arguments.iter().any(|known| known.place == Place::Path && known.name == *name)
        };
        let text_of = |name: &String| Argument {
            name: name.clone(),
            place: Place::Path,
            required: true,
            schema: Map::from_iter([("type".to_owned(), "string".into())]),
        };
        let unsaid: Vec<_> = written.iter().filter(|name| !said(name)).map(text_of).collect();
        for argument in self.arguments.iter().chain(&unsaid) {
            let name = match argument.place {
                Place::Path => {
                    let at = written.iter().position(|name| *name == argument.name);
                    at.and_then(|at| own.get(at)).unwrap_or(&argument.name).clone()
                }
                _ if known.contains(&argument.name) => format!("{}_in_body", argument.name),
                _ => argument.name.clone(),
            };
            let said = format!("{} = {}", quoted(&argument.name), quoted(&name));
            match argument.place {
                Place::Query if !in_query || name != argument.name => query.push(said),
                Place::Body if in_query || name != argument.name => body.push(said),
                _ => {}
            }
            if argument.required {
                required.push(quoted(&name));
            }
            // Writing to a String does not fail.
            let _ = writeln!(
                properties,
                "{} = {}",
                quoted(&name),
                inline(&Value::Object(argument.schema.clone()))
            );
            known.insert(name);
        }
        for (key, said) in [("query", query), ("body", body)] {
            if !said.is_empty() {
                let _ = writeln!(text, "{key} = {{ {} }}", said.join(", "));
            }
        }
        if !required.is_empty() {
            let _ = write!(text, "[tools.arguments]\nrequired = [{}]\n", required.join(", "));
        }
        if !properties.is_empty() {
            let _ = write!(text, "[tools.arguments.properties]\n{properties}");
        }
        compiles((method, pattern), &text)?;
        *names = names_before;
        Ok(text)
    }

    fn name(&self, (method, pattern): (&str, &str), names: &mut BTreeSet<String>) -> String {
        let said = if self.id.is_empty() {
            let path: Vec<_> =
                pattern.split('/').filter(|part| !part.is_empty() && !part.starts_with('{')).collect();
            format!("{}_{}", method.to_lowercase(), path.join("_"))
        } else {
            self.id.clone()
        };
        let plain: String = said
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '_' })
            .collect();
        let plain = plain.trim_matches('_');
        let plain: String = if plain.is_empty() { "tool" } else { plain }.chars().take(LONGEST - 4).collect();
        let mut name = plain.clone();
        let mut number = 1;
        while !names.insert(name.clone()) {
            number += 1;
            name = format!("{plain}_{number}");
        }
        name
    }
}

/// Whether a catalog takes a tool, tried with its route alone: what it does not take is left out and told.
fn compiles((method, pattern): (&str, &str), tool: &str) -> Result<(), String> {
    let route = quoted(&format!("{method} {pattern}"));
    let text = format!(
        "service = \"t\"\ntoken_prefix = \"tt\"\n[scopes]\nall = \"All\"\n[[routes]]\nscopes = [\"all\"]\npaths = [{route}]\n{tool}"
    );
    Catalog::compile("draft", &text).map(drop).map_err(|error| clean(&error.to_string()))
}

/// What a reference in the document stands for, or the value itself.
fn followed<'a>(document: &'a Value, value: &'a Value) -> Option<&'a Value> {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#')?),
        None => Some(value),
    }
}

/// A schema in the words that a catalog may use; `None` where it cannot be said so.
fn subset(document: &Value, schema: &Value, depth: usize) -> Option<Map<String, Value>> {
    let depth = depth.checked_sub(1)?;
    let schema = followed(document, schema)?;
    // One that may also be null, or one of one, is what it is else; nothing is sent for null.
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(all) = schema[key].as_array() {
            let mut others = all.iter().filter(|one| one["type"] != "null");
            let (Some(one), None) = (others.next(), others.next()) else { return None };
            let mut found = subset(document, one, depth)?;
            tell(schema, &mut found);
            return Some(found);
        }
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.as_str(),
        Value::Array(kinds) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            kinds.next().filter(|_| kinds.next().is_none())?
        }
        Value::Null if schema["properties"].is_object() => "object",
        Value::Null if schema["enum"].as_array().is_some_and(|words| words.iter().all(Value::is_string)) => {
            "string"
        }
        _ => return None,
    };
    let mut found = Map::new();
    found.insert("type".to_owned(), kind.into());
    let keep: &[&str] = match kind {
        "string" => &["minLength", "maxLength"],
        // Of version 3.0 these two are truths beside the bounds; then they are left out, and the application decides.
        "integer" | "number" => &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
        "boolean" => &[],
        "array" => {
            found.insert("items".to_owned(), subset(document, &schema["items"], depth)?.into());
            &["minItems", "maxItems"]
        }
        "object" => {
            let mut properties = Map::new();
            for (name, property) in schema["properties"].as_object()? {
                properties.insert(name.clone(), subset(document, property, depth)?.into());
            }
            found.insert("properties".to_owned(), properties.into());
            if schema["required"].is_array() {
                found.insert("required".to_owned(), schema["required"].clone());
            }
            &[]
        }
        _ => return None,
    };
    found.extend(
        keep.iter()
            .filter(|word| schema[**word].is_number())
            .map(|word| ((*word).to_owned(), schema[*word].clone())),
    );
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> = words.iter().filter(|word| !word.is_null()).cloned().collect();
        found.insert("enum".to_owned(), words.into());
    }
    tell(schema, &mut found);
    Some(found)
}

/// What is said to people.
fn tell(schema: &Value, found: &mut Map<String, Value>) {
    if let Some(text) = schema["description"].as_str().or(schema["title"].as_str()).map(clean)
        && !text.is_empty()
    {
        found.insert("description".to_owned(), text.into());
    }
    if let Some(format) = schema["format"].as_str().map(clean) {
        found.insert("format".to_owned(), format.into());
    }
}

/// A value as TOML has it in one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let said: Vec<_> =
                fields.iter().map(|(name, value)| format!("{} = {}", quoted(name), inline(value))).collect();
            format!("{{ {} }}", said.join(", "))
        }
        Value::Array(values) => {
            format!("[{}]", values.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}
