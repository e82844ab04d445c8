//! What arguments may be: the part of JSON Schema (draft 2020-12) that a catalog may use. What is not in it is refused when
//! the catalog is read, so that nothing is promised to an agent that nobody looks at.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

use super::ArgumentFault;

/// Words that say something to people and bind nobody.
const TOLD: [&str; 4] = ["title", "description", "format", "examples"];

/// How deep a schema may go.
const DEPTH: usize = 8;

/// A schema, and what it means.
#[derive(Debug, Clone)]
pub struct Schema {
    written: Map<String, Value>,
    rule: Rule,
}

#[derive(Debug, Clone)]
struct Rule {
    kind: Kind,
    choices: Option<Vec<Value>>,
    default: Option<Value>,
}

#[derive(Debug, Clone)]
enum Kind {
    Text { least: usize, most: usize },
    Number { whole: bool, bounds: Vec<(Bound, f64)> },
    Truth,
    List { items: Box<Rule>, least: usize, most: usize },
    Object { properties: Vec<(String, Rule)>, required: Vec<String> },
}

#[derive(Debug, Clone, Copy)]
enum Bound {
    Least,
    Most,
    Above,
    Below,
}

impl Schema {
    /// Reads the schema of an object. The error says what cannot be meant.
    pub(in crate::catalog) fn of_arguments(mut written: Map<String, Value>) -> Result<Self, String> {
        written.entry("type").or_insert_with(|| "object".into());
        // Said, so that an agent knows; and so whether it is said or not.
        written.entry("additionalProperties").or_insert(Value::Bool(false));
        let rule = Rule::read(&written, "arguments", DEPTH)?;
        match rule.kind {
            Kind::Object { .. } => Ok(Self { written, rule }),
            _ => Err("arguments are an object: leave type out, or write type = \"object\"".to_owned()),
        }
    }

    /// As it was written, for whoever lists tools.
    pub fn as_json(&self) -> &Map<String, Value> {
        &self.written
    }

    /// The names of the arguments.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.properties().map(|(name, _)| name.as_str())
    }

    /// Whether a call has to have this argument.
    pub(in crate::catalog) fn requires(&self, name: &str) -> bool {
        matches!(&self.rule.kind, Kind::Object { required, .. } if required.iter().any(|known| known == name))
    }

    /// Whether this argument is one text, number or truth, and so can stand in a path.
    pub(in crate::catalog) fn is_single(&self, name: &str) -> bool {
        self.properties().any(|(known, rule)| {
            known == name && !matches!(rule.kind, Kind::List { .. } | Kind::Object { .. })
        })
    }

    fn properties(&self) -> impl Iterator<Item = &(String, Rule)> {
        let properties = match &self.rule.kind {
            Kind::Object { properties, .. } => properties.as_slice(),
            _ => &[],
        };
        properties.iter()
    }

    /// Arguments that are as the schema says, with the defaults of those that were left out.
    pub(super) fn completed(
        &self,
        mut arguments: Map<String, Value>,
    ) -> Result<Map<String, Value>, ArgumentFault> {
        for (name, rule) in self.properties() {
            if let Some(default) = rule.default.as_ref().filter(|_| !arguments.contains_key(name)) {
                arguments.insert(name.clone(), default.clone());
            }
        }
        let arguments = Value::Object(arguments);
        self.rule.check(&arguments, "").map_err(ArgumentFault)?;
        match arguments {
            Value::Object(arguments) => Ok(arguments),
            _ => Ok(Map::new()),
        }
    }
}

impl Rule {
    fn read(written: &Map<String, Value>, at: &str, depth: usize) -> Result<Self, String> {
        let depth = depth.checked_sub(1).ok_or_else(|| format!("{at} is nested too deeply"))?;
        let kind = match written.get("type").and_then(Value::as_str) {
            Some("string") => Kind::Text {
                least: size(written, "minLength", at, 0)?,
                most: size(written, "maxLength", at, usize::MAX)?,
            },
            Some(number @ ("integer" | "number")) => {
                Kind::Number { whole: number == "integer", bounds: bounds(written, at)? }
            }
            Some("boolean") => Kind::Truth,
            Some("array") => {
                let items = written.get("items").and_then(Value::as_object);
                let items = items.ok_or_else(|| format!("{at} is a list: say what it is of, with items"))?;
                Kind::List {
                    items: Box::new(Self::read(items, &format!("{at}.items"), depth)?),
                    least: size(written, "minItems", at, 0)?,
                    most: size(written, "maxItems", at, usize::MAX)?,
                }
            }
            Some("object") => object(written, at, depth)?,
            _ => {
                return Err(format!(
                    "{at} needs a type: \"string\", \"integer\", \"number\", \"boolean\", \"array\" or \"object\""
                ));
            }
        };
        let known = kind.words();
        let common = ["type", "enum", "default"];
        let mut unknown = written.keys().filter(|word| {
            !known.contains(&word.as_str())
                && !common.contains(&word.as_str())
                && !TOLD.contains(&word.as_str())
        });
        if let Some(word) = unknown.next() {
            let all = [&common[..], known, &TOLD].concat().join(", ");
            return Err(format!(
                "{at} says {word:?}, which is not looked at here; what may be said is {all}"
            ));
        }
        let choices = match written.get("enum") {
            None => None,
            Some(Value::Array(choices)) if !choices.is_empty() => Some(choices.clone()),
            Some(_) => return Err(format!("enum of {at} is a list of at least one value")),
        };
        let rule = Self { kind, choices, default: None };
        for value in rule.choices.iter().flatten().chain(written.get("default")) {
            rule.check(value, "").map_err(|fault| format!("{value} cannot be a value of {at}: {fault}"))?;
        }
        Ok(Self { default: written.get("default").cloned(), ..rule })
    }

    /// What is wrong with a value, if anything is. `name`: the argument's; empty for the arguments themselves.
    fn check(&self, value: &Value, name: &str) -> Result<(), String> {
        if !self.kind.is_of(value) {
            return Err(format!("{} must be {}", named(name), self.kind));
        }
        if let Some(choices) = self.choices.as_ref().filter(|choices| !choices.contains(value)) {
            let all: Vec<_> = choices.iter().map(Value::to_string).collect();
            return Err(format!("{} must be one of {}", named(name), all.join(", ")));
        }
        match (&self.kind, value) {
            (Kind::List { items, .. }, Value::Array(values)) => values
                .iter()
                .enumerate()
                .try_for_each(|(at, value)| items.check(value, &format!("{name}[{at}]"))),
            (Kind::Object { properties, required }, Value::Object(fields)) => {
                let inner =
                    |field: &str| if name.is_empty() { field.to_owned() } else { format!("{name}.{field}") };
                if let Some(missing) = required.iter().find(|field| !fields.contains_key(*field)) {
                    return Err(format!("{} is missing", inner(missing)));
                }
                for (field, value) in fields {
                    let Some((_, rule)) = properties.iter().find(|(known, _)| known == field) else {
                        let known: Vec<_> = properties.iter().map(|(known, _)| known.as_str()).collect();
                        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                        return Err(format!("{} is not an argument; there are: {known}", inner(field)));
                    };
                    rule.check(value, &inner(field))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn named(name: &str) -> &str {
    if name.is_empty() { "the value" } else { name }
}

fn object(written: &Map<String, Value>, at: &str, depth: usize) -> Result<Kind, String> {
    if written.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false)) {
        return Err(format!(
            "additionalProperties of {at} can only be false: nothing is passed on that is not declared"
        ));
    }
    let properties = match written.get("properties") {
        None => Vec::new(),
        Some(Value::Object(properties)) => properties
            .iter()
            .map(|(name, inner)| {
                let at = format!("{at}.{name}");
                let inner = inner
                    .as_object()
                    .ok_or_else(|| format!("{at} is a table, such as {{ type = \"string\" }}"))?;
                Ok((name.clone(), Rule::read(inner, &at, depth)?))
            })
            .collect::<Result<_, String>>()?,
        Some(_) => return Err(format!("properties of {at} is a table of names")),
    };
    let required = match written.get("required") {
        None => Vec::new(),
        Some(Value::Array(names)) => names
            .iter()
            .map(|name| {
                let name = name.as_str().filter(|name| properties.iter().any(|(known, _)| known == name));
                name.map(str::to_owned)
                    .ok_or_else(|| format!("required of {at} names what is no property of it"))
            })
            .collect::<Result<_, String>>()?,
        Some(_) => return Err(format!("required of {at} is a list of names")),
    };
    Ok(Kind::Object { properties, required })
}

fn size(written: &Map<String, Value>, word: &str, at: &str, default: usize) -> Result<usize, String> {
    let Some(value) = written.get(word) else { return Ok(default) };
    let size = value.as_u64().and_then(|size| usize::try_from(size).ok());
    size.ok_or_else(|| format!("{word} of {at} is a whole number, 0 or more"))
}

fn bounds(written: &Map<String, Value>, at: &str) -> Result<Vec<(Bound, f64)>, String> {
    let words = [
        ("minimum", Bound::Least),
        ("maximum", Bound::Most),
        ("exclusiveMinimum", Bound::Above),
        ("exclusiveMaximum", Bound::Below),
    ];
    let said =
        words.into_iter().filter_map(|(word, bound)| written.get(word).map(|value| (word, bound, value)));
    said.map(|(word, bound, value)| {
        let number = value.as_f64().ok_or_else(|| format!("{word} of {at} is a number"))?;
        Ok((bound, number))
    })
    .collect()
}

impl Kind {
    /// The words of JSON Schema that say something about it.
    fn words(&self) -> &'static [&'static str] {
        match self {
            Self::Text { .. } => &["minLength", "maxLength"],
            Self::Number { .. } => &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
            Self::Truth => &[],
            Self::List { .. } => &["items", "minItems", "maxItems"],
            Self::Object { .. } => &["properties", "required", "additionalProperties"],
        }
    }

    /// Whether a value is of it, what is in a list or an object aside.
    fn is_of(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text { least, most }, Value::String(text)) => {
                (*least..=*most).contains(&text.chars().count())
            }
            (Self::Number { whole, bounds }, Value::Number(number)) => {
                (!whole || is_whole(number)) && number.as_f64().is_some_and(|number| within(number, bounds))
            }
            (Self::List { least, most, .. }, Value::Array(values)) => {
                (*least..=*most).contains(&values.len())
            }
            (Self::Truth, Value::Bool(_)) | (Self::Object { .. }, Value::Object(_)) => true,
            _ => false,
        }
    }
}

/// As JSON Schema has it, by which 1.0 is one.
fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn within(number: f64, bounds: &[(Bound, f64)]) -> bool {
    bounds.iter().all(|(bound, limit)| match bound {
        Bound::Least => number >= *limit,
        Bound::Most => number <= *limit,
        Bound::Above => number > *limit,
        Bound::Below => number < *limit,
    })
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes = |least: usize, most: usize, of: &str| match (least, most) {
            (0, usize::MAX) => String::new(),
            (least, usize::MAX) => format!(" of at least {least} {of}"),
            (0, most) => format!(" of at most {most} {of}"),
            (least, most) => format!(" of {least} to {most} {of}"),
        };
        match self {
            Self::Text { least, most } => write!(f, "a text{}", sizes(*least, *most, "characters")),
            Self::List { least, most, .. } => write!(f, "a list{}", sizes(*least, *most, "items")),
            Self::Truth => f.write_str("true or false"),
            Self::Object { .. } => f.write_str("an object"),
            Self::Number { whole, bounds } => {
                f.write_str(if *whole { "a whole number" } else { "a number" })?;
                let mut all = String::new();
                for (at, (bound, limit)) in bounds.iter().enumerate() {
                    let word = match bound {
                        Bound::Least => "at least",
                        Bound::Most => "at most",
                        Bound::Above => "more than",
                        Bound::Below => "less than",
                    };
                    write!(all, "{} {word} {limit}", if at == 0 { "," } else { " and" })?;
                }
                f.write_str(&all)
            }
        }
    }
}
