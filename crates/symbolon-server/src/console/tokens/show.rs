//! A token: what it may do and what it did.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use symbolon_api::client::{PageOf, TokenFilter};
use symbolon_api::{ImportedSecret, OldSecret, ServiceInfo, TokenRecord, TokenUsage, UsageDay};

use super::advice::{narrowing, says as says_of};
use super::lent::Lent;
use super::{State, limit, perhaps};
use crate::console::audit::Line;
use crate::console::chart::{Bars, Share};
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::moment::Moment;
use crate::console::page::{self, Frame, Section};
use crate::console::reader::Reader;
use crate::console::restrictions;
use crate::console::summary::{Ending, sentence};
use crate::console::text::{EN, Text, fill, notice, number, outcome};

/// Days of use that are shown.
const DAYS: u8 = 30;
/// Tokens made by it that are shown.
const CHILDREN: usize = 20;
/// Lines of the audit that are shown.
const LINES: usize = 20;

#[derive(Template)]
#[template(path = "tokens/show.html")]
struct TokenPage {
    t: &'static Text,
    frame: Frame,
    service: String,
    form_token: String,
    id: String,
    name: String,
    description: String,
    metadata: BTreeMap<String, String>,
    /// What it is held to.
    limit: String,
    change_limit: Option<String>,
    /// Whether it may make tokens, in words.
    derives: Option<String>,
    lent: Lent,
    /// The token that made it.
    parent: Option<Kin>,
    /// Those that it made and that live, the newest first.
    children: Vec<Kin>,
    /// Where all of them are, if they are more than are shown.
    more_children: bool,
    /// In words.
    restrictions: Vec<String>,
    /// The beginning of the secret, as it is written.
    begins: String,
    owner: String,
    owner_linked: bool,
    profile: Option<String>,
    state: State,
    not_used_yet: bool,
    /// What is to be said of the application's own secret.
    imported: Option<String>,
    revoked: bool,
    disabled: bool,
    says: String,
    created: Moment,
    expires: Option<Moment>,
    last_used: Option<Moment>,
    last_from: Option<String>,
    rotated: Option<Moment>,
    old_secret: Option<Old>,
    /// That a replaced secret was used.
    reused: Option<Moment>,
    allowed_total: String,
    refused_total: String,
    chart: Bars,
    table: Vec<Day>,
    scopes: Vec<ScopeUse>,
    /// What its scopes are more than it needs, and where that is mended.
    unused: Option<Hint>,
    operations: Vec<RouteUse>,
    left_out: Option<String>,
    refusals: Vec<Refusal>,
    lines: Vec<Line>,
    href: String,
}

/// A token that this one comes from, or that comes from it.
struct Kin {
    name: String,
    href: String,
    state: State,
}

impl Kin {
    fn of(token: &TokenRecord) -> Self {
        Self { name: token.name.clone(), href: super::page_of(token), state: State::of(&token.state) }
    }
}

/// The secret before the present one, which still works.
struct Old {
    says: String,
    until: Option<Moment>,
}

impl Old {
    fn of(old: &OldSecret) -> Self {
        let t = &EN;
        let until = perhaps(old.ends_at.as_ref());
        let says = match (&until, &old.grace) {
            (Some(_), _) => t.old_secret_until.to_owned(),
            (None, Some(grace)) => fill(t.old_secret_grace, &[("grace", grace)]),
            (None, None) => t.old_secret_works.to_owned(),
        };
        Self { says, until }
    }
}

struct Hint {
    says: String,
    href: String,
}

struct Day {
    name: String,
    allowed: String,
    refused: String,
}

struct ScopeUse {
    name: String,
    grants: String,
    count: String,
    share: Share,
    last: Option<Moment>,
}

/// What was asked of a route, and with which outcome.
struct RouteUse {
    method: String,
    path: String,
    outcome: String,
    count: String,
    last: Moment,
    place: String,
}

/// A refusal that can still be explained.
struct Refusal {
    at: Moment,
    method: String,
    path: String,
    reason: String,
    request_id: String,
}

fn scope_uses(catalog: &ServiceInfo, usage: &TokenUsage) -> Vec<ScopeUse> {
    let most = usage.scopes.iter().map(|scope| scope.count).max().unwrap_or_default();
    let uses = usage.scopes.iter().map(|scope| {
        let known = catalog.scopes.iter().find(|known| known.name == scope.scope);
        ScopeUse {
            grants: known.map_or_else(|| EN.scope_inert.to_owned(), |known| known.grants.clone()),
            count: number(scope.count),
            share: Share::of(scope.count, most),
            last: perhaps(scope.last_at.as_ref()),
            name: scope.scope.clone(),
        }
    });
    uses.collect()
}

fn imported(old: &ImportedSecret) -> String {
    let t = &EN;
    match &old.until {
        None => t.imported_ended.to_owned(),
        Some(end) => {
            let text = if old.upgraded { t.imported_used } else { t.imported_unused };
            fill(text, &[("end", &crate::console::moment::day_of(end.get(..10).unwrap_or(end)))])
        }
    }
}

/// The page of one token.
pub(super) async fn show(
    reader: Reader,
    Path((service, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let t = &EN;
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let token = reader.api.token(&service, &id).await?;
    let catalog = reader.api.service(&service).await?;
    let usage = reader.api.token_usage(&service, &token.id, Some(DAYS)).await?;
    let advice = reader.api.token_advice(&service, &token.id, Some(DAYS)).await?;
    let lines = PageOf { cursor: None, limit: Some(LINES) };
    let lines = reader.api.token_audit(&service, &token.id, &lines).await?;
    let parent = match &token.parent {
        // One that the reader does not see is not named.
        Some(parent) => reader.api.token(&service, parent).await.ok().as_ref().map(Kin::of),
        None => None,
    };
    let children = if token.children.unwrap_or_default() > 0 {
        let filter = TokenFilter { parent: Some(token.id.clone()), ..TokenFilter::default() };
        let page = PageOf { cursor: None, limit: Some(CHILDREN) };
        Some(reader.api.tokens(&service, &filter, &page).await?)
    } else {
        None
    };
    let lent = Lent::of(&reader, &catalog, &token).await;
    let operations = usage.routes.iter().map(|route| RouteUse {
        method: route.method.clone(),
        path: route.path.clone(),
        outcome: outcome(&route.outcome),
        count: number(route.count),
        last: Moment::read(&route.last_at),
        place: route.last_ip.clone().unwrap_or_default(),
    });
    let last = usage.routes.iter().find(|route| route.outcome == "allowed");
    let total = |of: fn(&UsageDay) -> u64| number(usage.days.iter().map(of).sum());
    let refusals = usage.refusals.iter().map(|refusal| Refusal {
        at: Moment::read(&refusal.at),
        method: refusal.method.clone(),
        path: refusal.path.clone(),
        reason: outcome(&refusal.reason),
        request_id: refusal.request_id.clone(),
    });
    let table = usage.days.iter().rev().map(|day| Day {
        name: crate::console::moment::day_of(&day.day),
        allowed: number(day.allowed),
        refused: number(day.refused),
    });
    Ok(page::show(&TokenPage {
        t,
        frame: Frame::of(&reader, &token.name, Section::Tokens, Some(&service))
            .noting(notice(asked.text("done"))),
        form_token: reader.form_token.as_str().to_owned(),
        href: super::page_of(&token),
        begins: super::begins(&token, &catalog.token_prefix),
        not_used_yet: super::not_used_yet(&token),
        imported: token.imported.as_ref().map(imported),
        says: sentence(&catalog, &token.effective_scopes, Ending::of(&token)),
        state: State::of(&token.state),
        revoked: token.state == "revoked",
        disabled: token.state == "disabled",
        created: Moment::read(&token.created_at),
        expires: perhaps(token.expires_at.as_ref()),
        last_used: perhaps(token.last_used_at.as_ref()),
        rotated: perhaps(token.rotated_at.as_ref()),
        old_secret: token.old_secret.as_ref().map(Old::of),
        reused: perhaps(token.reused_at.as_ref()),
        last_from: last.and_then(|route| route.last_ip.clone()),
        allowed_total: fill(t.allowed_total, &[("n", &total(|day| day.allowed))]),
        refused_total: fill(t.refused_total, &[("n", &total(|day| day.refused))]),
        unused: advice
            .findings
            .iter()
            .find(|finding| finding.kind == "unused_scopes")
            .map(|finding| Hint { says: says_of(&advice, finding, DAYS), href: narrowing(&advice) }),
        chart: Bars::of(&usage.days),
        table: table.collect(),
        scopes: scope_uses(&catalog, &usage),
        left_out: (usage.routes_left_out > 0)
            .then(|| fill(t.routes_left_out, &[("count", &number(usage.routes_left_out))])),
        operations: operations.collect(),
        refusals: refusals.collect(),
        lines: lines.items.into_iter().map(Line::of).collect(),
        limit: limit::says(&catalog, &token, &usage),
        change_limit: token.change_limit.clone(),
        derives: limit::derives(&token),
        lent,
        parent,
        more_children: children.as_ref().is_some_and(|list| list.next_cursor.is_some()),
        children: children.iter().flat_map(|list| &list.items).map(Kin::of).collect(),
        owner_linked: reader.me.platform_admin,
        owner: token.owner,
        profile: token.profile,
        description: token.description,
        metadata: token.metadata,
        restrictions: restrictions::says(&token.restrictions),
        name: token.name,
        id: token.id,
        service,
    }))
}
