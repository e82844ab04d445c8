//! The rules of Symbolon, and nothing else: what a token looks like, what a catalog says, who may do what.
//!
//! No I/O, no clock, no randomness, no HTTP, no SQL. `now` and entropy are arguments, the record is behind
//! [`store::Store`], and what is live right now is behind [`decision::Directory`]. Start reading at
//! [`decision`]; everything else exists to serve it.

pub mod advice;
pub mod ask;
pub mod audit;
pub mod catalog;
pub mod code;
pub mod credential;
pub mod decision;
pub mod derived;
pub mod device;
pub mod digest;
pub mod durations;
pub mod explain;
pub mod foreign;
mod hex;
pub mod id;
pub mod imported;
pub mod leak;
pub mod lease;
pub mod lifetime;
pub mod manage;
pub mod metadata;
pub mod name;
pub mod network;
pub mod notice;
pub mod old_form;
pub mod random;
pub mod rate;
pub mod record;
pub mod restriction;
pub mod rotation;
pub mod scope;
pub mod seal;
pub mod session;
pub mod store;
pub mod target;
pub mod token;
pub mod usage;

pub use catalog::Catalog;
pub use code::{Code, Refusal};
pub use decision::{Decision, Denial, Grant, Judge, Principal, Request};
pub use jiff::Timestamp;
