//! The least that a server can be: hyper, and nothing decided.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::listen;

/// Answers every request with a JSON list of `bytes` bytes, after the whole request has been read.
pub(super) async fn start(bytes: usize) -> io::Result<SocketAddr> {
    let (listener, address) = listen().await?;
    let body = Bytes::from(list(bytes));
    let service = service_fn(move |request: Request<Incoming>| {
        let body = body.clone();
        async move {
            // A request that breaks off ends its connection; there is nobody to answer.
            let _ = request.into_body().collect().await;
            let mut response = Response::new(Full::new(body));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok::<_, Infallible>(response)
        }
    });
    tokio::spawn(serve(listener, service));
    Ok(address)
}

/// A list as applications give them, and at its end what is missing to its length.
fn list(bytes: usize) -> String {
    let mut text = "[".to_owned();
    for id in 1.. {
        let item =
            format!("{{\"id\":{id},\"name\":\"Printer {id}\",\"status\":\"idle\",\"progress\":null}},");
        if text.len() + item.len() + 3 > bytes {
            break;
        }
        text.push_str(&item);
    }
    let rest = "-".repeat(bytes.saturating_sub(text.len() + 3));
    format!("{text}\"{rest}\"]")
}

/// Serves every connection.
pub(super) async fn serve<S>(listener: TcpListener, service: S)
where
    S: HttpService<
            Incoming,
            ResBody: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send,
        > + Clone
        + Send
        + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    while let Ok((socket, _)) = listener.accept().await {
        let _ = socket.set_nodelay(true);
        // How a connection ends is the load's to tell.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service.clone()));
    }
}
