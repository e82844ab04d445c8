//! Tokens that the application issued before it stood behind Symbolon.

pub(crate) mod farm;
mod first_use;
mod flood;
mod rows;
