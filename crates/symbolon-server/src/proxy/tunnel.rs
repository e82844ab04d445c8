//! WebSockets: after the application's 101 the connection is a tunnel.
//!
//! Only `websocket` goes on. A tunnel carries whatever the two ends agree upon; one upgraded to `h2c` carries
//! further requests, about which nothing would be decided.

use std::future::pending;
use std::time::Duration;

use http::header::{CONNECTION, TE, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, Request, Version};
use hyper::body::{Body, Incoming};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;

use super::activity::{Activity, Noticed, while_active};
use super::headers::words;
use super::watch::Watch;

/// Whether these are the headers of a WebSocket's handshake or answer (RFC 6455 section 4).
fn websocket(headers: &HeaderMap) -> bool {
    let mut protocols = words(headers, UPGRADE);
    protocols.next().is_some_and(|word| word.eq_ignore_ascii_case(b"websocket"))
        && protocols.next().is_none()
        && words(headers, CONNECTION).any(|word| word.eq_ignore_ascii_case(b"upgrade"))
}

/// Whether a request asks for a WebSocket. Any other upgrade is left out, as one that is not taken up
/// (RFC 9110 section 7.8).
pub(super) fn asked(request: &Request<Incoming>) -> bool {
    request.version() == Version::HTTP_11
        && request.method() == Method::GET
        && request.body().is_end_stream()
        && websocket(request.headers())
}

/// Whether an answer of status 101 is the one to [`asked`].
pub(super) fn granted(headers: &HeaderMap) -> bool {
    websocket(headers)
}

/// Asks, or grants, on the next connection; of which there is nothing else to say.
pub(super) fn set(headers: &mut HeaderMap) {
    headers.remove(TE);
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

/// Carries bytes both ways until an end closes, nothing has moved for `idle`, or the caller may not any more.
pub(super) async fn carry(caller: OnUpgrade, application: OnUpgrade, watch: Option<Watch>, idle: Duration) {
    let refused = async {
        match watch {
            Some(watch) => watch.until_refused().await,
            None => pending().await,
        }
    };
    tokio::select! {
        () = copy(caller, application, idle) => {}
        () = refused => {}
    }
}

async fn copy(caller: OnUpgrade, application: OnUpgrade, idle: Duration) {
    let (caller, application) = match tokio::try_join!(caller, application) {
        Ok(both) => both,
        Err(error) => {
            tracing::debug!(%error, "a connection was not upgraded");
            return;
        }
    };
    let activity = Activity::default();
    let mut caller = Noticed { stream: TokioIo::new(caller), activity: &activity };
    let mut application = Noticed { stream: TokioIo::new(application), activity: &activity };
    let copying = copy_bidirectional(&mut caller, &mut application);
    match while_active(copying, idle, &activity).await {
        Some(Ok(_)) => {}
        Some(Err(error)) => tracing::debug!(%error, "a tunnel broke off"),
        None => tracing::debug!("a tunnel was idle for too long"),
    }
}
