//! Whether a server that runs can decide, and where it cannot, what keeps it from it.

use std::time::Duration;

use symbolon_api::client::{Client, ClientError};
use tokio::time::timeout;

use super::Findings;
use crate::settings::Settings;

/// How long a server that is well may take to say so.
const PATIENCE: Duration = Duration::from_secs(5);

/// Says whether it is ready. Where it is not, nothing else is to be had of it.
pub(super) async fn is_ready(client: &Client, findings: &mut Findings) -> bool {
    match timeout(PATIENCE, client.ready()).await {
        Ok(Ok(_)) => {
            findings.ok(
                "server",
                "running, and ready to decide; its database is in use, and is checked when the server is stopped",
            );
            return true;
        }
        Ok(Err(error)) => findings.bad("server", format!("running, and not ready: {}", words(&error))),
        Err(_) => findings.bad(
            "server",
            format!(
                "it takes calls, and has said nothing for {} s: it was stopped in its tracks, or has much too much to do",
                PATIENCE.as_secs()
            ),
        ),
    }
    false
}

/// What it said, without the advice to ask who asks here.
fn words(error: &ClientError) -> String {
    match error.problem() {
        Some(problem) => problem.detail.trim_end_matches('.').to_owned(),
        None => error.to_string(),
    }
}

/// Says what keeps anybody here from the database that the settings name, if they name one.
#[cfg(feature = "postgres")]
pub(super) async fn database(settings: &Settings, findings: &mut Findings) {
    use secrecy::ExposeSecret;

    let Some(database) = &settings.database else { return };
    let reached = match database.password() {
        Ok(password) => {
            let password = password.as_ref().map(ExposeSecret::expose_secret);
            symbolon_store::reach(database.url.expose_secret(), password)
                .await
                .map_err(|error| error.to_string())
        }
        Err(failure) => Err(failure.to_string()),
    };
    match reached {
        Ok(()) => findings.ok(
            "database",
            "reached from here by what is configured now; a server has to be started anew that began with another url or \
             password, and its log says what it lacks",
        ),
        Err(reason) => findings.bad("database", reason),
    }
}

/// Nothing: without PostgreSQL there is no server to ask.
#[cfg(not(feature = "postgres"))]
#[expect(clippy::unused_async, reason = "with PostgreSQL it waits")]
pub(super) async fn database(_: &Settings, _: &mut Findings) {}
