//! Asking for scopes, and answering that.

use std::time::Duration;

use http::Method;

use super::calls::PageOf;
use super::target::Target;
use super::{Client, ClientError};
use crate::{ApproveAsk, AskRecord, DenyAsk, List, MakeAsk};

/// Which asks.
#[derive(Debug, Clone, Default)]
pub struct AskFilter {
    /// Of this service.
    pub service: Option<String>,
    /// Of the token of this id.
    pub token: Option<String>,
    /// `open`: those that wait for an answer. `all`: every one. Left out: `open`.
    pub state: Option<String>,
}

fn ask(id: &str) -> Target {
    Target::new(&["v1", "asks", id])
}

impl Client {
    /// Asks for scopes. What was asked for already and waits for an answer is that ask.
    pub async fn make_ask(&self, new: &MakeAsk) -> Result<AskRecord, ClientError> {
        self.send(Method::POST, Target::new(&["v1", "asks"]), new).await
    }

    /// Asks, newest first: of a token those of its own, of others those that they could see the tokens of.
    pub async fn asks(&self, filter: &AskFilter, page: &PageOf) -> Result<List<AskRecord>, ClientError> {
        let target = Target::new(&["v1", "asks"])
            .query("service", filter.service.as_ref())
            .query("token", filter.token.as_ref())
            .query("state", filter.state.as_ref());
        self.get(page.of(target)).await
    }

    /// One ask. With `wait`, 1 to 60 seconds, the answer comes when it is open no more, or after so long.
    pub async fn get_ask(&self, id: &str, wait: Option<u8>) -> Result<AskRecord, ClientError> {
        let patience = Duration::from_secs(wait.unwrap_or_default().into());
        self.get_after(patience, ask(id).query("wait", wait)).await
    }

    /// Lends what was asked for, or less.
    pub async fn approve_ask(&self, id: &str, approval: &ApproveAsk) -> Result<AskRecord, ClientError> {
        self.send(Method::POST, Target::new(&["v1", "asks", id, "approve"]), approval).await
    }

    /// Denies what was asked for.
    pub async fn deny_ask(&self, id: &str, denial: &DenyAsk) -> Result<AskRecord, ClientError> {
        self.send(Method::POST, Target::new(&["v1", "asks", id, "deny"]), denial).await
    }

    /// Takes an ask back that is open, for who asked; ends what was lent by it. When this returns, it is lent no more.
    pub async fn end_ask(&self, id: &str) -> Result<(), ClientError> {
        self.tell(Method::DELETE, ask(id)).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::Response;
    use http_body_util::{BodyExt, Full};

    use super::*;
    use crate::client::{AnswerBody, Transport};

    /// A server that says nothing for so many seconds, and then that there is no such ask.
    fn silent_for(seconds: u64) -> Client {
        Client::new(Transport::InProcess(Arc::new(move |_| {
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                let body: AnswerBody =
                    Full::default().map_err(|never: std::convert::Infallible| match never {}).boxed_unsync();
                let mut answer = Response::new(body);
                *answer.status_mut() = http::StatusCode::NOT_FOUND;
                Ok(answer)
            })
        })))
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_was_to_be_waited_for_may_come_so_much_later() {
        let answered = |error: ClientError| matches!(error, ClientError::Answer { status: 404, .. });
        for (silent, wait, is_answered) in
            [(29, None, true), (31, None, false), (60, Some(60), true), (91, Some(60), false)]
        {
            let error = silent_for(silent).get_ask("ask_1", wait).await.unwrap_err();
            assert_eq!(answered(error), is_answered, "{silent} {wait:?}");
        }
    }
}
