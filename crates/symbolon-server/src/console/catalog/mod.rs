//! A service's catalog, readable: its scopes, what each opens, and what is asked of it.

mod ask;
mod attempt;
mod enforcement;
mod matrix;

use askama::Template;
use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use axum::routing::{get, post};
use symbolon_api::ServiceInfo;

use super::Site;
use super::fault::Fault;
use super::fields::Fields;
use super::page::{self, Frame, Section};
use super::problems::Problems;
use super::reader::Reader;
use super::scopes::{listed, reaches};
use super::text::{EN, Text, counted, fill, number};
use ask::Answer;
use attempt::TryForm;
use matrix::Matrix;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/services/{service}/catalog", get(show))
        .route("/services/{service}/catalog/try", post(attempt::attempt))
        .route("/services/{service}/enforcement", get(enforcement::show).post(enforcement::switch))
}

#[derive(Template)]
#[template(path = "catalog/show.html")]
struct CatalogPage {
    t: &'static Text,
    frame: Frame,
    service: String,
    form_token: String,
    mounts: Option<String>,
    /// How many requests tokens may make.
    limits: Vec<String>,
    enforced: bool,
    /// Whether the reader may look at what was seen, and switch.
    may_switch: bool,
    /// Whether the reader may ask the rules: whoever manages tokens may.
    may_try: bool,
    form: TryForm,
    problems: Problems,
    scopes_title: String,
    scopes: Vec<Scope>,
    profiles: Vec<(String, String)>,
    /// What was asked.
    route: String,
    answer: Answer,
    matrix: Matrix,
}

struct Scope {
    name: String,
    href: String,
    grants: String,
    operations: String,
    role: String,
    chosen: bool,
}

fn scopes(catalog: &ServiceInfo, chosen: &str) -> Vec<Scope> {
    let scopes = catalog.scopes.iter().map(|scope| {
        let held = ask::held(catalog, &scope.name);
        let operations = catalog.routes.iter().filter(|route| reaches(&held, route)).count();
        Scope {
            href: ask::about_scope(&catalog.service, &scope.name),
            operations: number(operations.try_into().unwrap_or(u64::MAX)),
            role: scope.min_role.as_ref().or(catalog.roles.first()).cloned().unwrap_or_default(),
            chosen: scope.name == chosen,
            name: scope.name.clone(),
            grants: scope.grants.clone(),
        }
    });
    scopes.collect()
}

/// What the service says of how many requests its tokens may make.
fn limits(catalog: &ServiceInfo) -> Vec<String> {
    let t = &EN;
    let limits =
        [(t.catalog_limit_service, &catalog.rate_limit), (t.catalog_limit_token, &catalog.token_rate_limit)];
    let said = |(text, rate): (&str, &Option<String>)| Some(fill(text, &[("rate", rate.as_ref()?)]));
    limits.into_iter().filter_map(said).collect()
}

/// What was asked, and the operations that the answer speaks of.
fn answered(catalog: &ServiceInfo, scope: &str, route: &str) -> (Answer, Matrix) {
    match (scope, route) {
        ("", "") => (Answer::None, Matrix::of(catalog, false, |_| true)),
        ("", typed) => {
            let matrix = Matrix::of(catalog, true, |route| ask::matches(catalog, typed, route));
            (Answer::of_route(catalog, typed), matrix)
        }
        (scope, _) => {
            let held = ask::held(catalog, scope);
            (Answer::of_scope(catalog, scope), Matrix::of(catalog, true, |route| reaches(&held, route)))
        }
    }
}

fn catalog_page(reader: Option<&Reader>, frame: Frame, catalog: &ServiceInfo, asked: &Fields) -> CatalogPage {
    let t = &EN;
    let (scope, route) = (asked.text("scope"), asked.text("route"));
    let (answer, matrix) = answered(catalog, scope, route);
    let mounts: Vec<&str> =
        catalog.mounts.iter().map(String::as_str).filter(|mount| !mount.is_empty()).collect();
    let manages = |reader: &Reader| {
        reader.me.services.iter().any(|known| known.service == catalog.service && known.manages_tokens)
    };
    let count = catalog.scopes.len().try_into().unwrap_or(u64::MAX);
    CatalogPage {
        t,
        frame,
        form_token: reader.map(|reader| reader.form_token.as_str().to_owned()).unwrap_or_default(),
        mounts: (!mounts.is_empty()).then(|| fill(t.catalog_mounts, &[("mounts", &listed(&mounts, t.and))])),
        limits: limits(catalog),
        enforced: catalog.enforced,
        may_switch: reader.is_some_and(|reader| reader.me.platform_admin),
        may_try: reader.is_some_and(manages),
        form: TryForm::of(catalog, &Fields::default()),
        problems: Problems::default(),
        scopes_title: counted(t.catalog_scopes_one, t.catalog_scopes_many, count),
        scopes: scopes(catalog, scope),
        profiles: catalog
            .profiles
            .iter()
            .map(|known| (known.name.clone(), known.scopes.join(", ")))
            .collect(),
        route: route.to_owned(),
        answer,
        matrix,
        service: catalog.service.clone(),
    }
}

async fn show(
    reader: Reader,
    Path(service): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let catalog = reader.api.service(&service).await?;
    let title = fill(EN.catalog_title, &[("service", &catalog.title)]);
    let frame = Frame::of(&reader, title, Section::Catalog, Some(&service));
    Ok(page::show(&catalog_page(Some(&reader), frame, &catalog, &asked)))
}

#[cfg(test)]
mod tests {
    use super::matrix::tests::catalogs;
    use super::*;

    /// What the frame of a signed-in reader and the form to try add, in bytes, and more.
    const AROUND: usize = 5_000;

    fn html(catalog: &ServiceInfo, query: &str) -> String {
        let asked = Fields::read(query.as_bytes());
        catalog_page(None, Frame::outside(&catalog.title), catalog, &asked).render().unwrap()
    }

    #[test]
    fn the_largest_catalog_is_a_small_page() {
        for catalog in catalogs() {
            let page = html(&catalog, "");
            assert!(page.len() < 60_000 - AROUND, "{}: {} bytes", catalog.service, page.len());
            assert!(catalog.routes.iter().all(|route| page.contains(&route.path)));
        }
    }

    #[test]
    fn an_answer_shows_its_operations_alone() {
        let [odin, _] = catalogs();
        let page = html(&odin, "scope=read:jobs");
        assert!(
            page.contains("read:jobs reaches 3 operations")
                && page.contains("<details class=\"group\" open>")
        );
        assert!(page.contains("/services/odin/tokens?scope=read%3Ajobs"), "{page}");
        assert!(!page.contains("/vision/"));
        let page = html(&odin, "route=GET+/jobs");
        assert!(
            page.contains("Who can call GET /jobs?")
                && page.contains("/services/odin/tokens?scope=agent%3Aread")
        );
    }

    #[test]
    fn what_is_asked_is_text() {
        let [odin, _] = catalogs();
        for query in ["scope=%3Cb%3E", "route=%22%3E%3Cb%3E"] {
            assert!(!html(&odin, query).contains("<b>\u{201d}") && !html(&odin, query).contains("\"><b>"));
        }
    }
}
