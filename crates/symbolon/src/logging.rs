//! Where log lines go: to standard error, for people or as JSON.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{LogFormat, Settings};

/// Logs what the settings say.
pub(crate) fn start(settings: &Settings) {
    begin(settings.log.clone(), settings.log_format);
}

/// Logs warnings alone: for a command, whose result is what was asked for.
pub(crate) fn start_quietly() {
    begin(Targets::new().with_default(LevelFilter::WARN), LogFormat::Human);
}

/// What the database's driver says of connections that it finds at their end, and replaces.
const POOL: &str = "sqlx_core::pool";

/// The same without that, unless it was asked for: it is no fault, and what comes of one is told by whoever needed the connection.
fn without_pool(targets: Targets) -> Targets {
    let asked = targets.iter().any(|(target, _)| target.starts_with("sqlx"))
        || targets.default_level().is_some_and(|level| level >= LevelFilter::DEBUG);
    if asked { targets } else { targets.with_target(POOL, LevelFilter::OFF) }
}

fn begin(targets: Targets, format: LogFormat) {
    // The library of the agents' protocol tells of every message, and at times with what is in it.
    let targets = without_pool(targets).with_target("rmcp", LevelFilter::OFF);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = match format {
        // Colours are for terminals; a file keeps them as rubbish.
        LogFormat::Human => layer.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    // A second start in one process would change nothing, and is no reason to stop.
    let _ = tracing_subscriber::registry().with(layer.with_filter(targets)).try_init();
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn what_the_pool_says_of_dead_connections_is_told_to_those_who_ask_for_it() {
        let told = |said: &str| {
            without_pool(said.parse().unwrap()).would_enable("sqlx_core::pool::inner", &Level::WARN)
        };
        for (said, wanted) in [
            ("info", false),
            ("warn,symbolon_server=debug", false),
            ("debug", true),
            ("info,sqlx_core=warn", true),
        ] {
            assert_eq!(told(said), wanted, "{said}");
        }
        assert!(without_pool("info".parse().unwrap()).would_enable("symbolon_store", &Level::INFO));
    }
}
