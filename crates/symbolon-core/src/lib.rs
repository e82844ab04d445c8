//! The rules of Symbolon, and nothing else: what a token looks like, what a catalog says, who may do what.
//!
//! No I/O, no clock, no randomness, no HTTP, no SQL. `now` and entropy are arguments, the record is behind

pub mod digest;
pub mod id;
pub mod lifetime;
pub mod name;
pub mod random;
pub mod record;
pub mod session;
pub mod store;
pub mod token;

pub use jiff::Timestamp;
