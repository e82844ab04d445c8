//! The walk as data: who asks for what, what must come of it, and what it shows. The two documents' own
//! requests are among them, word for word.

use serde_json::{Value, json};

/// Somebody with a credential, made for the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cast {
    /// Nobody: no credential.
    Nobody,
    /// A token for each profile of Odysseus.
    Chat,
    Todos,
    Drafts,
    /// O.D.I.N.'s tokens.
    Reader,
    Writer,
    AgentRead,
    AgentWrite,
    Expired,
    Revoked,
    /// The administrator, signed in.
    Admin,
    /// The system key.
    SystemKey,
}

/// A token to be made: service, name, owner, scopes or a profile.
pub(super) struct Role {
    pub(super) cast: Cast,
    pub(super) service: &'static str,
    pub(super) name: &'static str,
    pub(super) profile: Option<&'static str>,
    pub(super) scopes: &'static [&'static str],
    /// Whose it is; `None` is the administrator's.
    pub(super) owner: Option<&'static str>,
    pub(super) expires_in: Option<&'static str>,
}

const fn by_profile(cast: Cast, name: &'static str, profile: &'static str) -> Role {
    Role {
        cast,
        service: "odysseus",
        name,
        profile: Some(profile),
        scopes: &[],
        owner: None,
        expires_in: None,
    }
}

const fn by_scopes(cast: Cast, name: &'static str, scopes: &'static [&'static str]) -> Role {
    Role { cast, service: "odin", name, profile: None, scopes, owner: None, expires_in: None }
}

/// The operator of the print farm who owns the writing agent's token, and is demoted in the walk.
pub(super) const OPERATOR: &str = "olga";

/// The tokens of the walk.
pub(super) const TOKENS: &[Role] = &[
    by_profile(Cast::Chat, "mobile-companion", "chat"),
    by_profile(Cast::Todos, "automation-scripts", "codex_todos"),
    by_profile(Cast::Drafts, "mail-assistant", "codex_email_drafts"),
    Role { expires_in: Some("1s"), ..by_scopes(Cast::Expired, "last year's report", &["read:printers"]) },
    by_scopes(Cast::Reader, "Grafana read-only", &["read:printers", "read:jobs"]),
    by_scopes(Cast::Writer, "CI/CD deploy", &["write:jobs"]),
    by_scopes(Cast::AgentRead, "night watch agent", &["agent:read"]),
    Role { owner: Some(OPERATOR), ..by_scopes(Cast::AgentWrite, "farm agent", &["agent:write"]) },
    by_scopes(Cast::Revoked, "lost laptop", &["read:printers"]),
];

/// One request of the walk.
pub(super) struct Request {
    pub(super) cast: Cast,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) body: Option<Value>,
    /// The status that must come,
    pub(super) status: u16,
    /// and what must be in the answer: a refusal's code, or something of what was asked for.
    pub(super) holds: &'static str,
    /// What it shows.
    pub(super) because: &'static str,
}

/// What happens, in order.
pub(super) enum Scene {
    /// A heading, and the service that the requests below go to.
    At { service: &'static str, heading: &'static str },
    /// A request.
    Ask(Request),
    /// The token is revoked.
    Revoke(Cast),
    /// The operator becomes a viewer.
    Demote,
    /// Somebody of Odysseus without the role tries to make a token.
    MintWithoutTheRole,
    /// A token tries to make a token.
    MintByToken,
}

/// A status, and what must be in the answer.
type Wanted = (u16, &'static str);

const NO_SCOPE: Wanted = (403, "insufficient_scope");
const NO_TOKEN: Wanted = (403, "human_only");
const BAD: Wanted = (401, "invalid_token");

fn get(cast: Cast, path: &'static str, (status, holds): Wanted, because: &'static str) -> Scene {
    Scene::Ask(Request { cast, method: "GET", path, body: None, status, holds, because })
}

fn post(
    cast: Cast,
    path: &'static str,
    body: Value,
    (status, holds): Wanted,
    because: &'static str,
) -> Scene {
    Scene::Ask(Request { cast, method: "POST", path, body: Some(body), status, holds, because })
}

/// The walk.
pub(super) fn scenes() -> Vec<Scene> {
    let job = json!({ "model_id": 42, "printer_id": 1, "priority": "normal" });
    let mail = json!({ "to": "ada@example.org", "subject": "Re: parts", "body": "On their way." });
    vec![
        Scene::At { service: "odysseus", heading: "Odysseus, a self-hosted AI workspace" },
        get(Cast::Nobody, "/api/codex/todos", (401, "credential_required"), "without a token nobody gets in"),
        post(
            Cast::Chat,
            "/api/v1/chat",
            json!({ "message": "Good morning" }),
            (200, "Good morning"),
            "profile chat: one scope, chat",
        ),
        get(Cast::Chat, "/api/codex/todos", NO_SCOPE, "and nothing else"),
        post(
            Cast::Todos,
            "/api/codex/todos",
            json!({ "text": "Water the plants" }),
            (201, "Water the plants"),
            "profile codex_todos",
        ),
        get(Cast::Todos, "/api/codex/todos", (200, "Water the plants"), "todos:write includes todos:read"),
        get(Cast::Drafts, "/api/codex/emails", (200, "subject"), "profile codex_email_drafts reads mail"),
        post(
            Cast::Drafts,
            "/api/codex/emails/draft",
            mail.clone(),
            (201, "On their way."),
            "and drafts replies",
        ),
        post(Cast::Drafts, "/api/codex/emails/send", mail, NO_SCOPE, "but sends nothing"),
        get(Cast::Drafts, "/api/users", NO_TOKEN, "administration is for people"),
        Scene::MintWithoutTheRole,
        Scene::At { service: "odin", heading: "O.D.I.N., a print farm with 395 operations" },
        get(Cast::Reader, "/api/printers", (200, "status"), "the document's first request: read:printers"),
        post(Cast::Reader, "/api/jobs", job.clone(), NO_SCOPE, "a reader creates no job"),
        post(
            Cast::Writer,
            "/api/jobs",
            job,
            (201, "\"model_id\":42"),
            "the document's second request: write:jobs",
        ),
        get(Cast::Writer, "/api/v1/jobs", NO_SCOPE, "O.D.I.N. promises no read with its write"),
        get(Cast::AgentRead, "/api/alerts", (200, "severity"), "agent:read sees the dashboard"),
        post(Cast::AgentRead, "/api/printers/1/pause", json!({}), NO_SCOPE, "and changes nothing"),
        get(Cast::AgentWrite, "/api/alerts", (200, "severity"), "agent:write includes agent:read"),
        post(Cast::AgentWrite, "/api/printers/1/pause", json!({}), (200, "paused"), "and works the floor"),
        get(Cast::AgentWrite, "/api/backups", NO_TOKEN, "backups stay with people, whatever a token holds"),
        get(Cast::Admin, "/api/backups", (200, "filename"), "such as an administrator, signed in"),
        get(Cast::SystemKey, "/api/backups", (200, "filename"), "or the system key: full API access"),
        get(Cast::Expired, "/api/printers", BAD, "an expired token is out"),
        get(Cast::Revoked, "/api/printers", (200, "status"), "a good token, until"),
        Scene::Revoke(Cast::Revoked),
        get(Cast::Revoked, "/api/printers", BAD, "the very next request is refused"),
        Scene::Demote,
        post(
            Cast::AgentWrite,
            "/api/printers/1/resume",
            json!({}),
            NO_SCOPE,
            "a token never exceeds its owner",
        ),
        get(Cast::AgentWrite, "/api/alerts", (200, "severity"), "what a viewer may do is left to it"),
        Scene::MintByToken,
        get(
            Cast::Reader,
            "/api/%2e%2e/backups",
            (400, "invalid_request"),
            "a path that can be read in two ways is refused",
        ),
        get(Cast::Reader, "/api/nowhere", (404, "no_route"), "what is not in the catalog is closed"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_on_stage_was_cast() {
        for scene in scenes() {
            let Scene::Ask(request) = scene else { continue };
            let known = matches!(request.cast, Cast::Nobody | Cast::Admin | Cast::SystemKey);
            assert!(known || TOKENS.iter().any(|role| role.cast == request.cast), "{:?}", request.cast);
        }
    }
}
