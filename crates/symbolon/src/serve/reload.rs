//! Catalogs that change while they are in force.

use crate::catalogs::{CatalogSource, compile_all};
use crate::failure::Failure;
use crate::node::{Node, services};
use crate::settings::Settings;

/// The catalogs' texts as they were last looked at, or why one could not be read.
pub(super) struct Catalogs {
    seen: Vec<Result<String, String>>,
}

impl Catalogs {
    /// The catalogs in force.
    pub(super) fn in_force(settings: &Settings) -> Self {
        Self { seen: read(&settings.catalogs) }
    }

    /// Puts the catalogs in force as they are now. If they do not compile those that are in force stay so.
    pub(super) fn reload(&mut self, node: &Node, settings: &Settings) {
        self.seen = read(&settings.catalogs);
        match put_in_force(node, settings) {
            Ok(count) => {
                node.app().catalogs_reloaded();
                tracing::info!(count, "the catalogs are reloaded");
            }
            Err(failure) => {
                node.app().catalogs_failed(&failure.to_string());
                for fault in failure.to_string().lines() {
                    tracing::error!(fault, "the catalogs were not reloaded; those before stay in force");
                }
            }
        }
    }

    /// As [`Catalogs::reload`], if a text has changed since it was last looked at. What was wrong is told once.
    pub(super) async fn reload_if_changed(&mut self, node: &Node, settings: &Settings) {
        let sources = settings.catalogs.clone();
        // A file may lie on a disk that is far away, or gone.
        if tokio::task::spawn_blocking(move || read(&sources)).await.is_ok_and(|now| now != self.seen) {
            self.reload(node, settings);
        }
    }
}

fn read(sources: &[CatalogSource]) -> Vec<Result<String, String>> {
    sources.iter().map(CatalogSource::read).collect()
}

fn put_in_force(node: &Node, settings: &Settings) -> Result<usize, Failure> {
    let catalogs = compile_all(&settings.catalogs)?;
    let services = services(settings, &catalogs)?;
    node.app().gate().set_services(services).map_err(Failure::new)?;
    Ok(catalogs.len())
}
