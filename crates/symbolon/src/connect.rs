//! Where a command speaks: to the server that was named, to the one that has the data directory, or, if none does,
//! into the directory itself. Never to two of them.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use symbolon_api::client::{Client, Transport};
use symbolon_server::Clock;
use tokio::net::UnixStream;

use crate::catalogs::compile_all;
use crate::clock::{OsEntropy, SystemClock};
use crate::commands::Context;
use crate::data_dir::{Beginning, Contents, DataDir, Lock, Purpose};
use crate::failure::Failure;
use crate::node::{Node, gate, services};
use crate::settings::Settings;

/// How often to look again, while the directory is somebody else's and nobody answers: another command is at it, or
/// a server is starting or stopping.
const PAUSE: Duration = Duration::from_millis(50);
/// How many times to look, in all 5 seconds.
const TRIES: u32 = 100;

/// Somebody to speak to.
pub(crate) struct Connection {
    client: Client,
    /// The node, where this process is one.
    node: Option<Node>,
}

impl Connection {
    /// Finds out where to speak.
    pub(crate) async fn open(context: &Context) -> Result<Self, Failure> {
        if let Some(url) = context.url() {
            return Ok(Self::remote(Transport::from_url(url)?, context.key()));
        }
        let settings = context.settings()?;
        let directory = DataDir::of(&settings);
        for _ in 0..TRIES {
            // Without keys, database or lock nobody has even begun, and to lock it would be to begin.
            if directory.contents()? == Contents::Nothing && !directory.lock().exists() {
                return Err(directory.not_initialised());
            }
            if let Some(lock) = Lock::try_take(&directory.lock(), Purpose::Command)? {
                return Self::local(&settings, &directory, lock, context.key()).await;
            }
            if UnixStream::connect(directory.socket()).await.is_ok() {
                return Ok(Self::remote(Transport::Unix(directory.socket()), context.key()));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(directory.in_use())
    }

    fn remote(transport: Transport, key: Option<&SecretString>) -> Self {
        Self { client: client(transport, key), node: None }
    }

    async fn local(
        settings: &Settings,
        directory: &DataDir,
        lock: Lock,
        key: Option<&SecretString>,
    ) -> Result<Self, Failure> {
        // Looked at under the lock: what is not there now, nobody is making.
        if directory.contents()? == Contents::Nothing {
            return Err(directory.not_initialised());
        }
        let services = services(settings, &compile_all(&settings.catalogs)?)?;
        let opened =
            directory.open(lock, Beginning::WithNewKeys, SystemClock.now(), Arc::new(OsEntropy)).await?;
        if !opened.initialised().await? {
            return Err(directory.not_initialised());
        }
        let gate = gate(&opened, services)?;
        // What their files hold may be for the server alone to read; then a command does without them.
        let webhooks = settings.open_webhooks().unwrap_or_default();
        let node = Node::start(opened, settings, gate, None, None, None, webhooks).await?;
        Ok(Self { client: client(node.transport(), key), node: Some(node) })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether a server answers, or this process itself.
    pub(crate) fn node(&self) -> Option<&Node> {
        self.node.as_ref()
    }

    /// Gives the data directory up, if it was taken.
    pub(crate) async fn close(self) {
        if let Some(node) = self.node {
            node.close().await;
        }
    }
}

fn client(transport: Transport, key: Option<&SecretString>) -> Client {
    match key {
        Some(key) => Client::new(transport).with_key(key.clone()),
        None => Client::new(transport),
    }
}
