//! What every door shares.

use std::sync::Arc;

use symbolon_core::Timestamp;
use symbolon_core::audit::AuditKeys;
use symbolon_core::decision::Keys;
use symbolon_core::id::RequestId;
use symbolon_core::random::Entropy;
use symbolon_core::store::Store;
use symbolon_gate::Gate;
use tokio::sync::{Mutex, Semaphore, watch};

use crate::access::AccessLog;
use crate::keyring::KeyKeeper;
use crate::leaks::GitHubAlerts;
use crate::management::asks::WaitingCallers;
use crate::metrics::Metrics;
use crate::notices::{Receiver, Webhook};
use crate::observed::Observed;
use crate::passwords::Passwords;
use crate::proving::Proving;
use crate::public_url::PublicUrl;
use crate::pulse::Pulse;
use crate::refusals::Refusals;
use crate::refused_calls::RefusedCalls;
use crate::throttle::{Failures, Throttle};
use crate::traces::Traces;
use crate::used::Used;

/// The time, as an argument of everything that needs it.
pub trait Clock: Send + Sync {
    /// Now, in whole milliseconds: what is written down is read back equal.
    fn now(&self) -> Timestamp;
}

/// What an [`App`] is made of.
pub struct Parts {
    /// The gate, attached to the store.
    pub gate: Arc<Gate>,
    /// The record.
    pub store: Arc<dyn Store>,
    /// Where the server's keys are kept; `None`: nowhere from which they could be rotated.
    pub keeper: Option<Arc<dyn KeyKeeper>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The operating system's generator.
    pub entropy: Arc<dyn Entropy>,
    /// Whether browsers reach the management API over HTTPS; the session cookie is then `Secure` and `__Host-`.
    pub https: bool,
    /// Where the management API is reached, where that was said: the issuer of every token (RFC 7662 section 2.2).
    pub issuer: Option<PublicUrl>,
    /// Whether `/openapi.json` and the catalogs may be read without a credential.
    pub open_documents: bool,
    /// Whether `/metrics` may be read without a credential.
    pub open_metrics: bool,
    /// Where requests to the services are written down, if they are.
    pub access_log: Option<AccessLog>,
    /// The traces, where there are any.
    pub traces: Option<Traces>,
    /// How GitHub's alerts are taken, if they are.
    pub github_alerts: Option<GitHubAlerts>,
    /// What signs checkpoints of the audit.
    pub audit_keys: AuditKeys,
    /// Who is told what happens to tokens.
    pub webhooks: Vec<Webhook>,
}

/// What every door shares. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) parts: Parts,
    pub(crate) refusals: Refusals,
    refused_calls: RefusedCalls,
    /// Told whenever the audit has grown.
    audit_growth: watch::Sender<()>,
    /// Told whenever an ask was answered here.
    asks_answered: watch::Sender<()>,
    /// Callers who are kept waiting for the answer to an ask.
    pub(crate) waiting_for_answers: WaitingCallers,
    observed: Observed,
    metrics: Metrics,
    pulse: Pulse,
    pub(crate) passwords: Passwords,
    /// First uses of imported tokens.
    pub(crate) proving: Proving,
    /// Failed sign-ins, and wrong secrets of old forms.
    pub(crate) throttle: Throttle,
    /// Bad credentials.
    pub(crate) failures: Failures,
    /// Sign-ins whose bodies are being read at once; each may be as long as a body may be.
    pub(crate) sign_ins: Semaphore,
    /// The webhooks, by name.
    pub(crate) receivers: Vec<Arc<Receiver>>,
    /// Held while the ends of tokens are told.
    pub(crate) telling_endings: Mutex<()>,
    /// What is used, on its way to the record.
    pub(crate) used: Used,
    /// Held while the server's keys are changed.
    pub(crate) changing_keys: Arc<Mutex<()>>,
    /// Held while everything is moved to the current keys.
    pub(crate) settling_keys: Mutex<()>,
}

impl App {
    /// The doors' common ground.
    pub fn new(mut parts: Parts) -> Self {
        parts.webhooks.sort_by(|a, b| a.name.cmp(&b.name));
        let receivers = parts.webhooks.drain(..).map(|webhook| Arc::new(Receiver::new(webhook))).collect();
        let pulse = Pulse::new(parts.clock.now());
        if let Some(log) = &parts.access_log {
            log.introduce(parts.gate.clone(), parts.entropy.clone());
        }
        Self(Arc::new(Shared {
            parts,
            pulse,
            refusals: Refusals::default(),
            refused_calls: RefusedCalls::default(),
            audit_growth: watch::Sender::default(),
            asks_answered: watch::Sender::default(),
            waiting_for_answers: WaitingCallers::default(),
            observed: Observed::default(),
            metrics: Metrics::default(),
            passwords: Passwords::default(),
            proving: Proving::default(),
            throttle: Throttle::default(),
            failures: Failures::default(),
            sign_ins: Semaphore::new(32),
            changing_keys: Arc::default(),
            settling_keys: Mutex::default(),
            receivers,
            telling_endings: Mutex::default(),
            used: Used::default(),
        }))
    }

    /// The gate.
    pub fn gate(&self) -> &Gate {
        &self.0.parts.gate
    }

    /// The record.
    pub fn store(&self) -> &dyn Store {
        &*self.0.parts.store
    }

    /// The server's keys, as the gate decides by them.
    pub(crate) fn keys(&self) -> Arc<Keys> {
        self.gate().keys()
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.0.parts.clock.now()
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        &*self.0.parts.entropy
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }

    /// Recent refusals, for explanations.
    pub(crate) fn refusals(&self) -> &Refusals {
        &self.0.refusals
    }

    /// Refused calls that are not in the audit yet.
    pub(crate) fn refused_calls(&self) -> &RefusedCalls {
        &self.0.refused_calls
    }

    /// Says to whoever waits that the audit has grown.
    pub(crate) fn audit_has_grown(&self) {
        self.0.audit_growth.send_replace(());
    }

    /// Hears when the audit has grown.
    pub(crate) fn audit_growth(&self) -> watch::Receiver<()> {
        self.0.audit_growth.subscribe()
    }

    /// Says to whoever waits that an ask was answered.
    pub(crate) fn ask_was_answered(&self) {
        self.0.asks_answered.send_replace(());
    }

    /// Hears when an ask was answered here.
    pub(crate) fn asks_answered(&self) -> watch::Receiver<()> {
        self.0.asks_answered.subscribe()
    }

    /// What was seen of services while they were not enforced.
    pub(crate) fn observed(&self) -> &Observed {
        &self.0.observed
    }

    /// What is counted for monitoring.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The access log, if there is one.
    pub(crate) fn access_log(&self) -> Option<&AccessLog> {
        self.0.parts.access_log.as_ref()
    }

    /// The traces, if there are any.
    pub(crate) fn traces(&self) -> Option<&Traces> {
        self.0.parts.traces.as_ref()
    }

    /// How GitHub's alerts are taken, if they are.
    pub(crate) fn github_alerts(&self) -> Option<&GitHubAlerts> {
        self.0.parts.github_alerts.as_ref()
    }

    /// Opens the access log's file anew, if there is one: it may have been moved away.
    pub fn reopen_access_log(&self) {
        if let Some(log) = self.access_log() {
            log.reopen();
        }
    }

    pub(crate) fn pulse(&self) -> &Pulse {
        &self.0.pulse
    }

    /// A fresh id for a request that came in at `now`.
    pub(crate) fn request_id(&self, now: Timestamp) -> RequestId {
        RequestId::new(now, self.entropy())
    }

    /// Writes what is still to be written, at the end.
    pub async fn finish(&self) {
        self.write_refused(true).await;
        self.write_uses().await;
        self.record_secret_use().await;
        self.write_usage().await;
        if let Some(log) = self.access_log() {
            log.flush().await;
        }
        if let Some(traces) = self.traces() {
            traces.flush().await;
        }
    }

    /// Forgets what has ended by itself: sessions, lapsed idempotency keys and use of long ago. To be called every minute or so;
    /// they are refused already.
    pub async fn prune(&self) {
        let now = self.now();
        self.gate().prune(now);
        if let Err(error) = self.store().prune(now).await {
            tracing::warn!(%error, "ended sessions were not pruned");
        }
    }
}
