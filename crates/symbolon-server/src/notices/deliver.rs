//! Reading the audit for each webhook, and sending what it is to be told.

use std::sync::Arc;

use symbolon_core::audit::Line;
use symbolon_core::id::{TokenId, UserId};
use symbolon_core::name::{ServiceName, WebhookName};
use symbolon_core::notice::{About, Answer, Event, Message, Names, Outcome, progress};
use symbolon_core::record::Token;
use symbolon_core::store::{FleetStatus, StoreError, WebhookState};
use tokio::task::JoinSet;

use super::Receiver;
use crate::app::App;

/// As many lines of the audit as are read at a time.
const BATCH: usize = 100;

/// What there is to tell.
struct Next {
    seq: u64,
    event: Event,
    line: Line,
}

impl App {
    /// Says which webhooks there are, before anything is told: those that are new begin with what happens from now on, and
    /// those that are not there any more are forgotten.
    pub async fn begin_webhooks(&self) -> Result<(), StoreError> {
        let names = self.receivers().iter().map(|receiver| receiver.webhook.name.clone());
        self.store().begin_webhooks(names.collect()).await
    }

    /// Tells every webhook what there is to tell, beside each other; to be called every second or so. Returns when each
    /// has been told all, waits for its next attempt, or has somebody who tells it already.
    pub async fn deliver_notices(&self) {
        // One node of a fleet does it for all; none, where it is not known who is there.
        if !self.receivers().is_empty() {
            match self.store().fleet().await {
                Ok(fleet) if fleet.as_ref().is_none_or(FleetStatus::leads) => {}
                Ok(_) => return,
                Err(error) => return tracing::debug!(%error, "notices wait for the record"),
            }
        }
        let mut all = JoinSet::new();
        for receiver in self.receivers() {
            let (app, receiver) = (self.clone(), receiver.clone());
            all.spawn(async move { app.deliver_to(&receiver).await });
        }
        while all.join_next().await.is_some() {}
    }

    async fn deliver_to(&self, receiver: &Receiver) {
        let Ok(_sending) = receiver.sending.try_lock() else { return };
        if let Err(error) = self.deliver_all(receiver).await {
            tracing::warn!(webhook = %receiver.webhook.name, %error, "notices wait for the record");
        }
    }

    async fn deliver_all(&self, receiver: &Receiver) -> Result<(), StoreError> {
        let name = &receiver.webhook.name;
        while let Some(state) = self.webhook_state(name).await? {
            if state.disabled_at.is_some() || state.next_at.is_some_and(|at| at > self.now()) {
                break;
            }
            let lines = self.store().audit_after(state.position, BATCH).await?;
            let Some(last) =
                lines.last().map(|line| line.as_ref().map_or_else(|bad| bad.seq, |line| line.seq))
            else {
                if !self.rewind(receiver, state).await? {
                    break;
                }
                continue;
            };
            // One that cannot be read tells nobody anything; `audit verify` names it.
            let next = lines
                .into_iter()
                .flatten()
                .find_map(|line| Some(Next { seq: line.seq, event: receiver.webhook.wants(&line)?, line }));
            if let Some(next) = next {
                self.tell(receiver, state, &next).await?;
            } else {
                let revision = state.revision + 1;
                self.pass(WebhookState { revision, ..state.past(last) }).await?;
            }
        }
        Ok(())
    }

    /// Sets a webhook that is beyond the audit's end back to it: it would be told nothing any more. So it is when somebody
    /// has edited its place, or has cut off the end of the audit. Whether it was.
    async fn rewind(&self, receiver: &Receiver, state: WebhookState) -> Result<bool, StoreError> {
        let end = self.store().audit_head().await?.seq;
        if state.position <= end {
            return Ok(false);
        }
        tracing::error!(
            webhook = %receiver.webhook.name,
            position = state.position,
            end,
            "a webhook was beyond the end of the audit, and goes on from there: somebody writes to the database; what came \
             before that may not have been told. Look with `symbolon audit verify`"
        );
        let revision = state.revision + 1;
        let begun = WebhookState {
            position: end,
            attempts: 0,
            waiting_since: None,
            next_at: None,
            revision,
            ..state
        };
        self.pass(begun).await?;
        Ok(true)
    }

    /// How far a webhook has come; `None` where it has not begun.
    pub(crate) async fn webhook_state(&self, name: &WebhookName) -> Result<Option<WebhookState>, StoreError> {
        Ok(self.store().webhooks().await?.into_iter().find(|state| state.name == *name))
    }

    /// Notes that there was nothing to tell.
    async fn pass(&self, state: WebhookState) -> Result<(), StoreError> {
        match self.store().save_webhook(state).await {
            // Somebody asked for a retry: it is read again.
            Err(StoreError::Conflict(_)) => Ok(()),
            other => other,
        }
    }

    /// Sends one notice, once, and notes what became of it. Whatever comes in between, it is sent again rather than not.
    async fn tell(&self, receiver: &Receiver, state: WebhookState, next: &Next) -> Result<(), StoreError> {
        let message = self.message(next).await?;
        let answer = receiver.webhook.send(&message, self.now()).await;
        let outcome = self.note(state, next, &answer).await?;
        receiver.count(outcome);
        let (webhook, answer) = (&receiver.webhook.name, &answer.said);
        match outcome {
            Outcome::Delivered => tracing::debug!(%webhook, id = message.id, "a notice was taken"),
            Outcome::Failed => {
                tracing::warn!(%webhook, id = message.id, answer, "a notice was not taken; it is tried again");
            }
            Outcome::GivenUp => {
                tracing::error!(%webhook, id = message.id, answer, "a notice was not taken, and is given up");
            }
            Outcome::Disabled => {
                tracing::error!(%webhook, answer, "a webhook says that it is gone; it is told nothing until it is retried");
            }
        }
        Ok(())
    }

    async fn note(
        &self,
        mut state: WebhookState,
        next: &Next,
        answer: &Answer,
    ) -> Result<Outcome, StoreError> {
        let mut chance = [0];
        self.entropy().fill(&mut chance);
        loop {
            let name = state.name.clone();
            let (after, outcome) = progress(state, (next.seq, next.line.at), answer, self.now(), chance[0]);
            match self.store().save_webhook(after).await {
                Ok(()) => return Ok(outcome),
                // Somebody asked for a retry meanwhile: this attempt was it.
                Err(StoreError::Conflict(detail)) => match self.webhook_state(&name).await? {
                    Some(again) if again.position < next.seq => state = again,
                    _ => return Err(StoreError::Conflict(detail)),
                },
                Err(error) => return Err(error),
            }
        }
    }

    async fn message(&self, Next { seq, event, line }: &Next) -> Result<Message, StoreError> {
        let token = self.token_of(line).await?;
        let name = |id: UserId| Some(self.gate().user(id)?.name.to_string());
        let names = Names {
            owner: token.as_ref().and_then(|token| name(token.owner)),
            actor: line.actor.parse().ok().and_then(name),
        };
        let page = (*event == Event::Asked).then(|| self.page_of_ask(line)).flatten();
        let about = About {
            event: *event,
            seq: *seq,
            line,
            token: token.as_ref(),
            names: &names,
            page: page.as_deref(),
        };
        Ok(Message::of(about))
    }

    /// The token that a line is about. A record of it that cannot be read is no reason to tell nothing, now or later.
    async fn token_of(&self, line: &Line) -> Result<Option<Token>, StoreError> {
        let service = line.service.as_deref().and_then(|service| service.parse::<ServiceName>().ok());
        let (Some(service), Ok(id)) = (service, line.subject.parse::<TokenId>()) else { return Ok(None) };
        match self.store().token(&service, id).await {
            Ok(token) => Ok(token),
            Err(error) => {
                // Where the record does not answer at all, this waits.
                self.store().ping().await?;
                tracing::warn!(token = %id, %error, "a notice says less of its token: its record cannot be read");
                Ok(None)
            }
        }
    }
}

impl App {
    /// The webhooks, by name.
    pub(crate) fn receivers(&self) -> &[Arc<Receiver>] {
        &self.shared().receivers
    }
}
