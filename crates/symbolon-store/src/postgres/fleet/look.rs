//! Looks at the fleet: how far it is, and who is there. None waits behind what else is read.

use std::collections::HashMap;

use sqlx::PgConnection;
use symbolon_core::id::NodeId;
use symbolon_core::lease::LeaseTerms;
use symbolon_core::store::StoreError;

use super::ledger::{kept, millis, number, other_terms};
use crate::fleet::{Observation, Present};
use crate::postgres::connect::Server;
use crate::postgres::identity::with_here;
use crate::postgres::line::Line;

/// The line by which those look who wait for others, or want to know whether anybody answers.
pub(super) struct Look(Line);

/// What is seen, beside each node: whether it is the fleet's server, the epoch, the clock, whether the terms are the same;
/// and the node's id, renewals and what it has applied, if there is one.
type Row = (bool, i64, i64, bool, Option<String>, Option<i64>, Option<i64>);

impl Look {
    pub(super) fn new(server: &Server) -> Self {
        Self(Line::new(server))
    }

    /// How far the clock is, and of which fleet it is.
    pub(super) async fn now(&self) -> Result<(u64, i64), StoreError> {
        let asked = async |db: &mut PgConnection| {
            sqlx::query_as(concat!(
                with_here!(),
                " SELECT same_server, seq, epoch FROM here CROSS JOIN fleet_clock"
            ))
            .fetch_one(db)
            .await
        };
        let (same, seq, epoch): (bool, i64, i64) = self.0.look(asked).await?;
        self.same(same).await?;
        Ok((number(seq), epoch))
    }

    /// Whether the primary answers. A standby would, too, and would not know of what has just been revoked.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        let asked = async |db: &mut PgConnection| {
            sqlx::query_scalar("SELECT pg_is_in_recovery() FROM fleet_clock").fetch_one(db).await
        };
        if self.0.look(asked).await? {
            let reason = "the PostgreSQL server is a standby: the connection has to lead to the primary";
            return Err(StoreError::Unavailable(reason.to_owned()));
        }
        Ok(())
    }

    /// Who is there.
    pub(super) async fn observe(&self, terms: LeaseTerms) -> Result<Observation, StoreError> {
        let (lease, margin) = millis(terms);
        let asked = async |db: &mut PgConnection| {
            sqlx::query_as(concat!(
                with_here!(),
                " SELECT same_server, epoch, seq, lease_ms = $1 AND margin_ms = $2, nodes.id, renewals, applied_seq
                 FROM here CROSS JOIN fleet_clock LEFT JOIN nodes ON true"
            ))
            .bind(lease)
            .bind(margin)
            .fetch_all(db)
            .await
        };
        let rows: Vec<Row> = self.0.look(asked).await?;
        let Some(&(same_server, epoch, seq, same_terms, ..)) = rows.first() else {
            return Err(StoreError::Unavailable("the database has no fleet".to_owned()));
        };
        self.same(same_server).await?;
        // A wait that was measured by another lease says nothing of this one.
        if !same_terms {
            return Err(other_terms());
        }
        let mut nodes = Vec::with_capacity(rows.len());
        for (.., id, renewals, applied) in &rows {
            let (Some(id), Some(renewals), Some(applied)) = (id, renewals, applied) else { continue };
            // Whoever that is: what is not understood is waited for, and not left out.
            let id = id.parse().map_err(|_| {
                StoreError::Unavailable(format!("{id:.64?} is no node: take the row out of the table nodes"))
            })?;
            nodes.push(Present { id, renewals: number(*renewals), applied: number(*applied) });
        }
        Ok(Observation { epoch, seq: number(seq), nodes })
    }

    /// Removes those of these nodes that were renewed just so often; what they were called, too.
    pub(super) async fn remove(&self, silent: &[(NodeId, u64)]) -> Result<Vec<(NodeId, String)>, StoreError> {
        let (ids, renewals): (Vec<_>, Vec<_>) =
            silent.iter().map(|(id, renewals)| (id.to_string(), kept(*renewals))).unzip();
        let removed = async |db: &mut PgConnection| {
            // One after the other by their ids, so that nodes that remove the same ones do not wait for each other both ways;
            // and a row that somebody has changed meanwhile is looked at again as it is then.
            sqlx::query_as(
                "WITH silent AS (
                     SELECT nodes.id FROM nodes JOIN unnest($1::text[], $2::bigint[]) AS seen (id, renewals)
                         ON nodes.id = seen.id AND nodes.renewals = seen.renewals
                     ORDER BY nodes.id FOR UPDATE OF nodes)
                 DELETE FROM nodes USING silent WHERE nodes.id = silent.id RETURNING nodes.id, nodes.name",
            )
            .bind(&ids)
            .bind(&renewals)
            .fetch_all(db)
            .await
        };
        let rows: Vec<(String, String)> = self.0.ask(removed).await?;
        let mut removed: HashMap<_, _> = rows.into_iter().collect();
        let gone = silent.iter().filter_map(|(id, _)| Some((*id, removed.remove(&id.to_string())?)));
        Ok(gone.collect())
    }

    /// Refuses what another server says than the fleet's, and where the line led to it.
    async fn same(&self, same: bool) -> Result<(), StoreError> {
        if same {
            return Ok(());
        }
        self.0.forget().await;
        let reason =
            "the database is not on the server that the fleet is on: it was promoted, or a name leads to two";
        Err(StoreError::Unavailable(reason.to_owned()))
    }
}
