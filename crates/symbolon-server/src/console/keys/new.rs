//! A new key, and the one page that shows its secret.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use symbolon_api::client::{ClientError, PageOf};
use symbolon_api::{CreateKey, CreatedKey, SelfService};

use super::may;
use crate::console::Site;
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::page::{self, Frame, Section};
use crate::console::posted::Posted;
use crate::console::problems::{Problems, sent_before};
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, fill};

#[derive(Template)]
#[template(path = "keys/new.html")]
struct NewPage {
    t: &'static Text,
    frame: Frame,
    form_token: String,
    /// Makes sending the form again harmless.
    once: String,
    name: String,
    kinds: Vec<Kind>,
    problems: Problems,
}

/// What a key may be for.
struct Kind {
    value: String,
    text: String,
    hint: &'static str,
    chosen: bool,
}

/// Shown once: nothing keeps what it shows.
#[derive(Template)]
#[template(path = "keys/once.html")]
struct OncePage {
    t: &'static Text,
    frame: Frame,
    title: String,
    /// What it may do.
    says: String,
    secret: String,
}

/// What the form chooses: a service, or everything. Nothing is chosen until somebody does.
fn kinds(reader: &Reader, chosen: &str) -> Vec<Kind> {
    let t = &EN;
    let verifier = |service: &SelfService| {
        let value = format!("verifier:{}", service.service);
        Kind {
            text: may(reader, Some(&service.service)),
            hint: t.key_verifies_hint,
            chosen: chosen == value,
            value,
        }
    };
    let system = Kind {
        value: "system".to_owned(),
        text: may(reader, None),
        hint: t.key_everything_hint,
        chosen: chosen == "system",
    };
    reader.me.services.iter().map(verifier).chain([system]).collect()
}

fn form(site: &Site, reader: &Reader, fields: &Fields, problems: Problems) -> NewPage {
    let t = &EN;
    NewPage {
        t,
        frame: Frame::of(reader, t.new_key_title, Section::Keys, None),
        form_token: reader.form_token.as_str().to_owned(),
        once: site.once(fields),
        name: fields.raw("name").to_owned(),
        kinds: kinds(reader, fields.text("kind")),
        problems,
    }
}

/// What the API is asked to make.
fn asked(fields: &Fields) -> CreateKey {
    let kind = fields.text("kind");
    let (kind, service) = match kind.split_once(':') {
        Some((kind, service)) => (kind, Some(service.to_owned())),
        None => (kind, None),
    };
    CreateKey { kind: kind.to_owned(), name: fields.text("name").to_owned(), service, secret: None }
}

/// The empty form.
pub(super) async fn show(State(site): State<Site>, reader: Reader) -> Result<Response, Fault> {
    if !reader.me.platform_admin {
        // What they are told is the API's to say.
        reader.api.keys(&PageOf::default()).await?;
    }
    Ok(page::show(&form(&site, &reader, &Fields::default(), Problems::default())))
}

fn once(reader: &Reader, created: CreatedKey) -> OncePage {
    let t = &EN;
    let title = fill(t.key_once_title, &[("name", &created.record.name)]);
    OncePage {
        t,
        frame: Frame::of(reader, &title, Section::Keys, None),
        title,
        says: may(reader, created.record.service.as_deref()),
        secret: created.key.unwrap_or_default(),
    }
}

/// Makes the key; the answer is the only page with its secret. The same form sent again makes nothing.
pub(super) async fn create(
    State(site): State<Site>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    match reader.api.create_key_once(&asked(&fields), fields.once()).await {
        Ok(created) => Ok(page::show(&once(&reader, created))),
        Err(ClientError::Problem(problem)) if sent_before(&problem) => {
            Ok(Redirect::to("/keys?done=key_already").into_response())
        }
        Err(error) => {
            let problems = Problems::of(*Fault::from(error).problem()?, &["name", "kind", "service"]);
            Ok(page::again(&form(&site, &reader, &fields, problems)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_a_kind_and_perhaps_a_service() {
        let asked = |text: &str| {
            let new = asked(&Fields::read(text.as_bytes()));
            (new.kind, new.service, new.name)
        };
        let odin = Some("odin".to_owned());
        assert_eq!(asked("kind=verifier:odin&name=+edge+"), ("verifier".to_owned(), odin, "edge".to_owned()));
        assert_eq!(asked("kind=system&name=x"), ("system".to_owned(), None, "x".to_owned()));
        assert_eq!(asked("name=x"), (String::new(), None, "x".to_owned()));
    }
}
