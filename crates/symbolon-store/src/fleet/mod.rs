//! A fleet: many nodes over one database, each of which answers from memory, and none of which admits a token when the reply
//! to its revocation is sent (DESIGN part 7).
//!
//! A [`Follower`] keeps what its node knows true and its lease running; [`Settling`] has whoever changed something wait
//! until every node knows of it or has no lease. What both ask of the database is a [`Ledger`], so that they can be run
//! against one that fails on purpose: `simulation` does.

mod follower;
mod ledger;
mod settling;
#[cfg(test)]
mod simulation;

use std::future::Future;
use std::pin::Pin;

use symbolon_core::lease::Moment;

pub(crate) use follower::{Follower, Parts};
pub(crate) use ledger::{Feed, Ledger, Loaded, Observation, Present, Renewal, put_back};
pub(crate) use settling::{Settling, unknown};

/// Time as it passes for a node. Waiting is for pace alone: no promise rests on how long a wait took, but on what the
/// steady clock says then.
pub(crate) trait Waits: Send + Sync {
    /// Returns at this moment or later.
    fn until(&self, moment: Moment) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}
