//! The calls about the server's own keys.

use http::Method;

use super::target::Target;
use super::{Client, ClientError};
use crate::{RotateSessionKey, ServerKeys};

impl Client {
    /// The server's keys, and what rests on each.
    pub async fn server_keys(&self) -> Result<ServerKeys, ClientError> {
        self.get("/v1/server-keys").await
    }

    /// Makes a new pepper.
    pub async fn rotate_pepper(&self) -> Result<ServerKeys, ClientError> {
        self.send(Method::POST, "/v1/server-keys/peppers", &serde_json::json!({})).await
    }

    /// Makes a new key for sessions.
    pub async fn rotate_session_key(&self, how: &RotateSessionKey) -> Result<ServerKeys, ClientError> {
        self.send(Method::POST, "/v1/server-keys/sessions", how).await
    }

    /// Drops a former pepper, and revokes what still rests on it if `revoke` says so.
    pub async fn retire_pepper(&self, id: u32, revoke: bool) -> Result<(), ClientError> {
        let target = Target::new(&["v1", "server-keys", "peppers", &id.to_string()]);
        self.tell(Method::DELETE, target.query("revoke", revoke.then_some(true))).await
    }
}
