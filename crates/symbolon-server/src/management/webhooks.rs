//! Webhooks: how far they have come, trying one out, and letting one begin again. For platform administrators and the
//! system key. What there are is for the configuration to say.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::json;
use symbolon_api::{List, WebhookInfo, WebhookTest};
use symbolon_core::name::ServiceName;
use symbolon_core::notice::{Event, Meaning, Message};
use symbolon_core::store::{Change, WebhookState};
use symbolon_core::{Code, Timestamp};

use super::caller::Caller;
use super::commit::{Deed, Terms};
use super::parameters::{OfWebhook, PathOf};
use crate::answer::ApiError;
use crate::app::App;
use crate::notices::{Receiver, Webhook};

/// List the webhooks, by name.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", responses((status = 200, body = List<WebhookInfo>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<List<WebhookInfo>>, ApiError> {
    caller.administrator()?;
    Ok(Json(List { items: infos(&app).await?, next_cursor: None }))
}

/// Send a message of the type `webhook.test` at once, beside what waits, and tell how it was answered.
#[utoipa::path(
    post, path = "/v1/webhooks/{name}/test", tag = "webhooks",
    params(OfWebhook),
    responses((status = 200, body = WebhookTest)),
)]
pub(super) async fn test(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfWebhook>,
) -> Result<Json<WebhookTest>, ApiError> {
    caller.administrator()?;
    let webhook = &find(&app, &of.name)?.webhook;
    let mut chance = [0; 16];
    app.entropy().fill(&mut chance);
    let now = app.now();
    let message = Message::test(&webhook.name, now, chance);
    let answer = webhook.send(&message, now).await;
    Ok(Json(WebhookTest {
        webhook: webhook.name.to_string(),
        id: message.id,
        delivered: answer.meaning == Meaning::Taken,
        answer: answer.said,
    }))
}

/// Try at once what waits, also where the receiver said that it is gone.
#[utoipa::path(
    post, path = "/v1/webhooks/{name}/retry", tag = "webhooks",
    params(OfWebhook),
    responses((status = 200, body = WebhookInfo)),
)]
pub(super) async fn retry(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfWebhook>,
) -> Result<Json<WebhookInfo>, ApiError> {
    caller.administrator()?;
    let name = find(&app, &of.name)?.webhook.name.clone();
    if app.webhook_state(&name).await?.is_none() {
        let detail = "the webhook has not begun; it does when a server is started with it";
        return Err(ApiError::new(Code::Conflict, detail));
    }
    let deed = Deed {
        action: "webhook.retry",
        subject: name.to_string(),
        service: None,
        detail: json!({ "name": name.as_str() }),
    };
    app.record(caller.by(), deed, vec![Change::WebhookRetried(name.clone())], Terms::default()).await?;
    let found = infos(&app).await?.into_iter().find(|info| info.name == name.as_str());
    found.map(Json).ok_or_else(ApiError::unavailable)
}

fn find(app: &App, name: &str) -> Result<Arc<Receiver>, ApiError> {
    let found = app.receivers().iter().find(|receiver| receiver.webhook.name.as_str() == name);
    found
        .cloned()
        .ok_or_else(|| ApiError::new(Code::NotFound, "there is no such webhook in the configuration"))
}

async fn infos(app: &App) -> Result<Vec<WebhookInfo>, ApiError> {
    let (states, end) = (app.store().webhooks().await?, app.store().audit_head().await?);
    let infos = app.receivers().iter().map(|receiver| {
        let webhook = &receiver.webhook;
        info(webhook, states.iter().find(|state| state.name == webhook.name), end.seq)
    });
    Ok(infos.collect())
}

fn info(webhook: &Webhook, state: Option<&WebhookState>, end: u64) -> WebhookInfo {
    let time = |at: fn(&WebhookState) -> Option<Timestamp>| state.and_then(at).map(|at| at.to_string());
    let word = match state {
        None => "not_begun",
        Some(state) if state.disabled_at.is_some() => "disabled",
        Some(state) if state.waiting_since.is_some() => "retrying",
        Some(_) => "ok",
    };
    let services = |services: &std::collections::BTreeSet<ServiceName>| {
        services.iter().map(ToString::to_string).collect()
    };
    WebhookInfo {
        name: webhook.name.to_string(),
        url: webhook.url.to_string(),
        events: webhook.events.iter().map(Event::to_string).collect(),
        services: webhook.services.as_ref().map(services),
        state: word.to_owned(),
        position: state.map(|state| state.position),
        behind: state.map_or(0, |state| end.saturating_sub(state.position)),
        attempts: state.map_or(0, |state| state.attempts),
        waiting_since: time(|state| state.waiting_since),
        next_attempt_at: time(|state| state.next_at),
        last_attempt_at: time(|state| state.last_at),
        last_answer: state.and_then(|state| state.last_answer.clone()),
        disabled_at: time(|state| state.disabled_at),
    }
}
