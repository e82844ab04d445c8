//! Odysseus, a personal assistant: chat with a small model that echoes, to-dos, documents, mail, calendar, memory.
//!
//! Mail goes nowhere: drafts and what is sent land in the outbox. The shapes of the answers are in `schema.sql`.

mod calendar;
mod chat;
mod documents;
mod emails;
mod memory;
mod system;
mod todos;

use std::path::Path;

use axum::Router;

use crate::{
    BackendError, behind_symbolon,
    database::{self, Schema},
};

const SCHEMA: Schema = Schema {
    application_id: 0x4F44_5953, // "ODYS"
    tables: include_str!("schema.sql"),
    seed: include_str!("seed.sql"),
};

/// Odysseus on the SQLite file `database`, which is created and filled when it is new.
///
/// The router believes the identity headers of every request; bind it to loopback, behind Symbolon.
pub async fn app(database: &Path) -> Result<Router, BackendError> {
    let db = database::open(database, &SCHEMA).await?;
    let routes = Router::new()
        .merge(chat::routes())
        .merge(todos::routes())
        .merge(documents::routes())
        .merge(emails::routes())
        .merge(calendar::routes())
        .merge(memory::routes())
        .merge(system::routes())
        .with_state(db);
    Ok(behind_symbolon(Router::new().nest("/api", routes)))
}
