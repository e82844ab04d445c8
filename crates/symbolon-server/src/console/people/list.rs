//! The list, by name.

use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use symbolon_api::client::PageOf;
use symbolon_api::{SelfService, UserRecord};

use super::{BUILT_IN, login, page_of};
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::moment::Moment;
use crate::console::page::{self, Frame, Section};
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, notice};

/// People on a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "people/list.html")]
struct ListPage {
    t: &'static Text,
    frame: Frame,
    /// The services' titles.
    services: Vec<String>,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

struct Row {
    name: String,
    href: String,
    login: &'static str,
    active: bool,
    platform_admin: bool,
    roles: Vec<Cell>,
    created: Moment,
}

/// Somebody's role in a service.
struct Cell {
    service: String,
    role: Option<String>,
}

impl Row {
    fn of(user: UserRecord, services: &[SelfService]) -> Self {
        let cell = |service: &SelfService| Cell {
            service: service.title.clone(),
            role: user.roles.get(&service.service).cloned(),
        };
        Self {
            href: page_of(&user),
            login: if user.name == BUILT_IN { EN.built_in } else { login(&user) },
            active: user.active,
            platform_admin: user.platform_admin,
            roles: services.iter().map(cell).collect(),
            created: Moment::read(&user.created_at),
            name: user.name,
        }
    }
}

/// The page of people.
pub(super) async fn show(reader: Reader, RawQuery(query): RawQuery) -> Result<Response, Fault> {
    let t = &EN;
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let cursor = asked.given("cursor");
    let first = cursor.is_some().then(|| "/people".to_owned());
    let users = reader.api.users(&PageOf { cursor, limit: Some(ROWS) }).await?;
    let services = &reader.me.services;
    Ok(page::show(&ListPage {
        t,
        frame: Frame::of(&reader, t.nav_people, Section::People, None).noting(notice(asked.text("done"))),
        services: services.iter().map(|service| service.title.clone()).collect(),
        rows: users.items.into_iter().map(|user| Row::of(user, services)).collect(),
        first,
        next: users.next_cursor.map(|cursor| page::further("/people", &[("cursor", &cursor)])),
    }))
}
