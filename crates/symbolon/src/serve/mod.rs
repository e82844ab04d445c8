//! The server: doors, housekeeping, reloads and the end.

mod doors;
mod reload;
mod signals;

use std::fmt::Write;
use std::time::Duration;

use serde_json::json;
use symbolon_server::Clock;
use tokio::time::MissedTickBehavior;

use crate::bootstrap::First;
use crate::catalogs::compile_all;
use crate::clock::{OsEntropy, SystemClock};
use crate::data_dir::{DataDir, Opened, Purpose};
use crate::failure::Failure;
use crate::logging;
use crate::node::{Node, services};
use crate::output::Output;
use crate::settings::Settings;

use doors::{Bound, Open};
use reload::Catalogs;
use signals::{Signal, Signals};

/// How often uses are written and ended sessions forgotten.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// How often the catalogs' files are looked at.
const LOOKING: Duration = Duration::from_secs(2);

/// Serves until it is told to stop.
pub(crate) async fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    logging::start(settings);
    let mut signals = Signals::listen()?;
    // Everything that can be wrong with what was written is found before anything is made.
    // Looked at first: what changes from here on is a change.
    let mut watched = Catalogs::in_force(settings);
    let catalogs = compile_all(&settings.catalogs)?;
    let services = services(settings, &catalogs)?;
    let proxies = doors::proxies(settings)?;
    let directory = DataDir::new(&settings.data_dir);
    let lock = directory.make_and_take(Purpose::Serve).await?;
    let bound = Bound::bind(settings, proxies).await?;
    let opened = directory.open(lock, &OsEntropy).await?;
    if !opened.initialised().await? {
        begin(&opened, &catalogs, output).await?;
    }
    let node = Node::start(opened, settings, services).await?;
    let (socket, socket_file) = directory.listen()?;
    let mut open = Open::begin(&node, bound, socket);
    announce(&open, &directory, output)?;

    let outcome = attend(&node, settings, &mut signals, &mut watched, &mut open).await;
    tracing::info!("stopping");
    // Nobody finds the way in any more; who is in is let finish.
    drop(socket_file);
    open.close(&mut signals).await;
    node.close().await;
    tracing::info!("stopped");
    outcome
}

/// The first start, as `symbolon init` has it.
async fn begin(
    opened: &Opened,
    catalogs: &[std::sync::Arc<symbolon_core::Catalog>],
    output: Output,
) -> Result<(), Failure> {
    let first = First::default();
    first.check(catalogs)?;
    first.make(opened, catalogs, SystemClock.now(), &OsEntropy).await?.show(output)
}

/// Says where to find what: the first line that a program reads, or lines for people; and in the log.
fn announce(open: &Open, directory: &DataDir, output: Output) -> Result<(), Failure> {
    let socket = directory.socket();
    let socket = socket.display();
    tracing::info!(address = %open.management, "the management API listens");
    for (service, address) in &open.services {
        tracing::info!(%service, %address, "a proxy listens");
    }
    if output.json() {
        let services: serde_json::Map<_, _> =
            open.services.iter().map(|(name, address)| (name.to_string(), json!(address))).collect();
        return output.document(&json!({ "listening": {
            "management": open.management,
            "services": services,
            "socket": socket.to_string(),
        }}));
    }
    let mut lines = format!("listening management {}\n", open.management);
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
    catalogs: &mut Catalogs,
    open: &mut Open,
) -> Result<(), Failure> {
    let every = |period| {
        let mut interval = tokio::time::interval(period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        interval
    };
    let (mut housekeeping, mut looking) = (every(HOUSEKEEPING), every(LOOKING));
    loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Signal::Stop => return Ok(()),
                Signal::Reload => catalogs.reload(node, settings),
            },
            _ = housekeeping.tick() => node.app().housekeep().await,
            _ = looking.tick() => catalogs.reload_if_changed(node, settings).await,
            () = open.broken() => return Err(Failure::new("a door closed by itself; the log has the cause")),
        }
    }
}
