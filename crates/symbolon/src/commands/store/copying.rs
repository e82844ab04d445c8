//! The two ways.

use std::path::absolute;

use secrecy::{ExposeSecret, SecretString};
use symbolon_store::{copy_from_postgres, copy_to_postgres};

use super::Copy;
use super::telling::{report, telling};
use crate::commands::Context;
use crate::data_dir::{Contents, DataDir, KeyFile, Lock, Purpose, not_for_root};
use crate::failure::Failure;
use crate::settings::{DatabaseSettings, password};

impl Copy {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        if context.url().is_some() {
            return Err(Failure::usage(
                "a record is copied at the machine that has the data directory; leave --url and SYMBOLON_URL out there",
            ));
        }
        let directory = DataDir::of(&context.settings()?);
        let (scheme, _) = self.to.expose_secret().split_once("://").unwrap_or_default();
        let database = matches!(scheme, "postgres" | "postgresql");
        match directory.elsewhere() {
            // Not repeated: there may be a password in it.
            _ if !database && !scheme.is_empty() => Err(Failure::usage(
                "the URL of the database is to begin with postgres:// (--to postgres://user@host/database)",
            )),
            None if database => self.there(&directory, context).await,
            Some(from) if !database => self.back(&directory, from, context).await,
            Some(_) => Err(Failure::usage(
                "the record is in PostgreSQL already, which has tools of its own to copy a database (pg_dump). To copy a file, \
                 take [database] out of the configuration; to move the record to a file, --to names a new one",
            )),
            None => Err(Failure::usage(
                "the record is in a file, of which `symbolon backup` makes a copy. To move it to PostgreSQL, give an empty \
                 database as --to postgres://user@host/database; to move it back, set [database] url",
            )),
        }
    }

    /// Into a database.
    async fn there(self, directory: &DataDir, context: &Context) -> Result<(), Failure> {
        let password = self.password_file.as_deref().map(password).transpose()?;
        let (keys, _lock) = held(directory).await?;
        if !keys.sealed() {
            return Err(Failure::new(
                "the rows of the record have no seals yet: start the server once with this version, stop it, and copy again",
            ));
        }
        let from = directory.database();
        let mut tell = telling(context.output);
        let url = self.to.expose_secret();
        let copied = copy_to_postgres(&from, &keys.keys(), url, exposed(password.as_ref()), &mut tell).await;
        report(&copied.map_err(Failure::new)?, context.output)?;
        context.output.note(&format!(
            "Next: set `url` in [database], copy keys.toml and audit-key.toml from {} to each other node, and start them \
             (docs/fleet.md). Then put {} away: who serves it again brings back what was revoked since.",
            directory.path().display(),
            from.display()
        ));
        Ok(())
    }

    /// Into a file.
    async fn back(
        self,
        directory: &DataDir,
        from: &DatabaseSettings,
        context: &Context,
    ) -> Result<(), Failure> {
        if self.password_file.is_some() {
            return Err(Failure::usage(
                "a file has no password; that of the database is set as password_file in [database]",
            ));
        }
        let to = absolute(self.to.expose_secret()).map_err(Failure::new)?;
        let (keys, _lock) = held(directory).await?;
        not_for_root(&to)?;
        let password = from.password()?;
        let (url, password) = (from.url.expose_secret(), exposed(password.as_ref()));
        let mut tell = telling(context.output);
        let copied = copy_from_postgres(url, password, &keys.keys(), &to, &mut tell).await;
        report(&copied.map_err(Failure::new)?, context.output)?;
        context.output.note(&format!(
            "Next: put {} as symbolon.db into a data directory with keys.toml and audit-key.toml of {}, take [database] out of \
             the configuration, and start it. Then drop the database: who serves it again brings back what was revoked since.",
            to.display(),
            directory.path().display()
        ));
        Ok(())
    }
}

/// The keys of what is in the directory, which is this process's until the lock is given up.
async fn held(directory: &DataDir) -> Result<(KeyFile, Lock), Failure> {
    if directory.contents()? == Contents::Nothing {
        return Err(directory.not_initialised());
    }
    let lock = directory.make_and_take(Purpose::Command).await?;
    Ok((KeyFile::load(&directory.keys())?, lock))
}

fn exposed(password: Option<&SecretString>) -> Option<&str> {
    password.map(ExposeSecret::expose_secret)
}
