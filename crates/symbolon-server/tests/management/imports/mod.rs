//! Tokens that the application issued before it stood behind Symbolon.

mod farm;
mod first_use;
mod flood;
mod rows;
