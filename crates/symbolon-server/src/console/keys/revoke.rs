//! Taking a key back: asked once, with what will break.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};

use super::title;
use crate::console::fault::Fault;
use crate::console::page::{self, Frame, Section};
use crate::console::posted::Posted;
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, fill};

#[derive(Template)]
#[template(path = "keys/revoke.html")]
struct AskPage {
    t: &'static Text,
    frame: Frame,
    title: String,
    form_token: String,
    id: String,
    /// What will break.
    breaks: String,
}

/// Asks once.
pub(super) async fn ask(reader: Reader, Path(id): Path<String>) -> Result<Response, Fault> {
    let t = &EN;
    let key = reader.api.key(&id).await?;
    let heading = fill(t.revoke_title, &[("name", &key.name)]);
    let breaks = match &key.service {
        Some(service) => fill(t.key_revoke_verifier, &[("service", title(&reader, service))]),
        None => t.key_revoke_system.to_owned(),
    };
    Ok(page::show(&AskPage {
        t,
        frame: Frame::of(&reader, &heading, Section::Keys, None),
        title: heading,
        form_token: reader.form_token.as_str().to_owned(),
        id: key.id,
        breaks,
    }))
}

/// Takes it back. The answer comes when nothing is let in with it any more.
pub(super) async fn one(Path(id): Path<String>, Posted { reader, .. }: Posted) -> Result<Response, Fault> {
    reader.api.remove_key(&id).await?;
    Ok(Redirect::to("/keys?done=key_revoked").into_response())
}
