//! Who is told: a server on loopback that answers as the test says.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use symbolon_core::notice::{Event, WebhookSecret};
use symbolon_server::Webhook;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub(super) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(super) const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
/// A part of the URL that nobody else is to see.
pub(super) const PATH: &str = "/hooks/hush-hush?key=hush";

/// How it answers.
pub(super) enum Reply {
    Status(u16),
    With(u16, &'static str, String),
    /// With 204, when this is said; never, where it is dropped.
    When(oneshot::Receiver<()>),
}

/// What it was sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    sent: mpsc::UnboundedReceiver<Sent>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    /// Answers 204 unless it is told otherwise.
    pub(super) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (say, sent) = mpsc::unbounded_channel();
        let replies: Arc<Mutex<VecDeque<Reply>>> = Arc::default();
        let next = replies.clone();
        let task = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (say, next) = (say.clone(), next.clone());
                let service = service_fn(move |request| answer(request, say.clone(), next.clone()));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
            }
        });
        Self { address, sent, replies, task }
    }

    /// The next answers, in order.
    pub(super) fn replies(&self, replies: impl IntoIterator<Item = Reply>) {
        self.replies.lock().unwrap().extend(replies);
    }

    /// Answers 204 from now on.
    pub(super) fn forget_replies(&self) {
        self.replies.lock().unwrap().clear();
    }

    /// A webhook of this name that is told everything here.
    pub(super) fn webhook(&self, name: &str) -> Webhook {
        super::webhook(name, &format!("http://{}{PATH}", self.address))
    }

    /// As the first, of these events alone.
    pub(super) fn webhook_of(&self, name: &str, events: &[Event]) -> Webhook {
        Webhook { events: events.iter().copied().collect(), ..self.webhook(name) }
    }

    /// Waits for what it is sent next.
    pub(super) async fn next(&mut self) -> Sent {
        self.sent.recv().await.unwrap()
    }

    /// What it was sent since the last look.
    pub(super) fn sent(&mut self) -> Vec<Sent> {
        std::iter::from_fn(|| self.sent.try_recv().ok()).collect()
    }

    /// The types of what it was sent since the last look.
    pub(super) fn types(&mut self) -> Vec<String> {
        self.sent().iter().map(|sent| sent.body()["type"].as_str().unwrap().to_owned()).collect()
    }
}

async fn answer(
    request: Request<Incoming>,
    say: mpsc::UnboundedSender<Sent>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", PATH));
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let reply = replies.lock().unwrap().pop_front().unwrap_or(Reply::Status(204));
    let sent = Sent { headers: parts.headers, text: String::from_utf8(body.to_vec()).unwrap() };
    sent.check();
    // Whoever asked may have seen enough.
    let _ = say.send(sent);
    let response = Response::builder();
    let response = match reply {
        Reply::Status(status) => response.status(status),
        Reply::With(status, name, value) => response.status(status).header(name, value),
        Reply::When(said) => {
            if said.await.is_err() {
                std::future::pending::<()>().await;
            }
            response.status(204)
        }
    };
    Ok(response.body(Full::default()).unwrap())
}

impl Sent {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(super) fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(super) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub(super) fn timestamp(&self) -> i64 {
        self.header("webhook-timestamp").parse().unwrap()
    }

    pub(super) fn signatures(&self) -> Vec<&str> {
        self.header("webhook-signature").split(' ').collect()
    }

    /// The signature that it should have under this secret.
    pub(super) fn signed_with(&self, secret: &str) -> String {
        WebhookSecret::parse(secret).unwrap().sign(self.id(), self.timestamp(), &self.text)
    }

    /// What is true of every one.
    fn check(&self) {
        assert_eq!(self.header("content-type"), "application/json");
        assert!(self.header("user-agent").starts_with("symbolon/"));
        assert!(self.id().starts_with("msg_") && !self.id().contains('.'));
        assert_eq!(self.signatures()[0], self.signed_with(SECRET));
        let body = self.body();
        let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["data", "timestamp", "type"]);
        assert!(self.text.len() < 20_000);
    }
}

/// Long enough for whatever is to happen, for who waits for what never comes.
pub(super) const NEVER: Duration = Duration::from_millis(200);
