//! Who makes a management call, and what they may do at all.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::Method;
use http::request::Parts;
use symbolon_core::credential::Presented;
use symbolon_core::id::{KeyId, RequestId, SessionId};
use symbolon_core::manage::Operator;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{ActorId, Origin, Token, User};
use symbolon_core::store::Standing;
use symbolon_core::{Code, Refusal};
use symbolon_gate::Known;

use super::envelope::CurrentRequest;
use super::refused;
use crate::answer::ApiError;
use crate::app::App;
use crate::incoming::{AtTheMachine, credentials};
use crate::proving::Asked;
use crate::trusted::client;

/// Who is calling.
#[derive(Debug, Clone)]
pub(super) enum Who {
    /// Somebody who can open the data directory's socket.
    AtTheMachine,
    System(KeyId),
    Verifier(ServiceName, KeyId),
    User(SessionId, Arc<User>),
    Token(Arc<Token>, Arc<User>),
}

/// The caller of a management call, identified.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) who: Who,
    pub(super) client_ip: Option<IpAddr>,
    pub(super) request: RequestId,
}

/// By whom a mutation is made.
pub(super) struct By {
    pub(super) origin: Origin,
    pub(super) standing: Standing,
}

impl Caller {
    pub(super) fn origin(&self) -> Origin {
        let actor = match &self.who {
            Who::AtTheMachine => ActorId::Local,
            Who::System(key) | Who::Verifier(_, key) => ActorId::Key(*key),
            Who::User(session, user) => ActorId::User(user.id, *session),
            Who::Token(token, _) => ActorId::Token(token.id),
        };
        Origin { actor, client_ip: self.client_ip, request: Some(self.request) }
    }

    /// By whom a mutation is made, and what the right to it rests on until it is written.
    pub(super) fn by(&self) -> By {
        let standing = match &self.who {
            Who::AtTheMachine | Who::Token(..) => Standing::Given,
            Who::System(key) | Who::Verifier(_, key) => Standing::Key(*key),
            Who::User(session, user) => {
                Standing::Session { session: *session, user: user.id, revision: user.revision }
            }
        };
        By { origin: self.origin(), standing }
    }

    /// Somebody who may manage; never a token, and never a verifier key.
    pub(super) fn operator(&self) -> Result<Operator<'_>, Refusal> {
        match &self.who {
            Who::AtTheMachine | Who::System(_) => Ok(Operator::System),
            Who::User(_, user) => Ok(Operator::User(user)),
            Who::Token(..) => Err(Refusal::new(
                Code::HumanOnly,
                "a token cannot manage anything; it can read and revoke itself at /v1/self, ask for scopes at /v1/asks, and derive tokens where it may",
            )),
            Who::Verifier(..) => Err(Refusal::new(
                Code::InsufficientRole,
                "a verifier key may ask for decisions of its service, and nothing else",
            )),
        }
    }

    /// A token's call counts as a request of it, which changes something or does not, and is refused where it has made too many.
    pub(super) fn charge(&self, app: &App, changes: bool) -> Result<(), ApiError> {
        let Who::Token(token, _) = &self.who else { return Ok(()) };
        let charged = app.gate().charge(token.id, changes, app.now());
        charged.map_err(|(reason, quota)| ApiError::limited(reason.public_detail(), quota.more_in.into()))
    }

    /// Somebody who administers the installation.
    pub(super) fn administrator(&self) -> Result<Operator<'_>, Refusal> {
        let operator = self.operator()?;
        operator.administers().map(|()| operator)
    }
}

/// As [`Caller`], wherever it calls from: for what a token may do outside its networks too.
pub(super) struct FromAnywhere(pub(super) Caller);

impl FromRequestParts<App> for FromAnywhere {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if !app.gate().ready() {
            return Err(ApiError::unavailable());
        }
        let who = identify(parts, app).await?;
        let (client_ip, request) = circumstances(parts, app);
        let caller = Caller { who, client_ip, request };
        refused::caller(&parts.extensions, caller.origin().actor);
        Ok(Self(caller))
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let FromAnywhere(caller) = FromAnywhere::from_request_parts(parts, app).await?;
        if let Who::Token(token, _) = &caller.who {
            let above = app.gate().above(token).ok_or_else(|| ApiError::challenged(Code::InvalidToken))?;
            let mut line = std::iter::once(&**token).chain(&above);
            if let Some(broken) = line.find_map(|one| one.restrictions.admit_from(caller.client_ip).err()) {
                tracing::info!(reason = %broken, token = %token.id, "a token was refused");
                return Err(ApiError::new(Code::Restricted, Code::Restricted.title()));
            }
        }
        Ok(caller)
    }
}

/// Where a call comes from, and what it is called.
pub(super) fn circumstances(parts: &Parts, app: &App) -> (Option<IpAddr>, RequestId) {
    let client_ip = client(&parts.extensions);
    let request = parts.extensions.get::<CurrentRequest>().map(|current| current.0);
    (client_ip, request.unwrap_or_else(|| app.request_id(app.now())))
}

async fn identify(parts: &Parts, app: &App) -> Result<Who, ApiError> {
    let credentials = credentials(&parts.headers, app.shared().parts.https);
    let presented = credentials.presented().map_err(|fault| match fault {
        symbolon_core::credential::CredentialFault::Two => {
            ApiError::new(Code::InvalidRequest, fault.to_string())
        }
        symbolon_core::credential::CredentialFault::Form => bad_credential(parts, app, || {}),
    })?;
    // A browser adds a cookie to what other sites ask of it; such a cookie does not count.
    let safe = parts.method == Method::GET || parts.method == Method::HEAD;
    let presented = presented.filter(|presented| match presented {
        Presented::Cookie(cookie) => safe || cookie.same_origin,
        Presented::Secret(_) => true,
    });
    let Some(presented) = presented else {
        return match parts.extensions.get::<AtTheMachine>() {
            Some(AtTheMachine) => Ok(Who::AtTheMachine),
            None => Err(ApiError::challenged(Code::CredentialRequired)),
        };
    };
    let now = match presented {
        Presented::Secret(secret) => {
            let client_ip = client(&parts.extensions);
            let asked = Asked { service: None, client_ip, ending: false };
            app.prove_secret(asked, secret, app.now()).await.map_err(|_| ApiError::unavailable())?
        }
        Presented::Cookie(_) => app.now(),
    };
    match app.gate().identify(presented, client(&parts.extensions), now)? {
        Ok(Known::System(key)) => Ok(Who::System(key)),
        Ok(Known::Verifier(service, key)) => Ok(Who::Verifier(service, key)),
        Ok(Known::Session(session, user)) => Ok(Who::User(session.id, user)),
        Ok(Known::Token(token, owner, _)) => Ok(Who::Token(token, owner)),
        Err((reason, token)) => {
            let tell = || tracing::info!(%reason, ?token, "a credential was refused");
            refused::bad_credential(&parts.extensions, reason, token);
            Err(match presented {
                Presented::Secret(_) => bad_credential(parts, app, tell),
                // It comes without anybody's doing, and who means to sign in anew is not kept waiting for it.
                Presented::Cookie(_) => {
                    tell();
                    ApiError::challenged(Code::InvalidToken)
                }
            })
        }
    }
}

/// The refusal of a bad credential. The log is told of it unless too many come from there.
fn bad_credential(parts: &Parts, app: &App, tell: impl FnOnce()) -> ApiError {
    let error = ApiError::challenged(Code::InvalidToken);
    let from = client(&parts.extensions);
    match app.bad_credential(from, app.now()) {
        Ok(()) => {
            tell();
            error
        }
        Err(seconds) => error.one_too_many(seconds),
    }
}

/// As [`Caller`], where a call may also be made by nobody.
pub(super) struct MaybeCaller(pub(super) Option<Caller>);

impl FromRequestParts<App> for MaybeCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match Caller::from_request_parts(parts, app).await {
            Ok(caller) => Ok(Self(Some(caller))),
            Err(error) if error.code() == Code::CredentialRequired => Ok(Self(None)),
            Err(error) => Err(error),
        }
    }
}
