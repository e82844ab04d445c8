//! The walk: every request of the script, what came, and whether that was right.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use symbolon_core::Timestamp;
use symbolon_server::Clock;

use super::screen::Screen;
use super::script::{Cast, OPERATOR, Request, Scene, TOKENS, scenes};
use super::stage::{Answer, Stage, VISITOR};
use crate::clock::SystemClock;
use crate::failure::Failure;

/// How the walk went.
#[derive(Debug, Default)]
pub(super) struct Walked {
    asked: usize,
    wrong: Vec<String>,
}

impl Walked {
    fn note(
        &mut self,
        screen: &Screen,
        who: &str,
        what: &str,
        (wanted, holds): (u16, &str),
        because: &str,
        answer: &Answer,
    ) {
        let right = answer.status == wanted && answer.body.to_string().contains(holds);
        self.asked += 1;
        if !right {
            let came = format!("{} {}", answer.status, reason(answer));
            self.wrong.push(format!("{who}: {what} answered {came}, and not {wanted} with {holds:?} in it"));
        }
        screen.answer(right, who, what, answer.status, because, &reason(answer));
    }

    /// The last line; an error if anything was not as expected.
    pub(super) fn verdict(self, screen: &Screen) -> Result<(), Failure> {
        if self.wrong.is_empty() {
            screen.heading(&format!("All {} answers were the expected ones.", self.asked));
            return Ok(());
        }
        Err(Failure::new(format!(
            "{} of {} answers were wrong:\n{}",
            self.wrong.len(),
            self.asked,
            self.wrong.join("\n")
        )))
    }
}

/// Walks through the script.
pub(super) async fn walk(stage: &Stage, screen: &Screen) -> Result<Walked, Failure> {
    let (mut walked, mut service) = (Walked::default(), "");
    for scene in scenes() {
        match scene {
            Scene::At { service: next, heading } => {
                service = next;
                screen.heading(heading);
                introduce(screen, service);
            }
            Scene::Ask(request) => ask(stage, screen, service, &request, &mut walked).await?,
            Scene::Revoke(cast) => {
                stage.revoke(cast).await?;
                screen.deed(&format!("the token {:?} is revoked", name(cast)));
            }
            Scene::Demote => {
                stage.demote().await?;
                screen.deed(&format!("{OPERATOR}, who owns {:?}, becomes a viewer", name(Cast::AgentWrite)));
            }
            Scene::MintWithoutTheRole => {
                let new = json!({ "name": "mine", "profile": "chat" });
                let answer = stage.mint(service, None, &new).await?;
                let because = "tokens of Odysseus are made by its admins alone";
                walked.note(
                    screen,
                    &format!("{VISITOR}, signed in"),
                    "create a token",
                    (403, "insufficient_role"),
                    because,
                    &answer,
                );
            }
            Scene::MintByToken => {
                let new = json!({ "name": "stronger", "scopes": ["agent:write"] });
                let answer = stage.mint(service, Some(Cast::Reader), &new).await?;
                let because = "no token makes a token";
                walked.note(
                    screen,
                    name(Cast::Reader),
                    "create a token",
                    (403, "human_only"),
                    because,
                    &answer,
                );
            }
        }
    }
    Ok(walked)
}

async fn ask(
    stage: &Stage,
    screen: &Screen,
    service: &str,
    request: &Request,
    walked: &mut Walked,
) -> Result<(), Failure> {
    if request.cast == Cast::Expired {
        wait_for_the_end(stage).await?;
    }
    let (method, path) = (request.method, request.path);
    let answer = stage.ask(service, request.cast, (method, path), request.body.as_ref()).await?;
    walked.note(
        screen,
        name(request.cast),
        &format!("{method} {path}"),
        (request.status, request.holds),
        request.because,
        &answer,
    );
    Ok(())
}

/// The token was made to live one second, which has most likely passed.
async fn wait_for_the_end(stage: &Stage) -> Result<(), Failure> {
    let end: Option<Timestamp> = stage.end_of(Cast::Expired).await?.and_then(|text| text.parse().ok());
    let end = end.ok_or_else(|| Failure::new("the token that is to expire has no end"))?;
    let left = end.duration_since(SystemClock.now()).max(SignedDuration::ZERO);
    tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
    Ok(())
}

fn introduce(screen: &Screen, service: &str) {
    for role in TOKENS.iter().filter(|role| role.service == service) {
        let holds = match role.profile {
            Some(profile) => format!("profile {profile}"),
            None => role.scopes.join(", "),
        };
        let owner = role.owner.map(|owner| format!(", owner {owner}")).unwrap_or_default();
        screen.line(format!("  token {:<22} {holds}{owner}", role.name));
    }
    screen.line("");
}

fn name(cast: Cast) -> &'static str {
    match cast {
        Cast::Nobody => "nobody",
        Cast::Admin => "admin, signed in",
        Cast::SystemKey => "system key",
        cast => TOKENS.iter().find(|role| role.cast == cast).map_or("somebody", |role| role.name),
    }
}

/// Why, in the server's own words; for what was allowed, what came.
fn reason(answer: &Answer) -> String {
    let text = |key: &str| answer.body.get(key).and_then(Value::as_str);
    match (text("code"), answer.body.get("required_scopes").and_then(Value::as_array)) {
        (Some(code), Some(needs)) => {
            let one = |set: &Value| {
                set.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(" + ")
            };
            let needs: Vec<_> = needs.iter().map(one).collect();
            format!("{code}: needs {}", needs.join(", or "))
        }
        (Some(code), None) => format!("{code}: {}", text("detail").unwrap_or_default()),
        (None, _) => brief(&answer.body),
    }
}

/// How much came, and how it begins.
fn brief(body: &Value) -> String {
    const LONGEST: usize = 88;
    let (count, first) = match body {
        Value::Array(items) => (format!("{} of them: ", items.len()), items.first().unwrap_or(&Value::Null)),
        other => (String::new(), other),
    };
    let text = first.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{count}{}…", &text[..end]),
        None => format!("{count}{text}"),
    }
}
