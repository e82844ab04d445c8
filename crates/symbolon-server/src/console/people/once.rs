//! A one-time password, and the one page that shows it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use symbolon_api::{EditUser, UserRecord};

use super::page_of;
use crate::console::Site;
use crate::console::fault::Fault;
use crate::console::page::{self, Frame, Section};
use crate::console::posted::Posted;
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, fill};

/// Shown once: nothing keeps what it shows.
#[derive(Template)]
#[template(path = "people/once.html")]
pub(super) struct OncePage {
    t: &'static Text,
    frame: Frame,
    title: String,
    /// What becomes of it.
    says: String,
    name: String,
    password: String,
    /// Their own page.
    href: String,
}

/// The page of a password that was just made.
pub(super) fn page(reader: &Reader, user: &UserRecord, password: String) -> OncePage {
    let t = &EN;
    let title = fill(t.password_once_title, &[("name", &user.name)]);
    OncePage {
        t,
        frame: Frame::of(reader, &title, Section::People, None),
        title,
        says: fill(t.password_once_says, &[("name", &user.name)]),
        href: page_of(user),
        name: user.name.clone(),
        password,
    }
}

/// Makes somebody a new password; their sessions end. Sent again, this makes another, and what its page shows is the
/// one that holds. One's own is changed elsewhere: whoever lost the answer would be out.
pub(super) async fn make(
    State(site): State<Site>,
    Path(name): Path<String>,
    Posted { reader, .. }: Posted,
) -> Result<Response, Fault> {
    let user = reader.api.user(&name).await?;
    if user.name == reader.name() {
        return Ok(Redirect::to("/account/password").into_response());
    }
    let password = site.random_word();
    let edit =
        EditUser { password: Some(password.clone()), password_temporary: Some(true), ..EditUser::default() };
    let user = reader.api.edit_user(&user.id, &edit).await?;
    Ok(page::show(&page(&reader, &user, password)))
}
