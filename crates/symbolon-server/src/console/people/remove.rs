//! Taking somebody away: asked once, with what will break.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use symbolon_api::UserRecord;
use symbolon_api::client::{PageOf, TokenFilter};

use super::{BUILT_IN, page_of};
use crate::console::fault::Fault;
use crate::console::moment::Moment;
use crate::console::page::{self, Frame, Section};
use crate::console::posted::Posted;
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, fill};

/// Tokens of a service that are named, those used last.
const NAMED: usize = 5;

#[derive(Template)]
#[template(path = "people/remove.html")]
struct AskPage {
    t: &'static Text,
    frame: Frame,
    title: String,
    form_token: String,
    href: String,
    name: String,
    /// Whether it is the reader.
    own: bool,
    used: Vec<Used>,
    used_says: String,
    instead: Option<String>,
    button: String,
}

/// A token that somebody uses.
struct Used {
    service: String,
    name: String,
    at: Moment,
}

/// The tokens that were used last, in each service in which the reader sees those of others.
async fn used(reader: &Reader, user: &UserRecord) -> Result<Vec<Used>, Fault> {
    let mut found = Vec::new();
    let filter = TokenFilter {
        state: Some("active".to_owned()),
        owner: Some(user.name.clone()),
        sort: Some("-last_used".to_owned()),
        ..TokenFilter::default()
    };
    for service in reader.me.services.iter().filter(|service| service.manages_others) {
        let page = PageOf { cursor: None, limit: Some(NAMED) };
        let tokens = reader.api.tokens(&service.service, &filter, &page).await?;
        found.extend(tokens.items.into_iter().filter_map(|token| {
            let at = Moment::read(token.last_used_at.as_ref()?);
            Some(Used { service: service.title.clone(), name: token.name, at })
        }));
    }
    Ok(found)
}

/// Asks once.
pub(super) async fn ask(reader: Reader, Path(name): Path<String>) -> Result<Response, Fault> {
    let t = &EN;
    let user = reader.api.user(&name).await?;
    if user.name == BUILT_IN {
        return Ok(Redirect::to(&page_of(&user)).into_response());
    }
    let named = |text: &str| fill(text, &[("name", &user.name)]);
    let title = named(t.remove_person_title);
    let own = user.name == reader.name();
    Ok(page::show(&AskPage {
        t,
        frame: Frame::of(&reader, &title, Section::People, None),
        title,
        form_token: reader.form_token.as_str().to_owned(),
        href: page_of(&user),
        own,
        used: used(&reader, &user).await?,
        used_says: named(t.remove_person_used),
        // Nobody takes back what they did to themselves.
        instead: (user.active && !own).then(|| named(t.remove_person_instead)),
        button: named(t.remove_person_heading),
        name: user.name,
    }))
}

/// Takes them away. The answer comes when no request passes with what was theirs.
pub(super) async fn one(Path(name): Path<String>, Posted { reader, .. }: Posted) -> Result<Response, Fault> {
    let user = reader.api.user(&name).await?;
    reader.api.remove_user(&user.id).await?;
    let own = user.name == reader.name();
    let place = if own { "/sign-in?done=self_gone" } else { "/people?done=person_removed" };
    Ok(Redirect::to(place).into_response())
}
