//! A model of the protocol by which a fleet keeps its promise: when the reply to a revocation is sent, no node admits the
//! token. It is a model of the numbered rules of part 7 of `docs/design.md`, each transition naming the rule that it stands
//! for, and of nothing else; `docs/fleet-model.md` says what is in it and what is not.
//!
//! [`state`] is what there is at a moment, [`action`] the steps; the transitions stand by their rules in `registration`
//! (2), `renewal` (3), `applying` (4), `mutation` (5, 6, 7), `checking` (8), `time` (1, 9) and `failover` (10, 11).
//! [`fleet`] has what must hold, `reduce` what makes the states fewer, [`search`] looks at all of them, and
//! [`configurations`] says of which fleets.

pub mod action;
mod applying;
mod checking;
pub mod config;
pub mod configurations;
mod failover;
pub mod fleet;
mod mutant;
mod mutation;
mod packed;
mod reduce;
mod registration;
mod renewal;
pub mod scaling;
pub mod search;
mod show;
pub mod state;
mod time;

pub use mutant::{ALL, Mutant};
pub use time::Clocks;
