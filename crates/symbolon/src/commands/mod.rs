//! What the command line does: one noun, one file.

mod advise;
pub(crate) mod ask;
pub(crate) mod audit;
pub(crate) mod backup;
mod bulk;
pub(crate) mod catalog;
mod context;
mod create_many;
pub(crate) mod doctor;
mod expires;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod healthcheck;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod key;
pub(crate) mod keys;
mod list;
pub(crate) mod mcp;
mod metadata;
mod restrict;
mod rotate;
pub(crate) mod scan;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod store;
pub(crate) mod token;
mod usage;
pub(crate) mod user;
pub(crate) mod webhook;
mod which;

use std::process::ExitCode;

use tokio::runtime::Builder;

use crate::cli::{Cli, Command};
use crate::failure::Failure;
use crate::logging;

pub(crate) use context::Context;

/// Does what was asked.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let context = Context::new(cli.global);
    // A server uses every core; a command is done before it could.
    let mut builder = match cli.command {
        Command::Serve(_) | Command::Demo(_) => Builder::new_multi_thread(),
        _ => Builder::new_current_thread(),
    };
    let runtime = builder.enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("the program cannot start: {error}")))?;
    runtime.block_on(act(cli.command, &context))
}

async fn act(command: Command, context: &Context) -> Result<ExitCode, Failure> {
    if !matches!(command, Command::Serve(_)) {
        logging::start_quietly();
    }
    match command {
        Command::Init(init) => init.run(context).await?,
        Command::Serve(serve) => serve.run(context).await?,
        Command::Healthcheck(healthcheck) => healthcheck.run(context).await?,
        Command::Generate(generate) => generate.run(context)?,
        Command::Demo(demo) => crate::demo::run(demo).await?,
        Command::Token(token) => token.run(context).await?,
        Command::User(user) => user.run(context).await?,
        Command::Key(key) => key.run(context).await?,
        Command::Keys(keys) => keys.run(context).await?,
        Command::Session(session) => session.run(context).await?,
        Command::Ask(ask) => return ask.run(context).await,
        Command::Service(service) => service.run(context).await?,
        Command::Explain(explain) => explain.run(context).await?,
        Command::Audit(audit) => return audit.run(context).await,
        Command::Backup(backup) => backup.run(context).await?,
        Command::Restore(restore) => restore.run(context).await?,
        Command::Store(store) => store.run(context).await?,
        Command::Mcp(mcp) => mcp.run(context).await?,
        Command::Webhook(webhook) => return webhook.run(context).await,
        Command::Catalog(catalog) => return catalog.run(context).await,
        Command::Import(import) => return import.run(context).await,
        Command::Doctor(doctor) => return doctor.run(context).await,
        Command::Scan(scan) => return scan.run(context).await,
    }
    Ok(ExitCode::SUCCESS)
}
