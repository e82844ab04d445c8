//! The list, newest first.

use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use symbolon_api::KeyRecord;
use symbolon_api::client::PageOf;

use super::may;
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::moment::Moment;
use crate::console::page::{self, Frame, Section};
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, notice};

/// Keys on a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "keys/list.html")]
struct ListPage {
    t: &'static Text,
    frame: Frame,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

struct Row {
    id: String,
    name: String,
    /// The beginning of the secret, as it is written; the operator's own is not known.
    begins: Option<String>,
    may: String,
    /// Whether it may do everything.
    everything: bool,
    created: Moment,
}

impl Row {
    fn of(key: KeyRecord, reader: &Reader) -> Self {
        Self {
            begins: key.key_prefix.map(|prefix| format!("symkey_{prefix}…")),
            may: may(reader, key.service.as_deref()),
            everything: key.service.is_none(),
            created: Moment::read(&key.created_at),
            name: key.name,
            id: key.id,
        }
    }
}

/// The page of keys.
pub(super) async fn show(reader: Reader, RawQuery(query): RawQuery) -> Result<Response, Fault> {
    let t = &EN;
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let cursor = asked.given("cursor");
    let first = cursor.is_some().then(|| "/keys".to_owned());
    let keys = reader.api.keys(&PageOf { cursor, limit: Some(ROWS) }).await?;
    Ok(page::show(&ListPage {
        t,
        frame: Frame::of(&reader, t.nav_keys, Section::Keys, None).noting(notice(asked.text("done"))),
        rows: keys.items.into_iter().map(|key| Row::of(key, &reader)).collect(),
        first,
        next: keys.next_cursor.map(|cursor| page::further("/keys", &[("cursor", &cursor)])),
    }))
}
