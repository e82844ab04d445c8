//! The list: search, filters, order, pages; several can be taken back at once.

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse, Redirect, Response};
use symbolon_api::TokenRecord;
use symbolon_api::client::{PageOf, TokenFilter};

use super::{State, not_used_yet, of_reader, page_of, perhaps};
use crate::console::chart::Sparkline;
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::moment::Moment;
use crate::console::page::{self, Frame, Section};
use crate::console::reader::Reader;
use crate::console::scopes::{Verb, parts};
use crate::console::text::{EN, Text, fill, notice};

/// Tokens on a page.
const ROWS: usize = 50;
/// Days of a sparkline.
const DAYS: u8 = 30;

#[derive(Template)]
#[template(path = "tokens/list.html")]
struct ListPage {
    t: &'static Text,
    frame: Frame,
    service: String,
    about: String,
    /// Whether the reader sees the tokens of others.
    others: bool,
    /// Whether the reader may make one; otherwise why not.
    barred: Option<String>,
    form_token: String,
    query: String,
    owner: String,
    /// The token whose children alone are listed.
    parent: String,
    states: Vec<Choice>,
    scopes: Vec<Choice>,
    columns: Columns,
    sort: String,
    filtered: bool,
    /// Where one thing is done to all that the filter finds.
    many: Option<String>,
    /// Whether one of the rows can be revoked.
    selectable: bool,
    rows: Vec<Row>,
    next: Option<String>,
    first: Option<String>,
    /// What was wrong with the filter.
    error: Option<String>,
}

/// One of the values of a filter.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) chosen: bool,
}

struct Columns {
    name: Column,
    created: Column,
    expires: Column,
    last_used: Column,
}

/// A column that can be sorted by.
struct Column {
    text: &'static str,
    href: String,
    /// `ascending`, `descending` or nothing, as `aria-sort` has it.
    order: &'static str,
}

struct Row {
    id: String,
    name: String,
    href: String,
    /// The beginning of the secret, as it is written.
    begins: String,
    owner: String,
    profile: Option<String>,
    chips: Vec<Chip>,
    more: Option<String>,
    state: State,
    not_used_yet: bool,
    /// Whether it works no more.
    over: bool,
    created: Moment,
    expires: Option<Moment>,
    last_used: Option<Moment>,
    requests: Sparkline,
    can_revoke: bool,
}

/// A scope in a row.
struct Chip {
    name: String,
    changes: bool,
}

/// Scopes that a row names.
const CHIPS: usize = 3;

impl Row {
    fn of(token: TokenRecord, prefix: &str, t: &Text) -> Self {
        let chip = |name: &String| Chip { name: name.clone(), changes: parts(name).verb != Verb::Read };
        let named = if token.profile.is_some() { 0 } else { CHIPS };
        let left = u64::try_from(token.scopes.len().saturating_sub(named)).unwrap_or_default();
        let more = (named > 0 && left > 0).then(|| fill(t.more_scopes, &[("n", &left.to_string())]));
        Self {
            href: page_of(&token),
            begins: super::begins(&token, prefix),
            not_used_yet: not_used_yet(&token),
            state: State::of(&token.state),
            over: matches!(token.state.as_str(), "expired" | "revoked"),
            created: Moment::read(&token.created_at),
            expires: perhaps(token.expires_at.as_ref()),
            last_used: perhaps(token.last_used_at.as_ref()),
            requests: Sparkline::of_requests(token.requests.as_deref().unwrap_or_default()),
            can_revoke: token.state != "revoked",
            chips: token.scopes.iter().take(named).map(chip).collect(),
            more,
            id: token.id,
            name: token.name,
            owner: token.owner,
            profile: token.profile,
        }
    }
}

/// The page of a service's tokens.
pub(super) async fn show(
    reader: Reader,
    Path(service): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let t = &EN;
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let own = of_reader(&reader, &service)?;
    let others = own.manages_others;
    let typed = asked.text("query");
    if let Some(beginning) = whole_token(typed, &own.token_prefix) {
        // Out of the address at once, though it has stood there.
        let place = address(&service, &asked, &[("query", beginning), ("cursor", "")]);
        return Ok(Redirect::to(&format!("{place}&done=whole_token")).into_response());
    }
    let barred = (!own.manages_tokens).then(|| fill(t.tokens_barred, &[("service", &own.title)]));
    let title = own.title.clone();
    let filter = TokenFilter {
        state: asked.given("state"),
        query: Some(beginning(typed, &own.token_prefix).to_owned()).filter(|query| !query.is_empty()),
        owner: asked.given("owner").filter(|_| others),
        scope: asked.given("scope"),
        parent: asked.given("parent"),
        sort: asked.given("sort"),
        requests: Some(DAYS),
        ..TokenFilter::default()
    };
    let cursor = asked.given("cursor");
    let frame =
        Frame::of(&reader, fill(t.tokens_title, &[("service", &title)]), Section::Tokens, Some(&service))
            .noting(notice(asked.text("done")));
    let catalog = reader.api.service(&service).await?;
    let sort = filter.sort.clone().unwrap_or_default();
    let filtered = [&filter.state, &filter.query, &filter.owner, &filter.scope, &filter.parent]
        .iter()
        .any(|given| given.is_some());
    let scopes = catalog.scopes.iter().map(|scope| (scope.name.as_str(), scope.name.as_str()));
    let mut page = ListPage {
        t,
        frame,
        about: fill(t.tokens_about, &[("service", &title)]),
        others,
        form_token: reader.form_token.as_str().to_owned(),
        query: asked.text("query").to_owned(),
        owner: filter.owner.clone().unwrap_or_default(),
        parent: filter.parent.clone().unwrap_or_default(),
        states: choices(t.filter_any_state, states(t), filter.state.as_deref()),
        scopes: choices(t.filter_any_scope, scopes, filter.scope.as_deref()),
        columns: Columns::of(&service, &asked, &sort),
        sort,
        filtered,
        many: (filtered && filter.parent.is_none() && filter.state.as_deref() != Some("revoked")).then(
            || {
                let place = address(&service, &asked, &[("sort", ""), ("cursor", "")]);
                place.replacen("/tokens?", "/tokens/bulk?", 1)
            },
        ),
        selectable: false,
        rows: Vec::new(),
        next: None,
        first: cursor.is_some().then(|| address(&service, &asked, &[("cursor", "")])),
        error: None,
        barred,
        service,
    };
    if page.barred.is_some() {
        return Ok(page::show(&page));
    }
    let at = PageOf { cursor, limit: Some(ROWS) };
    match reader.api.tokens(&page.service, &filter, &at).await.map_err(Fault::from) {
        Ok(tokens) => {
            page.next = tokens.next_cursor.map(|next| address(&page.service, &asked, &[("cursor", &next)]));
            page.rows =
                tokens.items.into_iter().map(|token| Row::of(token, &catalog.token_prefix, t)).collect();
            page.selectable = page.rows.iter().any(|row| row.can_revoke);
            Ok(page::show(&page))
        }
        Err(fault) => {
            page.error = Some(fault.problem()?.detail);
            Ok(page::again(&page))
        }
    }
}

/// What a search means by text: the first characters of a token are found as the pages write them.
pub(super) fn beginning<'a>(typed: &'a str, prefix: &str) -> &'a str {
    let rest = typed.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    rest.unwrap_or(typed).trim_end_matches('…')
}

/// The first characters of what is a whole token, which belongs into no search.
pub(super) fn whole_token<'a>(typed: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = beginning(typed, prefix);
    let secret =
        rest.len() > 20 && rest.len() < typed.len() && rest.bytes().all(|b| b.is_ascii_alphanumeric());
    rest.get(..8).filter(|_| secret)
}

pub(super) fn states(t: &'static Text) -> [(&'static str, &'static str); 4] {
    [
        ("active", t.state_active),
        ("disabled", t.state_disabled),
        ("expired", t.state_expired),
        ("revoked", t.state_revoked),
    ]
}

pub(super) fn choices<'a>(
    any: &str,
    values: impl IntoIterator<Item = (&'a str, &'a str)>,
    chosen: Option<&str>,
) -> Vec<Choice> {
    let any = Choice { value: String::new(), text: any.to_owned(), chosen: chosen.is_none() };
    let value = |(value, text): (&str, &str)| Choice {
        value: value.to_owned(),
        text: text.to_owned(),
        chosen: chosen == Some(value),
    };
    std::iter::once(any).chain(values.into_iter().map(value)).collect()
}

/// The list's address with some parameters in place of those asked for; an empty one is left out.
fn address(service: &str, asked: &Fields, other: &[(&str, &str)]) -> String {
    let kept =
        ["query", "state", "owner", "scope", "parent", "sort", "cursor"].into_iter().filter_map(|name| {
            let value = other
                .iter()
                .find(|(known, _)| *known == name)
                .map_or_else(|| asked.text(name), |(_, value)| value);
            Some((name, value)).filter(|(_, value)| !value.is_empty())
        });
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    if query.is_empty() {
        format!("/services/{service}/tokens")
    } else {
        format!("/services/{service}/tokens?{query}")
    }
}

impl Columns {
    fn of(service: &str, asked: &Fields, sort: &str) -> Self {
        let t = &EN;
        let current = if sort.is_empty() { "-created" } else { sort };
        // A name is looked up from the front, a time from the latest.
        let column = |text, name: &str, first: &str| {
            let (order, next) = match current.strip_prefix('-') {
                Some(down) if down == name => ("descending", name.to_owned()),
                None if current == name => ("ascending", format!("-{name}")),
                _ => ("", format!("{first}{name}")),
            };
            Column { text, href: address(service, asked, &[("sort", &next), ("cursor", "")]), order }
        };
        Self {
            name: column(t.column_name, "name", ""),
            created: column(t.column_created, "created", "-"),
            expires: column(t.column_expires, "expires", ""),
            last_used: column(t.column_last_used, "last_used", "-"),
        }
    }
}
