//! What every command is handed.

use secrecy::SecretString;
use symbolon_api::client::{Client, Transport};

use crate::cli::Global;
use crate::connect::Connection;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::{Environment, ManagerWords, Settings};

/// How the command was called.
pub(crate) struct Context {
    /// Where results go.
    pub(crate) output: Output,
    global: Global,
    environment: Environment,
}

impl Context {
    pub(super) fn new(global: Global) -> Self {
        Self { output: Output::new(global.json), global, environment: Environment::read() }
    }

    /// The settings.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        Settings::load(self.global.config.as_deref(), &self.environment)
    }

    /// What a service manager says, where one started this process.
    pub(crate) fn manager(&self) -> &ManagerWords {
        &self.environment.manager
    }

    /// The server that was named.
    pub(crate) fn url(&self) -> Option<&str> {
        self.global.url.as_deref().or(self.environment.url.as_deref())
    }

    /// The key to present to it.
    pub(crate) fn key(&self) -> Option<&SecretString> {
        self.global.key.as_ref().or(self.environment.key.as_ref())
    }

    /// The token of a caller whom a command plays.
    pub(crate) fn token(&self) -> Option<&SecretString> {
        self.environment.token.as_ref()
    }

    /// The way to the server that was named, or to the one that has the data directory, for a command that plays a caller.
    pub(crate) fn server(&self) -> Result<Transport, Failure> {
        match self.url() {
            Some(url) => Ok(Transport::from_url(url)?),
            None => Ok(Transport::Unix(DataDir::of(&self.settings()?).socket())),
        }
    }

    /// Does `work` with somebody who answers, and gives the data directory up again whatever came of it.
    pub(crate) async fn speak<T>(
        &self,
        work: impl AsyncFnOnce(&Client) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let connection = Connection::open(self).await?;
        let result = work(connection.client()).await;
        connection.close().await;
        result
    }
}
