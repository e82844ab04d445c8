use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The server's own keys, and what rests on them. Never a key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServerKeys {
    /// Under these secrets are digested and rows are sealed; the current one first.
    pub peppers: Vec<PepperInfo>,
    /// These sign sessions; the current one first.
    pub session_keys: Vec<SessionKeyInfo>,
}

/// A pepper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PepperInfo {
    /// Its number.
    pub id: u32,
    /// When it was made; `null` where that was not written down.
    pub made_at: Option<String>,
    /// Whether what is new is made under it.
    pub current: bool,
    /// Tokens whose secret is known under it. Each is moved to the current pepper when it is next used.
    pub tokens: u64,
    /// System and verifier keys likewise.
    pub keys: u64,
    /// Rows that are sealed under it. They are sealed anew by themselves.
    pub seals: u64,
}

/// A key that signs sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionKeyInfo {
    /// Its number.
    pub id: u32,
    /// When it was made; `null` where that was not written down.
    pub made_at: Option<String>,
    /// Whether new sessions are signed with it.
    pub current: bool,
    /// The first moment at which it opens no session any more; `null` for the current one.
    pub ends_at: Option<String>,
}

/// A new key for sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateSessionKey {
    /// Whether the one before opens nothing from now on, so that everybody signs in again; otherwise it opens the sessions
    /// that it has signed until they end, for 24 hours.
    #[serde(default)]
    pub end_sessions: bool,
}

/// A row of the record that is not what was written. It counts as not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BrokenSeal {
    /// `token`, `user`, `key`, `session` or `enforcement`.
    pub kind: String,
    /// Its id, or the service whose enforcement it is; as found.
    pub id: String,
}
