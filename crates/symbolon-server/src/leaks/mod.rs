//! What is needed to hear of leaks from elsewhere: GitHub's alerts, which come signed.

mod public_keys;
mod signature;

use tokio::sync::Semaphore;

pub(crate) use public_keys::Unknowable;
pub use public_keys::{PublicKeys, PublicKeysFault};
pub(crate) use signature::PublicKey;

/// How many alerts are read and compared with their signatures at once: whoever sends one is nobody yet, and each may be as
/// long as a body may be.
const AT_ONCE: usize = 32;

/// What is done with a secret that has leaked, once that is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnLeak {
    /// It is taken back.
    #[default]
    Revoke,
    /// A token is switched off, and may be switched on again. A key cannot be, and goes on.
    Disable,
    /// It goes on.
    Report,
}

/// How GitHub's alerts are taken ("Secret scanning partner program", docs.github.com).
#[derive(Debug)]
pub struct GitHubAlerts {
    pub(crate) on_leak: OnLeak,
    pub(crate) keys: PublicKeys,
    pub(crate) places: Semaphore,
}

impl GitHubAlerts {
    /// Alerts that are signed with one of these keys.
    pub fn new(on_leak: OnLeak, keys: PublicKeys) -> Self {
        Self { on_leak, keys, places: Semaphore::new(AT_ONCE) }
    }
}
