//! PostgreSQL servers for tests, the soak and the bench: started here, in a fresh directory, and gone with it.
//!
//! No other server is ever reached. A [`Server`] listens on a socket in its own directory, whose mode is 0700, and on
//! request on a loopback port too. It is stopped and removed when it is dropped, and also when the process that started
//! it is killed. [`shared`] is for the many tests that want nothing but an empty database.

mod account;
mod backup;
mod copy;
mod place;
mod process;
mod server;
mod shared;
mod socket;
mod standby;
mod template;
mod version;
mod workshop;

pub use backup::{Backup, Target};
pub use server::{Options, Server, Stop};
pub use shared::{Database, Served, Shared, VARIABLE, shared, shared_in};
pub use version::Version;
pub use workshop::Workshop;
