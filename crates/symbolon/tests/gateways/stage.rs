//! A server with its gateways' door, an application, and a gateway between them.

use std::net::SocketAddr;

use serde_json::json;

use crate::application::Application;
use crate::gateway::{Gateway, Kind};
use crate::support::{Http, Place, Server};
use crate::wire::{Message, Wire};

/// Everything, running.
pub(crate) struct Stage {
    pub(crate) kind: Kind,
    // Ended first.
    gateway: Option<Gateway>,
    pub(crate) server: Server,
    pub(crate) application: Application,
}

impl Stage {
    /// O.D.I.N.'s catalog in front of an application that remembers.
    pub(crate) fn new(kind: Kind) -> Self {
        Self::with(kind, "refuse")
    }

    /// The same with this setting of `other_credentials`.
    pub(crate) fn with(kind: Kind, other_credentials: &str) -> Self {
        Self::set(kind, &format!("other_credentials = \"{other_credentials}\""))
    }

    /// The same with these settings of the service.
    pub(crate) fn set(kind: Kind, settings: &str) -> Self {
        let application = Application::start();
        let server = server_set(application.address, settings);
        Self::of(kind, server, application.address, application)
    }

    fn of(kind: Kind, server: Server, behind: SocketAddr, application: Application) -> Self {
        let gateway = (kind != Kind::Proxy).then(|| Gateway::start(kind, behind, server.gateway_address()));
        Self { kind, gateway, server, application }
    }

    /// Where callers ask.
    pub(crate) fn address(&self) -> SocketAddr {
        self.gateway.as_ref().map_or_else(|| self.server.proxy_address("odin"), |gateway| gateway.address)
    }

    /// A new token of these scopes; its id and its secret.
    pub(crate) fn token(&self, scopes: &[&str]) -> (String, String) {
        let made = self.server.api().send(
            "POST",
            "/v1/services/odin/tokens",
            &json!({ "name": "test", "scopes": scopes }),
        );
        assert_eq!(made.status, 201, "{}", made.json());
        let made = made.json();
        (made["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
    }

    /// A session of the first administrator's, as the console's cookie has it.
    pub(crate) fn session(&self) -> String {
        let password = self.server.secrets["admin"]["password"].as_str().unwrap();
        let login = json!({ "username": "admin", "password": password });
        let made = self.server.anonymous().send("POST", "/v1/sessions", &login);
        made.json()["token"].as_str().unwrap_or_else(|| panic!("{}", made.json())).to_owned()
    }

    /// Asks over a connection of its own.
    pub(crate) fn ask(&self, line: &str, headers: &[(&str, &str)]) -> Message {
        let answer = Wire::connect(self.address()).and_then(|mut wire| wire.ask(line, headers));
        answer.unwrap_or_else(|error| panic!("{:?} did not answer {line}: {error}", self.kind))
    }

    /// The same with a bearer credential.
    pub(crate) fn ask_as(&self, secret: &str, line: &str, headers: &[(&str, &str)]) -> Message {
        let bearer = format!("Bearer {secret}");
        self.ask(line, &[&[("Authorization", bearer.as_str())], headers].concat())
    }

    /// The API, with the system key.
    pub(crate) fn api(&self) -> Http {
        self.server.api()
    }
}

/// A server in front of an application at `upstream`, and asked by gateways.
pub(crate) fn server(upstream: SocketAddr, other_credentials: &str) -> Server {
    server_set(upstream, &format!("other_credentials = \"{other_credentials}\""))
}

fn server_set(upstream: SocketAddr, settings: &str) -> Server {
    Server::at(Place::with(&format!(
        "listen = \"127.0.0.1:0\"\n[gateway]\nlisten = \"127.0.0.1:0\"\npeers = [\"127.0.0.1\"]\n\
         [services.odin]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{upstream}\"\n{settings}\n"
    )))
}
