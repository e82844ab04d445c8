//! Which refusals of management calls are told to the audit, and who was refused.

use std::sync::{Arc, OnceLock};

use axum::extract::MatchedPath;
use http::{Extensions, Method, Uri};
use symbolon_core::Code;
use symbolon_core::decision::Reason;
use symbolon_core::id::{RequestId, TokenId};
use symbolon_core::name::ServiceName;
use symbolon_core::record::{ActorId, User};

use crate::app::App;
use crate::incoming::Peer;
use crate::refused_calls::RefusedCall;

/// What became known of who calls, in a request's extensions: whoever finds it out says so, and what surrounds the call
/// hears it. It is there from the beginning, and is said once.
#[derive(Debug, Clone, Default)]
pub(super) struct Sighting(Arc<OnceLock<Seen>>);

#[derive(Debug, Clone)]
enum Seen {
    Caller(ActorId),
    BadCredential(Reason, Option<TokenId>),
    SignIn(Option<(String, String)>),
}

/// Says who is calling.
pub(super) fn caller(extensions: &Extensions, actor: ActorId) {
    say(extensions, Seen::Caller(actor));
}

/// Says that what was presented is bad: why, and which token it is, if it is one.
pub(super) fn bad_credential(extensions: &Extensions, reason: Reason, token: Option<TokenId>) {
    say(extensions, Seen::BadCredential(reason, token));
}

/// Says that this is a sign-in, of this user if there is one of the name. A name that is nobody's is not told: it may
/// well be a password, typed into the wrong field.
pub(super) fn sign_in(sighting: &Sighting, user: Option<&User>) {
    let user = user.map(|user| (user.id.to_string(), user.name.to_string()));
    // Said once already: by whoever came first, who knows as much.
    let _ = sighting.0.set(Seen::SignIn(user));
}

fn say(extensions: &Extensions, seen: Seen) {
    if let Some(sighting) = extensions.get::<Sighting>() {
        // As above.
        let _ = sighting.0.set(seen);
    }
}

/// Whether an answer of this code is a refusal of who called, and not a fault of what was asked for or of ours: 401, 403
/// and 429.
fn is_refusal(code: Code) -> bool {
    matches!(code.status(), 401 | 403 | 429)
}

/// A call, as far as it is known before it is answered.
pub(super) struct Call {
    sighting: Sighting,
    peer: Option<Peer>,
    method: Method,
    uri: Uri,
}

impl Call {
    /// A call that comes in. Its extensions are given a [`Sighting`].
    pub(super) fn begin(request: &mut http::Request<axum::body::Body>) -> Self {
        let sighting = Sighting::default();
        request.extensions_mut().insert(sighting.clone());
        let peer = request.extensions().get::<Peer>().copied();
        Self { sighting, peer, method: request.method().clone(), uri: request.uri().clone() }
    }

    /// The call is answered with this code.
    pub(super) fn end(self, app: &App, path: Option<&MatchedPath>, code: Code, request: RequestId) {
        if !is_refusal(code) {
            return;
        }
        let pattern = path.map_or("-", MatchedPath::as_str);
        let call = RefusedCall {
            action: "call.refuse",
            actor: ActorId::Anonymous,
            client_ip: self.peer.map(|peer| peer.0),
            subject: format!("{} {pattern}", crate::refusals::shown_method(self.method.as_str())),
            service: service_of(app, &self.uri),
            code,
            reason: None,
            about: None,
        };
        let call = match self.sighting.0.get() {
            None => call,
            Some(Seen::Caller(actor)) => RefusedCall { actor: *actor, ..call },
            Some(Seen::BadCredential(reason, token)) => RefusedCall {
                reason: Some(reason.word()),
                about: token.map(|token| ("token", token.to_string())),
                ..call
            },
            Some(Seen::SignIn(user)) => {
                let (subject, name) = user.clone().unzip();
                let subject = subject.unwrap_or_else(|| "unknown".to_owned());
                RefusedCall {
                    action: crate::refused_calls::SIGN_IN,
                    subject,
                    about: name.map(|name| ("user", name)),
                    ..call
                }
            }
        };
        app.refused_calls().note(call, request, app.now());
    }
}

/// The service that a path names, if it is one.
fn service_of(app: &App, uri: &Uri) -> Option<ServiceName> {
    let name = uri.path().strip_prefix("/v1/services/")?.split('/').next()?;
    app.gate().service(name).map(|service| service.catalog.service.clone())
}
