//! A check at a node of a fleet, beside one where a single process has the record: by what database it is, by how many nodes
//! share it, and while others change it. All of it is in memory, and so should cost the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use symbolon_core::lease::{Lease, LeaseTerms};
use symbolon_core::record::User;
use symbolon_core::store::{Change, Store};
use symbolon_gate::Gate;
use symbolon_postgres_server::{Options, Server, Version};
use symbolon_server::Clock;
use symbolon_store::{Membership, PostgresStore, SqliteStore};
use tokio::runtime::{Builder, Runtime};

use super::check::Crowd;
use crate::clock::{BootClock, OsEntropy, SystemClock};
use crate::rounds::{Comparison, Quantity, alternate};
use crate::stage::Stage;
use crate::world::World;
use crate::{Outcome, world};

/// How often the record is changed, while it is.
const CHANGES_A_SECOND: u32 = 100;

const NANOS: &str = "ns (less is better)";

/// What goes on beside the checks: one thread, for the checks have the other processor.
struct Beside {
    runtime: Runtime,
    url: String,
    /// Ended after all that uses it.
    _server: Server,
}

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let count = stage.plan.tokens;
    let server = Server::with(Version::Debian, &Options::default())?;
    let url = server.new_database()?;
    let runtime =
        Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(|why| why.to_string())?;
    let beside = Beside { runtime, url, _server: server };

    let (file, in_file) = beside.sqlite(stage, count)?;
    let (node, in_node) = beside.first(count)?;
    let by_store = alternate(stage.plan.rounds, 2, |side| match side {
        0 => in_node.check(stage.plan.round),
        _ => in_file.check(stage.plan.round),
    })?;
    let by_nodes = alternate(stage.plan.rounds, 2, |side| {
        let others = if side == 0 { vec![beside.another()?, beside.another()?] } else { Vec::new() };
        let took = in_node.check(stage.plan.round);
        for other in others {
            beside.runtime.block_on(other.close());
        }
        took
    })?;
    let by_changes = beside.changing(|change| {
        alternate(stage.plan.rounds, 2, |side| {
            change.store(side == 0, Ordering::Relaxed);
            in_node.check(stage.plan.round)
        })
    })?;
    beside.runtime.block_on(async {
        node.close().await;
        file.close().await;
    });
    let subject = |what: &str| format!("Gate::check of a random one of {count} tokens, {what}");
    Ok(vec![
        Comparison {
            subject: subject("the record in PostgreSQL, under a lease"),
            baseline: "the record in SQLite",
            quantities: vec![Quantity::of(NANOS, &by_store[0], &by_store[1])],
        },
        Comparison {
            subject: subject("at one of three nodes"),
            baseline: "at the only one",
            quantities: vec![Quantity::of(NANOS, &by_nodes[0], &by_nodes[1])],
        },
        Comparison {
            subject: subject("while another node makes 100 tokens a second"),
            baseline: "while nothing is changed",
            quantities: vec![Quantity::of(NANOS, &by_changes[0], &by_changes[1])],
        },
    ])
}

/// A gate under this lease, and everybody whom `world` made.
fn crowd(gate: Arc<Gate>, world: &World) -> Outcome<Crowd> {
    let (service, pepper) = (world::service()?.catalog.service.clone(), world::keys().pepper);
    let secrets = world.tokens.iter().map(|secret| {
        let digest = *pepper.digest(secret.as_bytes()).as_bytes();
        (secret.clone(), digest)
    });
    Ok(Crowd::of(gate, service, secrets.collect()))
}

fn gate(lease: Arc<Lease>) -> Outcome<Arc<Gate>> {
    let gate = Gate::leased(world::keys(), lease);
    gate.set_services(vec![world::service()?]).map_err(|why| why.to_string())?;
    Ok(Arc::new(gate))
}

impl Beside {
    fn sqlite(&self, stage: &Stage, count: usize) -> Outcome<(SqliteStore, Crowd)> {
        let path = stage.folder.path().join("alone.db");
        self.runtime.block_on(async {
            let world = world::make(&path, count).await?;
            let store = SqliteStore::open(&path, &world::keys()).await.map_err(|why| why.to_string())?;
            let gate = gate(Arc::new(Lease::endless()))?;
            store.attach(gate.clone()).await.map_err(|why| why.to_string())?;
            Ok((store, crowd(gate, &world)?))
        })
    }

    async fn open(&self, lease: Arc<Lease>) -> Outcome<PostgresStore> {
        let membership = Membership {
            lease,
            terms: LeaseTerms::USUAL,
            clock: Arc::new(BootClock),
            entropy: Arc::new(OsEntropy),
            name: "bench".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: SystemClock.now(),
        };
        let store = PostgresStore::open(&self.url, None, &world::keys(), membership).await;
        store.map_err(|why| why.to_string())
    }

    /// A store, and the gate that it keeps true.
    async fn node(&self) -> Outcome<(PostgresStore, Arc<Gate>)> {
        let lease = Arc::new(Lease::of(Arc::new(BootClock)));
        let store = self.open(lease.clone()).await?;
        let gate = gate(lease)?;
        store.attach(gate.clone()).await.map_err(|why| why.to_string())?;
        Ok((store, gate))
    }

    fn first(&self, count: usize) -> Outcome<(PostgresStore, Crowd)> {
        self.runtime.block_on(async {
            let store = self.open(Arc::new(Lease::of(Arc::new(BootClock)))).await?;
            let world = world::fill(&store, count).await?;
            store.close().await;
            let (store, gate) = self.node().await?;
            Ok((store, crowd(gate, &world)?))
        })
    }

    fn another(&self) -> Outcome<PostgresStore> {
        self.runtime.block_on(self.node()).map(|(store, _)| store)
    }

    /// What `measure` finds while another node makes tokens, whenever it is told to.
    fn changing<T>(&self, measure: impl FnOnce(&AtomicBool) -> Outcome<T>) -> Outcome<T> {
        let (change, over) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let other = Arc::new(self.another()?);
        let making = self.runtime.spawn(make(other.clone(), change.clone(), over.clone()));
        let found = measure(&change);
        over.store(true, Ordering::Relaxed);
        let made = self.runtime.block_on(making).map_err(|why| why.to_string())?;
        self.runtime.block_on(other.close());
        made.and(found)
    }
}

/// Makes tokens, so many a second, whenever it is told to; each waits until every node knows of it.
async fn make(store: Arc<PostgresStore>, change: Arc<AtomicBool>, over: Arc<AtomicBool>) -> Outcome<()> {
    let catalog = world::service()?.catalog;
    let owner: User = world::owners(&catalog)?.swap_remove(0);
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / CHANGES_A_SECOND);
    while !over.load(Ordering::Relaxed) {
        ticks.tick().await;
        if change.load(Ordering::Relaxed) {
            let (token, _) = world::token(&catalog, &owner)?;
            let made = world::commit(&*store, vec![Change::TokenCreated(token)]).await;
            made.map_err(|why| format!("a token cannot be made: {why}"))?;
        }
    }
    Ok(())
}
