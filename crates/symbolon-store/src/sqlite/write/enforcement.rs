//! Enforcement of services, as it was switched.

use rusqlite::{Connection, params};
use symbolon_core::record::Enforcement;
use symbolon_core::seal::Sealer;

use crate::sqlite::fault::Fault;
use crate::sqlite::statement::execute;

pub(super) fn switch(db: &Connection, switched: &Enforcement, sealer: &Sealer) -> Result<(), Fault> {
    execute(
        db,
        "INSERT INTO enforcement (service, enforce, since, seal) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (service) DO UPDATE
         SET enforce = excluded.enforce, since = excluded.since, seal = excluded.seal",
        params![
            switched.service.as_str(),
            switched.enforce,
            switched.since.as_millisecond(),
            sealer.seal(switched).as_bytes().as_slice()
        ],
    )?;
    Ok(())
}
