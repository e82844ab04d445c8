//! What becomes of an answer on its way to an agent, for which less is more.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::filling::plain_text;

/// What is kept of an answer, and under which name. What an answer has not is left out and is no fault, for applications
/// change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// The only fields that are kept of an object, or of each object of a list; empty: all.
    pub pick: Vec<String>,
    /// A list is counted by the values of this field, and not told.
    pub count: Option<String>,
    /// The name of a list's place in the object that is told.
    pub list: Option<String>,
}

impl Shape {
    /// Whether an answer is told as it is.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether all of an answer is told, be it as it is or in an object.
    pub fn is_whole(&self) -> bool {
        self.pick.is_empty() && self.count.is_none()
    }

    /// The answer, so shaped.
    pub fn of(&self, answer: Value) -> Value {
        match answer {
            Value::Array(items) => {
                let told = match &self.count {
                    Some(field) => counted(&items, field),
                    None => Value::Array(items.into_iter().map(|item| self.picked(item)).collect()),
                };
                match &self.list {
                    Some(name) => Value::Object(Map::from_iter([(name.clone(), told)])),
                    None => told,
                }
            }
            other => self.picked(other),
        }
    }

    fn picked(&self, value: Value) -> Value {
        match value {
            Value::Object(mut fields) if !self.pick.is_empty() => {
                fields.retain(|name, _| self.pick.contains(name));
                Value::Object(fields)
            }
            other => other,
        }
    }
}

/// How many there are, and how many with each value of a field.
fn counted(items: &[Value], field: &str) -> Value {
    let mut by = BTreeMap::<String, u64>::new();
    for item in items {
        let value = item.get(field).and_then(plain_text);
        *by.entry(value.unwrap_or_else(|| "other".to_owned())).or_default() += 1;
    }
    json!({ "total": items.len(), format!("by_{field}"): by })
}
