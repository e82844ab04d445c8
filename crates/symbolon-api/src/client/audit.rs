//! Calls about the audit.

use super::calls::PageOf;
use super::target::Target;
use super::{Client, ClientError, Lines};
use crate::{AuditCheckpoint, AuditEntry, AuditKeyInfo, List};

/// Which lines of the audit.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Of this service.
    pub service: Option<String>,
    /// With this action (`token.create`), or of this noun (`token`).
    pub action: Option<String>,
    /// About this id.
    pub subject: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
}

impl Client {
    /// Lines of the audit about a token, by its id or `token_prefix`, newest first.
    pub async fn token_audit(
        &self,
        service: &str,
        id: &str,
        page: &PageOf,
    ) -> Result<List<AuditEntry>, ClientError> {
        self.get(page.of(Target::new(&["v1", "services", service, "tokens", id, "audit"]))).await
    }

    /// The audit as it was written, oldest first, from behind the line `after`; line by line, however many there are.
    /// With `follow` it does not end: lines come as they are written, until the connection or the caller's right ends.
    pub async fn audit_export(&self, after: u64, follow: bool) -> Result<Lines, ClientError> {
        let target = Target::new(&["v1", "audit", "export"])
            .query("after", Some(after))
            .query("follow", follow.then_some("true"));
        self.lines(target).await
    }

    /// A checkpoint of the audit's last line, signed now.
    pub async fn audit_checkpoint(&self) -> Result<AuditCheckpoint, ClientError> {
        self.get(Target::new(&["v1", "audit", "checkpoint"])).await
    }

    /// With what checkpoints are verified.
    pub async fn audit_key(&self) -> Result<AuditKeyInfo, ClientError> {
        self.get(Target::new(&["v1", "audit", "key"])).await
    }

    /// Lines of the audit, newest first.
    pub async fn audit(&self, filter: &AuditFilter, page: &PageOf) -> Result<List<AuditEntry>, ClientError> {
        let target = Target::new(&["v1", "audit"])
            .query("service", filter.service.as_ref())
            .query("action", filter.action.as_ref())
            .query("subject", filter.subject.as_ref())
            .query("actor", filter.actor.as_ref());
        self.get(page.of(target)).await
    }
}
