//! What nodes say of themselves and of each other, in SQL. Each statement stands for a rule of DESIGN part 7.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sqlx::{Connection, PgPool};
use symbolon_core::audit::Head;
use symbolon_core::decision::Keys;
use symbolon_core::id::NodeId;
use symbolon_core::lease::LeaseTerms;
use symbolon_core::name::WebhookName;
use symbolon_core::store::{Sink, StoreError};

use super::Membership;
use super::look::Look;
use super::own_keys::{OwnKeys, bind, same_keys};
use crate::fleet::{Feed, Ledger, Loaded, Observation, Renewal, put_back};
use crate::postgres::changes::{self, changes_after};
use crate::postgres::connect::Server;
use crate::postgres::fault::unavailable;
use crate::postgres::identity::{same_server, system_identifier, timeline};
use crate::postgres::line::Line;
use crate::postgres::load::load;
use crate::postgres::open::KNOWN;
use crate::postgres::patience::is_late;
use crate::seals::Seals;

/// About how many records of mutations are read at once.
const AT_ONCE: i64 = 1_000;
/// By how much the clock is set forward when another server takes over: nobody takes what it had not heard of for what it
/// knows.
const FAR: i64 = 1 << 32;

/// The database of a fleet.
pub(super) struct Database {
    /// By which the node renews itself, with nobody before it.
    pub(super) node: Line,
    /// By which it reads what was committed. Whatever else is read takes as long as it likes, and as many connections as there
    /// are for that.
    feed: Line,
    /// By which those look who wait for others, or want to know whether anybody answers.
    pub(super) look: Look,
    /// The node's keys, which are to be the fleet's.
    pub(super) keys: OwnKeys,
    readers: PgPool,
    seals: Arc<Seals>,
    pub(super) terms: LeaseTerms,
    name: String,
    version: String,
    started_at: i64,
    /// As which node this process is there, as far as it knows.
    own: Mutex<Option<NodeId>>,
    /// Which webhooks it tells, once that is known.
    webhooks: Mutex<Option<Vec<WebhookName>>>,
    /// Where the audit ended when this process last read what was changed.
    known: Mutex<Head>,
}

impl Database {
    pub(super) fn new(
        server: &Server,
        readers: PgPool,
        seals: Arc<Seals>,
        keys: &Keys,
        membership: &Membership,
    ) -> Self {
        Self {
            node: Line::new(server),
            feed: Line::new(server),
            look: Look::new(server),
            keys: OwnKeys::new(keys),
            readers,
            seals,
            terms: membership.terms,
            name: membership.name.clone(),
            version: membership.version.clone(),
            started_at: membership.started_at.as_millisecond(),
            own: Mutex::default(),
            webhooks: Mutex::default(),
            known: Mutex::new(Head::EMPTY),
        }
    }

    /// As which node this process is there.
    pub(super) fn own(&self) -> Option<NodeId> {
        *self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the node says, as whatever it is there, that it tells these.
    pub(super) fn tells(&self, webhooks: Vec<WebhookName>) {
        *self.webhooks.lock().unwrap_or_else(PoisonError::into_inner) = Some(webhooks);
    }

    fn known(&self) -> MutexGuard<'_, Head> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, own: Option<NodeId>) {
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = own;
    }
}

/// The lease and the margin in milliseconds, as they are kept.
pub(super) fn millis(terms: LeaseTerms) -> (i64, i64) {
    let millis = |time: std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    (millis(terms.lease), millis(terms.margin))
}

/// The schema that this program knows.
pub(super) fn known() -> i32 {
    i32::try_from(KNOWN).unwrap_or(i32::MAX)
}

pub(super) fn other_terms() -> StoreError {
    let reason =
        "the lease of the fleet was changed: start this node anew with the lease that the others have";
    StoreError::Unavailable(reason.to_owned())
}

pub(super) fn number(kept: i64) -> u64 {
    u64::try_from(kept).unwrap_or(0)
}

pub(super) fn kept(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[async_trait]
impl Ledger for Database {
    async fn register(&self, id: NodeId, applied: u64) -> Result<(), StoreError> {
        let webhooks = self.webhooks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let webhooks: Option<Vec<_>> =
            webhooks.map(|names| names.iter().map(|name| name.as_str().to_owned()).collect());
        let ((lease, margin), mark) = (millis(self.terms), self.keys.mark());
        let insert = async |db: &mut sqlx::PgConnection| {
            bind(&mut *db, &mark).await?;
            // Whoever changes the terms looks who is there when nobody comes any more, and has them changed before anybody does.
            sqlx::query(
                "WITH fits AS (SELECT 1 FROM fleet WHERE lease_ms = $8 AND margin_ms = $9 FOR SHARE)
                 INSERT INTO nodes (id, name, version, schema, started_at, applied_seq, renewals, webhooks)
                 SELECT $1, $2, $3, $4, $5, $6, 0, $7 FROM fits",
            )
            .bind(id.to_string())
            .bind(&self.name)
            .bind(&self.version)
            .bind(known())
            .bind(self.started_at)
            .bind(kept(applied))
            .bind(webhooks)
            .bind(lease)
            .bind(margin)
            .execute(db)
            .await
        };
        if self.node.ask(insert).await?.rows_affected() == 0 {
            return Err(other_terms());
        }
        tracing::info!(node = %id, name = self.name, "this process is a node of the fleet");
        self.is(Some(id));
        Ok(())
    }

    async fn renew(&self, id: NodeId, applied: u64) -> Result<Renewal, StoreError> {
        let ((lease, margin), mark) = (millis(self.terms), self.keys.mark());
        let renewed: Option<i64> = self
            .node
            .ask(async |db| {
                // One statement, and so one moment: what it returns was committed before it began (rule 3).
                sqlx::query_scalar(concat!(
                    "UPDATE nodes SET renewals = renewals + 1, renewed_at = clock_timestamp(), applied_seq = GREATEST(applied_seq, $2)
                     WHERE id = $1 AND (SELECT oldest FROM symbolon_schema) <= $5
                         AND EXISTS (SELECT 1 FROM fleet WHERE lease_ms = $3 AND margin_ms = $4 AND ",
                    same_keys!("$6"),
                    " AND ",
                    same_server!(),
                    ") RETURNING (SELECT seq FROM fleet_clock)"
                ))
                .bind(id.to_string())
                .bind(kept(applied))
                .bind(lease)
                .bind(margin)
                .bind(known())
                .bind(&mark)
                .fetch_optional(db)
                .await
            })
            .await?;
        match renewed {
            Some(seq) => Ok(Renewal::At(number(seq))),
            None => self.not_renewed().await,
        }
    }

    async fn changes(&self, after: u64) -> Result<Feed, StoreError> {
        let mut known = *self.known();
        let feed = changes_after(&self.feed, &self.seals, after, AT_ONCE, &mut known).await;
        *self.known() = known;
        Ok(match feed {
            Err(error) if is_late(&error) => Feed::Late,
            Err(error) => return Err(unavailable(&error)),
            Ok(changes::Feed::Next(committed)) => {
                let last = committed.last().map_or(after, |last| last.seq);
                Feed::Changes(last, committed.into_iter().flat_map(|one| one.changes).collect())
            }
            Ok(changes::Feed::Gap) => Feed::Gap,
            Ok(changes::Feed::Elsewhere(epoch)) => {
                self.feed.forget().await;
                Feed::Elsewhere(epoch)
            }
        })
    }

    async fn load(&self, sink: &Arc<dyn Sink>) -> Result<Loaded, StoreError> {
        let (loaded, end) = load(&self.feed, &self.readers, sink, &self.seals).await?;
        match loaded {
            Loaded::At(_) => *self.known() = end,
            Loaded::Elsewhere(_) => self.feed.forget().await,
        }
        Ok(loaded)
    }

    async fn observe(&self) -> Result<Observation, StoreError> {
        self.look.observe(self.terms).await
    }

    async fn remove(&self, silent: &[(NodeId, u64)]) -> Result<Vec<(NodeId, String)>, StoreError> {
        self.look.remove(silent).await
    }

    async fn leave(&self, id: NodeId) -> Result<(), StoreError> {
        self.is(None);
        self.node
            .ask(async |db| {
                sqlx::query("DELETE FROM nodes WHERE id = $1").bind(id.to_string()).execute(db).await
            })
            .await
            .map(drop)
    }

    async fn adopt(&self, epoch: i64, newest: u64) -> Result<(), StoreError> {
        let adopted = async |db: &mut sqlx::PgConnection| {
            let mut transaction = db.begin().await?;
            let seq: i64 =
                sqlx::query_scalar("SELECT seq FROM fleet_clock").fetch_one(&mut *transaction).await?;
            if number(seq) < newest {
                transaction.rollback().await?;
                return Ok(Err(put_back(number(seq), newest)));
            }
            let taken = sqlx::query(concat!(
                "UPDATE fleet SET epoch = epoch + 1, system_identifier = ",
                system_identifier!(),
                ", timeline = ",
                timeline!(),
                " WHERE epoch = $1 AND NOT ",
                same_server!()
            ))
            .bind(epoch)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            // Another node was quicker where there is none.
            if taken > 0 {
                sqlx::query("UPDATE fleet_clock SET seq = seq + $1")
                    .bind(FAR)
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query("DELETE FROM nodes").execute(&mut *transaction).await?;
            }
            transaction.commit().await.map(|()| Ok(taken > 0))
        };
        if self.node.ask(adopted).await?? {
            tracing::warn!(epoch = epoch + 1, "the fleet goes on with another server");
        }
        Ok(())
    }
}
