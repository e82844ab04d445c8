//! One thing done to all tokens that a filter finds: chosen, shown, and when sure, done.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use symbolon_api::{
    BulkAction, BulkAnswer, BulkFilter, BulkItem, BulkNarrow, BulkOwn, BulkRevoke, BulkTokens,
};

use super::list::{Choice, beginning, choices, states, whole_token};
use super::{of_reader, page_of};
use crate::console::Site;
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::page::{self, Frame, Section, further};
use crate::console::posted::Posted;
use crate::console::reader::Reader;
use crate::console::scopes::listed;
use crate::console::text::{EN, Text, counted, fill, number};

/// What the second form carries of the first: the fields of which [`asked`] makes a call.
const CARRIED: [&str; 10] =
    ["query", "state", "owner", "scope", "prefix", "unused_since", "before", "do", "take", "give"];

#[derive(Template)]
#[template(path = "tokens/bulk.html")]
struct BulkPage {
    t: &'static Text,
    frame: Frame,
    service: String,
    form_token: String,
    others: bool,
    query: String,
    owner: String,
    unused: String,
    before: String,
    give: String,
    states: Vec<Choice>,
    scopes: Vec<Choice>,
    acts: Vec<Choice>,
    takes: Vec<Choice>,
    error: Option<String>,
    shown: Option<Shown>,
}

/// What would be done.
struct Shown {
    plan: String,
    carried: Vec<(&'static str, String)>,
    says: String,
    left: Option<String>,
    more: bool,
    button: Option<String>,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    href: String,
    prefix: String,
    owner: String,
    follows: String,
    refused: bool,
}

/// The call that the form's fields stand for; `None` where nothing is to be done yet. `prefix` is what the service's
/// tokens begin with.
fn asked(fields: &Fields, prefix: &str, now: Timestamp) -> Option<BulkTokens> {
    let action = match fields.text("do") {
        "revoke" => BulkAction::Revoke(BulkRevoke {}),
        "narrow" => BulkAction::Narrow(BulkNarrow::Remove(fields.given("take").into_iter().collect())),
        "own" => BulkAction::Own(BulkOwn { owner: fields.text("give").to_owned() }),
        _ => return None,
    };
    let filter = BulkFilter {
        owner: fields.given("owner"),
        scope: fields.given("scope"),
        query: Some(beginning(fields.text("query"), prefix).to_owned()).filter(|query| !query.is_empty()),
        prefix: fields.given("prefix"),
        unused_since: unused_since(fields, now),
        created_before: fields.given("before").map(|day| format!("{day}T00:00:00Z")),
        parent: None,
        state: fields.given("state"),
    };
    Some(BulkTokens { filter, action, plan: fields.given("plan") })
}

/// The moment that was shown, or so many days before now. What is no number of days is refused by the API, which names
/// the field.
fn unused_since(fields: &Fields, now: Timestamp) -> Option<String> {
    if let Some(moment) = fields.given("unused_since") {
        return Some(moment);
    }
    let typed = fields.given("unused")?;
    let days: Option<i64> = typed.parse().ok().filter(|days| (0..=36_500).contains(days));
    let ago = days.and_then(|days| now.checked_sub(SignedDuration::from_hours(24 * days)).ok());
    Some(ago.map_or(typed, |ago| ago.to_string()))
}

fn row(item: BulkItem, asked: &BulkTokens) -> Row {
    let t = &EN;
    let refused = item.outcome == "refused";
    let follows = match (&item.detail, &item.scopes, &asked.action) {
        (Some(why), _, _) if refused => fill(t.bulk_refused, &[("why", why)]),
        (Some(how), _, BulkAction::Own(BulkOwn { owner })) => {
            fill(t.bulk_belongs_disabled, &[("owner", owner), ("how", how)])
        }
        (_, Some(scopes), _) => {
            let names: Vec<&str> = scopes.iter().map(String::as_str).collect();
            fill(t.bulk_holds, &[("scopes", &listed(&names, t.and))])
        }
        (_, None, BulkAction::Own(BulkOwn { owner })) => fill(t.bulk_belongs, &[("owner", owner)]),
        (_, None, _) => t.state_revoked.to_owned(),
    };
    Row {
        href: page_of(&item.token),
        name: item.token.name,
        prefix: item.token.token_prefix,
        owner: item.token.owner,
        follows,
        refused,
    }
}

impl Shown {
    fn of(answer: BulkAnswer, asked: &BulkTokens, fields: &Fields) -> Self {
        let t = &EN;
        let tokens = counted(t.tokens_one, t.tokens_many, answer.changed);
        let left = answer.unchanged + answer.refused > 0;
        let left = left.then(|| {
            let numbers = [("unchanged", &*number(answer.unchanged)), ("refused", &number(answer.refused))];
            fill(t.bulk_left, &numbers)
        });
        let carried = CARRIED.into_iter().filter_map(|name| {
            let value = match name {
                "unused_since" => asked.filter.unused_since.clone(),
                name => fields.given(name),
            };
            Some((name, value?))
        });
        Self {
            says: fill(t.bulk_changes, &[("tokens", &tokens)]),
            left,
            more: answer.changed + answer.refused > answer.items.len() as u64,
            button: (answer.changed > 0).then(|| fill(t.bulk_confirm, &[("tokens", &tokens)])),
            plan: answer.plan,
            carried: carried.collect(),
            rows: answer.items.into_iter().map(|item| row(item, asked)).collect(),
        }
    }
}

/// The form and, where enough is said, what would be done.
pub(super) async fn show(
    State(site): State<Site>,
    reader: Reader,
    Path(service): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let own = of_reader(&reader, &service)?;
    if let Some(beginning) = whole_token(fields.text("query"), &own.token_prefix) {
        // Out of the address at once, as the list does.
        let place =
            further(&format!("/services/{service}/tokens"), &[("query", beginning), ("done", "whole_token")]);
        return Ok(Redirect::to(&place).into_response());
    }
    form(&site, &reader, &service, &fields, None).await
}

/// Does what was shown, if it is that still.
pub(super) async fn make(
    State(site): State<Site>,
    Path(service): Path<String>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    let own = of_reader(&reader, &service)?;
    let bulk = asked(&fields, &own.token_prefix, site.app.now())
        .filter(|bulk| bulk.plan.is_some())
        .ok_or(Fault::Incomplete)?;
    match reader.api.bulk_tokens(&service, &bulk).await.map_err(Fault::from) {
        Ok(_) => Ok(Redirect::to(&format!("/services/{service}/tokens?done=bulk")).into_response()),
        Err(fault) => {
            let detail = fault.problem()?.detail;
            form(&site, &reader, &service, &fields.without("plan"), Some(detail)).await
        }
    }
}

async fn form(
    site: &Site,
    reader: &Reader,
    service: &str,
    fields: &Fields,
    error: Option<String>,
) -> Result<Response, Fault> {
    let t = &EN;
    let own = of_reader(reader, service)?;
    let others = own.manages_others;
    let catalog = reader.api.service(service).await?;
    let scopes = || catalog.scopes.iter().map(|scope| (scope.name.as_str(), scope.name.as_str()));
    let (state, scope, take) = (fields.given("state"), fields.given("scope"), fields.given("take"));
    let acts = [("revoke", t.bulk_revoke), ("narrow", t.bulk_narrow), ("own", t.bulk_own)];
    let acts = acts.into_iter().filter(|(act, _)| others || *act != "own");
    let mut page = BulkPage {
        t,
        frame: Frame::of(reader, t.bulk_title, Section::Tokens, Some(service)),
        service: service.to_owned(),
        form_token: reader.form_token.as_str().to_owned(),
        others,
        query: fields.text("query").to_owned(),
        owner: fields.text("owner").to_owned(),
        unused: fields.text("unused").to_owned(),
        before: fields.text("before").to_owned(),
        give: fields.text("give").to_owned(),
        states: choices(t.filter_any_state, states(t).into_iter().take(3), state.as_deref()),
        scopes: choices(t.filter_any_scope, scopes(), scope.as_deref()),
        acts: choices(t.bulk_choose, acts, fields.given("do").as_deref()),
        takes: choices(t.bulk_no_scope, scopes(), take.as_deref()),
        error,
        shown: None,
    };
    if let Some(bulk) = asked(fields, &own.token_prefix, site.app.now()) {
        let bulk = BulkTokens { plan: None, ..bulk };
        match reader.api.bulk_tokens(service, &bulk).await.map_err(Fault::from) {
            Ok(answer) => page.shown = Some(Shown::of(answer, &bulk, fields)),
            Err(fault) => page.error = Some(fault.problem()?.detail),
        }
    }
    let status = if page.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(page::with_status(status, &page))
}
