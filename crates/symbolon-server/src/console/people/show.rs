//! Somebody: what they are, and what can be done about it.

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use symbolon_api::{ServiceInfo, UserRecord};

use super::roles::{RoleField, filled, role_fields};
use super::{BUILT_IN, login, page_of};
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::moment::Moment;
use crate::console::page::{self, Frame, Section};
use crate::console::problems::Problems;
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, fill, notice};

#[derive(Template)]
#[template(path = "people/show.html")]
pub(super) struct PersonPage {
    t: &'static Text,
    frame: Frame,
    form_token: String,
    href: String,
    id: String,
    name: String,
    is_active: bool,
    is_admin: bool,
    login: &'static str,
    created: Moment,
    /// Their tokens, by service.
    tokens: Vec<Place>,
    /// Their sessions, and what they did.
    more: [Place; 2],
    built_in: bool,
    /// Whether it is the reader.
    own: bool,
    remove_heading: String,
    roles: Vec<RoleField>,
    active: Flag,
    platform_admin: Flag,
    problems: Problems,
}

/// A link.
struct Place {
    text: String,
    href: String,
}

/// A box, and what it was.
struct Flag {
    ticked: bool,
    was: String,
}

impl Flag {
    fn of(name: &str, fields: &Fields) -> Self {
        Self { ticked: fields.has(name), was: fields.text(&format!("was.{name}")).to_owned() }
    }
}

/// Somebody's page, with what was typed into its form.
pub(super) fn form(
    reader: &Reader,
    services: &[ServiceInfo],
    user: UserRecord,
    fields: &Fields,
    problems: Problems,
) -> PersonPage {
    let t = &EN;
    let manages = |name: &str| reader.me.services.iter().any(|own| own.service == name && own.manages_others);
    let tokens = services.iter().filter(|service| manages(&service.service)).map(|service| Place {
        text: service.title.clone(),
        href: page::further(&format!("/services/{}/tokens", service.service), &[("owner", &user.name)]),
    });
    let more = [
        Place {
            text: fill(t.person_sessions, &[("name", &user.name)]),
            href: page::further("/sessions", &[("user", &user.name)]),
        },
        Place {
            text: fill(t.person_did, &[("name", &user.name)]),
            href: page::further("/audit", &[("actor", &user.id)]),
        },
    ];
    PersonPage {
        t,
        frame: Frame::of(reader, &user.name, Section::People, None),
        form_token: reader.form_token.as_str().to_owned(),
        href: page_of(&user),
        is_active: user.active,
        is_admin: user.platform_admin,
        login: login(&user),
        created: Moment::read(&user.created_at),
        tokens: tokens.collect(),
        more,
        built_in: user.name == BUILT_IN,
        own: user.name == reader.name(),
        remove_heading: fill(t.remove_person_heading, &[("name", &user.name)]),
        roles: role_fields(services, fields, &problems),
        active: Flag::of("active", fields),
        platform_admin: Flag::of("platform_admin", fields),
        id: user.id,
        name: user.name,
        problems,
    }
}

impl PersonPage {
    fn noting(mut self, notice: Option<&'static str>) -> Self {
        self.frame = self.frame.noting(notice);
        self
    }
}

/// The page of one person.
pub(super) async fn show(
    reader: Reader,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let user = reader.api.user(&name).await?;
    let services = reader.api.services().await?.items;
    let fields = filled(&user);
    let page = form(&reader, &services, user, &fields, Problems::default());
    Ok(page::show(&page.noting(notice(asked.text("done")))))
}
