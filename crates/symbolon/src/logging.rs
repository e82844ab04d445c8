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

fn begin(targets: Targets, format: LogFormat) {
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = match format {
        // Colours are for terminals; a file keeps them as rubbish.
        LogFormat::Human => layer.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    // A second start in one process would change nothing, and is no reason to stop.
    let _ = tracing_subscriber::registry().with(layer.with_filter(targets)).try_init();
}
