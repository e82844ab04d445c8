//! Both applications, Symbolon before them, and everybody with a credential.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use bytes::Bytes;
use http::{Request, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use symbolon_api::client::{Client, Transport};
use symbolon_api::{CreateSession, CreateToken, CreateUser, EditUser};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::script::{Cast, OPERATOR, Role, TOKENS};
use crate::bootstrap::FirstSecrets;
use crate::failure::Failure;
use crate::serve::{Server, ServiceManager, Signals};
use crate::settings::{Environment, Settings};

/// Somebody of Odysseus who may chat, and not manage tokens.
pub(super) const VISITOR: &str = "mira";
const VISITORS_PASSWORD: &str = "a password for a demo";

/// Everything that runs.
pub(super) struct Stage {
    pub(super) server: Server,
    settings: Settings,
    applications: JoinSet<()>,
    administrator: Client,
    /// The administrator's password, for whoever looks at the console.
    pub(super) password: SecretString,
    pub(super) secrets: HashMap<Cast, SecretString>,
    ids: HashMap<Cast, String>,
    visitor: SecretString,
}

/// An answer, as the walk looks at it.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Stage {
    /// Starts everything and makes everybody. Ready when it returns.
    pub(super) async fn raise(directory: &Path) -> Result<Self, Failure> {
        let mut applications = JoinSet::new();
        let odin = symbolon_backends::odin::app(&directory.join("odin.db")).await.map_err(Failure::new)?;
        let odysseus =
            symbolon_backends::odysseus::app(&directory.join("odysseus.db")).await.map_err(Failure::new)?;
        let odin = listen(odin, &mut applications).await?;
        let odysseus = listen(odysseus, &mut applications).await?;
        let config = directory.join("symbolon.toml");
        std::fs::write(&config, configuration(odin, odysseus))
            .map_err(|error| Failure::new(format!("{} cannot be written: {error}", config.display())))?;
        // Nobody's settings but the demo's: it must show the same everywhere.
        let settings = Settings::load(Some(&config), &Environment::default())?;
        let mut first = None;
        let server = Server::start(
            &settings,
            Some(|secrets: FirstSecrets| {
                first = Some(secrets.into_parts());
                Ok(())
            }),
        );
        let server = server.await?;
        let Some((password, Some(system_key))) = first else {
            return Err(Failure::new("the demo's directory was in use before"));
        };
        let transport = Transport::from_url(server.management())?;
        let administrator = Client::new(transport.clone()).with_key(system_key.clone());
        let mut stage = Self {
            server,
            settings,
            applications,
            administrator,
            password: password.clone(),
            secrets: HashMap::from([(Cast::SystemKey, system_key)]),
            ids: HashMap::new(),
            visitor: SecretString::default(),
        };
        stage.cast(&password).await?;
        Ok(stage)
    }

    async fn cast(&mut self, password: &SecretString) -> Result<(), Failure> {
        let role = |service: &str, role: &str| Some([(service.to_owned(), role.to_owned())].into());
        let operator = CreateUser {
            name: OPERATOR.to_owned(),
            roles: role("odin", "operator"),
            ..CreateUser::default()
        };
        self.administrator.create_user(&operator).await?;
        let visitor = CreateUser {
            name: VISITOR.to_owned(),
            password: Some(VISITORS_PASSWORD.to_owned()),
            roles: role("odysseus", "user"),
            ..CreateUser::default()
        };
        self.administrator.create_user(&visitor).await?;
        for role in TOKENS {
            self.issue(role).await?;
        }
        let admin = self.sign_in("admin", password.expose_secret()).await?;
        self.secrets.insert(Cast::Admin, admin);
        self.visitor = self.sign_in(VISITOR, VISITORS_PASSWORD).await?;
        Ok(())
    }

    async fn issue(&mut self, role: &Role) -> Result<(), Failure> {
        let new = CreateToken {
            name: role.name.to_owned(),
            profile: role.profile.map(str::to_owned),
            scopes: role
                .profile
                .is_none()
                .then(|| role.scopes.iter().map(|scope| (*scope).to_owned()).collect()),
            owner: Some(role.owner.unwrap_or("admin").to_owned()),
            expires_in: role.expires_in.map(str::to_owned),
            ..CreateToken::default()
        };
        let made = self.administrator.create_token(role.service, &new).await?;
        self.ids.insert(role.cast, made.record.id);
        self.secrets.insert(role.cast, made.token.into());
        Ok(())
    }

    async fn sign_in(&self, name: &str, password: &str) -> Result<SecretString, Failure> {
        let login = CreateSession { username: name.to_owned(), password: password.to_owned() };
        Ok(self.administrator.create_session(&login).await?.token.into())
    }

    /// One request to a service as somebody.
    pub(super) async fn ask(
        &self,
        service: &str,
        cast: Cast,
        (method, path): (&str, &str),
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let address =
            self.server.service(service).ok_or_else(|| Failure::new(format!("{service} is not served")))?;
        exchange(address, self.secrets.get(&cast), (method, path), body).await
    }

    /// An attempt to make a token of `service`, by somebody who may not.
    pub(super) async fn mint(
        &self,
        service: &str,
        by: Option<Cast>,
        body: &Value,
    ) -> Result<Answer, Failure> {
        let credential = by.map_or(Some(&self.visitor), |cast| self.secrets.get(&cast));
        let path = format!("/v1/services/{service}/tokens");
        exchange(self.server.management(), credential, ("POST", &path), Some(body)).await
    }

    pub(super) async fn revoke(&self, cast: Cast) -> Result<(), Failure> {
        let id = self.ids.get(&cast).ok_or_else(|| Failure::new("there is nothing to revoke"))?;
        Ok(self.administrator.revoke_token("odin", id).await?)
    }

    pub(super) async fn demote(&self) -> Result<(), Failure> {
        let roles = Some([("odin".to_owned(), Some("viewer".to_owned()))].into());
        self.administrator.edit_user(OPERATOR, &EditUser { roles, ..EditUser::default() }).await?;
        Ok(())
    }

    /// When the token of somebody ends.
    pub(super) async fn end_of(&self, cast: Cast) -> Result<Option<String>, Failure> {
        let id = self.ids.get(&cast).ok_or_else(|| Failure::new("there is no such token"))?;
        Ok(self.administrator.token("odin", id).await?.expires_at)
    }

    /// Keeps everything going until it is told to stop.
    pub(super) async fn attend(&mut self, signals: &mut Signals) -> Result<(), Failure> {
        self.server.attend(&self.settings, signals, &ServiceManager::default()).await
    }

    /// Ends everything that runs. No process and no port is left when it returns.
    pub(super) async fn strike(mut self, signals: &mut Signals) {
        self.server.stop(signals).await;
        self.applications.shutdown().await;
    }
}

async fn listen(application: Router, running: &mut JoinSet<()>) -> Result<SocketAddr, Failure> {
    let refuse = |error: std::io::Error| Failure::new(format!("no free loopback port: {error}"));
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(refuse)?;
    let address = listener.local_addr().map_err(refuse)?;
    running.spawn(async move {
        if let Err(error) = axum::serve(listener, application).await {
            tracing::error!(%error, "an application stopped");
        }
    });
    Ok(address)
}

fn configuration(odin: SocketAddr, odysseus: SocketAddr) -> String {
    format!(
        "# What the demo runs with.\n\
         data_dir = \"data\"\n\
         listen   = \"127.0.0.1:0\"\n\
         \n\
         [services.odin]\n\
         listen   = \"127.0.0.1:0\"\n\
         upstream = \"http://{odin}\"\n\
         \n\
         [services.odysseus]\n\
         listen   = \"127.0.0.1:0\"\n\
         upstream = \"http://{odysseus}\"\n"
    )
}

async fn exchange(
    address: &str,
    credential: Option<&SecretString>,
    (method, path): (&str, &str),
    body: Option<&Value>,
) -> Result<Answer, Failure> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(credential) = credential {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", credential.expose_secret()));
    }
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let body = Bytes::from(body.map(Value::to_string).unwrap_or_default());
    let request = request.body(body).map_err(Failure::new)?;
    let answer = Transport::from_url(address)?.exchange(request).await?;
    let body = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
    Ok(Answer { status: answer.status().as_u16(), body })
}
