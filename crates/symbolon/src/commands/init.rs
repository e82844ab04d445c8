//! `symbolon init`: the data directory, once.

use std::fs;
use std::io::{self, Read};
use std::sync::Arc;

use clap::Args;
use secrecy::SecretString;
use symbolon_core::name::UserName;
use symbolon_server::Clock;

use super::Context;
use crate::bootstrap::First;
use crate::catalogs::compile_all;
use crate::clock::{OsEntropy, SystemClock};
use crate::data_dir::{Beginning, DataDir, Purpose};
use crate::failure::Failure;
use crate::node::{gate, services};

/// The longest key that is read, in bytes; longer ones are refused by the rule of keys.
const MAX_KEY: u64 = 4_096;

/// Begin a data directory: keys, database, first administrator and system key, each secret shown once
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The administrator's name: of the whole installation, and with the strongest role in each service
    #[arg(long, value_name = "NAME", default_value = "admin")]
    admin: UserName,
    /// Take the system key from this file (`-`: standard input) instead of making one
    #[arg(long, value_name = "FILE")]
    system_key_file: Option<String>,
}

impl Init {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let settings = context.settings()?;
        let catalogs = compile_all(&settings.catalogs)?;
        let services = services(&settings, &catalogs)?;
        let system_key = self.system_key_file.as_deref().map(read_key).transpose()?;
        let first = First { admin: self.admin, system_key };
        first.check(&catalogs)?;
        let directory = DataDir::of(&settings);
        let lock = directory.make_and_take(Purpose::Command).await?;
        let with_old_keys = directory.keys().exists();
        let opened =
            directory.open(lock, Beginning::OnPurpose, SystemClock.now(), Arc::new(OsEntropy)).await?;
        if opened.initialised().await? {
            return Err(Failure::new(format!(
                "{} is initialised already, and was not changed; for a lost password there is `symbolon user \
                 reset-password`, for a lost key `symbolon key create`",
                directory.path().display()
            )));
        }
        gate(&opened, services)?;
        let secrets = first.make(&opened, &catalogs, SystemClock.now(), &OsEntropy).await?;
        opened.close().await;
        secrets.show(context.output)?;
        if with_old_keys {
            context
                .output
                .note(&format!("It has the keys that were in {} already.", directory.keys().display()));
        }
        context
            .output
            .note(&format!("The data directory is {}. Next: symbolon serve", directory.path().display()));
        Ok(())
    }
}

/// A secret from a file or from standard input, without the end of its line.
pub(super) fn read_key(path: &str) -> Result<SecretString, Failure> {
    let mut text = String::new();
    let read = match path {
        "-" => io::stdin().lock().take(MAX_KEY).read_to_string(&mut text),
        path => fs::File::open(path).and_then(|file| file.take(MAX_KEY).read_to_string(&mut text)),
    };
    read.map_err(|error| Failure::new(format!("the key in {path} cannot be read: {error}")))?;
    Ok(text.trim_end_matches(['\r', '\n']).into())
}
