//! One accepted connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};

use axum::response::Response;
use http::{Extensions, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1::{self, UpgradeableConnection};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::stall::StallLimit;
use super::streams::{Streams, watched};
use super::timer::ConnectionTimer;
use super::version::begins_as_http2;
use super::{Door, Limits, Tls, Tunnels, http2};
use crate::incoming::{AtTheMachine, OverTls, Peer};

/// Where HTTP is spoken.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Socket for S {}

/// What is known of a caller by the connection.
#[derive(Clone, Copy)]
struct Caller {
    /// None at the machine's own socket.
    peer: Option<IpAddr>,
    tls: bool,
}

/// One accepted connection's surroundings.
pub(super) struct Connection {
    pub(super) tunnels: Tunnels,
    /// Finish what is under way, then end.
    pub(super) shutdown: CancellationToken,
    /// End.
    pub(super) cut: CancellationToken,
    pub(super) limits: Limits,
}

impl Connection {
    /// Serves `door`, by the version that the caller begins with where there is a choice.
    pub(super) async fn run(self, mut socket: impl Socket, peer: Option<IpAddr>, door: impl Door) {
        let caller = Caller { peer, tls: false };
        if !self.limits.http2 {
            return self.http1(socket, caller, door).await;
        }
        let begun = begins_as_http2(&mut socket, self.limits.headers);
        // With nothing said there is nothing under way.
        match self.shutdown.run_until_cancelled(begun).await {
            None => {}
            Some(Err(error)) => tracing::debug!(%error, "a connection did not begin"),
            Some(Ok((is_http2, read))) => {
                let (reader, writer) = tokio::io::split(socket);
                let socket = tokio::io::join(io::Cursor::new(read).chain(reader), writer);
                if is_http2 {
                    self.http2(socket, caller, door).await;
                } else {
                    self.http1(socket, caller, door).await;
                }
            }
        }
    }

    /// The same over TLS, by the version that is agreed upon there.
    pub(super) async fn over_tls(self, socket: impl Socket, peer: IpAddr, tls: &Tls, door: impl Door) {
        let caller = Caller { peer: Some(peer), tls: true };
        // The limit lies below TLS, whose own flush and farewell wait for the caller too.
        let socket = StallLimit::new(socket, &self.limits);
        let handshake = tls.accept(socket, self.limits.headers);
        match self.shutdown.run_until_cancelled(handshake).await {
            None => {}
            Some(Err(error)) => tracing::debug!(%error, "a connection did not begin"),
            Some(Ok((socket, true))) => self.http2(socket, caller, door).await,
            Some(Ok((socket, false))) => self.http1(socket, caller, door).await,
        }
    }

    async fn http1(self, socket: impl Socket, caller: Caller, door: impl Door) {
        let Self { tunnels, shutdown, cut, limits } = self;
        let service = service_fn(move |request| ask(request, caller, &tunnels, &door));
        let io = TokioIo::new(StallLimit::new(socket, &limits));
        let connection = http1::Builder::new()
            .timer(ConnectionTimer::default())
            .header_read_timeout(limits.headers)
            .max_header_size(limits.header_bytes)
            .serve_connection(io, service)
            .with_upgrades();
        until_the_end(connection, UpgradeableConnection::graceful_shutdown, &shutdown, &cut).await;
    }

    async fn http2(self, socket: impl Socket, caller: Caller, door: impl Door) {
        let Self { tunnels, shutdown, cut, limits } = self;
        let streams = Streams::new(tunnels.tasks(), cut.clone(), limits.stall);
        let io = TokioIo::new(StallLimit::new(socket, &limits));
        let service = service_fn(move |request| {
            let asked = http2::as_http1(request).map(|request| ask(request, caller, &tunnels, &door));
            async move {
                let answer = match asked {
                    Ok(asked) => asked.await?,
                    Err(status) => http2::malformed(status),
                };
                Ok::<_, Infallible>(answer.map(watched))
            }
        });
        let connection = http2::builder(&limits, streams.clone()).serve_connection(io, service);
        // An idle connection is told to end like one at the server's end; what a caller then leaves open is dropped.
        let (idle, over) = (CancellationToken::new(), CancellationToken::new());
        let idleness = async {
            streams.idle_for(limits.headers).await;
            idle.cancel();
            streams.idle_for(limits.headers).await;
            over.cancel();
        };
        let told = async {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = idle.cancelled() => {}
            }
        };
        let serving = async {
            let mut connection = pin!(connection);
            tokio::select! {
                biased;
                outcome = connection.as_mut() => return log(outcome),
                () = told => connection.as_mut().graceful_shutdown(),
            }
            tokio::select! {
                outcome = connection => log(outcome),
                () = cut.cancelled() => {}
                () = over.cancelled() => {}
            }
        };
        tokio::select! {
            () = serving => {}
            () = async { idleness.await; std::future::pending().await } => {}
        }
    }
}

/// Puts a request to the door.
fn ask<D: Door>(
    mut request: Request<Incoming>,
    caller: Caller,
    tunnels: &Tunnels,
    door: &D,
) -> impl Future<Output = Result<Response, Infallible>> + Send + use<D> {
    mark(request.extensions_mut(), caller, tunnels);
    // A clone of a service that was ready need not be ready: `oneshot` waits.
    door.clone().oneshot(request)
}

/// Serves a connection until it ends by itself, or is told to and has finished what is under way, or is cut.
async fn until_the_end<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    finish: impl FnOnce(Pin<&mut C>),
    shutdown: &CancellationToken,
    cut: &CancellationToken,
) {
    let mut connection = pin!(connection);
    let outcome = tokio::select! {
        biased;
        outcome = connection.as_mut() => Some(outcome),
        () = shutdown.cancelled() => {
            finish(connection.as_mut());
            cut.run_until_cancelled(connection).await
        }
    };
    if let Some(outcome) = outcome {
        log(outcome);
    }
}

fn log(outcome: hyper::Result<()>) {
    if let Err(error) = outcome {
        // What callers do: they leave in mid-sentence, stall, or do not speak HTTP.
        tracing::debug!(%error, "a connection ended early");
    }
}

fn mark(extensions: &mut Extensions, caller: Caller, tunnels: &Tunnels) {
    if caller.tls {
        extensions.insert(OverTls);
    }
    if let Some(address) = caller.peer {
        extensions.insert(Peer(address));
    } else {
        extensions.insert(AtTheMachine);
    }
    extensions.insert(tunnels.clone());
}
