//! A database in memory that keeps every promise of PostgreSQL's, behind a line that keeps none.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use symbolon_core::id::{NodeId, TokenId};
use symbolon_core::record::{Token, User};
use symbolon_core::store::{Change, Sink, StoreError};

use super::world::World;
use crate::fleet::{Feed, Ledger, Loaded, Observation, Present, Renewal};

/// What is kept. Every access is at one moment, and all of it is durable.
pub(super) struct Database {
    pub(super) seq: u64,
    pub(super) epoch: i64,
    /// Which server it is, and which one the fleet was last on.
    pub(super) server: u32,
    fleets: u32,
    pub(super) nodes: BTreeMap<NodeId, (u64, u64)>,
    changes: VecDeque<(u64, TokenId)>,
    pub(super) tokens: BTreeMap<TokenId, Token>,
    owner: User,
    /// How often a node was removed, and how often everything was loaded.
    pub(super) removed: u64,
    pub(super) loads: u64,
}

impl Database {
    pub(super) fn new(owner: User) -> Self {
        Self {
            seq: 0,
            epoch: 0,
            server: 0,
            fleets: 0,
            nodes: BTreeMap::new(),
            changes: VecDeque::new(),
            tokens: BTreeMap::new(),
            owner,
            removed: 0,
            loads: 0,
        }
    }

    /// Writes a token as one mutation; its number, and that of the database.
    pub(super) fn write(&mut self, token: Token) -> Result<(u64, i64), StoreError> {
        self.ours()?;
        self.seq += 1;
        self.changes.push_back((self.seq, token.id));
        self.tokens.insert(token.id, token);
        Ok((self.seq, self.epoch))
    }

    pub(super) fn ours(&self) -> Result<(), StoreError> {
        if self.server == self.fleets { Ok(()) } else { Err(StoreError::Unavailable("another".to_owned())) }
    }

    /// Forgets all changes but the newest `kept`.
    pub(super) fn prune(&mut self, kept: usize) {
        while self.changes.len() > kept {
            self.changes.pop_front();
        }
    }
}

/// What stands between a node and the database.
#[derive(Default)]
pub(super) struct Faults {
    /// Nodes whose calls do not arrive.
    pub(super) cut_there: BTreeSet<usize>,
    /// Nodes that hear no answers.
    pub(super) cut_back: BTreeSet<usize>,
    /// Nodes whose calls take so long that what they hear may be older than a lease.
    pub(super) slow: BTreeSet<usize>,
    /// Nodes that are stopped.
    pub(super) paused: BTreeSet<usize>,
    /// Nodes that are to be killed and begun anew.
    pub(super) killed: BTreeSet<usize>,
    pub(super) down: bool,
    /// Whether lines are slow now and then, and answers lost.
    pub(super) rough: bool,
}

/// A node's line to the database.
pub(super) struct Line {
    pub(super) world: Arc<World>,
    pub(super) database: Arc<Mutex<Database>>,
    pub(super) faults: Arc<Mutex<Faults>>,
    pub(super) node: usize,
}

const PATIENCE: Duration = Duration::from_secs(1);

impl Line {
    fn lost<T>() -> Result<T, StoreError> {
        Err(StoreError::Unavailable("the line is cut".to_owned()))
    }

    async fn way(&self) {
        let (rough, slow) = {
            let faults = self.faults.lock().unwrap();
            (faults.rough, faults.slow.contains(&self.node))
        };
        let most = match () {
            () if slow && self.world.once_in(3) => Duration::from_secs(4),
            () if rough && self.world.once_in(50) => Duration::from_secs(3),
            () if rough && self.world.once_in(8) => Duration::from_millis(60),
            () => Duration::from_millis(2),
        };
        let wait = self.world.between(Duration::from_micros(50), most);
        self.world.pause(wait).await;
    }

    /// One statement: it takes a while to arrive, happens at one moment, and its answer takes a while.
    pub(super) async fn call<T>(&self, statement: impl FnOnce(&mut Database) -> T) -> Result<T, StoreError> {
        self.way().await;
        let arrives = {
            let faults = self.faults.lock().unwrap();
            !faults.down && !faults.cut_there.contains(&self.node)
        };
        if !arrives {
            self.world.pause(PATIENCE).await;
            return Self::lost();
        }
        let answer = statement(&mut self.database.lock().unwrap());
        self.way().await;
        let returns = {
            let faults = self.faults.lock().unwrap();
            let lost = faults.down || faults.cut_back.contains(&self.node);
            !(lost || faults.rough && self.world.once_in(100))
        };
        if returns {
            return Ok(answer);
        }
        self.world.pause(PATIENCE).await;
        Self::lost()
    }
}

#[async_trait]
impl Ledger for Line {
    async fn register(&self, id: NodeId, applied: u64) -> Result<(), StoreError> {
        self.call(|db| db.nodes.insert(id, (0, applied)))
            .await
            .map(|before| assert_eq!(before, None, "a new id"))
    }

    async fn renew(&self, id: NodeId, applied: u64) -> Result<Renewal, StoreError> {
        self.call(|db| {
            if db.server != db.fleets {
                return Renewal::Elsewhere(db.epoch);
            }
            let Some((renewals, known)) = db.nodes.get_mut(&id) else { return Renewal::Removed };
            *renewals += 1;
            *known = applied.max(*known);
            Renewal::At(db.seq)
        })
        .await
    }

    async fn changes(&self, after: u64) -> Result<Feed, StoreError> {
        let asked = self
            .call(|db| {
                db.ours().map_err(|_| db.epoch)?;
                Ok(db.changes.iter().filter(|(seq, _)| *seq > after).take(7).copied().collect::<Vec<_>>())
            })
            .await?;
        let numbers = match asked {
            Ok(numbers) => numbers,
            Err(epoch) => return Ok(Feed::Elsewhere(epoch)),
        };
        let expected = (after + 1..).take(numbers.len());
        if !numbers.iter().map(|(seq, _)| *seq).eq(expected) {
            return Ok(Feed::Gap);
        }
        let Some((last, _)) = numbers.last().copied() else { return Ok(Feed::Changes(after, Vec::new())) };
        let rows = self
            .call(|db| numbers.iter().map(|(_, id)| Change::TokenChanged(db.tokens[id].clone())).collect())
            .await?;
        Ok(Feed::Changes(last, rows))
    }

    async fn load(&self, sink: &Arc<dyn Sink>) -> Result<Loaded, StoreError> {
        let asked = self
            .call(|db| {
                db.ours().map_err(|_| db.epoch)?;
                db.loads += 1;
                let live: Vec<_> =
                    db.tokens.values().filter(|token| token.revoked_at.is_none()).cloned().collect();
                Ok((db.owner.clone(), live, db.seq))
            })
            .await?;
        let (owner, rows, seq) = match asked {
            Ok(asked) => asked,
            Err(epoch) => return Ok(Loaded::Elsewhere(epoch)),
        };
        sink.apply(&Change::UserCreated(owner));
        for rows in rows.chunks(5) {
            self.way().await;
            let rows: Vec<_> = rows.iter().cloned().map(Change::TokenCreated).collect();
            sink.apply_all(&rows);
        }
        Ok(Loaded::At(seq))
    }

    async fn observe(&self) -> Result<Observation, StoreError> {
        self.call(|db| {
            let present = |(id, (renewals, applied)): (&NodeId, &(u64, u64))| Present {
                id: *id,
                renewals: *renewals,
                applied: *applied,
            };
            let nodes = db.nodes.iter().map(present).collect();
            db.ours().map(|()| Observation { epoch: db.epoch, seq: db.seq, nodes })
        })
        .await?
    }

    async fn remove(&self, silent: &[(NodeId, u64)]) -> Result<Vec<(NodeId, String)>, StoreError> {
        self.call(|db| {
            let mut removed = Vec::new();
            for (id, renewals) in silent {
                if db.nodes.get(id).is_some_and(|(now, _)| now == renewals) {
                    db.nodes.remove(id);
                    removed.push((*id, id.to_string()));
                }
            }
            db.removed += removed.len() as u64;
            removed
        })
        .await
    }

    async fn leave(&self, id: NodeId) -> Result<(), StoreError> {
        self.call(|db| db.nodes.remove(&id)).await.map(drop)
    }

    async fn adopt(&self, epoch: i64, newest: u64) -> Result<(), StoreError> {
        self.call(|db| {
            assert!(db.seq >= newest, "nothing is lost");
            if db.epoch == epoch && db.server != db.fleets {
                db.seq += 1 << 32;
                db.nodes.clear();
                (db.fleets, db.epoch) = (db.server, epoch + 1);
            }
        })
        .await
    }
}
