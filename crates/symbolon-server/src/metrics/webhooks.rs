//! What is told of webhooks. One that is not configured has no series.

use symbolon_core::store::WebhookState;

use super::exposition::{Family, Labels, Value};
use super::snapshot::{family, float};
use crate::app::App;

impl App {
    /// How the webhooks fare. Where the record does not answer, what it alone knows is left out.
    pub(super) async fn of_webhooks(&self, asks_the_record: bool) -> Vec<Family> {
        if self.receivers().is_empty() {
            return Vec::new();
        }
        let label = |name: &str| ("webhook", name.to_owned());
        let deliveries = self.receivers().iter().flat_map(|receiver| {
            receiver.counts().into_iter().map(move |(outcome, count)| {
                let labels = vec![label(receiver.webhook.name.as_str()), ("outcome", outcome.to_owned())];
                (labels, Value::Counter(count))
            })
        });
        let mut families = vec![family(
            "symbolon_webhook_deliveries",
            "Attempts to tell a webhook, by webhook and outcome.",
            deliveries.collect(),
        )];
        if !asks_the_record {
            return families;
        }
        let (Ok(states), Ok(end)) = (self.store().webhooks().await, self.store().audit_head().await) else {
            return families;
        };
        let now = self.now();
        let gauges = |value: &dyn Fn(&WebhookState) -> f64| -> Vec<(Labels, Value)> {
            let gauge = |state: &WebhookState| (vec![label(state.name.as_str())], Value::Gauge(value(state)));
            // Others may be other nodes'.
            let is_ours = |state: &&WebhookState| {
                self.receivers().iter().any(|receiver| receiver.webhook.name == state.name)
            };
            states.iter().filter(is_ours).map(gauge).collect()
        };
        families.push(family(
            "symbolon_webhook_behind",
            "Lines of the audit that a webhook has not come to.",
            gauges(&|state| float(end.seq.saturating_sub(state.position))),
        ));
        families.push(family(
            "symbolon_webhook_lag_seconds",
            "How long ago that happened which a webhook has not taken; 0 where there is nothing of the kind.",
            gauges(&|state| {
                state.waiting_since.map_or(0.0, |at| now.duration_since(at).as_secs_f64().max(0.0))
            }),
        ));
        families.push(family(
            "symbolon_webhook_disabled",
            "1 where a webhook's receiver said that it is gone.",
            gauges(&|state| if state.disabled_at.is_some() { 1.0 } else { 0.0 }),
        ));
        families
    }
}
