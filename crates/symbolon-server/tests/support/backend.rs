//! Applications behind the proxy.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Mutex;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::wire::{Message, Wire};

/// A listener on a free port of loopback, with its address.
pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An application that does to each connection what the test says.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Backend {
    /// Hands each connection to `serve`, with its number from 0.
    pub(crate) async fn new<F>(serve: impl Fn(usize, Wire) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (listener, address) = listen().await;
        let task = tokio::spawn(async move {
            for number in 0.. {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(number, Wire::new(socket)));
            }
        });
        Self { address, task }
    }
}

/// An application that has been asked and answers `done` when it is told to.
pub(crate) struct Held {
    pub(crate) backend: Backend,
    arrived: mpsc::UnboundedReceiver<()>,
    finish: oneshot::Sender<()>,
}

impl Held {
    pub(crate) async fn new() -> Self {
        let (say, arrived) = mpsc::unbounded_channel();
        let (finish, finished) = oneshot::channel::<()>();
        let finished = Mutex::new(Some(finished));
        let backend = Backend::new(move |_, mut wire| {
            let (say, finished) = (say.clone(), finished.lock().unwrap().take());
            async move {
                wire.message().await.unwrap();
                say.send(()).unwrap();
                finished.unwrap().await.unwrap();
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone").await;
            }
        })
        .await;
        Self { backend, arrived, finish }
    }

    /// Waits for the request.
    pub(crate) async fn asked(&mut self) {
        self.arrived.recv().await.unwrap();
    }

    /// Lets it answer. It goes on listening for as long as what comes back lives.
    pub(crate) fn finish(self) -> Backend {
        self.finish.send(()).unwrap();
        self.backend
    }
}

/// An application that never answers, and says `asked` and, when its caller has gone, `left`.
pub(crate) async fn silent() -> (Backend, mpsc::UnboundedReceiver<&'static str>) {
    let (say, heard) = mpsc::unbounded_channel();
    let backend = Backend::new(move |_, mut wire| {
        let say = say.clone();
        async move {
            wire.message().await.unwrap();
            say.send("asked").unwrap();
            assert!(wire.ends().await);
            say.send("left").unwrap();
        }
    })
    .await;
    (backend, heard)
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An application that answers `200 ok` and says what reached it.
pub(crate) struct Recorder {
    pub(crate) backend: Backend,
    seen: mpsc::UnboundedReceiver<(usize, Message)>,
}

impl Recorder {
    pub(crate) async fn new() -> Self {
        let (say, seen) = mpsc::unbounded_channel();
        let backend = Backend::new(move |number, mut wire| {
            let say = say.clone();
            async move {
                while let Some(message) = wire.message().await {
                    let head = message.start.starts_with("HEAD");
                    say.send((number, message)).unwrap();
                    let body = if head { "" } else { "ok" };
                    wire.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{body}")).await;
                }
            }
        })
        .await;
        Self { backend, seen }
    }

    /// The next request, with the number of its connection.
    pub(crate) async fn numbered(&mut self) -> (usize, Message) {
        self.seen.recv().await.unwrap()
    }

    /// The next request. It has been recorded when its answer arrives.
    pub(crate) async fn seen(&mut self) -> Message {
        self.numbered().await.1
    }

    /// What has reached the application and was not looked at yet.
    pub(crate) fn try_seen(&mut self) -> Option<Message> {
        self.seen.try_recv().ok().map(|(_, message)| message)
    }

    /// Asserts that nothing has reached the application.
    pub(crate) fn saw_nothing(&mut self) {
        assert!(self.seen.try_recv().is_err());
    }
}
