//! What to say to a node that asks for a lease and is given none.

use symbolon_core::store::StoreError;

use super::ledger::{Database, known, millis, other_terms};
use super::own_keys::same_keys;
use crate::fleet::Renewal;
use crate::postgres::chain::TOO_OLD;
use crate::postgres::identity::same_server;

impl Database {
    /// Why a node was not renewed.
    pub(super) async fn not_renewed(&self) -> Result<Renewal, StoreError> {
        let mark = self.keys.mark();
        let (same, epoch, lease, margin, oldest, same_keys): (bool, i64, i64, i64, i32, bool) = self
            .node
            .ask(async |db| {
                sqlx::query_as(concat!(
                    "SELECT ",
                    same_server!(),
                    ", epoch, lease_ms, margin_ms, (SELECT oldest FROM symbolon_schema), ",
                    same_keys!("$1"),
                    " FROM fleet"
                ))
                .bind(&mark)
                .fetch_one(db)
                .await
            })
            .await?;
        if oldest > known() {
            return Err(StoreError::Unavailable(TOO_OLD.to_owned()));
        }
        if (lease, margin) != millis(self.terms) {
            return Err(other_terms());
        }
        if !same_keys {
            return Err(self.keys.others());
        }
        if same {
            return Ok(Renewal::Removed);
        }
        self.node.forget().await;
        Ok(Renewal::Elsewhere(epoch))
    }
}
