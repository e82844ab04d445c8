//! The least that a reverse proxy can be: connections that are kept, requests and answers passed on as they are.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::{error, io};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::bare::serve;
use super::listen;

type Fault = Box<dyn error::Error + Send + Sync>;

/// Passes every request on to `upstream`.
pub(super) async fn start(upstream: SocketAddr) -> io::Result<SocketAddr> {
    let (listener, address) = listen().await?;
    let relay = Arc::new(Relay { upstream, idle: Mutex::default() });
    let service = service_fn(move |request| {
        let relay = relay.clone();
        async move { relay.pass_on(request).await }
    });
    tokio::spawn(serve(listener, service));
    Ok(address)
}

struct Relay {
    upstream: SocketAddr,
    idle: Mutex<VecDeque<SendRequest<Incoming>>>,
}

impl Relay {
    async fn pass_on(&self, request: Request<Incoming>) -> Result<Response<Incoming>, Fault> {
        let kept = self.idle().pop_front();
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        // The answer before may still be on its way through us.
        connection.ready().await?;
        let answer = connection.send_request(request).await?;
        self.idle().push_back(connection);
        Ok(answer)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, VecDeque<SendRequest<Incoming>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self) -> Result<SendRequest<Incoming>, Fault> {
        let socket = TcpStream::connect(self.upstream).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}
