//! What is set for webhooks.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Deserialize;
use symbolon_core::name::{ServiceName, WebhookName};
use symbolon_core::notice::{Event, WebhookSecret};
use symbolon_server::{WEBHOOK_TIMEOUT, Webhook, WebhookUrl};
use toml::Spanned;

use super::header::HeaderSource;
use super::place::{Fault, Place, Said};
use super::resolve::{fault, wait};
use super::source::At;

/// What is said of one webhook.
pub(super) struct WebhookDraft {
    place: Place,
    name: Said<String>,
    url: Said<String>,
    allow_http: Option<Said<bool>>,
    ca: Option<Said<String>>,
    secret: Said<HeaderSource>,
    former_secret: Option<Said<HeaderSource>>,
    events: Option<Vec<Said<String>>>,
    services: Option<Vec<Said<String>>>,
    timeout: Option<Said<String>>,
}

/// `[[webhooks]]` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookSource {
    name: Spanned<String>,
    url: Spanned<String>,
    allow_http: Option<Spanned<bool>>,
    ca: Option<Spanned<String>>,
    secret: Spanned<HeaderSource>,
    former_secret: Option<Spanned<HeaderSource>>,
    events: Option<Vec<Spanned<String>>>,
    services: Option<Vec<Spanned<String>>>,
    timeout: Option<Spanned<String>>,
}

impl WebhookSource {
    pub(super) fn draft(source: Spanned<Self>, at: &At<'_>) -> WebhookDraft {
        let place = at.place(source.span().start);
        let source = source.into_inner();
        let list = |list: Option<Vec<Spanned<String>>>| {
            list.map(|list| list.into_iter().map(|entry| at.said(entry)).collect())
        };
        WebhookDraft {
            place,
            name: at.said(source.name),
            url: at.said(source.url),
            allow_http: at.maybe(source.allow_http),
            ca: at.maybe(source.ca),
            secret: at.said(source.secret),
            former_secret: at.maybe(source.former_secret),
            events: list(source.events),
            services: list(source.services),
            timeout: at.maybe(source.timeout),
        }
    }
}

/// What is set for one webhook. Its files are read by who opens it.
#[derive(Debug)]
pub(crate) struct WebhookSettings {
    name: WebhookName,
    url: WebhookUrl,
    ca: Option<(Place, PathBuf)>,
    secret: Said<HeaderSource>,
    former_secret: Option<Said<HeaderSource>>,
    events: BTreeSet<Event>,
    services: Option<Vec<Said<ServiceName>>>,
    timeout: Duration,
}

impl WebhookSettings {
    /// The webhook, with what its files hold.
    pub(super) fn open(&self) -> Result<Webhook, Fault> {
        let former_secret = self.former_secret.as_ref().map(secret).transpose()?;
        Ok(Webhook {
            name: self.name.clone(),
            url: self.trusting()?,
            secret: secret(&self.secret)?,
            former_secret,
            events: self.events.clone(),
            services: self.services.as_ref().map(|list| list.iter().map(|said| said.value.clone()).collect()),
            timeout: self.timeout,
        })
    }

    fn trusting(&self) -> Result<WebhookUrl, Fault> {
        let Some((place, path)) = &self.ca else { return Ok(self.url.clone()) };
        let pem = std::fs::read(path)
            .map_err(|error| fault(place, format!("{} cannot be read: {error}", path.display())))?;
        let trusting = self.url.clone().trusting(&pem);
        trusting.map_err(|error| fault(place, format!("{}: {error}", path.display())))
    }

    /// The services that are named, each with its place.
    pub(crate) fn services(&self) -> impl Iterator<Item = &Said<ServiceName>> {
        self.services.iter().flatten()
    }

    /// Whether a secret stands in the settings themselves.
    pub(crate) fn has_secrets(&self) -> bool {
        let secrets = [Some(&self.secret), self.former_secret.as_ref()];
        secrets.into_iter().flatten().any(|secret| matches!(secret.value, HeaderSource::Value(_)))
    }
}

fn secret(said: &Said<HeaderSource>) -> Result<WebhookSecret, Fault> {
    WebhookSecret::parse(said.read()?.expose_secret()).map_err(|error| fault(&said.place, error))
}

pub(super) fn resolve(drafts: Vec<WebhookDraft>, faults: &mut Vec<Fault>) -> Vec<WebhookSettings> {
    let mut settings: Vec<WebhookSettings> = Vec::new();
    for draft in drafts {
        let place = draft.place.clone();
        let Some(webhook) = resolve_one(draft, faults) else { continue };
        if settings.iter().any(|other| other.name == webhook.name) {
            let message =
                format!("there is another webhook of the name {}; name this one otherwise", webhook.name);
            faults.push(fault(&place, message));
        }
        settings.push(webhook);
    }
    settings
}

fn resolve_one(draft: WebhookDraft, faults: &mut Vec<Fault>) -> Option<WebhookSettings> {
    let allow_http = draft.allow_http.as_ref().is_some_and(|said| said.value);
    let name = parsed::<WebhookName>(&draft.name, faults);
    let url = WebhookUrl::parse(&draft.url.value, allow_http)
        .map_err(|error| faults.push(fault(&draft.url.place, error)))
        .ok();
    let ca = draft.ca.as_ref().map(|said| (said.place.clone(), said.place.resolve(&said.value)));
    if let (Some((place, _)), Some(false)) = (&ca, url.as_ref().map(WebhookUrl::is_https)) {
        faults.push(fault(place, "ca is for a url that begins with https://"));
    }
    let events = draft.events.map(|list| all_parsed::<Event>(&draft.place, "events", &list, faults));
    let services = draft.services.map(|list| all_parsed(&draft.place, "services", &list, faults));
    let timeout = wait(draft.timeout.as_ref(), WEBHOOK_TIMEOUT, faults);
    Some(WebhookSettings {
        name: name?,
        url: url?,
        ca,
        secret: draft.secret,
        former_secret: draft.former_secret,
        events: events
            .map_or_else(|| Event::ALL.into(), |list| list.into_iter().map(|said| said.value).collect()),
        services,
        timeout,
    })
}

fn parsed<T: FromStr<Err: Display>>(said: &Said<String>, faults: &mut Vec<Fault>) -> Option<T> {
    let parsed = said.value.parse();
    parsed.map_err(|error| faults.push(fault(&said.place, format!("{:?}: {error}", said.value)))).ok()
}

fn all_parsed<T: FromStr<Err: Display>>(
    place: &Place,
    key: &str,
    list: &[Said<String>],
    faults: &mut Vec<Fault>,
) -> Vec<Said<T>> {
    if list.is_empty() {
        faults
            .push(fault(place, format!("with no {key} it is told nothing; leave {key} out for all of them")));
    }
    let mut all = Vec::new();
    for said in list {
        all.extend(parsed(said, faults).map(|value| Said::at(&said.place, value)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn one(lines: &str) -> Result<Webhook, String> {
        let text = format!("[[webhooks]]\n{lines}");
        let settings = settings(&text, &[])?;
        settings.open_webhooks().map_err(|failure| failure.to_string()).map(|mut all| all.remove(0))
    }

    #[test]
    fn everything_can_be_said_and_no_secret_prints() {
        let plain =
            one(&format!("name = \"chat\"\nurl = \"https://chat.example/hush\"\nsecret = \"{SECRET}\""))
                .unwrap();
        assert_eq!((plain.events.len(), plain.services.clone(), plain.timeout), (7, None, WEBHOOK_TIMEOUT));
        assert!(plain.former_secret.is_none());
        let full = one(&format!(
            "name = \"chat\"\nurl = \"http://chat.example/hush\"\nallow_http = true\nsecret = \"{SECRET}\"\n\
             former_secret = \"{SECRET}\"\nevents = [\"token.revoked\", \"token.leaked\"]\nservices = [\"odin\"]\n\
             timeout = \"5s\""
        ))
        .unwrap();
        assert_eq!(full.events, [Event::Revoked, Event::Leaked].into());
        assert_eq!(full.services.as_ref().unwrap().len(), 1);
        assert!(full.former_secret.is_some() && full.timeout.as_secs() == 5);
        let printed = format!("{plain:?}{full:?}");
        assert!(!printed.contains("MfKQ") && !printed.contains("hush"), "{printed}");
        assert!(settings("", &[]).unwrap().open_webhooks().unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_no_secret() {
        let with = |line: &str| {
            let mut lines = vec!["name = \"chat\"", "url = \"https://a/hush\"", "secret = \"whsec_hush\""];
            let key = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
            match lines.iter().position(|other| key(other) == key(line)) {
                Some(at) => lines[at] = line,
                None => lines.push(line),
            }
            one(&lines.join("\n")).unwrap_err()
        };
        for (line, expected) in [
            ("name = \"Chat\"", "conf/symbolon.toml:2: \"Chat\": a webhook's name is"),
            ("url = \"http://a/hush\"", "conf/symbolon.toml:3: a webhook's url begins with https://"),
            ("url = \"https://u:hush@a\"", "conf/symbolon.toml:3: a webhook's url has no user"),
            ("secret = \"whsec_hush\"", "conf/symbolon.toml:4: a webhook's secret is whsec_"),
            ("secret = { file = \"none\" }", "conf/symbolon.toml:4: conf/none cannot be read"),
            ("secret = 7", "conf/symbolon.toml:4: invalid type: integer `7`, expected the value, or { file"),
            (
                "events = [\"token.update\"]",
                "conf/symbolon.toml:5: \"token.update\": an event is token.created",
            ),
            ("events = []", "conf/symbolon.toml:1: with no events it is told nothing"),
            ("services = [\"O\"]", "conf/symbolon.toml:5: \"O\": a service's name"),
            ("timeout = \"0s\"", "conf/symbolon.toml:5: a wait is written such as 5s"),
            ("ca = \"none.pem\"", "conf/symbolon.toml:5: conf/none.pem cannot be read"),
            ("retries = 3", "conf/symbolon.toml:5: unknown field `retries`"),
        ] {
            let told = with(line);
            assert!(told.starts_with(expected) && !told.contains("hush"), "{line}: {told}");
        }
        let twice =
            format!("[[webhooks]]\nname = \"a\"\nurl = \"https://a\"\nsecret = \"{SECRET}\"\n").repeat(2);
        let told = settings(&twice, &[]).unwrap_err();
        assert!(told.starts_with("conf/symbolon.toml:5: there is another webhook of the name a"), "{told}");
        let told = one("name = \"chat\"\nurl = \"https://a\"").unwrap_err();
        assert!(told.contains("missing field `secret`"), "{told}");
    }
}
