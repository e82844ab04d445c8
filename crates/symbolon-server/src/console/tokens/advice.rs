//! Which tokens deserve a look, and a button for each thing that can be done about them.

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use symbolon_api::client::PageOf;
use symbolon_api::{Finding, TokenAdvice};

use super::{of_reader, page_of};
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::moment;
use crate::console::page::{self, Frame, Section, further};
use crate::console::reader::Reader;
use crate::console::scopes::listed;
use crate::console::text::{EN, Text, counted, fill};

/// Tokens on a page, as many as there is advice about.
const ROWS: usize = 50;
/// Tokens that one call looks at.
const AT_ONCE: usize = 200;
/// Calls for one page: where there is little to say of many tokens, a page may be short.
const CALLS: usize = 10;
/// Days of use that are looked at: as many as are kept.
const DAYS: u8 = 90;

#[derive(Template)]
#[template(path = "tokens/advice.html")]
struct AdvicePage {
    t: &'static Text,
    frame: Frame,
    service: String,
    about: String,
    others: bool,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

struct Row {
    name: String,
    href: String,
    prefix: String,
    owner: String,
    findings: Vec<Told>,
}

/// A finding in words, and where something is done about it.
struct Told {
    says: String,
    href: String,
    button: &'static str,
}

/// A finding in words.
pub(super) fn says(advice: &TokenAdvice, finding: &Finding, days: u8) -> String {
    let t = &EN;
    let day = || finding.at.as_ref().and_then(|at| at.parse().ok()).map(moment::day).unwrap_or_default();
    let names = |scopes: &[String]| listed(&scopes.iter().map(String::as_str).collect::<Vec<_>>(), t.and);
    let days = counted(t.days_one, t.days_many, days.into());
    let (scopes, owner) = (names(&finding.scopes), advice.token.owner.as_str());
    match (finding.kind.as_str(), &advice.narrowed) {
        ("owner_inactive", _) => fill(t.advice_owner_inactive, &[("owner", owner)]),
        ("no_effective_scopes", _) => t.advice_no_effective_scopes.to_owned(),
        ("never_used", _) => t.advice_never_used.to_owned(),
        ("unused", _) => fill(t.advice_unused, &[("day", &day())]),
        ("unused_scopes", Some(narrowed)) => fill(
            t.advice_unused_scopes,
            &[("days", &days), ("scopes", &scopes), ("narrowed", &names(narrowed))],
        ),
        ("unused_scopes", None) => fill(t.advice_unused_all, &[("days", &days)]),
        ("inert_scopes", _) => fill(t.advice_inert_scopes, &[("scopes", &scopes)]),
        ("expiring", _) => fill(t.advice_expiring, &[("day", &day())]),
        ("never_expires", _) => t.advice_never_expires.to_owned(),
        (other, _) => other.replace('_', " "),
    }
}

/// The form of an edit in which the scopes that would do are ticked, where that is known.
pub(super) fn narrowing(advice: &TokenAdvice) -> String {
    let scopes = advice.narrowed.iter().flatten().map(|scope| ("scope", scope.as_str()));
    let place = further(&format!("{}/edit", page_of(&advice.token)), &scopes.collect::<Vec<_>>());
    format!("{place}#scopes")
}

impl Told {
    fn of(advice: &TokenAdvice, finding: &Finding) -> Self {
        let t = &EN;
        let edit = |field: &str| format!("{}/edit#{field}", page_of(&advice.token));
        let (button, href) = match finding.kind.as_str() {
            "unused_scopes" | "inert_scopes" if advice.narrowed.is_some() => {
                (t.advice_narrow, narrowing(advice))
            }
            "owner_inactive" => (t.advice_edit, edit("owner")),
            "expiring" | "never_expires" => (t.advice_edit, edit("expires_in")),
            _ => (t.revoke, format!("{}/revoke", page_of(&advice.token))),
        };
        Self { says: says(advice, finding, DAYS), href, button }
    }
}

impl Row {
    fn of(advice: &TokenAdvice) -> Self {
        let token = &advice.token;
        Self {
            name: token.name.clone(),
            href: page_of(token),
            prefix: token.token_prefix.clone(),
            owner: token.owner.clone(),
            findings: advice.findings.iter().map(|finding| Told::of(advice, finding)).collect(),
        }
    }
}

/// The page.
pub(super) async fn show(
    reader: Reader,
    Path(service): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let t = &EN;
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let own = of_reader(&reader, &service)?;
    let (others, title) = (own.manages_others, fill(t.advice_title, &[("service", &own.title)]));
    let place = format!("/services/{service}/tokens/advice");
    let mut cursor = asked.given("cursor");
    let first = cursor.is_some().then(|| place.clone());
    let mut rows = Vec::new();
    for _ in 0..CALLS {
        // No page of advice is longer than what it looks at, so none of it is cut off.
        let limit = Some(AT_ONCE.min(if rows.is_empty() { ROWS } else { ROWS - rows.len() }));
        let page = reader.api.advice(&service, Some(DAYS), &PageOf { cursor: cursor.take(), limit }).await?;
        rows.extend(page.items.iter().map(Row::of));
        cursor = page.next_cursor;
        if cursor.is_none() || rows.len() >= ROWS {
            break;
        }
    }
    let days = counted(t.days_one, t.days_many, DAYS.into());
    Ok(page::show(&AdvicePage {
        t,
        frame: Frame::of(&reader, title, Section::Tokens, Some(&service)),
        about: fill(t.advice_about, &[("days", &days)]),
        others,
        rows,
        first,
        next: cursor.map(|cursor| further(&place, &[("cursor", &cursor)])),
        service,
    }))
}
