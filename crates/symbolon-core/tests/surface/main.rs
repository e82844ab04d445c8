//! The two shipped catalogs, operation by operation, against what their documents promise.
#![expect(clippy::unwrap_used, reason = "a test may panic to say what went wrong")]

mod odin;
mod odysseus;
mod stage;
mod table;
