//! A new token: the form, what it will be able to do, and the one page that shows its secret.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use symbolon_api::client::ClientError;
use symbolon_api::{CreateToken, Problem, SelfService, ServiceInfo};
use symbolon_core::Code;

use super::choice::{EndChoice, Group, asked_end, ending, ends, first_choice, groups, idle};
use super::{limit, metadata, of_reader, once};
use crate::console::Site;
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::page::{self, Frame, Section};
use crate::console::posted::Posted;
use crate::console::problems::Problems;
use crate::console::reader::Reader;
use crate::console::restrictions::{self, Kind};
use crate::console::summary::{Ending, Summary, sentence};
use crate::console::text::{EN, Text, fill};

#[derive(Template)]
#[template(path = "tokens/new.html")]
struct NewPage {
    t: &'static Text,
    frame: Frame,
    service: String,
    title: String,
    form_token: String,
    /// Makes sending the form again harmless.
    once: String,
    name: String,
    description: String,
    metadata: String,
    rate_limit: String,
    rate_limit_hint: String,
    change_limit: String,
    generations: Vec<(u8, bool)>,
    restrictions: [Kind; 4],
    /// Whose it shall be; `None` where the reader manages only their own.
    owner: Option<String>,
    profiles: Vec<ProfileCard>,
    by_scopes: bool,
    groups: Vec<Group>,
    ends: Vec<EndChoice>,
    /// What ends it besides.
    idle: Option<String>,
    until: String,
    tomorrow: String,
    summary: Summary,
    problems: Problems,
}

struct ProfileCard {
    name: String,
    value: String,
    /// Its scopes, separated by spaces; for the script.
    implies: String,
    says: String,
    chosen: bool,
}

/// The profile that a form chooses.
fn profile(fields: &Fields) -> Option<&str> {
    fields.text("grant").strip_prefix("profile:")
}

/// The scopes that a form grants: those of its profile, and those that are ticked.
fn granted(service: &ServiceInfo, fields: &Fields) -> Vec<String> {
    let profile = profile(fields).and_then(|name| service.profiles.iter().find(|known| known.name == name));
    let mut granted = profile.map(|profile| profile.scopes.clone()).unwrap_or_default();
    for scope in
        fields.all("scope").filter(|scope| !granted.iter().any(|known| known == scope)).collect::<Vec<_>>()
    {
        granted.push(scope.to_owned());
    }
    granted
}

/// The form, with what was typed.
fn form(
    site: &Site,
    reader: &Reader,
    (catalog, own): (&ServiceInfo, &SelfService),
    fields: &Fields,
    problems: Problems,
) -> NewPage {
    let t = &EN;
    let now = site.app.now();
    let profile = profile(fields);
    let by_scopes = profile.is_none();
    let ticked: Vec<String> = fields.all("scope").map(str::to_owned).collect();
    let profiles = catalog.profiles.iter().map(|known| ProfileCard {
        value: format!("profile:{}", known.name),
        implies: known.scopes.join(" "),
        says: sentence(catalog, &known.scopes, Ending::Unsaid),
        chosen: profile == Some(&known.name),
        name: known.name.clone(),
    });
    let chosen = fields.given("end").unwrap_or_else(|| first_choice(catalog));
    let title = fill(t.new_title, &[("service", &catalog.title)]);
    NewPage {
        t,
        frame: Frame::of(reader, &title, Section::Tokens, Some(&catalog.service)),
        service: catalog.service.clone(),
        title,
        form_token: reader.form_token.as_str().to_owned(),
        once: site.once(fields),
        name: fields.raw("name").to_owned(),
        description: fields.raw("description").to_owned(),
        metadata: fields.raw("metadata").to_owned(),
        rate_limit: fields.raw("rate_limit").to_owned(),
        rate_limit_hint: limit::hint(catalog),
        change_limit: fields.raw("change_limit").to_owned(),
        generations: limit::generations(fields, 0),
        restrictions: restrictions::kinds(catalog, fields),
        owner: own
            .manages_others
            .then(|| if fields.has("owner") { fields.raw("owner") } else { reader.name() }.to_owned()),
        profiles: profiles.collect(),
        by_scopes,
        groups: groups(catalog, &own.grantable_scopes, &ticked),
        ends: ends(catalog, None, &chosen, now),
        idle: idle(catalog),
        until: fields.text("until").to_owned(),
        tomorrow: site.tomorrow(),
        summary: Summary::of(catalog, &granted(catalog, fields), ending(&with_end(fields, &chosen), now)),
        problems,
    }
}

/// The fields with an end, also where none is chosen yet.
fn with_end(fields: &Fields, chosen: &str) -> Fields {
    if fields.has("end") { fields.clone() } else { fields.clone().with("end", chosen) }
}

/// The empty form.
pub(super) async fn show(
    State(site): State<Site>,
    reader: Reader,
    Path(service): Path<String>,
) -> Result<Response, Fault> {
    let own = may_create(&reader, &service)?;
    let catalog = reader.api.service(&service).await?;
    let mut fields = Fields::default();
    if let Some(first) = catalog.profiles.first() {
        fields = fields.with("grant", &format!("profile:{}", first.name));
    }
    Ok(page::show(&form(&site, &reader, (&catalog, own), &fields, Problems::default())))
}

/// Whoever manages no tokens here has no form for one.
fn may_create<'r>(reader: &'r Reader, service: &str) -> Result<&'r SelfService, Fault> {
    let own = of_reader(reader, service)?;
    if own.manages_tokens {
        return Ok(own);
    }
    Err(Fault::Forbidden(fill(EN.tokens_barred, &[("service", &own.title)])))
}

/// What a token of this form will be able to do: for the script, while the form is filled in.
pub(super) async fn summary(
    State(site): State<Site>,
    Path(service): Path<String>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    let catalog = reader.api.service(&service).await?;
    Ok(page::show(&Summary::of(&catalog, &granted(&catalog, &fields), ending(&fields, site.app.now()))))
}

/// Makes the token; the answer is the only page with its secret. The same form sent again makes nothing: it leads to
/// the token's own page.
pub(super) async fn create(
    State(site): State<Site>,
    Path(service): Path<String>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    let own = may_create(&reader, &service)?;
    let catalog = reader.api.service(&service).await?;
    if fields.text("do") == "preview" {
        return Ok(page::show(&form(&site, &reader, (&catalog, own), &fields, Problems::default())));
    }
    let (expires_at, expires_in) = asked_end(&fields);
    // A profile is what it was named for only as long as nothing is added to it.
    let profile = profile(&fields).filter(|_| !fields.has("scope")).map(str::to_owned);
    let new = CreateToken {
        name: fields.text("name").to_owned(),
        description: fields.given("description"),
        metadata: fields.given("metadata").map(|typed| metadata::read(&typed)),
        scopes: profile.is_none().then(|| granted(&catalog, &fields)),
        profile,
        owner: fields.given("owner").filter(|_| own.manages_others),
        expires_at,
        expires_in,
        rate_limit: fields.given("rate_limit"),
        change_limit: fields.given("change_limit"),
        derive: fields.text("derive").parse().ok().filter(|count| *count > 0),
        restrictions: restrictions::read(&fields),
    };
    match reader.api.create_token_once(&service, &new, fields.once()).await {
        Ok(created) => Ok(page::show(&once::page(&reader, &catalog, created))),
        Err(ClientError::Problem(problem)) if made_before(&problem) => {
            let id = problem.id.unwrap_or_default();
            Ok(Redirect::to(&format!("/services/{service}/tokens/{id}?done=already")).into_response())
        }
        Err(error) => {
            let problem = *Fault::from(error).problem()?;
            // Another form made a token under this word: what is in it now is another creation.
            let another = problem.code == Code::IdempotencyMismatch.as_str();
            let fields = if another { fields.without("once") } else { fields };
            let problems = Problems::of(problem, &[&FIELDS[..], &restrictions::FIELDS].concat());
            Ok(page::again(&form(&site, &reader, (&catalog, own), &fields, problems)))
        }
    }
}

/// The form's fields, as the API names them.
const FIELDS: [&str; 11] = [
    "name",
    "description",
    "metadata",
    "rate_limit",
    "change_limit",
    "derive",
    "owner",
    "scopes",
    "profile",
    "expires_at",
    "expires_in",
];

fn made_before(problem: &Problem) -> bool {
    problem.code == Code::AlreadyCreated.as_str() && problem.id.is_some()
}
