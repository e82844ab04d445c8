//! People: the list, a new one, one of them, and taking away. For platform administrators: the API refuses others.

mod edit;
mod list;
mod new;
mod once;
mod remove;
mod roles;
mod show;

use axum::Router;
use axum::routing::{get, post};
use symbolon_api::UserRecord;

use super::Site;
use super::text::EN;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/people", get(list::show))
        .route("/people/new", get(new::show).post(new::create))
        .route("/people/{name}", get(show::show).post(edit::save))
        .route("/people/{name}/password", post(once::make))
        .route("/people/{name}/remove", get(remove::ask).post(remove::one))
}

/// The user whom no one makes, changes or removes.
const BUILT_IN: &str = "system";

/// Where somebody's page is. Whoever is called `new` is found by their id: that address is the form's.
fn page_of(user: &UserRecord) -> String {
    format!("/people/{}", if user.name == "new" { &user.id } else { &user.name })
}

/// Whether and how somebody can sign in, in words.
fn login(user: &UserRecord) -> &'static str {
    match (user.login, user.password_temporary) {
        (false, _) => EN.login_none,
        (true, true) => EN.login_temporary,
        (true, false) => EN.login_password,
    }
}

#[cfg(test)]
fn somebody(name: &str, roles: &[(&str, &str)]) -> UserRecord {
    UserRecord {
        id: "usr_1".to_owned(),
        name: name.to_owned(),
        login: true,
        active: true,
        platform_admin: false,
        password_temporary: false,
        roles: roles.iter().map(|(service, role)| ((*service).to_owned(), (*role).to_owned())).collect(),
        created_at: "2026-11-26T10:00:00Z".to_owned(),
    }
}
