//! What the tests of the doors share: a world with a record and a gate, a backend that says what reached it, and
//! HTTP/1.1 byte by byte.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(
    clippy::unwrap_used,
    reason = "test code may panic to say what went wrong; clippy sees tests by attribute only"
)]

pub(crate) mod backend;
pub(crate) mod frames;
pub(crate) mod front;
pub(crate) mod wire;
pub(crate) mod world;
