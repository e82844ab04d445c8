//! A fleet of three over one database, asked and changed without end while things are done to it.

mod database;
mod faults;
mod latency;
mod load;
mod node;
mod operator;
mod read_back;
mod relay;
mod stepping;
mod steps;
mod watch;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use rustix::process::Signal;
use tokio::task::JoinSet;

use crate::clock;
use crate::history::{Event, History, Run};
use crate::http::Wire;
use crate::random::SplitMix;
use database::Database;
use node::{Node, Plan};
use operator::Operator;
use relay::Relay;
use world::{Tickets, World};

const NODES: [&str; 3] = ["a", "b", "c"];
/// The usual lease less its margin: the nodes are told neither.
const ANSWERS_FOR: Duration = Duration::from_millis(2_700);
const OPERATORS: usize = 32;
/// Of each node.
const CLIENTS: usize = 3;
/// How long a fleet that nothing is done to may take to be well again.
const RECOVERY: Duration = Duration::from_mins(1);

/// What is run.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// The program `symbolon`, built with PostgreSQL
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// The catalog of O.D.I.N.
    #[arg(long, value_name = "FILE", default_value = "catalogs/odin.toml")]
    catalog: PathBuf,
    /// How long things are done to the fleet
    #[arg(long, value_name = "MINUTES", default_value_t = 20.0)]
    minutes: f64,
    /// How much is taken from tokens, users and sessions in that time; as much is made and given again
    #[arg(long, value_name = "NUMBER", default_value_t = 20_000)]
    mutations: usize,
    /// How many mutations are measured one after another before
    #[arg(long, value_name = "NUMBER", default_value_t = 2_000)]
    measured: usize,
    /// What decides about everything that is done to the fleet; another each time unless it is given
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Where the history, the summary and the nodes' logs are written
    #[arg(long, value_name = "FOLDER", default_value = "target/soak/fleet")]
    pub(crate) out: PathBuf,
    /// The library by which nodes' wall clocks are stepped (libfaketimeMT.so.1)
    #[arg(long, value_name = "FILE")]
    faketime: Option<PathBuf>,
    /// Do nothing to the fleet: measure alone
    #[arg(long)]
    latency: bool,
}

impl Options {
    /// The history's file.
    pub(crate) fn history(&self) -> PathBuf {
        self.out.join("history.jsonl")
    }
}

/// Runs it all; the history is then written to its end. Every process that was started is ended, whatever happens.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    std::fs::create_dir_all(&options.out)
        .map_err(|why| format!("{} cannot be made: {why}", options.out.display()))?;
    let (history, writing) = History::begin(&options.history())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|why| why.to_string())?;
    let done = runtime.block_on(async {
        let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
            .map_err(|why| why.to_string())?;
        tokio::select! {
            done = all(options, history) => done,
            _ = tokio::signal::ctrl_c() => Err("interrupted".to_owned()),
            _ = terminated.recv() => Err("terminated".to_owned()),
        }
    });
    // What is still under way is dropped with the fleet.
    runtime.shutdown_timeout(Duration::from_secs(10));
    done?;
    writing.end()
}

async fn all(options: &Options, history: History) -> Result<(), String> {
    let seed = options.seed.unwrap_or_else(|| SplitMix::of(clock::now(), 0).next() % 1_000_000_000);
    crate::complain(&format!("seed {seed}; the history is {}", options.history().display()));
    history.write(Event::Run(Run {
        at: clock::now(),
        seed,
        answers_for: clock::nanos(ANSWERS_FOR),
        readers: NODES.into_iter().chain([read_back::SQL]).map(str::to_owned).collect(),
    }));
    let mut options = options.clone();
    if let Some(library) = &options.faketime
        && let Err(why) = stepping::is_sound(library)
    {
        crate::complain(&format!("wall clocks are not stepped: {why}"));
        history.note(clock::now(), format!("wall clocks are not stepped: {why}"));
        options.faketime = None;
    }
    let options = &options;
    let world = fleet(options, history).await?;
    Operator::new(&world, seed, 901).make_signer().await?;
    let mut load = JoinSet::new();
    for number in 0..NODES.len() * CLIENTS {
        load.spawn(load::client(Arc::clone(&world), seed, number, None));
    }
    for (number, node) in world.nodes.iter().enumerate() {
        if node.proxy.is_some() {
            load.spawn(load::client(Arc::clone(&world), seed, number, node.proxy));
        }
        load.spawn(watch::leases(Arc::clone(&world), number));
    }
    load.spawn(watch::resources(Arc::clone(&world)));
    if options.measured > 0 {
        latency::measure(&world, seed, options.measured).await?;
        crate::complain("measured");
    }
    if !options.latency {
        faulty(options, seed, &world).await?;
    }
    world.stop();
    while let Some(ended) = load.join_next().await {
        ended.map_err(|why| why.to_string())?;
    }
    healthy(&world).await?;
    crate::complain("reading back");
    read_back::all(&world).await?;
    // Questions that nobody waits for come to their end.
    tokio::time::sleep(world::PATIENCE).await;
    world.history.write(Event::End { at: clock::now() });
    for node in &world.nodes {
        node.kill();
    }
    Ok(())
}

/// Takes and gives while things are done to the fleet.
async fn faulty(options: &Options, seed: u64, world: &Arc<World>) -> Result<(), String> {
    let length = Duration::try_from_secs_f64(options.minutes * 60.0).map_err(|why| why.to_string())?;
    let tickets = Arc::new(Tickets::new(options.mutations, clock::now(), length));
    let mut operators = JoinSet::new();
    for number in 0..OPERATORS {
        operators.spawn(Operator::new(world, seed, number).work(Arc::clone(&tickets)));
    }
    let mut faults = JoinSet::new();
    for number in 0..NODES.len() {
        let lane = faults::of_a_node(Arc::clone(world), seed, number);
        faults.spawn(async move {
            lane.await;
            Ok(())
        });
    }
    faults.spawn(faults::of_the_database(Arc::clone(world), seed));
    let mut failed = None;
    tokio::select! {
        () = tokio::time::sleep(length) => {}
        ended = faults.join_next() => failed = ended,
    }
    world.stop();
    if let Some(failed) = failed {
        failed.map_err(|why| why.to_string())??;
    }
    while let Some(ended) = faults.join_next().await {
        ended.map_err(|why| why.to_string())??;
    }
    // Whoever is in the middle of something brings it to its end.
    while let Some(ended) = operators.join_next().await {
        ended.map_err(|why| why.to_string())?;
    }
    Ok(())
}

/// Starts the database and the nodes.
async fn fleet(options: &Options, history: History) -> Result<Arc<World>, String> {
    let absolute = |path: &PathBuf| std::path::absolute(path).map_err(|why| why.to_string());
    let started = tokio::task::spawn_blocking(Database::start).await;
    let database = Arc::new(started.map_err(|why| why.to_string())??);
    let application = load::application().await?;
    let mut nodes: Vec<Arc<Node>> = Vec::new();
    for (number, name) in NODES.into_iter().enumerate() {
        let folder = absolute(&options.out)?.join(name);
        // What an earlier run left.
        let _ = std::fs::remove_dir_all(&folder);
        let plan = Plan {
            name: name.to_owned(),
            program: absolute(&options.program)?,
            folder,
            upstream: (number == 0).then_some(application),
            catalog: absolute(&options.catalog)?,
            faketime: options.faketime.clone(),
        };
        let relay = Relay::to(database.address).await?;
        let url = database.url_by(relay.address);
        nodes.push(Arc::new(Node::new(plan, relay, &url)?));
    }
    let first = Arc::clone(&nodes[0]);
    let secrets = tokio::task::spawn_blocking(move || first.initialise()).await;
    let secrets = secrets.map_err(|why| why.to_string())??;
    let key = secrets["system_key"].as_str().ok_or("init prints no system key")?.to_owned();
    for node in &nodes[1..] {
        node.copy_keys(&nodes[0])?;
    }
    for node in &nodes {
        let node = Arc::clone(node);
        tokio::task::spawn_blocking(move || node.start()).await.map_err(|why| why.to_string())??;
    }
    let world = Arc::new(World::new(nodes, database, history, key));
    healthy(&world).await?;
    Ok(world)
}

/// Waits until every node answers again.
async fn healthy(world: &Arc<World>) -> Result<(), String> {
    for node in &world.nodes {
        if let Some(id) = node.id() {
            node::signal(id, Signal::CONT);
        }
        let mut wire = Wire::to(node.management);
        let end = clock::after(clock::now(), RECOVERY);
        loop {
            let reply = wire.ask(&world.request("GET", "/v1/users?limit=1"), Duration::from_secs(5)).await;
            let leased = wire.ask(&world.request("GET", "/v1/status"), Duration::from_secs(5)).await;
            let leased = leased.is_ok_and(|reply| reply.json()["lease_left_ms"].as_u64() > Some(0));
            if leased && reply.as_ref().is_ok_and(|reply| reply.status == 200) {
                break;
            }
            if clock::now() > end {
                let said = reply.map_or_else(|lost| format!("{lost:?}"), |reply| reply.said());
                return Err(format!("{} is not well again: {said}", node.name()));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}
