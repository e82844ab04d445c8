//! The rules of Symbolon, and nothing else: what a token looks like, what a catalog says, who may do what.
//!
//! No I/O, no clock, no randomness, no HTTP, no SQL. `now` and entropy are arguments, the record is behind
//! [`store::Store`], and what is live right now is behind [`decision::Directory`]. Start reading at
//! [`decision`]; everything else exists to serve it.

pub mod advice;
pub mod catalog;
pub mod code;
pub mod credential;
pub mod decision;
pub mod device;
pub mod digest;
pub mod explain;
pub mod id;
pub mod last_use;
pub mod lifetime;

pub mod manage;
pub mod metadata;
pub mod name;
pub mod random;
pub mod record;
pub mod scope;
pub mod session;
pub mod store;
pub mod target;
pub mod token;
pub mod usage;

pub use catalog::Catalog;
pub use code::{Code, Refusal};
pub use decision::{Decision, Denial, Grant, Judge, Principal, Request};
pub use jiff::Timestamp;
