//! Decisions about somebody who is named and has presented nothing.

use symbolon_core::Timestamp;
use symbolon_core::decision::{Caller, Directory as _, Reason, Request};
use symbolon_core::explain::Explanation;
use symbolon_core::id::{KeyId, TokenId};
use symbolon_core::name::ServiceName;
use symbolon_core::record::Session;

use crate::{Gate, judge};

/// Whose request is to be explained.
#[derive(Debug, Clone)]
pub enum Subject {
    /// Nobody's.
    Anonymous,
    /// A system key's.
    System(KeyId),
    /// A user's who is signed in.
    User(Session),
    /// A token's.
    Token(TokenId),
}

impl Gate {
    /// Explains what would become of a request by somebody who has presented nothing; `None` if there is no
    /// such service, or no such token or user.
    pub fn explain_as(
        &self,
        service: &ServiceName,
        request: &Request<'_>,
        subject: &Subject,
        now: Timestamp,
    ) -> Option<(Result<(), Reason>, Explanation)> {
        let (services, keys) = (self.services.load(), self.keys.load());
        let view = self.view();
        let judge = judge(services.get(service.as_str())?, &view, &keys, now);
        match subject {
            Subject::Anonymous => Some(judge.explain_as(request, Caller::Anonymous)),
            Subject::System(key) => Some(judge.explain_as(request, Caller::System(*key))),
            Subject::User(session) => {
                let user = view.user(session.user)?;
                Some(judge.explain_as(request, Caller::Session { session, user }))
            }
            Subject::Token(id) => {
                let live = view.by_id(*id)?;
                let owner = view.owner(&live)?;
                Some(judge.explain_as(request, Caller::Token { live, owner }))
            }
        }
    }
}
