//! The shop, with tools, and an application behind it whose answers are written here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use symbolon_server::listen::{Limits, serve};
use symbolon_server::mcp::Mcp;
use symbolon_server::proxy::Proxy;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::support::backend::{Backend, listen};
use crate::support::front::settings;
use crate::support::wire::{Message, Wire};
use crate::support::world::World;

const TOOLS: &str = r#"
[[tools]]
name = "list_things"
description = "In an object of its own."
call = "GET /things"
result = { list = "things" }
[[tools]]
name = "things_as_they_are"
description = "As they are."
call = "GET /things"
[[tools]]
name = "count_things"
description = "How many."
call = "GET /things"
result = { count = "kind", list = "things" }
[[tools]]
name = "get_thing"
description = "One, of any kind of answer."
call = "GET /things/{id}"
arguments = { required = ["id"], properties = { id = { type = "string" } } }
[[tools]]
name = "thing_in_short"
description = "Less of one."
call = "GET /things/{id}"
arguments = { required = ["id"], properties = { id = { type = "string" } } }
result = { pick = ["id", "name"] }
[[tools]]
name = "add_thing"
description = "A change."
call = "POST /things"
arguments = { properties = { name = { type = "string" } } }
[[tools]]
name = "seldom"
description = "Once a minute."
call = "GET /things"
limit = "1/1m"
[[tools]]
name = "overview"
description = "Two requests."
calls.one = { call = "GET /things/{id}" }
calls.all = { call = "GET /things" }
arguments = { required = ["id"], properties = { id = { type = "string" } } }
"#;

/// What the application answers to what it is asked: status, kind and body.
fn answer(asked: &str) -> (u16, &'static str, Vec<u8>) {
    const JSON: &str = "application/json";
    match asked {
        "GET /api/things" => (
            200,
            JSON,
            br#" [ {"name": "B \"b\" \u00e9", "id": 1, "kind": "x", "of": [1.50, -2, 18446744073709551615, null]}, {"id": 2} ] "#.to_vec(),
        ),
        "GET /api/things/object" => {
            (200, "application/problem+json; charset=utf-8", b"{ \"name\": \"n\",\n \"id\": {\"z\": 1, \"a\": []}, \"more\": true }".to_vec())
        }
        "GET /api/things/empty" => (200, JSON, Vec::new()),
        "GET /api/things/broken" => (200, JSON, b"{\"a\": ".to_vec()),
        "GET /api/things/number" => (200, JSON, b"{\"a\": 1e999}".to_vec()),
        "GET /api/things/text" => (200, "text/plain", b"a \"text\" of \xff".to_vec()),
        "GET /api/things/picture" => (200, "image/png", vec![0x89, b'P', b'N', b'G']),
        "GET /api/things/sound" => (200, "audio/ogg", vec![1, 2, 3]),
        "GET /api/things/bytes" => (200, "application/zip", vec![4, 5, 6]),
        "GET /api/things/long" => (200, JSON, vec![b' '; 1024 * 1024 + 1]),
        "POST /api/things" => (201, JSON, br#"{"id":3}"#.to_vec()),
        _ => (404, JSON, br#"{"detail":"no such thing"}"#.to_vec()),
    }
}

/// The shop's tools, at an address.
pub(crate) struct Shop {
    pub(crate) world: World,
    address: SocketAddr,
    stop: CancellationToken,
    _backend: Backend,
    reached: mpsc::UnboundedReceiver<Message>,
    taken: Arc<AtomicUsize>,
    _told: DefaultGuard,
}

/// Counts the messages that the library takes up: it tells of each.
struct Taken(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Taken {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let about = event.metadata();
        if about.target() == "rmcp::service" && *about.level() == Level::DEBUG {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let world = World::new().await;
        world.offer(TOOLS);
        let (say, reached) = mpsc::unbounded_channel();
        let backend = Backend::new(move |_, mut wire| {
            let say = say.clone();
            async move {
                while let Some(message) = wire.message().await {
                    let (status, kind, body) = answer(message.asks());
                    say.send(message).unwrap();
                    let head = format!(
                        "HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
                        body.len()
                    );
                    wire.send([head.as_bytes(), &body].concat()).await;
                }
            }
        })
        .await;
        let proxy = Arc::new(Proxy::new(world.app.clone(), settings(backend.address)));
        let door = Mcp::new(world.app.clone(), [proxy], None, &[])
            .before(symbolon_server::router(world.app.clone()));
        let (listener, address) = listen().await;
        let stop = CancellationToken::new();
        let taken = Arc::new(AtomicUsize::new(0));
        let told =
            tracing::subscriber::set_default(tracing_subscriber::registry().with(Taken(taken.clone())));
        tokio::spawn(serve(listener.into(), door, stop.clone(), Limits::default()));
        Self { world, address, stop, _backend: backend, reached, taken, _told: told }
    }

    /// Sends a message with these headers; its answer, what reached the application for it, and whether the library had it.
    pub(crate) async fn send(
        &mut self,
        headers: &[(&str, &str)],
        message: &Value,
    ) -> (Message, Vec<Message>, bool) {
        let before = self.taken.load(Ordering::SeqCst);
        let body = message.to_string();
        let mut text = format!(
            "POST /mcp/shop HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            text.extend([*name, ": ", *value, "\r\n"]);
        }
        let mut wire = Wire::new(TcpStream::connect(self.address).await.unwrap());
        wire.send(text + "\r\n" + &body).await;
        let answer = wire.message().await.unwrap();
        let reached = std::iter::from_fn(|| self.reached.try_recv().ok()).collect();
        (answer, reached, self.taken.load(Ordering::SeqCst) > before)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
