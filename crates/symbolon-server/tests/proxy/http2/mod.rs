//! HTTP/2 from the caller: the same verdicts, its own limits, and nothing that the next connection reads otherwise.

mod connections;
mod messages;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http::{Request, Response};
use hyper::body::{Body as HttpBody, Frame, Incoming};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use symbolon_server::listen::Limits;
use tokio::net::TcpStream;

use crate::support::backend::Backend;
use crate::support::front::{Front, settings};
use crate::support::world::World;

/// By default a listener without TLS speaks HTTP/1.1 alone.
pub(crate) const H2C: fn() -> Limits = || Limits { http2: true, ..Limits::default() };

async fn front(world: &World, backend: &Backend) -> Front {
    Front::by(world, settings(backend.address), H2C()).await
}

/// A well-behaved client.
pub(crate) async fn client(front: &Front) -> SendRequest<Body> {
    let socket = TcpStream::connect(front.address).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    sender
}

pub(crate) async fn ask(
    client: &mut SendRequest<Body>,
    line: &str,
    headers: &[(&str, &str)],
    body: Body,
) -> Response<Incoming> {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(format!("http://shop.example{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send_request(request.body(body).unwrap()).await.unwrap()
}

/// The fields of a good request.
const GOOD: [(&str, &str); 4] =
    [(":method", "GET"), (":scheme", "http"), (":authority", "shop.example"), (":path", "/api/health")];

/// A body of these pieces, the last first, of a length that is not told.
pub(crate) struct Pieces(pub(crate) Vec<&'static str>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop().map(|piece| Ok(Frame::data(piece.into()))))
    }
}
