//! The console's pages over a real record, as a browser asks for them.

mod asks;
mod forms;
mod keys;
mod many;
mod operations;
mod people;
mod restrictions;
mod sessions;

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::world::{Person, World};

/// A browser in which somebody is signed in.
struct Browser {
    pages: Router,
    cookie: String,
}

/// What it shows.
struct Shown {
    status: u16,
    /// Where it is sent to.
    location: String,
    html: String,
}

impl Browser {
    fn of(world: &World, person: &Person) -> Self {
        Self {
            pages: symbolon_server::site(world.app.clone()),
            cookie: format!("symbolon_session={}", person.jwt),
        }
    }

    async fn ask(&self, method: &str, path: &str, body: String) -> Shown {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "symbolon.example")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", &self.cookie)
            .body(Body::from(body))
            .unwrap();
        let (parts, body) = self.pages.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let location = parts.headers.get("location").map_or("", |value| value.to_str().unwrap());
        Shown {
            status: parts.status.as_u16(),
            location: location.to_owned(),
            html: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn page(&self, path: &str) -> Shown {
        self.ask("GET", path, String::new()).await
    }

    /// Sends the form of a page, with these values in place of its own; one of `None` is not sent.
    async fn send(&self, page: &Shown, to: &str, values: &[(&str, Option<&str>)]) -> Shown {
        let form = page.form(to);
        let own = fields(form).into_iter().filter(|(name, _)| !values.iter().any(|(known, _)| known == name));
        let typed =
            values.iter().filter_map(|(name, value)| Some(((*name).to_owned(), (*value)?.to_owned())));
        let pairs: Vec<_> = own.chain(typed).collect();
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.ask("POST", to, body).await
    }
}

impl Shown {
    fn form(&self, to: &str) -> &str {
        let start = self
            .html
            .find(&format!("method=\"post\" action=\"{to}\""))
            .unwrap_or_else(|| panic!("{}", self.html));
        self.html[start..].split("</form>").next().unwrap()
    }

    fn says(&self, text: &str) -> bool {
        self.html.contains(text)
    }

    /// What stands in the field of this id.
    fn value_of(&self, id: &str) -> &str {
        let (_, after) = self.html.split_once(&format!("id=\"{id}\"")).unwrap();
        attribute(after.split('>').next().unwrap(), "value").unwrap()
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = tag.split_once(&format!(" {name}=\""))?;
    after.split('"').next()
}

/// What a browser would send of a form as it came.
fn fields(form: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut select = "";
    for tag in form.split('<').filter_map(|tag| tag.split('>').next()) {
        let kind = attribute(tag, "type").unwrap_or("text");
        if tag.starts_with("select ") {
            select = attribute(tag, "name").unwrap();
        } else if tag.starts_with("option ") && tag.contains(" selected") {
            found.push((select.to_owned(), attribute(tag, "value").unwrap().to_owned()));
        } else if tag.starts_with("input ")
            && (!matches!(kind, "checkbox" | "radio") || tag.contains(" checked"))
        {
            found.push((
                attribute(tag, "name").unwrap().to_owned(),
                attribute(tag, "value").unwrap().to_owned(),
            ));
        }
    }
    found
}
