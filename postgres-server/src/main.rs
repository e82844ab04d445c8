//! `symbolon-postgres-server serve`: a server of each version, for a run of tests, until its input ends.
//!
//! Prints the directory to set `SYMBOLON_TEST_POSTGRES` to, once they take connections.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use symbolon_postgres_server::{Served, Version};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => serve(),
        _ => Err("It is run as `symbolon-postgres-server serve`, its input held open.".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            let _ = writeln!(io::stderr(), "{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), String> {
    let served = Served::start(&Version::ALL)?;
    let told = writeln!(io::stdout(), "{}", served.directory().display());
    // Nothing is sent: its end is what is waited for, which comes also when the one who started us is killed.
    let waited = told.and_then(|()| io::stdin().read_to_end(&mut Vec::new()));
    waited.map(|_| ()).map_err(|why| format!("The one who started the servers cannot be heard: {why}."))
}
