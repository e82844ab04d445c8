//! A node: an open data directory, the gate over its record, and the doors' common ground.

use std::sync::Arc;

use symbolon_api::client::Transport;
use symbolon_core::Catalog;
use symbolon_gate::{Gate, Service};
use symbolon_server::{AccessLog, AccessTarget, App, AtTheMachine, GitHubAlerts, Parts, Traces, Webhook};

use crate::clock::{OsEntropy, SystemClock};
use crate::data_dir::Opened;
use crate::failure::Failure;
use crate::settings::{Fault, Settings, WebhookSettings};

/// A node that can decide.
pub(crate) struct Node {
    app: App,
    opened: Opened,
}

/// The services of these catalogs under the operator's rules. Refused: settings of a service that has no catalog.
pub(crate) fn services(settings: &Settings, catalogs: &[Arc<Catalog>]) -> Result<Vec<Service>, Failure> {
    let known: Vec<_> = catalogs.iter().map(|catalog| catalog.service.as_str()).collect();
    let unknown = settings.services.iter().filter(|(name, _)| !known.contains(&name.as_str()));
    let unknown = unknown.map(|(name, service)| (name, &service.place));
    let told = settings.webhooks.iter().flat_map(WebhookSettings::services);
    let told = told.filter(|said| !known.contains(&said.value.as_str()));
    let faults: Vec<_> = unknown
        .chain(told.map(|said| (&said.value, &said.place)))
        .map(|(name, place)| Fault {
            place: place.clone(),
            message: format!(
                "no catalog declares the service {name}; those in catalogs declare {}",
                known.join(", ")
            ),
        })
        .collect();
    if !faults.is_empty() {
        return Err(Failure::faults(&faults));
    }
    let rules = |catalog: &Catalog| settings.services.get(&catalog.service).map(|service| service.rules);
    Ok(catalogs
        .iter()
        .map(|catalog| Service { rules: rules(catalog).unwrap_or_default(), catalog: catalog.clone() })
        .collect())
}

/// A gate for these services, which knows nobody yet. Refused: services whose tokens could not be told apart.
pub(crate) fn gate(opened: &Opened, services: Vec<Service>) -> Result<Arc<Gate>, Failure> {
    let gate = Gate::leased(opened.keys.clone(), opened.lease.clone());
    gate.set_services(services).map_err(Failure::new)?;
    Ok(Arc::new(gate))
}

/// The access log that is configured, open.
pub(crate) fn access_log(settings: &Settings) -> Result<Option<AccessLog>, Failure> {
    let Some(target) = &settings.access_log else { return Ok(None) };
    let opened = AccessLog::open(target.clone());
    opened.map(Some).map_err(|error| {
        let place = match target {
            AccessTarget::Stdout => "standard output".to_owned(),
            AccessTarget::File(path) => path.display().to_string(),
        };
        Failure::new(format!("the access log {place} cannot be opened: {error}; name another as access_log"))
    })
}

/// The traces that are configured, under way.
#[cfg(feature = "otlp")]
pub(crate) fn traces(settings: &Settings) -> Option<Traces> {
    settings.traces.clone().map(Traces::start)
}

/// None: the settings are refused where they ask for traces.
#[cfg(not(feature = "otlp"))]
pub(crate) fn traces(_: &Settings) -> Option<Traces> {
    None
}

impl Node {
    /// Loads everything live. When this returns, decisions can be made.
    pub(crate) async fn start(
        opened: Opened,
        settings: &Settings,
        gate: Arc<Gate>,
        access_log: Option<AccessLog>,
        traces: Option<Traces>,
        github_alerts: Option<GitHubAlerts>,
        webhooks: Vec<Webhook>,
    ) -> Result<Self, Failure> {
        opened.store.attach(gate.clone()).await.map_err(Failure::new)?;
        let app = App::new(Parts {
            gate,
            store: opened.store.clone(),
            keeper: Some(opened.keyring.clone()),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            https: settings.https(),
            issuer: settings.public_url.clone(),
            open_documents: settings.open_documents,
            open_metrics: settings.open_metrics,
            access_log,
            traces,
            github_alerts,
            audit_keys: opened.audit_keys.clone(),
            webhooks,
        });
        Ok(Self { app, opened })
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// A way into the management API that needs no server: for whoever holds the data directory.
    pub(crate) fn transport(&self) -> Transport {
        symbolon_server::in_process(symbolon_server::router(self.app.clone()), |extensions| {
            extensions.insert(AtTheMachine);
        })
    }

    /// Writes what is still to be written and closes the record. The directory is free when this returns.
    pub(crate) async fn close(self) {
        self.app.finish().await;
        self.opened.close().await;
    }
}
