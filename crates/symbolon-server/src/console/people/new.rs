//! Somebody new.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use symbolon_api::client::{ClientError, PageOf};
use symbolon_api::{CreateUser, ServiceInfo};

use super::roles::{RoleField, given, names, role_fields};
use super::{once, page_of};
use crate::console::Site;
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::page::{self, Frame, Section};
use crate::console::posted::Posted;
use crate::console::problems::{Problems, sent_before};
use crate::console::reader::Reader;
use crate::console::text::{EN, Text};

#[derive(Template)]
#[template(path = "people/new.html")]
struct NewPage {
    t: &'static Text,
    frame: Frame,
    form_token: String,
    /// Makes sending the form again harmless.
    once: String,
    name: String,
    roles: Vec<RoleField>,
    platform_admin: bool,
    /// Whether they shall sign in.
    login: bool,
    problems: Problems,
}

/// The form, with what was typed.
fn form(
    site: &Site,
    reader: &Reader,
    services: &[ServiceInfo],
    fields: &Fields,
    problems: Problems,
) -> NewPage {
    let t = &EN;
    NewPage {
        t,
        frame: Frame::of(reader, t.new_person_title, Section::People, None),
        form_token: reader.form_token.as_str().to_owned(),
        once: site.once(fields),
        name: fields.raw("name").to_owned(),
        roles: role_fields(services, fields, &problems),
        platform_admin: fields.has("platform_admin"),
        login: with_login(fields),
        problems,
    }
}

/// Whether the form asks for somebody who can sign in.
fn with_login(fields: &Fields) -> bool {
    fields.text("login") != "none"
}

/// What the API is asked to make.
fn asked(fields: &Fields, password: Option<&String>) -> CreateUser {
    CreateUser {
        name: fields.text("name").to_owned(),
        password: password.cloned(),
        password_temporary: password.map(|_| true),
        platform_admin: fields.has("platform_admin").then_some(true),
        roles: Some(given(fields)).filter(|roles| !roles.is_empty()),
    }
}

/// The empty form.
pub(super) async fn show(State(site): State<Site>, reader: Reader) -> Result<Response, Fault> {
    if !reader.me.platform_admin {
        // What they are told is the API's to say.
        reader.api.users(&PageOf::default()).await?;
    }
    let services = reader.api.services().await?.items;
    Ok(page::show(&form(&site, &reader, &services, &Fields::default(), Problems::default())))
}

/// Makes somebody. Where they shall sign in, the answer is the only page with their password. The same form sent again
/// makes nothing and shows no password: it leads to their page.
pub(super) async fn create(
    State(site): State<Site>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    let password = with_login(&fields).then(|| site.random_word());
    let new = asked(&fields, password.as_ref());
    match (reader.api.create_user_once(&new, fields.once()).await, password) {
        (Ok(user), Some(password)) => Ok(page::show(&once::page(&reader, &user, password))),
        (Ok(user), None) => {
            Ok(Redirect::to(&format!("{}?done=person_added", page_of(&user))).into_response())
        }
        (Err(ClientError::Problem(problem)), _) if sent_before(&problem) => {
            // Under another name than before, it made somebody else.
            let place = match reader.api.user(&new.name).await {
                Ok(user) => format!("{}?done=person_made_before", page_of(&user)),
                Err(error) => match Fault::from(error) {
                    Fault::NotFound => "/people?done=person_form".to_owned(),
                    fault => return Err(fault),
                },
            };
            Ok(Redirect::to(&place).into_response())
        }
        (Err(error), _) => {
            let problem = *Fault::from(error).problem()?;
            let services = reader.api.services().await?.items;
            let roles = role_fields(&services, &fields, &Problems::default());
            let shown = [names(&roles), vec!["name", "platform_admin"]].concat();
            let problems = Problems::of(problem, &shown);
            Ok(page::again(&form(&site, &reader, &services, &fields, problems)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_is_made_is_temporary() {
        let fields = Fields::read(b"name=+bea+&login=once&roles.odin=viewer&platform_admin=yes");
        assert!(with_login(&fields));
        let new = asked(&fields, Some(&"0123456789abcdef".to_owned()));
        assert_eq!(new.name, "bea");
        assert_eq!((new.password_temporary, new.platform_admin), (Some(true), Some(true)));
        assert_eq!(new.roles.unwrap_or_default().get("odin").map(String::as_str), Some("viewer"));
    }

    #[test]
    fn an_owner_alone_has_no_password() {
        let fields = Fields::read(b"name=robot&login=none&roles.odin=");
        assert!(!with_login(&fields));
        let new = asked(&fields, None);
        assert!(new.password.is_none() && new.password_temporary.is_none());
        assert!(new.platform_admin.is_none() && new.roles.is_none());
    }
}
