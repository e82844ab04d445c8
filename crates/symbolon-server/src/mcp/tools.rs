//! The tools of one service, as the protocol lists them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use axum::Router;
use rmcp::model::{Tool as ListedTool, ToolAnnotations};
use serde_json::json;
use symbolon_core::Catalog;
use symbolon_core::Timestamp;
use symbolon_core::catalog::{DRY_RUN, RouteIndex, Tool};
use symbolon_core::id::TokenId;
use symbolon_core::name::ServiceName;
use symbolon_core::rate::{Meter, Metered, Quota};

use crate::app::App;
use crate::proxy::Proxy;

/// How many meters there may be before it is looked which say nothing any more: one for each token and each limited tool that
/// it calls.
const METERS: usize = 65_536;

/// The tools of one service.
pub(super) struct Tools {
    pub(super) app: App,
    pub(super) proxy: Arc<Proxy>,
    /// The management API, by which tokens ask.
    pub(super) api: Router,
    listed: ArcSwapOption<Listed>,
    meters: Mutex<Meters>,
}

/// How far tokens are into the limits of tools.
struct Meters {
    all: HashMap<(TokenId, String), Meter>,
    /// With how many those that say nothing any more are forgotten.
    swept_at: usize,
}

/// The tools of one catalog.
pub(super) struct Listed {
    pub(super) catalog: Arc<Catalog>,
    /// In the catalog's order.
    shown: Vec<ListedTool>,
}

impl Tools {
    pub(super) fn new(app: App, proxy: Arc<Proxy>, api: Router) -> Self {
        Self {
            app,
            proxy,
            api,
            listed: ArcSwapOption::empty(),
            meters: Mutex::new(Meters { all: HashMap::new(), swept_at: METERS }),
        }
    }

    pub(super) fn service(&self) -> &ServiceName {
        self.proxy.service()
    }

    /// Those of the catalog in force; `None` if the service has gone.
    pub(super) fn listed(&self) -> Option<Arc<Listed>> {
        let catalog = self.app.gate().service(self.service().as_str())?.catalog;
        let known = self.listed.load_full();
        if let Some(known) = known.filter(|known| known.catalog.generation() == catalog.generation()) {
            return Some(known);
        }
        let shown = catalog.tools.iter().map(shown).collect();
        let listed = Arc::new(Listed { catalog, shown });
        self.listed.store(Some(listed.clone()));
        Some(listed)
    }

    /// Takes a place in a tool's limit, if it has one; the error is how that stands.
    pub(super) fn take(&self, tool: &Tool, token: Option<TokenId>, now: Timestamp) -> Result<(), Quota> {
        let (Some(rate), Some(token)) = (tool.limit, token) else { return Ok(()) };
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        if meters.all.len() >= meters.swept_at {
            // What is not ahead of its rate is as good as new.
            meters.all.retain(|_, meter| meter.is_ahead(now));
            meters.swept_at = METERS.max(meters.all.len() * 2);
        }
        match meters.all.entry((token, tool.name.clone())).or_default().take(rate, now) {
            Metered::Admitted(_) => Ok(()),
            Metered::Refused(quota) => Err(quota),
        }
    }
}

impl Listed {
    /// The routes of all tools, one tool's after the other's.
    pub(super) fn routes(&self) -> impl Iterator<Item = RouteIndex> {
        self.catalog.tools.iter().flat_map(|tool| tool.parts.iter().map(|part| part.route))
    }

    /// The tools all of whose routes are reached; `reached` is of [`Listed::routes`].
    pub(super) fn within(&self, reached: &[bool]) -> Vec<ListedTool> {
        let mut reached = reached.iter();
        let tools = self.catalog.tools.iter().zip(&self.shown);
        let kept = tools.filter(|(tool, _)| {
            // Each takes its own, whatever the others are.
            let own = reached.by_ref().take(tool.parts.len()).filter(|reached| **reached).count();
            own == tool.parts.len()
        });
        kept.map(|(_, shown)| shown.clone()).collect()
    }
}

fn shown(tool: &Tool) -> ListedTool {
    let hints = ToolAnnotations::new()
        .read_only(tool.effect.read_only)
        .destructive(tool.effect.destructive)
        .idempotent(tool.effect.idempotent)
        // The application, and not the world.
        .open_world(false);
    let mut arguments = tool.arguments.as_json().clone();
    if tool.takes_dry_run() {
        let about = "Say what would be done, and whether it is allowed, and do nothing";
        let own = json!({ "type": "boolean", "default": false, "description": about });
        let properties = arguments.entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            properties.insert(DRY_RUN.to_owned(), own);
        }
    }
    ListedTool::new(tool.name.clone(), tool.description.clone(), Arc::new(arguments)).annotate(hints)
}
