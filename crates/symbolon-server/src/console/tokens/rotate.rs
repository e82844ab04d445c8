//! Another secret for a token: asked how, then shown once.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use symbolon_api::client::ClientError;
use symbolon_api::{RotateToken, TokenRecord};

use super::{once, page_of};
use crate::console::Site;
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::page::{self, Frame, Section};
use crate::console::posted::Posted;
use crate::console::problems::{Problems, sent_before};
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, fill};

#[derive(Template)]
#[template(path = "tokens/rotate.html")]
struct RotatePage {
    t: &'static Text,
    frame: Frame,
    title: String,
    service: String,
    form_token: String,
    /// Makes sending the form again harmless.
    once: String,
    name: String,
    href: String,
    choices: Vec<Choice>,
    grace: String,
    within: String,
    problems: Problems,
}

/// When the old secret ends.
struct Choice {
    value: &'static str,
    text: &'static str,
    hint: &'static str,
    chosen: bool,
}

/// The fields that the form shows, as the API names them.
const FIELDS: [&str; 2] = ["old_ends", "grace"];

fn form(
    site: &Site,
    reader: &Reader,
    token: &TokenRecord,
    fields: &Fields,
    problems: Problems,
) -> RotatePage {
    let t = &EN;
    let chosen = Some(fields.text("old")).filter(|chosen| !chosen.is_empty()).unwrap_or("first_use");
    let choice = |value, text, hint| Choice { value, text, hint, chosen: chosen == value };
    let or = |name, usual: &str| fields.given(name).unwrap_or_else(|| usual.to_owned());
    let title = fill(t.rotate_title, &[("name", &token.name)]);
    RotatePage {
        t,
        frame: Frame::of(reader, &title, Section::Tokens, Some(&token.service)),
        title,
        service: token.service.clone(),
        form_token: reader.form_token.as_str().to_owned(),
        once: site.once(fields),
        name: token.name.clone(),
        href: page_of(token),
        choices: vec![
            choice("first_use", t.rotate_first_use, t.rotate_first_use_hint),
            choice("within", t.rotate_within, t.rotate_within_hint),
            choice("now", t.rotate_now, t.rotate_now_hint),
        ],
        grace: or("grace", "1h"),
        within: or("within", "7d"),
        problems,
    }
}

/// The form.
pub(super) async fn ask(
    State(site): State<Site>,
    reader: Reader,
    Path((service, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let token = reader.api.token(&service, &id).await?;
    if token.state == "revoked" {
        return Ok(Redirect::to(&page_of(&token)).into_response());
    }
    Ok(page::show(&form(&site, &reader, &token, &Fields::default(), Problems::default())))
}

/// Makes the secret; the answer is the only page with it. The same form sent again makes none.
pub(super) async fn rotate(
    State(site): State<Site>,
    Path((service, id)): Path<(String, String)>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    let token = reader.api.token(&service, &id).await?;
    let catalog = reader.api.service(&service).await?;
    let (old_ends, grace) = match fields.text("old") {
        "within" => (fields.text("within"), None),
        other => (other, Some(fields.text("grace").to_owned()).filter(|_| other == "first_use")),
    };
    let how = RotateToken { old_ends: Some(old_ends.to_owned()), grace, ..RotateToken::default() };
    match reader.api.rotate_token(&service, &token.id, &how, fields.once()).await {
        Ok(rotated) => Ok(page::show(&once::rotated(&reader, &catalog, rotated))),
        Err(ClientError::Problem(problem)) if sent_before(&problem) => {
            Ok(Redirect::to(&format!("{}?done=rotated_before", page_of(&token))).into_response())
        }
        Err(error) => {
            let problems = Problems::of(*Fault::from(error).problem()?, &FIELDS);
            Ok(page::again(&form(&site, &reader, &token, &fields, problems)))
        }
    }
}
