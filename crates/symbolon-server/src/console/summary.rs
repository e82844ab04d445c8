//! What a token will be able to do, in plain words.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;
use symbolon_api::{ServiceInfo, TokenRecord};

use super::moment;
use super::scopes::{Parts, Verb, closure, listed, parts, reaches};
use super::text::{EN, fill};

/// When a token ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// At this moment.
    At(Timestamp),
    /// Never.
    Never,
    /// It was asked for, and cannot be told yet.
    Open,
    /// It is not spoken of.
    Unsaid,
}

impl Ending {
    /// The end that a token has.
    pub(super) fn of(token: &TokenRecord) -> Self {
        match (&token.expires_at, token.state.as_str()) {
            (_, "revoked") => Self::Unsaid,
            (Some(at), _) => at.parse().map_or(Self::Unsaid, Self::At),
            (None, _) => Self::Never,
        }
    }
}

/// One thing that is said of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Clause {
    text: String,
    /// `care` where it deserves a second look, `no` where it denies, or nothing.
    class: &'static str,
}

impl Clause {
    fn new(class: &'static str, text: impl Into<String>) -> Self {
        Self { text: text.into(), class }
    }
}

/// A sentence for a token with these granted scopes.
pub(super) fn sentence(service: &ServiceInfo, granted: &[String], ending: Ending) -> String {
    let clauses: Vec<String> =
        clauses(service, granted, ending).into_iter().map(|clause| clause.text).collect();
    format!("{}.", capital(&clauses.join("; ")))
}

/// The same clause by clause.
fn clauses(service: &ServiceInfo, granted: &[String], ending: Ending) -> Vec<Clause> {
    let t = &EN;
    let effective = closure(service, granted);
    if effective.is_empty() {
        return vec![Clause::new("no", t.summary_nothing)];
    }
    let named: Vec<Parts<'_>> = effective.iter().map(|scope| parts(scope)).collect();
    let of = |verb: Verb| {
        let resources = named.iter().filter(move |scope| scope.verb == verb && scope.resource != AGENT);
        resources.map(|scope| scope.resource).collect::<Vec<_>>()
    };
    let (read, written) = (of(Verb::Read), of(Verb::Write));
    let (both, only_read): (Vec<&str>, Vec<&str>) =
        read.iter().partition(|resource| written.contains(resource));
    let only_written: Vec<&str> =
        written.iter().filter(|resource| !read.contains(resource)).copied().collect();
    let mut clauses = Vec::new();
    for (class, text, resources) in [
        ("", t.summary_reads, only_read),
        ("care", t.summary_both, both),
        ("care", t.summary_changes, only_written),
    ] {
        if !resources.is_empty() {
            clauses.push(Clause::new(class, fill(text, &[("what", &listed(&resources, t.and))])));
        }
    }
    clauses.extend(others(&named));
    if named.iter().all(|scope| scope.verb == Verb::Read) {
        clauses.push(Clause::new("no", t.summary_no_change));
    }
    match ending {
        Ending::At(at) => clauses.push(Clause::new("", fill(t.summary_ends, &[("day", &moment::day(at))]))),
        Ending::Never => clauses.push(Clause::new("care", t.summary_never_ends)),
        Ending::Open => clauses.push(Clause::new("", t.summary_no_end_yet)),
        Ending::Unsaid => {}
    }
    clauses
}

/// How many of the service's operations it can call: `(these, of these)`.
fn reach(service: &ServiceInfo, granted: &[String]) -> (usize, usize) {
    let effective = closure(service, granted);
    (service.routes.iter().filter(|route| reaches(&effective, route)).count(), service.routes.len())
}

/// What a token will be able to do, as a list.
#[derive(Template)]
#[template(path = "parts/summary.html")]
pub(super) struct Summary {
    clauses: Vec<Clause>,
}

// A template, and so its own values are escaped.
impl HtmlSafe for Summary {}

impl Summary {
    /// Of a token with these granted scopes.
    pub(super) fn of(service: &ServiceInfo, granted: &[String], ending: Ending) -> Self {
        let mut clauses = clauses(service, granted, ending);
        let (can, all) = reach(service, granted);
        if can > 0 {
            let text = fill(EN.summary_reach, &[("can", &can.to_string()), ("all", &all.to_string())]);
            clauses.push(Clause::new("", text));
        }
        for clause in &mut clauses {
            clause.text = capital(&clause.text);
        }
        Self { clauses }
    }
}

/// Scopes made for agents speak of many resources at once.
const AGENT: &str = "agent";

/// What is neither plain reading nor plain changing.
fn others(named: &[Parts<'_>]) -> Vec<Clause> {
    let t = &EN;
    let agent = |verb| named.iter().any(|scope| scope.resource == AGENT && scope.verb == verb);
    let mut clauses = Vec::new();
    match (agent(Verb::Read), agent(Verb::Write)) {
        (_, true) => clauses.push(Clause::new("care", t.summary_agent_writes)),
        (true, false) => clauses.push(Clause::new("", t.summary_agent_reads)),
        (false, false) => {}
    }
    for scope in named.iter().filter(|scope| scope.verb == Verb::Other) {
        let text = match scope.word {
            "" => fill(t.summary_uses, &[("what", scope.resource)]),
            word => fill(t.summary_may, &[("do", word), ("what", scope.resource)]),
        };
        clauses.push(Clause::new("care", text));
    }
    clauses
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use symbolon_core::Catalog;

    use super::*;
    use crate::management::service_info;

    fn says(catalog: &str, scopes: &[&str]) -> String {
        let catalog = Catalog::compile("test", catalog).unwrap();
        let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
        sentence(&service_info(&catalog), &scopes, Ending::At("2027-02-21T09:00:00Z".parse().unwrap()))
    }

    const ODIN: &str = include_str!("../../../../catalogs/odin.toml");
    const ODYSSEUS: &str = include_str!("../../../../catalogs/odysseus.toml");

    #[test]
    fn reading_is_said_to_change_nothing() {
        assert_eq!(
            says(ODIN, &["read:printers", "read:jobs"]),
            "Reads printers and jobs; cannot change anything; ends on 21 February 2027."
        );
    }

    #[test]
    fn what_is_implied_is_said() {
        assert_eq!(says(ODYSSEUS, &["todos:write"]), "Reads and changes todos; ends on 21 February 2027.");
        assert_eq!(says(ODIN, &["write:jobs"]), "Changes jobs; ends on 21 February 2027.");
    }

    #[test]
    fn other_verbs_are_named() {
        assert_eq!(
            says(ODYSSEUS, &["chat", "email:draft"]),
            "Uses chat; may draft email; ends on 21 February 2027."
        );
        assert!(says(ODIN, &["agent:write"]).starts_with("Reads and changes what agents may"));
        assert!(says(ODIN, &["agent:read"]).contains("cannot change anything"));
    }

    #[test]
    fn nothing_is_nothing() {
        for none in [&[][..], &["unknown:scope"]] {
            assert_eq!(says(ODIN, none), format!("{}.", EN.summary_nothing));
        }
    }
}
