//! Tools: each request of one is to a route of the file, and each argument has a place in it.

use std::collections::BTreeMap;

use serde_json::Map;
use toml::Spanned;

use super::super::fault::Faults;
use super::super::source::{FieldSource, ResultSource, Source, ToolSource};
use super::super::tool::{Effect, Field, FieldPlace, Part, Schema, Shape, Tool};
use super::super::{Access, Route};
use super::parse;
use crate::target::Target;

/// How the names of Symbolon's own tools begin, which stand beside a catalog's.
const OWN: &str = "symbolon_";
/// Longest name, in bytes (Model Context Protocol, "Tool Names").
const MAX_NAME: usize = 64;

pub(super) fn compile(source: &Source, routes: &[Route], faults: &mut Faults<'_>) -> Vec<Tool> {
    let mut tools: Vec<Tool> = Vec::new();
    for block in &source.tools {
        let (at, block) = (block.span().start, block.as_ref());
        name(block, &tools, faults);
        if block.description.as_ref().trim().is_empty() {
            faults.error(block.description.span().start, "description must say what the tool does");
        }
        let written = block.arguments.as_ref().map_or_else(Map::new, |arguments| arguments.as_ref().clone());
        let arguments = match Schema::of_arguments(written) {
            Ok(arguments) => arguments,
            Err(message) => {
                faults
                    .error(block.arguments.as_ref().map_or(at, |arguments| arguments.span().start), message);
                continue;
            }
        };
        let parts = parts(block, at, routes, &arguments, faults);
        for argument in arguments.names().filter(|name| !is_sent(&parts, name)) {
            if !parts.is_empty() {
                faults.error(at, format!("argument {argument:?} is sent nowhere: name it in query or body"));
            }
        }
        tools.push(Tool {
            name: block.name.as_ref().clone(),
            description: block.description.as_ref().clone(),
            effect: effect(block, &parts, routes),
            limit: block.limit.as_ref().and_then(|limit| parse(limit, faults)),
            line: faults.line(at),
            arguments,
            parts,
        });
    }
    tools
}

fn name(block: &ToolSource, before: &[Tool], faults: &mut Faults<'_>) {
    let (at, name) = (block.name.span().start, block.name.as_ref());
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(known) {
        faults.error(at, format!("a tool's name is 1 to 64 of A-Z a-z 0-9 _ - ., not {name:?}"));
    } else if name.starts_with(OWN) {
        faults.error(at, format!("names that begin with {OWN} are Symbolon's own tools'; give it another"));
    } else if let Some(other) = before.iter().find(|tool| tool.name == *name) {
        faults.error(at, format!("there is a tool {name:?} already, at line {}", other.line));
    }
}

fn is_sent(parts: &[Part], argument: &str) -> bool {
    parts.iter().flat_map(|part| &part.fields).any(|field| field.argument == argument)
}

/// By the methods (RFC 9110, sections 9.2.1 and 9.2.2), unless it is said otherwise of what changes something.
fn effect(block: &ToolSource, parts: &[Part], routes: &[Route]) -> Effect {
    let all =
        |methods: &[&str]| parts.iter().all(|part| methods.contains(&routes[part.route].method.as_str()));
    let read_only = all(&["GET", "HEAD", "QUERY", "OPTIONS"]);
    Effect {
        read_only,
        // What is made new takes nothing away; of the rest it cannot be known.
        destructive: !read_only && block.destructive.unwrap_or(!all(&["GET", "HEAD", "POST"])),
        idempotent: read_only || block.idempotent.unwrap_or(all(&["GET", "HEAD", "PUT", "DELETE"])),
    }
}

/// One request, as it is written.
struct Written<'a> {
    key: Option<&'a str>,
    call: &'a Spanned<String>,
    query: &'a BTreeMap<String, Spanned<FieldSource>>,
    body: &'a BTreeMap<String, Spanned<FieldSource>>,
    result: &'a ResultSource,
}

fn parts(
    block: &ToolSource,
    at: usize,
    routes: &[Route],
    arguments: &Schema,
    faults: &mut Faults<'_>,
) -> Vec<Part> {
    let several = block.calls.iter().map(|(key, written)| {
        let written = written.as_ref();
        Written {
            key: Some(key),
            call: &written.call,
            query: &written.query,
            body: &written.body,
            result: &written.result,
        }
    });
    let written: Vec<_> = match &block.call {
        Some(call) if block.calls.is_empty() => {
            let ToolSource { query, body, result, .. } = block;
            vec![Written { key: None, call, query, body, result }]
        }
        None if !block.calls.is_empty() && block.query.is_empty() && block.body.is_empty() => {
            several.collect()
        }
        _ => {
            let message = "a [[tools]] has either call, or calls with query, body and result in each of them";
            faults.error(at, message);
            return Vec::new();
        }
    };
    written.iter().filter_map(|written| part(written, routes, arguments, faults)).collect()
}

fn part(
    written: &Written<'_>,
    routes: &[Route],
    arguments: &Schema,
    faults: &mut Faults<'_>,
) -> Option<Part> {
    let at = written.call.span().start;
    let (call, query) = match written.call.as_ref().split_once('?') {
        Some((call, query)) => (call, Some(query.to_owned())),
        None => (written.call.as_ref().as_str(), None),
    };
    let found = routes.iter().position(|route| call.split_once(' ') == Some((&route.method, &route.path)));
    let Some(route) = found else {
        faults.error(at, format!("{call:?} is no route of this file; write one as its [[routes]] has it"));
        return None;
    };
    let own = &routes[route];
    if matches!(own.access, Access::Human | Access::System) {
        faults.error(
            at,
            format!("{call:?} is closed to tokens (line {}), and so no tool can call it", own.line),
        );
        return None;
    }
    let mut fields = path(own, arguments, at, faults);
    for (place, said) in [(FieldPlace::Query, written.query), (FieldPlace::Body, written.body)] {
        for (name, source) in said {
            let (argument, values) = match source.as_ref() {
                FieldSource::Plain(argument) => (argument, None),
                FieldSource::Mapped { argument, send } => (argument, Some(send.clone())),
            };
            if arguments.names().any(|known| known == argument) {
                fields.push(Field { argument: argument.clone(), place, name: name.clone(), values });
            } else {
                faults.error(source.span().start, format!("{argument:?} is none of the tool's arguments"));
            }
        }
    }
    // Of several requests each says itself what it sends; of one, the usual place is where nothing else is said.
    if written.key.is_none() {
        let in_query = matches!(own.method.as_str(), "GET" | "HEAD" | "DELETE" | "OPTIONS");
        let place = if in_query { FieldPlace::Query } else { FieldPlace::Body };
        let left: Vec<_> =
            arguments.names().filter(|name| fields.iter().all(|field| field.argument != *name)).collect();
        fields.extend(left.into_iter().map(|name| Field {
            argument: name.to_owned(),
            place,
            name: name.to_owned(),
            values: None,
        }));
    }
    let always: Vec<_> =
        query.iter().flat_map(|query| query.split('&')).filter_map(|pair| pair.split('=').next()).collect();
    if let Some(query) = &query
        && Target::parse(format!("/?{query}").as_bytes()).is_err()
    {
        faults.error(
            at,
            format!("{query:?} is no query of a request; write what is no letter or digit as %20"),
        );
    }
    for (index, field) in fields.iter().enumerate() {
        let same = |other: &Field| (other.place, &other.name) == (field.place, &field.name);
        let said = field.place == FieldPlace::Query && always.contains(&field.name.as_str());
        if said || fields[..index].iter().any(same) {
            faults.error(at, format!("{:?} is sent twice in one place; leave one of them out", field.name));
        }
    }
    let ResultSource { pick, count, list } = written.result;
    let shape = Shape { pick: pick.clone(), count: count.clone(), list: list.clone() };
    Some(Part { key: written.key.map(str::to_owned), route, shape, query, fields })
}

/// The parameters of the path, each filled by the argument of its name.
fn path(route: &Route, arguments: &Schema, at: usize, faults: &mut Faults<'_>) -> Vec<Field> {
    let mut fields = Vec::new();
    for name in route.parameters() {
        if route.path.contains(&format!("{{*{name}}}")) {
            faults.error(
                at,
                format!("{{*{name}}} takes what is left of a path, which no argument can stand for"),
            );
        } else if !arguments.requires(name) || !arguments.is_single(name) {
            let message = format!(
                "the path has {{{name}}}: it needs an argument {name:?} that is required, and a text or a number"
            );
            faults.error(at, message);
        }
        let name = name.to_owned();
        fields.push(Field { argument: name.clone(), place: FieldPlace::Path, name, values: None });
    }
    fields
}
