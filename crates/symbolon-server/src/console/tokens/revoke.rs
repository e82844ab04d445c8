//! Taking tokens back: asked once, with what will break.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use symbolon_api::{TokenRecord, TokenUsage};

use super::{of_reader, page_of, perhaps};
use crate::console::Site;
use crate::console::fault::Fault;
use crate::console::moment::{Moment, ago};
use crate::console::page::{self, Frame, Section};
use crate::console::posted::Posted;
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, counted, fill};

/// How many can be taken back at once: as many as a page shows.
const AT_ONCE: usize = 50;
/// Days of use that are looked at for what will break.
const DAYS: u8 = 7;

#[derive(Template)]
#[template(path = "tokens/revoke.html")]
struct AskPage {
    t: &'static Text,
    frame: Frame,
    title: String,
    service: String,
    form_token: String,
    name: String,
    href: String,
    in_use: Option<String>,
    active: bool,
}

/// The last use of a token and what it makes likely.
fn in_use(token: &TokenRecord, usage: &TokenUsage, now: jiff::Timestamp) -> Option<String> {
    let t = &EN;
    let last = usage.routes.iter().find(|route| route.outcome == "allowed")?;
    let when = last.last_at.parse().map_or_else(|_| last.last_at.clone(), |at| ago(at, now));
    let place = last.last_ip.as_deref().unwrap_or(t.somewhere);
    let requests = usage.days.iter().map(|day| day.allowed).sum();
    let count = counted(t.requests_one, t.requests_many, requests);
    let days = counted(t.days_one, t.days_many, DAYS.into());
    Some(fill(
        t.in_use,
        &[("name", &token.name), ("when", &when), ("place", place), ("requests", &count), ("days", &days)],
    ))
}

/// Asks once.
pub(super) async fn ask(
    State(site): State<Site>,
    reader: Reader,
    Path((service, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let t = &EN;
    let token = reader.api.token(&service, &id).await?;
    if token.state == "revoked" {
        return Ok(Redirect::to(&page_of(&token)).into_response());
    }
    let usage = reader.api.token_usage(&service, &token.id, Some(DAYS)).await?;
    let title = fill(t.revoke_title, &[("name", &token.name)]);
    Ok(page::show(&AskPage {
        t,
        frame: Frame::of(&reader, &title, Section::Tokens, Some(&service)),
        title,
        form_token: reader.form_token.as_str().to_owned(),
        href: page_of(&token),
        in_use: in_use(&token, &usage, site.app.now()),
        active: token.state == "active",
        name: token.name,
        service,
    }))
}

/// Takes one back. The answer comes when no request passes with it any more.
pub(super) async fn one(
    Path((service, id)): Path<(String, String)>,
    Posted { reader, .. }: Posted,
) -> Result<Response, Fault> {
    reader.api.revoke_token(&service, &id).await?;
    Ok(Redirect::to(&format!("/services/{service}/tokens?done=revoked")).into_response())
}

#[derive(Template)]
#[template(path = "tokens/revoke_several.html")]
struct AskSeveralPage {
    t: &'static Text,
    frame: Frame,
    title: String,
    button: String,
    service: String,
    form_token: String,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    href: String,
    name: String,
    prefix: String,
    owner: String,
    last_used: Option<Moment>,
}

/// Asks once about those that are selected; and when sure, takes them back.
pub(super) async fn several(
    Path(service): Path<String>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    let t = &EN;
    of_reader(&reader, &service)?;
    let mut ids: Vec<&str> = fields.all("id").collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() || ids.len() > AT_ONCE {
        return Ok(Redirect::to(&format!("/services/{service}/tokens?done=none_selected")).into_response());
    }
    if fields.has("sure") {
        for (done, id) in ids.iter().enumerate() {
            if let Err(error) = reader.api.revoke_token(&service, id).await {
                return Err(stopped(Fault::from(error), done, ids.len()));
            }
        }
        return Ok(Redirect::to(&format!("/services/{service}/tokens?done=revoked_several")).into_response());
    }
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let token = reader.api.token(&service, id).await?;
        rows.push(Row {
            href: page_of(&token),
            last_used: perhaps(token.last_used_at.as_ref()),
            id: token.id,
            name: token.name,
            prefix: token.token_prefix,
            owner: token.owner,
        });
    }
    let count = counted(t.tokens_one, t.tokens_many, rows.len().try_into().unwrap_or_default());
    let title = fill(t.revoke_title, &[("name", &count)]);
    Ok(page::show(&AskSeveralPage {
        t,
        frame: Frame::of(&reader, &title, Section::Tokens, Some(&service)),
        title,
        button: fill(t.revoke_several, &[("tokens", &count)]),
        form_token: reader.form_token.as_str().to_owned(),
        rows,
        service,
    }))
}

/// What is said where one of many could not be taken back: how many were.
fn stopped(fault: Fault, done: usize, of: usize) -> Fault {
    match fault {
        Fault::Refused(mut problem) => {
            let said = fill(EN.revoke_stopped, &[("done", &done.to_string()), ("of", &of.to_string())]);
            problem.detail = format!("{said} {}", problem.detail);
            Fault::Refused(problem)
        }
        other => other,
    }
}
