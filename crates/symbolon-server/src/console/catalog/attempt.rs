//! A request that is tried: the rules are asked what they would say, or said.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use symbolon_api::client::ClientError;
use symbolon_api::{Explain, Explanation, Problem, ServiceInfo};

use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::moment::Moment;
use crate::console::page::{self, Frame, Section};
use crate::console::posted::Posted;
use crate::console::problems::Problems;
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, fill};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// The form's fields, as the API names them.
const SHOWN: [&str; 5] = ["method", "path", "token", "user", "client_ip"];

/// The characters of a token after its prefix and the underscore.
const SECRET: usize = 49;

/// The form: what was typed, or nothing yet.
pub(super) struct TryForm {
    pub(super) methods: Vec<(String, bool)>,
    pub(super) path: String,
    pub(super) token: String,
    pub(super) user: String,
    pub(super) client_ip: String,
    /// What is tried.
    pub(super) about: String,
    pub(super) path_hint: String,
}

impl TryForm {
    /// With what was typed.
    pub(super) fn of(catalog: &ServiceInfo, typed: &Fields) -> Self {
        let t = &EN;
        let chosen = Some(typed.text("method")).filter(|method| !method.is_empty()).unwrap_or("GET");
        let mount = catalog.mounts.first().map(String::as_str).unwrap_or_default();
        let example = catalog.routes.iter().find(|route| route.access == "scopes");
        let example = example.map(|route| format!("{mount}{}", route.path)).unwrap_or_default();
        let known = METHODS.contains(&chosen);
        let other = (!known).then(|| (chosen.to_owned(), true));
        Self {
            methods: METHODS
                .map(|method| (method.to_owned(), method == chosen))
                .into_iter()
                .chain(other)
                .collect(),
            path: typed.text("path").to_owned(),
            token: typed.text("token").to_owned(),
            user: typed.text("user").to_owned(),
            client_ip: typed.text("client_ip").to_owned(),
            about: fill(t.try_about, &[("service", &catalog.title)]),
            path_hint: fill(t.try_path_hint, &[("path", &example)]),
        }
    }
}

#[derive(Template)]
#[template(path = "catalog/try.html")]
struct TryPage {
    t: &'static Text,
    frame: Frame,
    service: String,
    form_token: String,
    form: TryForm,
    problems: Problems,
    verdict: Option<Verdict>,
}

/// What the rules said.
struct Verdict {
    allowed: bool,
    status: u16,
    code: String,
    operation: String,
    reason: String,
    /// When it was refused, for one that was made.
    at: Option<Moment>,
    rules: Vec<Step>,
    /// Where what a token lacks can be given to it.
    edit: Option<String>,
}

struct Step {
    /// `pass`, `fail` or nothing.
    class: &'static str,
    title: String,
    word: &'static str,
    detail: String,
}

impl Verdict {
    fn of(told: Explanation, edit: Option<String>) -> Self {
        let rules = rules(&told);
        Self {
            edit: edit.filter(|_| told.code == "insufficient_scope"),
            allowed: told.allowed,
            status: told.status,
            operation: format!("{} {}", told.method, told.path),
            at: told.at.as_deref().map(Moment::read),
            code: told.code,
            reason: told.reason,
            rules,
        }
    }
}

/// The rules in their order; those that were not come to are there too.
fn rules(told: &Explanation) -> Vec<Step> {
    let t = &EN;
    let known = [
        ("target", t.rule_target),
        ("route", t.rule_route),
        ("credential", t.rule_credential),
        ("identity", t.rule_identity),
        ("access", t.rule_access),
        ("scopes", t.rule_scopes),
        ("role", t.rule_role),
        ("restrictions", t.rule_restrictions),
    ];
    let title =
        |rule: &str| known.iter().find(|(name, _)| *name == rule).map_or(rule, |(_, title)| title).to_owned();
    let place = |rule: &str| known.iter().position(|(name, _)| *name == rule);
    let asked = told.steps.iter().map(|step| {
        let class = if step.passed { "pass" } else { "fail" };
        let word = if step.passed { t.rule_passed } else { t.rule_failed };
        (place(&step.rule), Step { class, title: title(&step.rule), word, detail: step.detail.clone() })
    });
    let mut rules: Vec<(Option<usize>, Step)> = asked.collect();
    for (its, (name, title)) in known.iter().enumerate() {
        if told.steps.iter().all(|step| step.rule != *name) {
            let before = rules.iter().rposition(|(place, _)| place.is_some_and(|place| place < its));
            let step =
                Step { class: "", title: (*title).to_owned(), word: t.rule_not_asked, detail: String::new() };
            rules.insert(before.map_or(0, |place| place + 1), (Some(its), step));
        }
    }
    rules.into_iter().map(|(_, step)| step).collect()
}

/// Whether a text holds a whole token: what a token is known by is never taken from a form.
fn holds_secret(text: &str) -> bool {
    let alphanumeric = |part: &str| part.bytes().take_while(u8::is_ascii_alphanumeric).count();
    text.split('_').skip(1).any(|part| alphanumeric(part) >= SECRET)
}

/// What was typed without what must not be shown, and the fields that held it.
fn without_secrets(typed: &Fields) -> (Fields, Vec<&'static str>) {
    let (held, kept): (Vec<&str>, Vec<&str>) = SHOWN.iter().partition(|field| holds_secret(typed.raw(field)));
    let kept = kept.into_iter().fold(Fields::default(), |all, field| all.with(field, typed.raw(field)));
    (kept, held)
}

/// A token as the API takes it, from how the pages write its first characters.
fn bare(token: &str, prefix: &str) -> String {
    let token = token.trim_end_matches(['…', '.']);
    let token = token.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).unwrap_or(token);
    token.to_owned()
}

fn form(reader: &Reader, catalog: &ServiceInfo, typed: &Fields, problems: Problems) -> TryPage {
    TryPage {
        t: &EN,
        frame: Frame::of(reader, EN.try_title, Section::Catalog, Some(&catalog.service)),
        service: catalog.service.clone(),
        form_token: reader.form_token.as_str().to_owned(),
        form: TryForm::of(catalog, typed),
        problems,
        verdict: None,
    }
}

/// What was wrong; a refusal that nobody remembers is no missing page.
fn wrong(error: ClientError) -> Result<Box<Problem>, Fault> {
    match error {
        ClientError::Problem(problem) if problem.status == 404 => Ok(problem),
        other => Fault::from(other).problem(),
    }
}

/// Tries a request, or tells why one was refused.
pub(super) async fn attempt(Path(service): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let Posted { reader, fields } = posted;
    let catalog = reader.api.service(&service).await?;
    let (typed, held) = without_secrets(&fields);
    if let Some(field) = held.first() {
        let problems = Problems::at(field, EN.try_secret);
        return Ok(page::again(&form(&reader, &catalog, &typed, problems)));
    }
    let token = typed.given("token").map(|token| bare(&token, &catalog.token_prefix));
    let question = match fields.given("request_id") {
        Some(id) => Explain { request_id: Some(id), ..Explain::default() },
        None => Explain {
            method: typed.given("method"),
            path: typed.given("path"),
            token: token.clone(),
            user: typed.given("user"),
            client_ip: typed.given("client_ip"),
            ..Explain::default()
        },
    };
    match reader.api.explain(&service, &question).await {
        Ok(told) => {
            let typed = match &question.request_id {
                Some(_) => Fields::default().with("method", &told.method).with("path", &told.path),
                None => typed,
            };
            // A path that came from elsewhere may hold anything.
            let (typed, _) = without_secrets(&typed);
            let of_token =
                token.filter(|token| token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
            let edit = of_token.map(|token| format!("/services/{service}/tokens/{token}/edit#scopes"));
            let page = form(&reader, &catalog, &typed, Problems::default());
            Ok(page::show(&TryPage { verdict: Some(Verdict::of(told, edit)), ..page }))
        }
        Err(error) => {
            let problems = Problems::of(*wrong(error)?, &SHOWN);
            Ok(page::again(&form(&reader, &catalog, &typed, problems)))
        }
    }
}

#[cfg(test)]
mod tests {
    use symbolon_api::ExplanationStep;

    use super::*;

    #[test]
    fn a_whole_token_is_known_and_not_kept() {
        let secret = format!("odin_{}", "a1B".repeat(17));
        let secret = &secret[..5 + SECRET];
        for held in [
            secret.to_owned(),
            format!(" {secret}\n"),
            format!("Bearer {secret}"),
            format!("/x?token={secret}"),
        ] {
            assert!(holds_secret(&held), "{held}");
        }
        for harmless in ["tok_0190f0e07f1c7c3aa4d1a6f7a3a1b2c3", "odin_7QhT2mXa…", "7QhT2mXa", "", "/a_b/c_d"]
        {
            assert!(!holds_secret(harmless), "{harmless}");
        }
        let typed = Fields::default().with("path", "/jobs").with("token", secret);
        let (kept, held) = without_secrets(&typed);
        assert_eq!((kept.text("token"), kept.text("path"), held), ("", "/jobs", vec!["token"]));
    }

    #[test]
    fn first_characters_are_taken_as_the_pages_write_them() {
        for written in ["odin_7QhT2mXa…", "odin_7QhT2mXa...", "odin_7QhT2mXa", "7QhT2mXa"] {
            assert_eq!(bare(written, "odin"), "7QhT2mXa");
        }
        assert_eq!(bare("tok_01", "odin"), "tok_01");
    }

    #[test]
    fn every_rule_is_told_once() {
        let step =
            |rule: &str, passed| ExplanationStep { rule: rule.to_owned(), passed, detail: String::new() };
        let told = Explanation {
            service: "odin".to_owned(),
            method: "GET".to_owned(),
            path: "/x".to_owned(),
            allowed: false,
            code: "no_route".to_owned(),
            status: 403,
            reason: String::new(),
            at: None,
            steps: vec![step("target", true), step("identity", true), step("access", false)],
        };
        let rules: Vec<&str> = rules(&told).iter().map(|rule| rule.class).collect();
        assert_eq!(rules, ["pass", "", "", "pass", "fail", "", "", ""]);
    }
}
