//! What a caller may do with itself: a token reads and revokes itself, a user changes the own password.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use symbolon_api::{ChangePassword, SelfInfo, SelfService};
use symbolon_core::Catalog;
use symbolon_core::manage::Operator;
use symbolon_core::record::User;
use symbolon_core::store::Change;
use symbolon_core::{Code, Refusal};

use super::asks::read::waiting_for;
use super::body::Body;
use super::caller::{Caller, FromAnywhere, Who};
use super::commit::{Deed, Terms};
use super::tokens::change::revoke_known;
use super::{detail, sessions};
use crate::answer::ApiError;
use crate::app::App;
use crate::throttle::Counted;

/// Who the presented credential is. A token that is restricted to networks is told it there alone.
#[utoipa::path(get, path = "/v1/self", tag = "self", responses((status = 200, body = SelfInfo)))]
pub(super) async fn show(State(app): State<App>, caller: Caller) -> Json<SelfInfo> {
    let (principal, user, token) = match &caller.who {
        Who::AtTheMachine | Who::System(_) => ("system", None, None),
        Who::Verifier(..) => ("verifier", None, None),
        Who::User(_, user) => ("session", Some(user), None),
        Who::Token(token, owner) => ("token", Some(owner), Some(app.token_record(token))),
    };
    Json(SelfInfo {
        principal: principal.to_owned(),
        user: user.map(|user| user.name.to_string()),
        platform_admin: token.is_none() && user.is_some_and(|user| user.platform_admin),
        token,
        session: match &caller.who {
            Who::User(session, _) => app.gate().session(*session).map(|session| app.session_record(&session)),
            _ => None,
        },
        password_temporary: match &caller.who {
            Who::User(_, user) => user.password_temporary,
            _ => false,
        },
        services: match &caller.who {
            Who::User(_, user) => {
                let services = app.gate().services();
                services.iter().map(|service| own_service(&service.catalog, user)).collect()
            }
            _ => Vec::new(),
        },
        broken_seals: match &caller.who {
            Who::User(_, user) if user.platform_admin => app.store().broken_seals().len() as u64,
            _ => 0,
        },
        open_asks: match &caller.who {
            Who::User(_, user) => waiting_for(&app, &caller, user).await,
            _ => None,
        },
    })
}

/// What `user` may do in the service of `catalog`.
fn own_service(catalog: &Catalog, user: &User) -> SelfService {
    let operator = Operator::User(user);
    SelfService {
        service: catalog.service.to_string(),
        title: catalog.title.clone(),
        token_prefix: catalog.prefix.as_str().to_owned(),
        role: catalog.role_of(user).map(|role| catalog.roles.name(role).to_string()),
        manages_tokens: operator.manages(catalog).is_ok(),
        manages_others: operator.manages_others(catalog),
        grantable_scopes: operator.grantable(catalog, user).into_iter().map(ToString::to_string).collect(),
    }
}

/// Revoke the presented token. For tokens alone, whatever they are restricted to.
#[utoipa::path(delete, path = "/v1/self", tag = "self", responses((status = 204, description = "It is revoked")))]
pub(super) async fn revoke(
    State(app): State<App>,
    FromAnywhere(caller): FromAnywhere,
) -> Result<StatusCode, ApiError> {
    let Who::Token(token, _) = &caller.who else {
        return Err(ApiError::new(
            Code::InvalidRequest,
            "only a token revokes itself here; a session ends at DELETE /v1/sessions/current",
        ));
    };
    revoke_known(&app, &caller, token).await.map(|()| StatusCode::NO_CONTENT)
}

/// Change one's own password. All one's sessions end, this one too: sign in anew.
#[utoipa::path(
    post, path = "/v1/self/password", tag = "self",
    request_body = ChangePassword,
    responses((status = 204, description = "It is changed")),
)]
pub(super) async fn change_password(
    State(app): State<App>,
    caller: Caller,
    Body { value, .. }: Body<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    let Who::User(session, user) = &caller.who else {
        return Err(ApiError::new(Code::HumanOnly, "only a signed-in user has a password to change"));
    };
    if value.new == value.current {
        return Err(Refusal::field("new", "choose another password than the one until now").into());
    }
    let stored = app.store().user(user.id).await?.ok_or_else(ApiError::unavailable)?;
    // Whoever sits at somebody else's session does not guess the password here.
    let attempt = app.shared().throttle.admit(Counted::Session(*session), app.now());
    let attempt = attempt.map_err(ApiError::rate_limited)?;
    if !sessions::password_is(&app, value.current, stored.password.clone()).await? {
        return Err(Refusal::field("current", "this is not the password until now").into());
    }
    attempt.forgive();
    let password = Some(sessions::hashed(&app, "new", value.new).await?);
    let revision = stored.revision + 1;
    let next = User { password, password_temporary: false, revision, ..stored.clone() };
    let detail = detail::difference(detail::of_user(&stored), detail::of_user(&next));
    let deed = Deed { action: "user.password", subject: user.id.to_string(), service: None, detail };
    let changes = vec![Change::UserChanged(next), Change::SessionsEnded(user.id)];
    app.record(caller.by(), deed, changes, Terms::default()).await?;
    Ok(StatusCode::NO_CONTENT)
}
