//! The audit: every change, as sentences, and exactly.

mod asks;
mod endings;
mod refused;
mod says;

use askama::Template;
use axum::Router;
use axum::extract::RawQuery;
use axum::response::Response;
use axum::routing::get;
use symbolon_api::AuditEntry;
use symbolon_api::client::{AuditFilter, PageOf};

use super::Site;
use super::fault::Fault;
use super::fields::Fields;
use super::moment::Moment;
use super::page::{self, Frame, Section};
use super::problems::Problems;
use super::reader::Reader;
use super::text::{EN, Text, fill};

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/audit", get(show))
}

/// Lines on a page.
const LINES: usize = 50;

/// The fields of the filter, as the API names them.
const SHOWN: [&str; 4] = ["service", "action", "subject", "actor"];

/// A line of the audit, readable.
pub(super) struct Line {
    /// Who.
    pub(super) actor: String,
    /// What they did.
    pub(super) says: String,
    /// Whether they were refused it.
    pub(super) refused: bool,
    /// From where, by which sign-in and by which request.
    pub(super) by: String,
    pub(super) at: Moment,
    /// The line's own detail, as JSON.
    pub(super) detail: String,
    /// Where all lines about the same thing are.
    pub(super) same: String,
    pub(super) action: String,
    pub(super) subject: String,
}

impl Line {
    /// Of a line of the wire.
    pub(super) fn of(entry: AuditEntry) -> Self {
        let t = &EN;
        let place = entry.client_ip.as_ref().map(|place| fill(t.audit_from, &[("place", place)]));
        let request = entry.request_id.as_ref().map(|id| fill(t.audit_request, &[("id", id)]));
        let session = entry.session.as_ref().map(|id| fill(t.audit_session, &[("id", id)]));
        let by: Vec<String> = place.into_iter().chain(session).chain(request).collect();
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("subject", &entry.subject).finish();
        Self {
            actor: actor_of(&entry),
            says: says::says(&entry),
            refused: entry.action.ends_with(".refuse"),
            by: by.join(", "),
            at: Moment::read(&entry.at),
            detail: serde_json::to_string_pretty(&entry.detail).unwrap_or_default(),
            same: format!("/audit?{query}"),
            action: entry.action,
            subject: entry.subject,
        }
    }
}

/// Who did it: by name where they have one.
fn actor_of(entry: &AuditEntry) -> String {
    let t = &EN;
    match (&entry.actor_name, entry.actor.as_str()) {
        _ if entry.action == "audit.drop" => t.audit_itself.to_owned(),
        (Some(name), _) => name.clone(),
        (None, "local") => t.audit_at_machine.to_owned(),
        (None, "anonymous") => t.audit_anonymous.to_owned(),
        (None, "github") => t.audit_github.to_owned(),
        (None, "symbolon") => t.audit_by_symbolon.to_owned(),
        (None, key) if key.starts_with("key_") => fill(t.audit_by_key, &[("id", key)]),
        (None, id) => id.to_owned(),
    }
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    t: &'static Text,
    frame: Frame,
    services: Vec<Choice>,
    actions: Vec<Choice>,
    subject: String,
    actor: String,
    lines: Vec<Line>,
    next: Option<String>,
    first: Option<String>,
    problems: Problems,
}

/// One of the values of a filter.
struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

impl Choice {
    fn new(value: &str, text: &str, chosen: &str) -> Self {
        Self { value: value.to_owned(), text: text.to_owned(), chosen: value == chosen }
    }
}

fn actions(chosen: &str) -> Vec<Choice> {
    let t = &EN;
    let known = [
        ("", t.audit_anything),
        ("token", t.audit_tokens),
        ("token.create", t.audit_tokens_created),
        ("token.update", t.audit_tokens_changed),
        ("token.import", t.audit_tokens_imported),
        ("token.disable", t.audit_tokens_disabled),
        ("token.enable", t.audit_tokens_enabled),
        ("token.revoke", t.audit_tokens_revoked),
        ("token.leaked", t.audit_tokens_leaked),
        ("token.expired", t.audit_tokens_expired),
        ("ask", t.audit_asks),
        ("user", t.audit_users),
        ("key", t.audit_keys),
        ("session", t.audit_sessions),
        ("call.refuse", t.audit_refused_calls),
        ("session.refuse", t.audit_refused_sign_ins),
    ];
    // Any other can be asked for by the address.
    let other = known.iter().all(|(value, _)| *value != chosen).then(|| Choice::new(chosen, chosen, chosen));
    known.iter().map(|(value, text)| Choice::new(value, text, chosen)).chain(other).collect()
}

/// The page's address with this cursor, or with none.
fn address(asked: &Fields, cursor: Option<&str>) -> String {
    let kept =
        SHOWN.into_iter().map(|name| (name, asked.text(name))).chain(cursor.map(|cursor| ("cursor", cursor)));
    let kept = kept.filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    if query.is_empty() { "/audit".to_owned() } else { format!("/audit?{query}") }
}

/// What was wrong with the filter. That the audit is not the reader's is said by another page.
fn of_filter(fault: Fault) -> Result<Problems, Fault> {
    match fault {
        Fault::Refused(problem) if matches!(problem.status, 400 | 422) => Ok(Problems::of(*problem, &SHOWN)),
        other => Err(other),
    }
}

/// Whether this is an id: its kind, and 32 digits.
fn is_id(text: &str) -> bool {
    let hexadecimal = |digits: &str| digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    text.split_once('_').is_some_and(|(_, digits)| hexadecimal(digits))
}

/// The id that the audit knows for what was typed: a person is known by a name too.
async fn id_of(reader: &Reader, field: &str, typed: &str) -> Result<Result<String, Problems>, Fault> {
    if is_id(typed) || matches!(typed, "local" | "github" | "anonymous" | "symbolon") {
        return Ok(Ok(typed.to_owned()));
    }
    match reader.api.user(typed).await.map_err(Fault::from) {
        Ok(user) => Ok(Ok(user.id)),
        Err(Fault::NotFound) => Ok(Err(Problems::at(field, &fill(EN.audit_nobody, &[("name", typed)])))),
        Err(fault) => Ok(Err(of_filter(fault)?)),
    }
}

async fn show(reader: Reader, RawQuery(query): RawQuery) -> Result<Response, Fault> {
    let t = &EN;
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let cursor = asked.given("cursor");
    let chosen = asked.text("service");
    let services = reader.me.services.iter().map(|known| Choice::new(&known.service, &known.title, chosen));
    let mut page = AuditPage {
        t,
        frame: Frame::of(&reader, t.audit_title, Section::Audit, None),
        services: std::iter::once(Choice::new("", t.audit_any_service, chosen)).chain(services).collect(),
        actions: actions(asked.text("action")),
        subject: asked.text("subject").to_owned(),
        actor: asked.text("actor").to_owned(),
        lines: Vec::new(),
        next: None,
        first: cursor.is_some().then(|| address(&asked, None)),
        problems: Problems::default(),
    };
    let mut filter = AuditFilter {
        service: asked.given("service"),
        action: asked.given("action"),
        ..AuditFilter::default()
    };
    for (field, id) in [("subject", &mut filter.subject), ("actor", &mut filter.actor)] {
        let Some(typed) = asked.given(field) else { continue };
        match id_of(&reader, field, &typed).await? {
            Ok(known) => *id = Some(known),
            Err(problems) => {
                page.problems = problems;
                return Ok(page::again(&page));
            }
        }
    }
    match reader.api.audit(&filter, &PageOf { cursor, limit: Some(LINES) }).await.map_err(Fault::from) {
        Ok(lines) => {
            page.next = lines.next_cursor.map(|next| address(&asked, Some(&next)));
            page.lines = lines.items.into_iter().map(Line::of).collect();
            Ok(page::show(&page))
        }
        Err(fault) => {
            page.problems = of_filter(fault)?;
            Ok(page::again(&page))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_who_from_where_and_exactly_what() {
        let line = Line::of(says::tests::entry("user.password", json!({ "name": "ada" })));
        assert_eq!((line.actor.as_str(), line.says.as_str()), ("ada", EN.audit_user_password));
        assert_eq!(
            (line.by.as_str(), line.same.as_str()),
            ("from 10.0.0.21, session ses_1", "/audit?subject=sub_1")
        );
        assert!(line.detail.contains("\"name\": \"ada\""));
    }

    #[test]
    fn who_has_no_name_is_told_by_what_they_are() {
        let mut entry = says::tests::entry("token.revoke", json!({ "name": "x" }));
        entry.actor_name = None;
        for (actor, says) in [
            ("local", "Somebody at the machine"),
            ("anonymous", "Somebody"),
            ("github", "GitHub"),
            ("symbolon", "Symbolon"),
            ("key_01", "The key key_01"),
            ("usr_01", "usr_01"),
        ] {
            entry.actor = actor.to_owned();
            assert_eq!(actor_of(&entry), says);
        }
    }

    #[test]
    fn the_next_page_keeps_the_filter() {
        let asked = Fields::read(b"service=odin&action=&cursor=old");
        assert_eq!(address(&asked, Some("a=")), "/audit?service=odin&cursor=a%3D");
        assert_eq!(address(&Fields::default(), None), "/audit");
    }
}
