//! The server: doors, housekeeping, reloads and the end.

mod certificates;
mod checkpoints;
mod doors;
mod manager;
mod reload;
mod signals;

use std::fmt::Write;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use symbolon_server::Clock;
use tokio::time::{Interval, MissedTickBehavior};

use crate::bootstrap::{First, FirstSecrets};
use crate::catalogs::compile_all;
use crate::clock::{OsEntropy, SystemClock};
use crate::data_dir::{Beginning, Contents, DataDir, Purpose, SocketFile};
use crate::failure::Failure;
use crate::logging;
use crate::node::{Node, access_log, gate, services, traces};
use crate::output::Output;
use crate::settings::{GitHubSettings, Settings};

use certificates::Certificates;
use checkpoints::Checkpoints;
use doors::{Bound, Open};
use reload::Catalogs;
use signals::Signal;

pub(crate) use manager::ServiceManager;
pub(crate) use signals::Signals;

/// How often what can be is moved to the current keys.
const SETTLING_KEYS: Duration = Duration::from_secs(1);
/// How often what the audit is to be told of is written: replaced secrets that are used, and refused calls.
const NOTING: Duration = Duration::from_secs(1);
/// How often checks are counted for the status.
const SAMPLING: Duration = Duration::from_secs(1);
/// How often it is looked whether there is anything to tell webhooks.
const TELLING: Duration = Duration::from_secs(1);
/// How often ended sessions are forgotten, and tokens that end are looked for.
const PRUNING: Duration = Duration::from_mins(1);
/// How often the files of catalogs and certificates are looked at.
const LOOKING: Duration = Duration::from_secs(2);

/// Serves until it is told to stop. Without `begin` there must be something in the data directory already.
pub(crate) async fn run(
    settings: &Settings,
    begin: bool,
    manager: &ServiceManager,
    output: Output,
) -> Result<(), Failure> {
    logging::start(settings);
    let mut signals = Signals::listen()?;
    let show = |first: FirstSecrets| first.show(output);
    let mut server = Server::start(settings, begin.then_some(show)).await?;
    announce(&server.open, &server.directory, output)?;
    manager.ready(server.management());
    let outcome = server.attend(settings, &mut signals, manager).await;
    manager.stopping();
    server.stop(&mut signals).await;
    outcome
}

/// A server that answers.
pub(crate) struct Server {
    node: Node,
    open: Open,
    directory: DataDir,
    socket_file: SocketFile,
    watched: Watched,
}

/// What may change while it is in force, and what is told of it.
struct Watched {
    catalogs: Catalogs,
    certificates: Certificates,
    checkpoints: Arc<Checkpoints>,
}

impl Server {
    /// Starts a server. At the first start in its directory `show` is handed what is shown once, before anything
    /// else can fail; without it there is no first start.
    pub(crate) async fn start(
        settings: &Settings,
        show: Option<impl FnOnce(FirstSecrets) -> Result<(), Failure>>,
    ) -> Result<Self, Failure> {
        // Everything that can be wrong with what was written is found before anything is made.
        // Looked at first: what changes from here on is a change.
        let watched = Catalogs::in_force(settings);
        let certificates = Certificates::open(settings)?;
        let catalogs = compile_all(&settings.catalogs)?;
        let services = services(settings, &catalogs)?;
        let access_log = access_log(settings)?;
        let github_alerts = settings.github.as_ref().map(GitHubSettings::open).transpose()?;
        let checkpoints = Checkpoints::open(&settings.audit)?;
        let proxies = doors::proxies(settings, &certificates)?;
        let webhooks = settings.open_webhooks()?;
        let directory = DataDir::of(settings);
        if show.is_none() && directory.contents()? == Contents::Nothing {
            return Err(directory.not_initialised());
        }
        let lock = directory.make_and_take(Purpose::Serve).await?;
        let bound = Bound::bind(settings, &certificates, proxies).await?;
        let (socket, socket_file) = directory.listen()?;
        let opened =
            directory.open(lock, Beginning::WithNewKeys, SystemClock.now(), Arc::new(OsEntropy)).await?;
        let gate = gate(&opened, services)?;
        if !opened.initialised().await? {
            let show = show.ok_or_else(|| directory.not_initialised())?;
            // As `symbolon init` has it.
            let first = First::default();
            first.check(&catalogs)?;
            show(first.make(&opened, &catalogs, SystemClock.now(), &OsEntropy).await?)?;
        }
        let node = Node::start(opened, settings, gate, access_log, traces(settings), github_alerts, webhooks)
            .await?;
        node.app().begin_webhooks().await.map_err(Failure::new)?;
        say_enforcement(&node);
        let open = Open::begin(&node, bound, (socket, &directory.socket()));
        let watched = Watched { catalogs: watched, certificates, checkpoints: Arc::new(checkpoints) };
        Ok(Self { node, open, directory, socket_file, watched })
    }

    /// Where the management API is, as a URL.
    pub(crate) fn management(&self) -> &str {
        &self.open.management
    }

    /// Where the proxy of a service is, as a URL.
    pub(crate) fn service(&self, name: &str) -> Option<&str> {
        self.open.services.iter().find(|(service, _)| service.as_str() == name).map(|(_, url)| url.as_str())
    }

    /// Does what is to be done again and again, until it is told to stop. An error is the end too.
    pub(crate) async fn attend(
        &mut self,
        settings: &Settings,
        signals: &mut Signals,
        manager: &ServiceManager,
    ) -> Result<(), Failure> {
        attend(&self.node, settings, signals, manager, &mut self.watched, &mut self.open).await
    }

    /// Ends the server. No port is held and nothing is left unwritten when it returns.
    pub(crate) async fn stop(self, signals: &mut Signals) {
        tracing::info!("stopping");
        // Nobody finds the way in any more; who is in is let finish.
        drop(self.socket_file);
        self.open.close(signals).await;
        self.node.app().finish().await;
        // What happens to the record while nobody serves it shows.
        self.watched.checkpoints.sign(self.node.app()).await;
        self.node.close().await;
        tracing::info!("stopped");
    }
}

/// Says of each service that is not enforced that it is not, and what holds: the configuration or somebody's switch.
/// Where the two differ it is said of one that is enforced, too.
fn say_enforcement(node: &Node) {
    let gate = node.app().gate();
    for service in gate.services() {
        let (name, configured) = (&service.catalog.service, service.rules.enforce);
        match gate.switched(name) {
            // A node that has lost its lease already says what it answers by when it has one again.
            Err(_) => {}
            Ok(None) if configured => {}
            Ok(None) => tracing::warn!(service = %name, "is not enforced, as the configuration says"),
            Ok(Some(switched)) if !switched.enforce => {
                tracing::warn!(service = %name, configured, since = %switched.since, "is not enforced, as somebody has switched it");
            }
            Ok(Some(switched)) => {
                tracing::info!(service = %name, configured, since = %switched.since, "is enforced, as somebody has switched it");
            }
        }
    }
}

/// Says where to find what: the first line that a program reads, or lines for people; and in the log.
fn announce(open: &Open, directory: &DataDir, output: Output) -> Result<(), Failure> {
    let socket = directory.socket();
    let socket = socket.display();
    tracing::info!(address = %open.management, "the management API listens");
    if let Some(address) = &open.gateway {
        tracing::info!(%address, "the endpoints for gateways listen");
    }
    for (service, address) in &open.services {
        tracing::info!(%service, %address, "a proxy listens");
    }
    if output.json() {
        let services: serde_json::Map<_, _> =
            open.services.iter().map(|(name, address)| (name.to_string(), json!(address))).collect();
        return output.document(&json!({ "listening": {
            "management": open.management,
            "gateway": open.gateway,
            "services": services,
            "socket": socket.to_string(),
        }}));
    }
    let mut lines = format!("listening management {}\n", open.management);
    if let Some(address) = &open.gateway {
        // Writing to a String does not fail.
        let _ = writeln!(lines, "listening gateway {address}");
    }
    for (name, address) in &open.services {
        // Writing to a String does not fail.
        let _ = writeln!(lines, "listening {name} {address}");
    }
    output.print(&format!("{lines}listening socket {socket}\n"))
}

/// Does what is to be done again and again, until the end. An error is the end too.
async fn attend(
    node: &Node,
    settings: &Settings,
    signals: &mut Signals,
    manager: &ServiceManager,
    watched: &mut Watched,
    open: &mut Open,
) -> Result<(), Failure> {
    let every = |period| {
        let mut interval = tokio::time::interval(period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        interval
    };
    let (mut noting, mut pruning, mut looking) = (every(NOTING), every(PRUNING), every(LOOKING));
    let (mut sampling, mut signing, mut settling, mut telling) =
        (every(SAMPLING), every(settings.audit.every), every(SETTLING_KEYS), every(TELLING));
    let mut pulse = manager.pulse().map(every);
    let mut keeping = pin!(node.app().keep_used());
    let mut broken = pin!(node.app().store().broken());
    loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Signal::Stop => return Ok(()),
                Signal::Reload => {
                    node.app().reopen_access_log();
                    watched.catalogs.reload(node, settings);
                    watched.certificates.reload(node.app().now());
                }
            },
            // Beside this loop, which must hear a signal also while the record is slow.
            _ = noting.tick() => {
                let app = node.app().clone();
                tokio::spawn(async move {
                    app.record_secret_use().await;
                    app.write_refused_calls().await;
                });
            }
            // From this very loop: a server in which it stands still does not live.
            () = beat(&mut pulse) => manager.alive(),
            _ = sampling.tick() => node.app().sample(),
            () = &mut keeping => {}
            _ = settling.tick() => {
                let app = node.app().clone();
                tokio::spawn(async move { app.settle_keys().await });
            }
            _ = pruning.tick() => {
                let app = node.app().clone();
                tokio::spawn(async move {
                    app.prune().await;
                    app.tell_endings().await;
                });
            }
            _ = telling.tick() => {
                let app = node.app().clone();
                tokio::spawn(async move { app.deliver_notices().await });
            }
            _ = signing.tick() => {
                let (app, checkpoints) = (node.app().clone(), watched.checkpoints.clone());
                tokio::spawn(async move { checkpoints.sign(&app).await });
            }
            _ = looking.tick() => {
                watched.catalogs.reload_if_changed(node, settings).await;
                watched.certificates.reload_if_changed(node.app().now()).await;
            }
            () = &mut broken => return Err(Failure::new("the record has failed; the log has the cause")),
            () = open.broken() => return Err(Failure::new("a door closed by itself; the log has the cause")),
        }
    }
}

/// The next time to say that the server lives; never, where nobody asks.
async fn beat(pulse: &mut Option<Interval>) {
    match pulse {
        Some(pulse) => drop(pulse.tick().await),
        None => std::future::pending().await,
    }
}
