//! One request to the application, and its answer.

use std::io;

use http::header::UPGRADE;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use symbolon_core::Code;

use super::activity::{Activity, while_active};
use super::body::RequestBody;
use super::headers;
use super::pool::{Connection, Held, Pool, Upload};
use super::settings::Timeouts;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// As many requests as may be are under way.
    #[error("no place among the requests under way")]
    Full,
    /// No connection.
    #[error("no connection: {0}")]
    Connect(io::Error),
    /// No answer in time.
    #[error("no answer in time")]
    Silent,
    /// The connection broke, or what came was not HTTP.
    #[error("no whole answer: {0}")]
    BrokenOff(hyper::Error),
    /// The connection broke before anything of the request was on it.
    #[error("the request was not sent: {0}")]
    Unsent(hyper::Error),
    /// The answer began, and did not end.
    #[error("the answer broke off")]
    Incomplete,
    /// Status 101 to a request that had not asked for it, or not for that.
    #[error("an upgrade that was not asked for")]
    Upgrade,
    /// What HTTP/2 cannot say.
    #[error("a Host that is no authority")]
    Host,
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
            Self::Full => Code::Overloaded,
            Self::Connect(_) | Self::BrokenOff(_) | Self::Unsent(_) | Self::Incomplete | Self::Upgrade => {
                Code::BadGateway
            }
            Self::Caller | Self::Host => Code::InvalidRequest,
        }
    }

    /// Whether the application has certainly had nothing of the request.
    pub(super) fn is_before_sending(&self) -> bool {
        matches!(self, Self::Full | Self::Connect(_) | Self::Unsent(_) | Self::Host)
    }

    /// One sentence for the caller, who need not know how the application is reached.
    pub(super) fn detail(&self) -> &'static str {
        match self {
            Self::Caller => "the body broke off, or stalled",
            _ => self.code().title(),
        }
    }
}

/// Sends `request`, when there is a place for it, and waits for the answer's headers. What holds the connection and the
/// place comes with the answer, whose body has yet to be read. What is to be sent `once` is sent over a new connection of
/// HTTP/1.1: one that was kept may be closed just then, and nobody would know whether the application has read it.
pub(super) async fn exchange(
    pool: &Pool,
    request: Request<RequestBody>,
    timeouts: &Timeouts,
    upload: &Upload,
    once: bool,
) -> Result<(Response<Incoming>, Held), Fault> {
    let activity = &*upload.activity;
    let place = pool.place().await.ok_or(Fault::Full)?;
    let http2 = pool.speaks_http2() && !request.headers().contains_key(UPGRADE);
    let (response, connection) = if http2 {
        exchange_in_http2(pool, request, timeouts, activity).await?
    } else {
        exchange_in_http1(pool, request, timeouts, activity, once).await?
    };
    activity.begin_answer();
    Ok((response, Held { connection, place, upload: upload.clone() }))
}

async fn exchange_in_http1(
    pool: &Pool,
    mut request: Request<RequestBody>,
    timeouts: &Timeouts,
    activity: &Activity,
    once: bool,
) -> Result<(Response<Incoming>, Connection), Fault> {
    let mut kept = if once { None } else { pool.take() };
    loop {
        let reused = kept.is_some();
        let mut http1 = match kept.take() {
            Some(http1) => http1,
            None => pool.connect().await.map_err(Fault::Connect)?,
        };
        let copy = if reused { copy(&request) } else { None };
        let sending = http1.sender.try_send_request(request);
        let Some(outcome) = while_active(sending, timeouts.answer, activity).await else {
            return Err(Fault::Silent);
        };
        let mut error = match outcome {
            Ok(response) => return Ok((response, Connection::Http1(http1))),
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
            (Some(_), _) => return Err(Fault::Unsent(error.into_error())),
            (None, None) => return Err(Fault::BrokenOff(error.into_error())),
        };
    }
}

/// The same over HTTP/2. What was sent is sent once: there the application says what it did not begin with.
async fn exchange_in_http2(
    pool: &Pool,
    request: Request<RequestBody>,
    timeouts: &Timeouts,
    activity: &Activity,
) -> Result<(Response<Incoming>, Connection), Fault> {
    let mut request = headers::in_http2(request, pool.scheme()).ok_or(Fault::Host)?;
    let mut again = false;
    loop {
        let mut shared = pool.share().await.map_err(Fault::Connect)?;
        let sending = while_active(shared.sender.try_send_request(request), timeouts.answer, activity).await;
        let mut error = match sending.ok_or(Fault::Silent)? {
            Ok(response) => return Ok((response, Connection::Http2(shared))),
            Err(error) => error,
        };
        if activity.broken_off() {
            return Err(Fault::Caller);
        }
        request = match error.take_message() {
            Some(unsent) if !again => unsent,
            Some(_) => return Err(Fault::Unsent(error.into_error())),
            None => return Err(Fault::BrokenOff(error.into_error())),
        };
        again = true;
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
