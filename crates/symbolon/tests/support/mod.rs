//! What the tests of the binary share: a directory of its own for each, commands run in it, a real server at free
//! ports, and plain HTTP.
//!
//! [`Place`] is the directory, [`Place::symbolon`] runs one command to its end, [`Server`] is a running server; with
//! [`Server::with_odin`] it has the application O.D.I.N. behind it.
#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, reason = "helpers of tests say by a panic what went wrong, as the tests do")]

mod backend;
mod clock;
mod http;
mod place;
mod server;

use std::path::{Path, PathBuf};

pub use backend::Backend;
pub use clock::steppable;
pub use http::{Answer, Http};
pub use place::{Done, Place};
pub use server::Server;

/// What `cargo xtask test` has installed under `target/tools`.
pub fn tool(path: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let tool = target.join("tools").join(path);
    assert!(tool.exists(), "{} is missing; `cargo xtask test` installs it", tool.display());
    tool
}

/// The packages of npm by which the TypeScript client is compiled, and which it guards.
pub const NODE_PACKAGES: &str = "typescript-client-75ce016a/node_modules";

/// Numbers from a seed, the same each time: Steele, Lea, Flood, "Fast splittable pseudorandom number generators"
/// (2014), figure 16.
pub struct SplitMix(pub u64);

impl SplitMix {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}
