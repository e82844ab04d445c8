//! Symbolon: scoped API tokens for any application. One binary: the server and the command line.

mod bootstrap;
mod catalogs;
mod cli;
mod clock;
mod commands;
mod connect;
mod data_dir;
mod demo;
mod drafting;
mod failure;
mod importing;
#[cfg(feature = "postgres")]
mod libpq;
mod logging;
mod node;
mod output;
mod passwords;
mod scanning;
mod serve;
mod settings;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::Cli;
use crate::output::complain;

fn main() -> ExitCode {
    #[cfg(feature = "postgres")]
    if let Err(error) = libpq::leave_out() {
        complain(&format!(
            "symbolon: there are variables of PostgreSQL's here (PGHOST and the like), and it cannot begin without them: {error}"
        ));
        return ExitCode::FAILURE;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers; everything else is a badly asked question. If neither can be printed there
            // is nobody to tell.
            let _ = error.print();
            let answered = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return ExitCode::from(if answered { 0 } else { 2 });
        }
    };
    let json = cli.global.json;
    match commands::run(cli) {
        Ok(code) => code,
        Err(failure) => {
            if json {
                complain(&failure.document().to_string());
            } else {
                complain(&format!("symbolon: {failure}"));
            }
            failure.exit_code()
        }
    }
}
