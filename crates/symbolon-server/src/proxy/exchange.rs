//! One request to the application, and its answer.

use std::io;
use std::sync::Arc;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use symbolon_core::Code;

use super::activity::{Activity, while_active};
use super::body::RequestBody;
use super::pool::{Pool, Sender};
use super::settings::Timeouts;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// No connection.
    #[error("no connection: {0}")]
    Connect(io::Error),
    /// No answer in time.
    #[error("no answer in time")]
    Silent,
    /// The connection broke, or what came was not HTTP.
    #[error("no whole answer: {0}")]
    BrokenOff(hyper::Error),
    /// Status 101 to a request that had not asked for it, or not for that.
    #[error("an upgrade that was not asked for")]
    Upgrade,
    /// The caller's body ended too early, or stalled.
    #[error("the caller's body broke off")]
    Caller,
}

impl Fault {
    /// What it is called in the answer.
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Connect(error) if error.kind() == io::ErrorKind::TimedOut => Code::GatewayTimeout,
            Self::Silent => Code::GatewayTimeout,
            Self::Connect(_) | Self::BrokenOff(_) | Self::Upgrade => Code::BadGateway,
            Self::Caller => Code::InvalidRequest,
        }
    }

    /// One sentence for the caller, who need not know how the application is reached.
    pub(super) fn detail(&self) -> &'static str {
        match self {
            Self::Caller => "the body broke off, or stalled",
            _ => self.code().title(),
        }
    }
}

/// Sends `request` and waits for the answer's headers. The connection comes with the answer, whose body has yet
/// to be read from it.
pub(super) async fn exchange(
    pool: &Pool,
    mut request: Request<RequestBody>,
    timeouts: &Timeouts,
    activity: &Arc<Activity>,
) -> Result<(Response<Incoming>, Sender), Fault> {
    let mut kept = pool.take();
    loop {
        let reused = kept.is_some();
        let mut sender = match kept.take() {
            Some(sender) => sender,
            None => pool.connect().await.map_err(Fault::Connect)?,
        };
        let copy = if reused { copy(&request) } else { None };
        let sending = sender.try_send_request(request);
        let Some(outcome) = while_active(sending, timeouts.answer, activity).await else {
            return Err(Fault::Silent);
        };
        let mut error = match outcome {
            Ok(response) => return Ok((response, sender)),
            Err(error) => error,
        };
        if activity.broken_off() {
            return Err(Fault::Caller);
        }
        // An application closes kept connections when it likes, also while the next request is on its way.
        request = match (error.take_message(), copy) {
            // Nothing of it was sent.
            (Some(unsent), _) if reused => {
                kept = pool.take();
                unsent
            }
            // To be sure of it this time, over a connection that cannot be stale.
            (None, Some(copy)) => copy,
            _ => return Err(Fault::BrokenOff(error.into_error())),
        };
    }
}

/// A copy of a request that may be sent twice: its method says that this is the same as once (RFC 9110 section
/// 9.2.2), and it has no body.
fn copy(request: &Request<RequestBody>) -> Option<Request<RequestBody>> {
    use Method as M;
    if !matches!(*request.method(), M::GET | M::HEAD | M::OPTIONS | M::PUT | M::DELETE | M::TRACE) {
        return None;
    }
    let mut copy = Request::new(request.body().copy()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}
