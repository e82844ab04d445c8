//! A fleet of three over one database: operators that take tokens away and give others, callers that ask, and whoever breaks
//! things.

mod callers;
mod operators;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use symbolon_core::credential::Presented;
use symbolon_core::decision::{Keys, ServiceRules};
use symbolon_core::id::TokenId;
use symbolon_core::lease::{Lease, LeaseTerms};
use symbolon_core::record::User;
use symbolon_gate::{Gate, Service};
use tokio::sync::{Notify, oneshot};

use super::database::{Database, Faults, Line};
use super::world::{Clock, Tasks, World};
use crate::fleet::{Follower, Parts, Settling};
use crate::make;

const NODES: usize = 3;
/// For how long things are broken, and how long it may take until all is well again.
const BROKEN: Duration = Duration::from_secs(40);
const HEALS: Duration = Duration::from_secs(25);

/// The service of which `make` makes tokens.
const CATALOG: &str = r#"
service = "odin"
title = "Odin"
token_prefix = "odin"
roles = ["operator"]
mounts = [""]
[scopes]
"read:jobs" = "Read jobs"
"read:printers" = "Read printers"
[[routes]]
scopes = ["read:jobs", "read:printers"]
role = "operator"
paths = ["GET /read"]
"#;

/// What happened in one history, or in many.
#[derive(Debug, Default, Clone)]
pub(super) struct Told {
    admitted: u64,
    refused: u64,
    unavailable: u64,
    acknowledged: u64,
    repeated: u64,
    unknown: u64,
    /// Nodes that were removed, and loads of everything.
    removed: u64,
    loads: u64,
    adopted: u64,
}

impl Told {
    pub(super) fn add(&mut self, other: &Self) {
        self.admitted += other.admitted;
        self.refused += other.refused;
        self.unavailable += other.unavailable;
        self.acknowledged += other.acknowledged;
        self.repeated += other.repeated;
        self.unknown += other.unknown;
        self.removed += other.removed;
        self.loads += other.loads;
        self.adopted += other.adopted;
    }

    /// Whether in so many histories everything came about that matters.
    pub(super) fn is_rich(&self, histories: u64) -> bool {
        let often = |count: u64| count >= histories;
        often(self.admitted / 100)
            && often(self.refused / 10)
            && often(self.unavailable / 10)
            && often(self.acknowledged / 10)
            && often(self.repeated)
            && often(self.unknown)
            && often(self.loads / NODES as u64)
            && self.removed > 0
            && self.adopted > 0
    }
}

/// What is known from outside: to whom it was said that a token is gone.
#[derive(Default)]
struct Outside {
    /// Taken away for ever, and whoever did it has the reply.
    gone: BTreeSet<TokenId>,
    /// Switched off, and whoever did it has the reply; taken out before it is switched on.
    off: BTreeSet<TokenId>,
    /// The last of those, which callers try more than others.
    lately: VecDeque<TokenId>,
    /// Tokens by their secrets; each operator switches its own.
    secrets: BTreeMap<TokenId, (String, usize)>,
    wrong: Option<String>,
    told: Told,
    open: usize,
}

/// All that the tasks of one history share.
struct Shared {
    world: Arc<World>,
    database: Arc<Mutex<Database>>,
    faults: Arc<Mutex<Faults>>,
    outside: Mutex<Outside>,
    keys: Keys,
    owner: User,
    ends: u64,
}

/// What lives and dies with a process.
struct Node {
    number: usize,
    line: Arc<Line>,
    settling: Arc<Settling>,
    wake: Arc<Notify>,
}

pub(super) struct Fleet {
    shared: Arc<Shared>,
    tasks: Tasks,
    gates: Vec<Arc<Gate>>,
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

impl Fleet {
    pub(super) fn new(seed: u64) -> Self {
        let world = World::new(seed);
        let owner = make::user(1);
        let ends = world.now() + u64::try_from(BROKEN.as_nanos()).unwrap();
        let shared = Arc::new(Shared {
            database: Arc::new(Mutex::new(Database::new(owner.clone()))),
            faults: Arc::new(Mutex::new(Faults { rough: true, ..Faults::default() })),
            outside: Mutex::default(),
            keys: make::keys(),
            owner,
            ends,
            world,
        });
        let mut fleet = Self { shared: shared.clone(), tasks: Tasks::default(), gates: Vec::new() };
        for number in 0..NODES {
            let gate = fleet.begin(number);
            fleet.gates.push(gate);
        }
        fleet.tasks.spawn(None, async move { shared.breaks().await });
        fleet
    }

    /// Starts a process.
    fn begin(&mut self, number: usize) -> Arc<Gate> {
        let shared = self.shared.clone();
        let clock = Arc::new(Clock::new(&shared.world));
        let lease = Arc::new(Lease::of(clock.clone()));
        let gate = Arc::new(Gate::leased(shared.keys.clone(), lease.clone()));
        let catalog = Arc::new(symbolon_core::Catalog::compile("odin.toml", CATALOG).unwrap());
        gate.set_services(vec![Service { catalog, rules: ServiceRules::default() }]).unwrap();
        let line = Arc::new(Line {
            world: shared.world.clone(),
            database: shared.database.clone(),
            faults: shared.faults.clone(),
            node: number,
        });
        let terms = LeaseTerms::USUAL;
        let follower = Follower::new(Parts {
            ledger: line.clone(),
            sink: gate.clone(),
            lease,
            terms,
            clock: clock.clone(),
            waits: clock.clone(),
            entropy: shared.world.clone(),
        });
        let settling = Arc::new(Settling::new(line.clone(), terms, clock.clone(), clock));
        let wake = Arc::new(Notify::new());
        let woken = wake.clone();
        self.tasks.spawn(Some(number), async move {
            // Kept for as long as the process lives.
            let (_stop, stopped) = oneshot::channel();
            follower.run(woken, stopped).await;
        });
        self.tasks.spawn(Some(number), {
            let settling = settling.clone();
            async move { settling.run().await }
        });
        for operator in 0..2 {
            let node = Node {
                number: number * 2 + operator,
                line: line.clone(),
                settling: settling.clone(),
                wake: wake.clone(),
            };
            let shared = shared.clone();
            self.tasks.spawn(Some(number), async move { shared.operate(node).await });
        }
        gate
    }

    /// Runs the history to its end; what happened, or what was wrong.
    pub(super) fn run(&mut self) -> Result<Told, String> {
        let heals = self.shared.ends + u64::try_from(HEALS.as_nanos()).unwrap();
        loop {
            let faults = self.shared.faults.clone();
            let killed = std::mem::take(&mut faults.lock().unwrap().killed);
            for number in killed {
                self.tasks.kill(number);
                self.shared.world.tell(|| format!("node {number} dies and begins anew"));
                let gate = self.begin(number);
                self.gates[number] = gate;
            }
            if !self
                .tasks
                .step(&self.shared.world, heals, |node| faults.lock().unwrap().paused.contains(&node))
            {
                break;
            }
            if self.shared.world.once_in(3) {
                self.ask();
            }
            if let Some(wrong) = self.shared.outside.lock().unwrap().wrong.take() {
                return Err(wrong);
            }
        }
        self.healed()
    }

    /// When nothing has been broken for a while, every node answers, and by what is so.
    fn healed(&self) -> Result<Told, String> {
        let outside = self.shared.outside.lock().unwrap();
        let database = self.shared.database.lock().unwrap();
        if outside.open > 0 {
            return Err(format!("{} mutations were never answered", outside.open));
        }
        for (node, gate) in self.gates.iter().enumerate() {
            for (id, (secret, _)) in &outside.secrets {
                let Some(kept) = database.tokens.get(id) else { continue };
                let lives = kept.revoked_at.is_none() && !kept.disabled;
                let found = gate.recognize(Presented::Secret(secret.as_bytes()), now());
                match found {
                    Err(symbolon_gate::Unavailable) => return Err(format!("node {node} never came back")),
                    Ok(known) if known.is_ok() != lives => {
                        return Err(format!("node {node} does not know that {id} is {kept:?}"));
                    }
                    Ok(_) => {}
                }
            }
        }
        for id in &outside.gone {
            if database.tokens[id].revoked_at.is_none() {
                return Err(format!("that {id} was taken away is lost"));
            }
        }
        Ok(Told { removed: database.removed, loads: database.loads, ..outside.told.clone() })
    }

    pub(super) fn told(&self) -> String {
        self.shared.world.told()
    }
}

impl Shared {
    /// Breaks things and mends them, one after the other and some at once, and at last mends all.
    async fn breaks(&self) {
        let world = &self.world;
        while world.now() < self.ends {
            world.pause(world.between(Duration::from_millis(50), Duration::from_millis(1_500))).await;
            let node = usize::try_from(world.below(NODES as u64)).unwrap();
            let what = world.below(13);
            world.tell(|| format!("fault {what} at node {node}"));
            let mut faults = self.faults.lock().unwrap();
            match what {
                0 => drop(faults.cut_there.insert(node)),
                1 => drop(faults.cut_back.insert(node)),
                2 => drop(faults.paused.insert(node)),
                3 | 4 => faults.paused.clear(),
                5 | 6 => {
                    faults.cut_there.clear();
                    faults.cut_back.clear();
                    faults.slow.clear();
                }
                12 => drop(faults.slow.insert(node)),
                7 => drop(faults.killed.insert(node)),
                8 => faults.down = !faults.down && world.once_in(2),
                9 => self.database.lock().unwrap().prune(3),
                10 if world.once_in(4) => {
                    // A synchronous standby takes over: nothing is lost, and it is another server.
                    self.database.lock().unwrap().server += 1;
                    self.outside.lock().unwrap().told.adopted += 1;
                }
                _ => {
                    faults.down = false;
                    faults.rough = !faults.rough;
                }
            }
        }
        let mut faults = self.faults.lock().unwrap();
        *faults = Faults::default();
        world.tell(|| "all is mended".to_owned());
    }
}
