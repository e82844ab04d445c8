//! What waits for an answer, and below it what was answered lately.

use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use symbolon_api::client::{AskFilter, PageOf};
use symbolon_api::{AskRecord, List};

use super::{Chip, State, answered_by, written};
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::moment::Moment;
use crate::console::page::{self, Frame, Section};
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, notice};

/// Asks in a section.
const ROWS: usize = 50;
/// Characters of a reason that are shown.
const REASON: usize = 160;

#[derive(Template)]
#[template(path = "asks/list.html")]
struct ListPage {
    t: &'static Text,
    frame: Frame,
    sections: Vec<Asks>,
    /// Whether nothing was ever asked for that the reader sees.
    nothing: bool,
    /// Where all of it is, if only a part is shown.
    all: bool,
}

/// A section of the list.
struct Asks {
    id: &'static str,
    heading: &'static str,
    /// What is said where there are none.
    none: Option<&'static str>,
    answered: bool,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    href: String,
    name: String,
    begins: String,
    owner: String,
    service: String,
    chips: Vec<Chip>,
    duration: String,
    reason: String,
    asked: Moment,
    state: State,
    by: Option<String>,
}

impl Row {
    fn of(ask: AskRecord, reader: &Reader) -> Self {
        let (service, begins) = written(reader, &ask);
        Self {
            href: format!("/asks/{}", ask.id),
            begins,
            service,
            chips: ask.scopes.iter().map(|scope| Chip::of(scope)).collect(),
            reason: beginning(&ask.reason),
            asked: Moment::read(&ask.asked_at),
            state: State::of(&ask.state),
            by: ask.answered_by.as_deref().map(answered_by),
            name: ask.token.name,
            owner: ask.token.owner,
            duration: ask.duration,
        }
    }
}

/// The beginning of a reason, on one line.
fn beginning(reason: &str) -> String {
    let line = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(REASON) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// The address of more of a section, or of both.
fn address(asked: &Fields, state: &str, cursor: &str) -> String {
    let kept = [
        ("service", asked.text("service")),
        ("token", asked.text("token")),
        ("state", state),
        ("cursor", cursor),
    ];
    page::further("/asks", &kept.into_iter().filter(|(_, text)| !text.is_empty()).collect::<Vec<_>>())
}

async fn page_of(reader: &Reader, asked: &Fields, state: &str) -> Result<List<AskRecord>, Fault> {
    let filter = AskFilter {
        service: asked.given("service"),
        token: asked.given("token"),
        state: Some(state.to_owned()),
    };
    // A cursor is of the section that the address names.
    let cursor = asked.given("cursor").filter(|_| asked.text("state") == state);
    Ok(reader.api.asks(&filter, &PageOf { cursor, limit: Some(ROWS) }).await?)
}

/// The page of asks.
pub(super) async fn show(reader: Reader, RawQuery(query): RawQuery) -> Result<Response, Fault> {
    let t = &EN;
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let wanted = |state: &str| matches!(asked.text("state"), "" | "both") || asked.text("state") == state;
    let section = |list: List<AskRecord>, state: &'static str| Asks {
        id: state,
        heading: if state == "open" { t.asks_open } else { t.asks_answered },
        none: (state == "open").then_some(t.asks_open_none),
        answered: state != "open",
        next: list.next_cursor.map(|cursor| address(&asked, state, &cursor)),
        rows: list.items.into_iter().map(|ask| Row::of(ask, &reader)).collect(),
    };
    let mut sections = Vec::new();
    if wanted("open") {
        sections.push(section(page_of(&reader, &asked, "open").await?, "open"));
    }
    if wanted("all") {
        let mut list = page_of(&reader, &asked, "all").await?;
        list.items.retain(|ask| ask.state != "open");
        sections.push(section(list, "all"));
    }
    let part = ["state", "cursor", "token", "service"].iter().any(|name| !asked.text(name).is_empty());
    let nothing = sections.iter().all(|section| section.rows.is_empty() && section.next.is_none());
    sections.retain(|section| !section.rows.is_empty() || section.next.is_some() || section.none.is_some());
    Ok(page::show(&ListPage {
        t,
        frame: Frame::of(&reader, t.nav_asks, Section::Asks, None).noting(notice(asked.text("done"))),
        nothing: nothing && !part,
        sections,
        all: part,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_to_one_line() {
        assert_eq!(beginning("a\nb\n\n  c"), "a b c");
        let long = beginning(&"é ".repeat(400));
        assert!(long.chars().count() <= REASON + 1 && long.ends_with("é…"), "{long}");
    }

    #[test]
    fn more_of_a_section_is_of_the_same_token() {
        let asked = Fields::read(b"token=tok_1&service=odin&cursor=a");
        assert_eq!(address(&asked, "all", "x&y"), "/asks?service=odin&token=tok_1&state=all&cursor=x%26y");
        assert_eq!(address(&Fields::default(), "", ""), "/asks");
    }
}
