//! Checkpoints of the audit, and what they are verified with.

use axum::Json;
use axum::extract::State;
use symbolon_api::{AuditCheckpoint, AuditKeyInfo};
use symbolon_core::audit::Checkpoint;
use symbolon_core::store::StoreError;

use crate::answer::ApiError;
use crate::app::App;
use crate::management::caller::Caller;

impl App {
    /// The audit's last line, signed now.
    pub async fn audit_checkpoint(&self) -> Result<AuditCheckpoint, StoreError> {
        let head = self.store().audit_head().await?;
        let signed = self.shared().parts.audit_keys.current.sign(head, self.now());
        let Checkpoint { head, at, key, signature } = signed;
        Ok(AuditCheckpoint {
            seq: head.seq,
            hash: head.hash.to_string(),
            at: at.to_string(),
            key,
            signature: signature.to_string(),
        })
    }
}

/// Sign the audit's last line. Keep the answer where whoever can write to the record cannot write: the audit is verified
/// against it.
#[utoipa::path(
    get, path = "/v1/audit/checkpoint", tag = "audit",
    responses((status = 200, body = AuditCheckpoint)),
)]
pub(in crate::management) async fn checkpoint(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<AuditCheckpoint>, ApiError> {
    caller.administrator()?;
    Ok(Json(app.audit_checkpoint().await?))
}

/// Show with what checkpoints are verified.
#[utoipa::path(
    get, path = "/v1/audit/key", tag = "audit",
    responses((status = 200, body = AuditKeyInfo)),
)]
pub(in crate::management) async fn key(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<AuditKeyInfo>, ApiError> {
    caller.administrator()?;
    let keys = &app.shared().parts.audit_keys;
    let public = keys.current.public();
    Ok(Json(AuditKeyInfo {
        key: public.id(),
        public_key: public.to_string(),
        former: keys.former.iter().map(ToString::to_string).collect(),
    }))
}
