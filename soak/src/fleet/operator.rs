//! An operator: makes users and tokens, takes from them, and gives again, through whichever node answers.

mod trying;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::world::{Held, OF_A_VIEWER, RIGHTS, Tickets, World};
use crate::history::Rights;
use crate::http::{Request, Wire};
use crate::random::SplitMix;

/// How long a mutation is waited for: longer than a node waits for the others, and then for the database.
const PATIENCE: Duration = Duration::from_secs(12);
/// How often something is tried through one node or another.
const TRIES: usize = 200;
const TOKENS: &str = "/v1/services/odin/tokens";
/// Who signs in. Nothing is taken from this user.
const SIGNER: (&str, &str) = ("signer", "a password for the soak 7");

/// What is to be changed.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) kind: &'static str,
    pub(crate) subject: String,
    pub(crate) request: Request,
    pub(crate) aspects: Vec<(&'static str, Rights)>,
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was acknowledged, and no try of it is under way any more.
    Cleanly,
    /// It was acknowledged, and a try before may take effect later.
    Loosely,
    /// It was not acknowledged.
    Not,
}

/// An operator.
pub(crate) struct Operator {
    world: Arc<World>,
    random: SplitMix,
    wires: Vec<Wire>,
    number: usize,
    /// How many users there have been.
    users: usize,
    user: String,
    tokens: Vec<Arc<Held>>,
}

fn all() -> Rights {
    vec!["*".to_owned()]
}

fn rights(of: &[&str]) -> Rights {
    of.iter().map(|&right| right.to_owned()).collect()
}

fn user(name: &str) -> String {
    format!("user:{name}")
}

impl Operator {
    pub(crate) fn new(world: &Arc<World>, seed: u64, number: usize) -> Self {
        let random = SplitMix::of(seed, 1_000 + number);
        let (world, wires) = (Arc::clone(world), world.wires());
        Self { world, random, wires, number, users: 0, user: String::new(), tokens: Vec::new() }
    }

    /// Makes the user who signs in.
    pub(crate) async fn make_signer(&mut self) -> Result<(), String> {
        let body = json!({"name": SIGNER.0, "password": SIGNER.1, "roles": {"odin": "viewer"}});
        let name = |_: &Value| user(SIGNER.0);
        let made = self.make("/v1/users", &|_| body.clone(), "create", user_aspects(), None, &name).await;
        made.map(drop).ok_or_else(|| "no user could be made".to_owned())
    }

    /// Takes something for each ticket, until there are no more.
    pub(crate) async fn work(mut self, tickets: Arc<Tickets>) {
        while tickets.take(&self.world).await {
            if self.tokens.is_empty() {
                self.settle_in().await;
            }
            let is_clean = match self.random.below(100) {
                0..40 => self.revoke().await,
                40..60 => self.narrow().await,
                60..75 => self.switch().await,
                75..88 => self.edit("demote", "promote").await,
                88..96 => self.edit("deactivate", "activate").await,
                _ => self.sign_in_and_out().await,
            };
            if !is_clean {
                self.retire().await;
            }
        }
    }

    /// Uses the last node no more.
    pub(crate) fn leave(&mut self, last: usize) {
        self.wires.truncate(last);
    }

    /// Makes a user and tokens of theirs.
    pub(crate) async fn settle_in(&mut self) {
        let (number, mut users) = (self.number, self.users);
        let name = |nth: usize| format!("o{number}-{nth}");
        let first = users;
        let body = |tried: usize| json!({"name": name(first + tried), "roles": {"odin": "operator"}});
        let named = |made: &Value| user(made["name"].as_str().unwrap_or_default());
        let made = self.make("/v1/users", &body, "create", user_aspects(), None, &named).await;
        users += TRIES;
        self.users = users;
        let Some(made) = made else { return };
        made["name"].as_str().unwrap_or_default().clone_into(&mut self.user);
        for _ in 0..2 {
            let token = self.make_token().await;
            self.tokens.extend(token);
        }
    }

    /// A new token of the user's, with all rights.
    pub(crate) async fn make_token(&mut self) -> Option<Arc<Held>> {
        let body = json!({"name": "soak", "scopes": RIGHTS, "owner": self.user});
        let aspects = vec![("life", all()), ("scopes", rights(&RIGHTS)), ("enabled", all())];
        let (above, id) =
            (user(&self.user), |made: &Value| made["id"].as_str().unwrap_or_default().to_owned());
        let made = self.make(TOKENS, &|_| body.clone(), "create", aspects, Some(above), &id).await?;
        let text = |field: &str| made[field].as_str().unwrap_or_default().to_owned();
        let held = Arc::new(Held { subject: text("id"), secret: text("token"), session: false });
        self.world.made(&held);
        Some(held)
    }

    /// Ends what the operator has: somebody may get something again that was taken, by a try whose outcome is unknown.
    async fn retire(&mut self) {
        for token in std::mem::take(&mut self.tokens) {
            self.end(&token).await;
        }
    }

    async fn end(&mut self, token: &Arc<Held>) -> Done {
        let request = self.world.request("DELETE", format!("{TOKENS}/{}", token.subject));
        let done = self.change(token, "revoke", request, vec![("life", Vec::new())]).await;
        if done != Done::Not {
            self.world.ask_all_at_once(token, RIGHTS[0]);
        }
        done
    }

    async fn revoke(&mut self) -> bool {
        if let Some(token) = self.make_token().await {
            self.end(&token).await;
        }
        // It is never given again.
        true
    }

    async fn narrow(&mut self) -> bool {
        let Some(token) = self.random.one(&self.tokens).cloned() else { return true };
        let lost = self.random.below(RIGHTS.len());
        let left: Vec<&str> = RIGHTS.into_iter().filter(|right| *right != RIGHTS[lost]).collect();
        let path = format!("{TOKENS}/{}", token.subject);
        let narrow = self.world.request("PATCH", path.clone()).with(json!({"scopes": left}));
        if self.change(&token, "narrow", narrow, vec![("scopes", rights(&left))]).await != Done::Not {
            self.world.ask_all_at_once(&token, RIGHTS[lost]);
        }
        let widen = self.world.request("PATCH", path).with(json!({"scopes": RIGHTS}));
        self.change(&token, "widen", widen, vec![("scopes", rights(&RIGHTS))]).await == Done::Cleanly
    }

    async fn switch(&mut self) -> bool {
        let Some(token) = self.random.one(&self.tokens).cloned() else { return true };
        let path = |verb| format!("{TOKENS}/{}/{verb}", token.subject);
        let disable = self.world.request("POST", path("disable"));
        if self.change(&token, "disable", disable, vec![("enabled", Vec::new())]).await != Done::Not {
            self.world.ask_all_at_once(&token, RIGHTS[1]);
        }
        let enable = self.world.request("POST", path("enable"));
        self.change(&token, "enable", enable, vec![("enabled", all())]).await == Done::Cleanly
    }

    /// Takes from the user, and gives it again.
    async fn edit(&mut self, take: &'static str, give: &'static str) -> bool {
        let Some(token) = self.random.one(&self.tokens).cloned() else { return true };
        let path = format!("/v1/users/{}", self.user);
        let mut clean = false;
        for kind in [take, give] {
            let (body, aspect) = match kind {
                "demote" => (json!({"roles": {"odin": "viewer"}}), ("role", rights(&OF_A_VIEWER))),
                "promote" => (json!({"roles": {"odin": "operator"}}), ("role", all())),
                "deactivate" => (json!({"active": false}), ("active", Vec::new())),
                _ => (json!({"active": true}), ("active", all())),
            };
            let request = self.world.request("PATCH", path.clone()).with(body);
            let wish = Wish { kind, subject: user(&self.user), request, aspects: vec![aspect] };
            self.world.changed(&token);
            let done = self.wish(&wish).await;
            if kind == take && done != Done::Not {
                self.world.ask_all_at_once(&token, "agent:write");
            }
            clean = done == Done::Cleanly;
        }
        clean
    }

    async fn sign_in_and_out(&mut self) -> bool {
        let body = json!({"username": SIGNER.0, "password": SIGNER.1});
        let (above, id) = (user(SIGNER.0), |made: &Value| made["id"].as_str().unwrap_or_default().to_owned());
        let aspects = vec![("life", all())];
        let made = self.make("/v1/sessions", &|_| body.clone(), "sign_in", aspects, Some(above), &id).await;
        let Some(made) = made else { return true };
        let text = |field: &str| made[field].as_str().unwrap_or_default().to_owned();
        let session = Arc::new(Held { subject: text("id"), secret: text("token"), session: true });
        self.world.made(&session);
        self.world.ask_all_at_once(&session, RIGHTS[0]);
        let request = self.world.request("DELETE", format!("/v1/sessions/{}", session.subject));
        if self.change(&session, "sign_out", request, vec![("life", Vec::new())]).await != Done::Not {
            self.world.ask_all_at_once(&session, RIGHTS[0]);
        }
        true
    }

    async fn change(
        &mut self,
        held: &Arc<Held>,
        kind: &'static str,
        request: Request,
        aspects: Vec<(&'static str, Rights)>,
    ) -> Done {
        self.world.changed(held);
        self.wish(&Wish { kind, subject: held.subject.clone(), request, aspects }).await
    }
}

fn user_aspects() -> Vec<(&'static str, Rights)> {
    vec![("role", all()), ("active", all())]
}
