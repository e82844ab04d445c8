//! What is needed to hear of leaks from elsewhere: GitHub's alerts, which come signed.

mod places;
mod public_keys;
mod signature;

use places::Places;
pub(crate) use public_keys::Unknowable;
pub use public_keys::{PublicKeys, PublicKeysFault};
pub(crate) use signature::PublicKey;

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
    pub(crate) places: Places,
}

impl GitHubAlerts {
    /// Alerts that are signed with one of these keys.
    pub fn new(on_leak: OnLeak, keys: PublicKeys) -> Self {
        Self { on_leak, keys, places: Places::default() }
    }
}
