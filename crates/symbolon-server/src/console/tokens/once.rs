//! The one page that shows a token's secret.

use askama::Template;
use symbolon_api::{CreatedToken, RouteInfo, ServiceInfo};

use super::page_of;
use crate::console::page::{Frame, Section};
use crate::console::reader::Reader;
use crate::console::scopes::reaches;
use crate::console::summary::{Ending, sentence};
use crate::console::text::{EN, Text, fill};

/// Shown once: nothing keeps what it shows.
#[derive(Template)]
#[template(path = "tokens/once.html")]
pub(super) struct OncePage {
    t: &'static Text,
    frame: Frame,
    /// What was made, in a word: for the title.
    title: String,
    service: String,
    /// What it may do.
    says: String,
    secret: String,
    /// A command that uses it.
    curl: Option<String>,
    /// The token's own page.
    href: String,
}

/// The page of a token that was just made.
pub(super) fn page(reader: &Reader, catalog: &ServiceInfo, created: CreatedToken) -> OncePage {
    titled(EN.once_title, reader, catalog, created)
}

/// The page of a token that was just given another secret.
pub(super) fn rotated(reader: &Reader, catalog: &ServiceInfo, rotated: CreatedToken) -> OncePage {
    titled(EN.rotated_title, reader, catalog, rotated)
}

fn titled(title: &str, reader: &Reader, catalog: &ServiceInfo, created: CreatedToken) -> OncePage {
    let t = &EN;
    let title = fill(title, &[("name", &created.record.name)]);
    OncePage {
        t,
        frame: Frame::of(reader, &title, Section::Tokens, Some(&catalog.service)),
        title,
        says: sentence(catalog, &created.record.scopes, Ending::of(&created.record)),
        service: catalog.service.clone(),
        curl: curl(catalog, &created),
        href: page_of(&created.record),
        secret: created.token,
    }
}

/// A request that this token may make: one that only reads, and whose path needs nothing filled in, if there is one.
fn curl(catalog: &ServiceInfo, created: &CreatedToken) -> Option<String> {
    let reached: Vec<&RouteInfo> =
        catalog.routes.iter().filter(|route| reaches(&created.record.effective_scopes, route)).collect();
    let plain = |route: &&&RouteInfo| !route.path.contains('{');
    let route = reached
        .iter()
        .filter(|route| route.method == "GET")
        .find(plain)
        .or_else(|| reached.iter().find(plain))
        .or_else(|| reached.first())?;
    let mount = catalog.mounts.first().map_or("", String::as_str);
    let base = catalog.url.as_deref().unwrap_or("https://your-service.example");
    let method = if route.method == "GET" { String::new() } else { format!("-X {} ", route.method) };
    Some(format!("curl {method}-H \"Authorization: Bearer {}\" '{base}{mount}{}'", created.token, route.path))
}
