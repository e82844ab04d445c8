//! Which tokens, calls about many of them at once, and advice about them.

use http::Method;

use super::calls::PageOf;
use super::target::Target;
use super::{Client, ClientError};
use crate::{BulkAnswer, BulkFilter, BulkTokens, CreateTokens, CreatedTokens, List, TokenAdvice};

/// Which tokens of a service.
#[derive(Debug, Clone, Default)]
pub struct TokenFilter {
    /// `active`, `disabled`, `expired` or `revoked`; left out: all but revoked.
    pub state: Option<String>,
    /// Whose name, description or `token_prefix` contains this.
    pub query: Option<String>,
    /// Of the user of this name.
    pub owner: Option<String>,
    /// To which this scope was granted.
    pub scope: Option<String>,
    /// Whose `token_prefix` begins with this.
    pub prefix: Option<String>,
    /// That were neither used nor made at this moment (RFC 3339) or after it.
    pub unused_since: Option<String>,
    /// That were made before this moment (RFC 3339).
    pub created_before: Option<String>,
    /// That were derived from the token of this id.
    pub parent: Option<String>,
    /// `created`, `name`, `last_used` or `expires`, with `-` before it from the last to the first; left out:
    /// `-created`.
    pub sort: Option<String>,
    /// With the requests of each of so many days, 1 to 90.
    pub requests: Option<u8>,
}

impl From<BulkFilter> for TokenFilter {
    fn from(filter: BulkFilter) -> Self {
        let BulkFilter { owner, scope, query, prefix, unused_since, created_before, parent, state } = filter;
        Self { state, query, owner, scope, prefix, unused_since, created_before, parent, ..Self::default() }
    }
}

impl Client {
    /// Issues tokens together: all or none. The secrets are in this answer and never again. However often it is sent
    /// under one `idempotency_key` (1 to 255 visible characters), they are made once; without a key if that is empty.
    pub async fn create_tokens_once(
        &self,
        service: &str,
        new: &CreateTokens,
        idempotency_key: &str,
    ) -> Result<CreatedTokens, ClientError> {
        let target = Target::new(&["v1", "services", service, "tokens", "batch"]);
        self.send_once(target, new, idempotency_key).await
    }

    /// Says what would be done to many tokens; with the plan of such an answer, does it. When this returns, what was
    /// taken away is gone.
    pub async fn bulk_tokens(&self, service: &str, bulk: &BulkTokens) -> Result<BulkAnswer, ClientError> {
        self.send(Method::POST, Target::new(&["v1", "services", service, "tokens", "bulk"]), bulk).await
    }

    /// What is advised about the tokens of a service, by their use on so many days that end today, 1 to 90; 90 if left
    /// out. A page, of at most 200 tokens, holds those of them about which there is something to say, and may be empty
    /// before the end.
    pub async fn advice(
        &self,
        service: &str,
        days: Option<u8>,
        page: &PageOf,
    ) -> Result<List<TokenAdvice>, ClientError> {
        let target = Target::new(&["v1", "services", service, "advice"]).query("days", days);
        self.get(page.of(target)).await
    }

    /// What is advised about one token, by its id or `token_prefix`.
    pub async fn token_advice(
        &self,
        service: &str,
        id: &str,
        days: Option<u8>,
    ) -> Result<TokenAdvice, ClientError> {
        let target = Target::new(&["v1", "services", service, "tokens", id, "advice"]);
        self.get(target.query("days", days)).await
    }
}
