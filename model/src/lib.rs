//! x
pub mod action;
mod applying;
mod checking;
pub mod config;
mod failover;
pub mod fleet;
mod mutant;
mod mutation;
mod packed;
mod reduce;
mod registration;
mod renewal;
pub mod search;
mod show;
pub mod state;
mod time;

pub use mutant::Mutant;
