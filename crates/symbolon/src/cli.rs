//! The command line: one noun, one file under [`crate::commands`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;

use crate::commands::{
    ask, audit, backup, catalog, doctor, explain, generate, healthcheck, import, init, key, keys, mcp, scan,
    serve, service, session, store, token, user, webhook,
};
use crate::demo;

/// Scoped API tokens for any application.
#[derive(Debug, Parser)]
#[command(name = "symbolon", version, about, max_term_width = 110, after_help = SPEAKING)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const SPEAKING: &str = "\
Commands speak to the server that SYMBOLON_URL names, with the key in SYMBOLON_KEY; without it to the
one that has the data directory; and if none is running they open the data directory themselves.
Settings come from symbolon.toml and from SYMBOLON_CONFIG_… variables.
Exit codes: 0 done, 1 refused or failed, 2 badly asked.";

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Print one JSON document instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The configuration file [default: symbolon.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Speak to the server at this address, as does `SYMBOLON_URL`
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Present this key there; in `SYMBOLON_KEY` it does not show in the list of processes
    #[arg(long, global = true, value_name = "KEY", hide_default_value = true)]
    pub(crate) key: Option<SecretString>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show it all at once: two applications behind Symbolon, every kind of token, and what each may do
    Demo(demo::Demo),
    /// Begin a data directory: keys, database, first administrator and system key
    Init(init::Init),
    /// Run the server
    Serve(serve::Serve),
    /// Ask the running server whether it can decide
    Healthcheck(healthcheck::Healthcheck),
    /// Issue, list, change and take back tokens
    #[command(subcommand)]
    Token(token::Token),
    /// Take over what an application has issued before
    #[command(subcommand)]
    Import(import::Import),
    /// Scopes that tokens ask for, and what is said to that
    #[command(subcommand)]
    Ask(ask::Ask),
    /// People and their roles
    #[command(subcommand)]
    User(user::User),
    /// System and verifier keys
    #[command(subcommand)]
    Key(key::Key),
    /// The server's own keys, under which secrets are digested, rows sealed and sessions signed
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Sign-ins
    #[command(subcommand)]
    Session(session::Session),
    /// Draft a catalog, check it, or show the one in force
    #[command(subcommand)]
    Catalog(catalog::Catalog),
    /// Whether a service is enforced, and what was seen while it was not
    #[command(subcommand)]
    Service(service::Service),
    /// Say why a request would be allowed or refused, without making it
    Explain(explain::Explain),
    /// Who did what, and whether that is still what was written
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Copy the record into a new directory, also while the server runs
    Backup(backup::Backup),
    /// Make a new data directory from a backup
    Restore(backup::Restore),
    /// Where the record is
    #[command(subcommand)]
    Store(store::Store),
    /// Who is told what happens to tokens
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    Mcp(mcp::Mcp),
    /// Look for what is wrong with an installation
    Doctor(doctor::Doctor),
    Scan(scan::ScanPaths),
    /// Write the manual pages and the shells' completions
    #[command(hide = true)]
    Generate(generate::Generate),
}
