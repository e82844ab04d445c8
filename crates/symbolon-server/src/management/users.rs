//! Users and their roles. For platform administrators and the system key.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use serde_json::json;
use symbolon_api::{CreateUser, EditUser, List, UserRecord};
use symbolon_core::id::UserId;
use symbolon_core::name::{RoleName, ServiceName, UserName};
use symbolon_core::record::User;
use symbolon_core::seal::Kind;
use symbolon_core::store::{Change, StoreError};
use symbolon_core::{Code, Refusal};

use super::body::Body;
use super::broken::is_broken;
use super::caller::Caller;
use super::commit::{Deed, IdempotencyKey, TRIES, Terms, overtaken};
use super::parameters::{OfUser, Paging, PathOf, QueryOf, found, parsed};
use super::{detail, sessions, wire};
use crate::answer::ApiError;
use crate::app::App;

/// List the users, by name.
#[utoipa::path(
    get, path = "/v1/users", tag = "users",
    params(Paging),
    responses((status = 200, body = List<UserRecord>)),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    QueryOf(query): QueryOf<Paging>,
) -> Result<Json<List<UserRecord>>, ApiError> {
    caller.administrator()?;
    let users = found(app.store().users(&query.page()?).await)?;
    Ok(Json(wire::list(users, |user| wire::user_record(&user))))
}

/// Create a user.
#[utoipa::path(
    post, path = "/v1/users", tag = "users",
    params(IdempotencyKey),
    request_body = CreateUser,
    responses((status = 201, body = UserRecord)),
)]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    Body { value, bytes }: Body<CreateUser>,
) -> Result<impl IntoResponse, ApiError> {
    caller.administrator()?;
    let name: UserName = parsed("name", &value.name)?;
    let roles = roles(&app, value.roles.unwrap_or_default())?;
    let claiming = key.begin(&app, &caller, "users", &bytes, app.now()).await?;
    let password = match value.password {
        Some(password) => Some(sessions::hashed(&app, "password", password).await?),
        None => None,
    };
    let now = app.now();
    let user = User {
        id: UserId::new(now, app.entropy()),
        name,
        password_temporary: checked_temporary(value.password_temporary, password.is_some())?,
        password,
        active: true,
        platform_admin: value.platform_admin.unwrap_or_default(),
        roles,
        created_at: now,
        revision: 1,
    };
    let deed = Deed {
        action: "user.create",
        subject: user.id.to_string(),
        service: None,
        detail: detail::of_user(&user),
    };
    let changes = vec![Change::UserCreated(user.clone())];
    let done = app.record(caller.by(), deed, changes, claiming.of(&user.id)).await;
    done.map_err(|error| claiming.failed(error))?;
    Ok((StatusCode::CREATED, Json(wire::user_record(&user))))
}

/// Show a user.
#[utoipa::path(
    get, path = "/v1/users/{name}", tag = "users",
    params(OfUser),
    responses((status = 200, body = UserRecord)),
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfUser>,
) -> Result<Json<UserRecord>, ApiError> {
    caller.administrator()?;
    Ok(Json(wire::user_record(&find(&app, &of.name).await?)))
}

/// Edit a user. Demoting or deactivating one holds for every request that is decided after this answer; a new
/// password ends the user's sessions.
#[utoipa::path(
    patch, path = "/v1/users/{name}", tag = "users",
    params(OfUser),
    request_body = EditUser,
    responses((status = 200, body = UserRecord)),
)]
pub(super) async fn edit(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfUser>,
    Body { value, .. }: Body<EditUser>,
) -> Result<Json<UserRecord>, ApiError> {
    caller.administrator()?;
    let password = match value.password {
        Some(password) => Some(sessions::hashed(&app, "password", password).await?),
        None => None,
    };
    for _ in 0..TRIES {
        let user = changeable(find(&app, &of.name).await?)?;
        let next = User {
            active: value.active.unwrap_or(user.active),
            platform_admin: value.platform_admin.unwrap_or(user.platform_admin),
            roles: merged(&app, user.roles.clone(), value.roles.as_ref())?,
            password_temporary: checked_temporary(
                value.password_temporary.or(password.is_none().then_some(user.password_temporary)),
                password.is_some() || user.password.is_some(),
            )?,
            password: password.clone().or_else(|| user.password.clone()),
            ..user.clone()
        };
        if next == user {
            return Ok(Json(wire::user_record(&user)));
        }
        let next = User { revision: user.revision + 1, ..next };
        let mut detail = detail::difference(detail::of_user(&user), detail::of_user(&next));
        if let Some(detail) = detail.as_object_mut() {
            detail.insert("password_changed".to_owned(), json!(password.is_some()));
        }
        let deed = Deed { action: "user.update", subject: user.id.to_string(), service: None, detail };
        let mut changes = vec![Change::UserChanged(next.clone())];
        changes.extend(password.is_some().then_some(Change::SessionsEnded(user.id)));
        match app.record(caller.by(), deed, changes, Terms::default()).await {
            Ok(()) => return Ok(Json(wire::user_record(&next))),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(overtaken())
}

/// Remove a user. Their tokens are revoked and their sessions end; the name is not given again.
#[utoipa::path(
    delete, path = "/v1/users/{name}", tag = "users",
    params(OfUser),
    responses((status = 204, description = "The user is removed")),
)]
pub(super) async fn remove(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfUser>,
) -> Result<StatusCode, ApiError> {
    caller.administrator()?;
    let (id, detail) = match find(&app, &of.name).await {
        // By the id alone: what else the record says of this user may not be true.
        Err(_) if is_broken(&app, Kind::User, &of.name) && of.name != UserId::SYSTEM.to_string() => {
            (parsed("name", &of.name)?, json!({ "seal": "broken" }))
        }
        found => {
            let user = changeable(found?)?;
            (user.id, detail::of_user(&user))
        }
    };
    let deed = Deed { action: "user.remove", subject: id.to_string(), service: None, detail };
    app.record(caller.by(), deed, vec![Change::UserRemoved(id, app.now())], Terms::default()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn find(app: &App, name: &str) -> Result<User, ApiError> {
    let user = match (name.parse::<UserId>(), name.parse::<UserName>()) {
        (Ok(id), _) => app.store().user(id).await?,
        (_, Ok(name)) => app.store().user_named(&name).await?,
        _ => None,
    };
    user.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such user"))
}

fn changeable(user: User) -> Result<User, ApiError> {
    if user.is_system() {
        return Err(ApiError::new(Code::Conflict, "the built-in user system cannot be changed or removed"));
    }
    Ok(user)
}

/// Whether the password is to be changed, which one that is not there cannot be.
fn checked_temporary(asked: Option<bool>, has_password: bool) -> Result<bool, Refusal> {
    match asked {
        Some(true) if !has_password => {
            Err(Refusal::field("password_temporary", "the user has no password that could be temporary"))
        }
        asked => Ok(asked.unwrap_or_default()),
    }
}

/// Roles as a creation gives them.
fn roles(app: &App, given: BTreeMap<String, String>) -> Result<BTreeMap<ServiceName, RoleName>, Refusal> {
    let given = given.into_iter().map(|(service, role)| (service, Some(role))).collect();
    merged(app, BTreeMap::new(), Some(&given))
}

/// `roles` with those of an edit in place: a role is set, `null` takes it away, and a service that is not named is
/// left alone, so that two who edit different roles do not undo each other (RFC 7396).
fn merged(
    app: &App,
    mut roles: BTreeMap<ServiceName, RoleName>,
    given: Option<&BTreeMap<String, Option<String>>>,
) -> Result<BTreeMap<ServiceName, RoleName>, Refusal> {
    for (service, role) in given.into_iter().flatten() {
        let field = format!("roles.{}", service.chars().take(64).collect::<String>());
        let Some(role) = role else {
            // Also of a service that has no catalog any more.
            roles.remove(service.as_str());
            continue;
        };
        let found = app.gate().service(service);
        let catalog =
            found.ok_or_else(|| Refusal::field(&field, "there is no service of this name"))?.catalog;
        let known = || catalog.roles.iter().map(|(_, name)| name.to_string()).collect::<Vec<_>>().join(", ");
        let role = catalog.roles.get(role).map(|role| catalog.roles.name(role).clone());
        let role = role.ok_or_else(|| Refusal::field(&field, format!("a role of {service}: {}", known())))?;
        roles.insert(catalog.service.clone(), role);
    }
    Ok(roles)
}
