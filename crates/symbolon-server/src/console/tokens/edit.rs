//! Editing a token. What was not touched is not sent, so that two who edit different things do not undo each other.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use symbolon_api::{EditToken, SelfService, ServiceInfo, TokenRecord};

use super::choice::{EndChoice, Group, asked_end, ending, ends, groups, idle};
use super::{limit, metadata, of_reader, page_of};
use crate::console::Site;
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::moment::day;
use crate::console::page::{self, Frame, Section};
use crate::console::posted::Posted;
use crate::console::problems::Problems;
use crate::console::reader::Reader;
use crate::console::restrictions::{self, Kind};
use crate::console::scopes::closure;
use crate::console::summary::{Ending, Summary};
use crate::console::text::{EN, Text, fill};

#[derive(Template)]
#[template(path = "tokens/edit.html")]
struct EditPage {
    t: &'static Text,
    frame: Frame,
    service: String,
    title: String,
    form_token: String,
    href: String,
    token_name: String,
    name: String,
    description: String,
    metadata: String,
    rate_limit: String,
    rate_limit_hint: String,
    change_limit: String,
    generations: Vec<(u8, bool)>,
    restrictions: [Kind; 4],
    /// Where the reader may give it to somebody else.
    owner: Option<String>,
    /// What the form showed at first: only what differs from it is sent.
    was: Was,
    groups: Vec<Group>,
    ends: Vec<EndChoice>,
    /// What ends it besides.
    idle: Option<String>,
    until: String,
    tomorrow: String,
    summary: Summary,
    problems: Problems,
}

struct Was {
    name: String,
    owner: String,
    description: String,
    metadata: String,
    rate_limit: String,
    change_limit: String,
    derive: String,
    scopes: Vec<String>,
}

fn form(
    site: &Site,
    reader: &Reader,
    (catalog, own): (&ServiceInfo, &SelfService),
    token: &TokenRecord,
    fields: &Fields,
    problems: Problems,
) -> EditPage {
    let t = &EN;
    let now = site.app.now();
    let keep =
        token.expires_at.as_ref().and_then(|at| at.parse().ok()).map_or_else(|| t.never.to_owned(), day);
    let ticked: Vec<String> = fields.all("scope").map(str::to_owned).collect();
    let title = fill(t.edit_title, &[("name", &token.name)]);
    EditPage {
        t,
        frame: Frame::of(reader, &title, Section::Tokens, Some(&catalog.service)),
        service: catalog.service.clone(),
        title,
        form_token: reader.form_token.as_str().to_owned(),
        href: page_of(token),
        token_name: token.name.clone(),
        name: fields.raw("name").to_owned(),
        description: fields.raw("description").to_owned(),
        metadata: fields.raw("metadata").to_owned(),
        rate_limit: fields.raw("rate_limit").to_owned(),
        rate_limit_hint: limit::hint(catalog),
        change_limit: fields.raw("change_limit").to_owned(),
        generations: limit::generations(fields, token.depth),
        restrictions: restrictions::kinds(catalog, fields),
        owner: own.manages_others.then(|| fields.raw("owner").to_owned()),
        was: Was {
            name: fields.raw("was.name").to_owned(),
            owner: fields.raw("was.owner").to_owned(),
            description: fields.raw("was.description").to_owned(),
            metadata: fields.raw("was.metadata").to_owned(),
            rate_limit: fields.raw("was.rate_limit").to_owned(),
            change_limit: fields.raw("was.change_limit").to_owned(),
            derive: fields.raw("was.derive").to_owned(),
            scopes: fields.all("was.scope").map(str::to_owned).collect(),
        },
        groups: groups(catalog, &allowed(own, token), &ticked),
        ends: ends(catalog, Some(keep), fields.text("end"), now),
        idle: idle(catalog),
        until: fields.text("until").to_owned(),
        tomorrow: site.tomorrow(),
        summary: summary_of(catalog, token, fields, now),
        problems,
    }
}

/// What the token would be able to do.
fn summary_of(catalog: &ServiceInfo, token: &TokenRecord, fields: &Fields, now: Timestamp) -> Summary {
    let ticked: Vec<String> = fields.all("scope").map(str::to_owned).collect();
    let ending = if fields.text("end") == "keep" { Ending::of(token) } else { ending(fields, now) };
    Summary::of(catalog, &ticked, ending)
}

/// The same, for the script, while the form is filled in.
pub(super) async fn summary(
    State(site): State<Site>,
    Path((service, id)): Path<(String, String)>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    let token = reader.api.token(&service, &id).await?;
    let catalog = reader.api.service(&service).await?;
    Ok(page::show(&summary_of(&catalog, &token, &fields, site.app.now())))
}

/// What may be ticked: what the reader may grant, and what the token holds already.
fn allowed(own: &SelfService, token: &TokenRecord) -> Vec<String> {
    [own.grantable_scopes.as_slice(), &token.scopes].concat()
}

/// What the form shows before anything is typed.
fn filled(token: &TokenRecord) -> Fields {
    let fields = Fields::default()
        .with("name", &token.name)
        .with("was.name", &token.name)
        .with("description", &token.description)
        .with("was.description", &token.description)
        .with("metadata", &metadata::lines(&token.metadata))
        .with("was.metadata", &metadata::lines(&token.metadata))
        .with("rate_limit", token.rate_limit.as_deref().unwrap_or_default())
        .with("was.rate_limit", token.rate_limit.as_deref().unwrap_or_default())
        .with("change_limit", token.change_limit.as_deref().unwrap_or_default())
        .with("was.change_limit", token.change_limit.as_deref().unwrap_or_default())
        .with("derive", &token.derive.to_string())
        .with("was.derive", &token.derive.to_string())
        .with("owner", &token.owner)
        .with("was.owner", &token.owner)
        .with("end", "keep");
    let fields = restrictions::filled(&token.restrictions, fields);
    token.scopes.iter().fold(fields, |fields, scope| fields.with("scope", scope).with("was.scope", scope))
}

/// The same with fewer scopes ticked, where the address names some: as advice does. Anybody can make an address, so that
/// it ticks nothing that the token does not amount to.
fn offered(catalog: &ServiceInfo, token: &TokenRecord, asked: &Fields) -> Fields {
    let (fields, amount) = (filled(token), closure(catalog, &token.scopes));
    let has = |scope: &&str| amount.iter().any(|one| one == scope);
    let ticked: Vec<&str> = asked.all("scope").filter(has).collect();
    if ticked.is_empty() {
        return fields;
    }
    ticked.into_iter().fold(fields.without("scope"), |fields, scope| fields.with("scope", scope))
}

/// The form.
pub(super) async fn show(
    State(site): State<Site>,
    reader: Reader,
    Path((service, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let token = reader.api.token(&service, &id).await?;
    if token.state == "revoked" {
        return Ok(Redirect::to(&page_of(&token)).into_response());
    }
    let catalog = reader.api.service(&service).await?;
    let own = of_reader(&reader, &service)?;
    Ok(page::show(&form(
        &site,
        &reader,
        (&catalog, own),
        &token,
        &offered(&catalog, &token, &asked),
        Problems::default(),
    )))
}

/// What was typed, if it is not what the form showed. A browser sends line ends as CR LF.
fn changed(fields: &Fields, name: &str) -> Option<String> {
    let typed = fields.text(name).replace("\r\n", "\n");
    Some(typed).filter(|typed| *typed != fields.text(&format!("was.{name}")).replace("\r\n", "\n"))
}

/// The scopes, if they amount to others than the form showed. The script does not send what another scope includes;
/// what was granted by itself stays so.
fn changed_scopes(catalog: &ServiceInfo, fields: &Fields) -> Option<Vec<String>> {
    let of = |name: &str| fields.all(name).map(str::to_owned).collect::<Vec<_>>();
    let (mut ticked, shown) = (of("scope"), of("was.scope"));
    let amount = closure(catalog, &ticked);
    let kept = shown.iter().filter(|scope| amount.contains(scope) && !ticked.contains(scope));
    let kept: Vec<String> = kept.cloned().collect();
    ticked.extend(kept);
    let (mut now, mut then) = (ticked.clone(), shown);
    now.sort();
    then.sort();
    Some(ticked).filter(|_| now != then)
}

/// Saves what was changed. What narrows the token holds when the answer comes.
pub(super) async fn save(
    State(site): State<Site>,
    Path((service, id)): Path<(String, String)>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    let token = reader.api.token(&service, &id).await?;
    let catalog = reader.api.service(&service).await?;
    let own = of_reader(&reader, &service)?;
    if fields.text("do") == "preview" {
        return Ok(page::show(&form(&site, &reader, (&catalog, own), &token, &fields, Problems::default())));
    }
    let (expires_at, expires_in) = asked_end(&fields);
    let edit = EditToken {
        name: changed(&fields, "name"),
        description: changed(&fields, "description"),
        metadata: metadata::changed(fields.text("was.metadata"), fields.text("metadata")),
        scopes: changed_scopes(&catalog, &fields),
        expires_at,
        expires_in,
        rate_limit: limit::changed(&fields),
        change_limit: limit::changes_changed(&fields),
        derive: changed(&fields, "derive").and_then(|count| count.parse().ok()),
        restrictions: restrictions::changed(&fields),
        owner: changed(&fields, "owner"),
    };
    match reader.api.edit_token(&service, &token.id, &edit).await {
        Ok(token) => Ok(Redirect::to(&format!("{}?done=saved", page_of(&token))).into_response()),
        Err(error) => {
            let shown = [
                "name",
                "description",
                "metadata",
                "rate_limit",
                "change_limit",
                "derive",
                "owner",
                "scopes",
                "expires_at",
                "expires_in",
            ];
            let shown = [&shown[..], &restrictions::FIELDS].concat();
            let problems = Problems::of(*Fault::from(error).problem()?, &shown);
            Ok(page::again(&form(&site, &reader, (&catalog, own), &token, &fields, problems)))
        }
    }
}
