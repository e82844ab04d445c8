//! The draft of a catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use symbolon_core::Catalog;
use symbolon_core::name::ServiceName;
use symbolon_core::token::Prefix;

use super::document::{Document, Operation};
use super::family::{Closed, closed, family, reads, slug};
use super::pattern::{pattern, shape};

/// How many families have scopes of their own; two each, of the 256 scopes that a catalog may have. The rest share one.
const FAMILIES: usize = 120;
/// The family of those.
const OTHER: &str = "other";
/// How much of a tag's description a scope says, in characters.
const SAID: usize = 120;

/// What the service and its tokens shall be called, where it was said.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) service: Option<String>,
    pub(crate) prefix: Option<String>,
    /// Whether each operation that a token may call shall be a tool too.
    pub(crate) tools: bool,
}

/// A draft.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The catalog's file. It compiles.
    pub(crate) text: String,
    /// How many operations it covers.
    pub(crate) covered: usize,
    /// What is not in it, and why: a sentence each.
    pub(crate) notes: Vec<String>,
}

/// A route to be written.
struct Entry {
    method: String,
    pattern: String,
    deprecated: bool,
    /// What an agent calls it by, as it is written.
    tool: Option<String>,
}

/// The routes of a document, by what they ask for.
#[derive(Default)]
struct Routes {
    /// By family: what reads, and what changes.
    open: BTreeMap<String, [Vec<Entry>; 2]>,
    closed: BTreeMap<(Closed, String), Vec<Entry>>,
    covered: usize,
}

/// Drafts the catalog of a document. The error says what must be said, or is wrong.
pub(crate) fn draft(document: &Document, names: &Names) -> Result<Draft, String> {
    let (service, prefix) = named(&document.title, names)?;
    let mut notes = document.notes.clone();
    let routes = routes(&document.operations, names.tools, &mut notes);
    let mut mounts = document.bases.clone();
    let compiles = |mounts: &[String], notes: &[String]| {
        let text = written(document, (&service, &prefix), &routes, mounts, notes);
        Catalog::compile("draft", &text).map(|_| text)
    };
    let mut made = compiles(&mounts, &notes);
    if made.is_err() && mounts.len() > 1 {
        let left_out = mounts.split_off(1);
        let all = left_out.join(", ");
        notes.push(format!(
            "the document is served under {:?} and under {all}, and some path under the one is another's under the \
             other; this draft has the first alone",
            mounts[0]
        ));
        made = compiles(&mounts, &notes);
    }
    let text = made.map_err(|error| format!("the draft does not compile: {error}"))?;
    Ok(Draft { text, covered: routes.covered, notes })
}

/// The service's name and the prefix of its tokens: as asked for, or made from the title.
fn named(title: &str, names: &Names) -> Result<(ServiceName, Prefix), String> {
    let made: String = slug(title).chars().take(32).collect();
    let service = names.service.clone().unwrap_or_else(|| made.trim_end_matches('-').to_owned());
    let service: ServiceName =
        service.parse().map_err(|fault| format!("{fault}, and not {service:?}; name one with --service"))?;
    let letters = service.as_str().chars().filter(|c| *c != '-').skip_while(char::is_ascii_digit).take(16);
    let prefix = names.prefix.clone().unwrap_or_else(|| letters.collect());
    let prefix =
        prefix.parse().map_err(|fault| format!("{fault}, and not {prefix:?}; name one with --prefix"))?;
    Ok((service, prefix))
}

fn routes(operations: &[Operation], with_tools: bool, notes: &mut Vec<String>) -> Routes {
    let mut tools = BTreeSet::new();
    let mut routes = Routes::default();
    let mut claimed = BTreeMap::new();
    let named: BTreeSet<String> = operations.iter().filter(|one| closed(one).is_none()).map(family).collect();
    let named: BTreeSet<&String> = named.iter().take(FAMILIES).collect();
    for operation in operations {
        let Operation { method, path, deprecated, .. } = operation;
        let pattern = match pattern(path) {
            _ if method == "TRACE" => {
                Err("its answer would be the request with its credentials in it".to_owned())
            }
            pattern => pattern,
        };
        let pattern = match pattern {
            Ok(pattern) => pattern,
            Err(why) => {
                notes.push(format!("{method} {path} is left out and so closed to everyone: {why}"));
                continue;
            }
        };
        let same = shape(&pattern);
        routes.covered += 1;
        // A GET answers its HEAD too.
        if method == "HEAD" && claimed.contains_key(&("GET".to_owned(), same.clone())) {
            continue;
        }
        if let Some(other) = claimed.insert((method.clone(), same), path.clone()) {
            notes.push(format!(
                "{method} {path} claims the same requests as {method} {other}, and has its route"
            ));
            continue;
        }
        let family = family(operation);
        let open = closed(operation).is_none();
        let tool = (with_tools && open && !deprecated)
            .then(|| operation.described.written((method, path, &pattern), &mut tools));
        let tool = tool.and_then(|tool| {
            tool.map_err(|why| notes.push(format!("{method} {path} is no tool: {why}"))).ok()
        });
        let entry = Entry { method: method.clone(), pattern, deprecated: *deprecated, tool };
        if let Some(why) = closed(operation) {
            routes.closed.entry((why, family)).or_default().push(entry);
        } else {
            let family = if named.contains(&family) { family } else { OTHER.to_owned() };
            let both = routes.open.entry(family).or_default();
            both[usize::from(!reads(method))].push(entry);
        }
    }
    routes
}

fn written(
    document: &Document,
    (service, prefix): (&ServiceName, &Prefix),
    routes: &Routes,
    mounts: &[String],
    notes: &[String],
) -> String {
    let mut text = head(&document.title, routes.covered);
    // Writing to a String does not fail.
    let _ = writeln!(text, "service = {}", quoted(service.as_str()));
    if !clean(&document.title).is_empty() {
        let _ = writeln!(text, "title = {}", quoted(&document.title));
    }
    let _ = writeln!(text, "token_prefix = {}", quoted(prefix.as_str()));
    text += "# The roles of people in this application, weakest first. Name its own.\nroles = [\"user\", \"admin\"]\n";
    if routes.open.values().any(|[reading, changing]| !reading.is_empty() && !changing.is_empty()) {
        text += "# Whoever may change something may read it.\nimplications = [\"write:* -> read:*\"]\n";
    }
    if mounts != [""] {
        let mounts: Vec<_> = mounts.iter().map(|mount| quoted(mount)).collect();
        let _ = writeln!(text, "# From the document's servers.\nmounts = [{}]", mounts.join(", "));
    }
    text += "\n[tokens]\ndefault_lifetime = \"90d\"\nmax_lifetime = \"365d\"\n\n[scopes]\n";
    for (family, both) in &routes.open {
        let about = document.tags.iter().find(|(tag, _)| slug(tag) == *family).map(|(_, about)| clean(about));
        let about =
            about.filter(|about| !about.is_empty()).map(|about| format!(" ({about})")).unwrap_or_default();
        for (entries, scope, verb) in [(&both[0], "read", "Read"), (&both[1], "write", "Change")] {
            if !entries.is_empty() {
                let says = format!("{verb} {}{about}", family.replace('-', " "));
                let _ = writeln!(text, "{} = {}", quoted(&format!("{scope}:{family}")), quoted(&says));
            }
        }
    }
    for (family, both) in &routes.open {
        for (entries, scope) in [(&both[0], "read"), (&both[1], "write")] {
            if !entries.is_empty() {
                let scope = quoted(&format!("{scope}:{family}"));
                let _ = write!(text, "\n[[routes]]\nscopes = [{scope}]\n{}", paths(entries));
            }
        }
    }
    let tools: String =
        routes.open.values().flatten().flatten().filter_map(|entry| entry.tool.as_deref()).collect();
    let mut said = None;
    for ((why, family), entries) in &routes.closed {
        if said.replace(why) != Some(why) {
            let _ = write!(text, "\n# {}\n", why.why());
        }
        let _ = write!(
            text,
            "\n# {family}\n[[routes]]\naccess = \"human\"\nrole = \"admin\"\n{}",
            paths(entries)
        );
    }
    if !tools.is_empty() {
        text += "\n# What agents call by a name. A tool opens nothing: take out those that no agent needs.\n";
        text += &tools;
    }
    if !notes.is_empty() {
        text += "\n# What this draft does not say:\n";
        for note in notes {
            let _ = writeln!(text, "#   - {}", clean(note));
        }
    }
    text
}

fn head(title: &str, covered: usize) -> String {
    format!(
        "# {}: a draft of its catalog, made by `symbolon catalog from-openapi` from {covered} operations.\n\
         #\n\
         # It was drafted by rule, and by words; read it before it is used:\n\
         #   - A scope for each tag, or for the first segment of a path that has none: GET and HEAD read, all else changes.\n\
         #   - What sounds like credentials, people, settings or money is for people alone (access = \"human\"), and no\n\
         #     token reaches it. So is what may have to be public: nothing is, until somebody writes so.\n\
         #   - What is not here is closed to everyone. `symbolon catalog coverage` says what a later document adds.\n\n",
        Some(clean(title)).filter(|title| !title.is_empty()).unwrap_or_else(|| "An application".to_owned())
    )
}

fn paths(entries: &[Entry]) -> String {
    let mut text = "paths = [\n".to_owned();
    for Entry { method, pattern, deprecated, .. } in entries {
        let mark = if *deprecated { " # deprecated" } else { "" };
        let _ = writeln!(text, "    {},{mark}", quoted(&format!("{method} {pattern}")));
    }
    text + "]\n"
}

/// One line of what somebody else wrote, cut.
pub(super) fn clean(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SAID * 2).collect()
}

/// A basic string of TOML. Of what has been cleaned, JSON's string is one.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(clean(text)).to_string()
}
