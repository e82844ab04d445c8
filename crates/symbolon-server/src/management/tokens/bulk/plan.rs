//! The plan of a change of many tokens: what was looked at, in a word.

use std::fmt::Write;

use serde_json::json;
use symbolon_api::BulkAction;
use symbolon_core::{Code, Refusal};

use super::{Judged, scopes};
use crate::answer::ApiError;
use crate::app::App;

/// Stands for what was looked at: the tokens as they are, and what comes of each.
pub(super) fn of(app: &App, action: &BulkAction, judged: &[Judged]) -> String {
    let outcome = |one: &Judged| {
        let next = match &one.next {
            Ok(Some(next)) => {
                json!([next.owner.to_string(), next.revoked_at.is_some(), next.disabled, scopes(next)])
            }
            Ok(None) => json!("unchanged"),
            Err(_) => json!("refused"),
        };
        json!([one.token.id.to_string(), one.token.revision, next])
    };
    let all = json!({ "action": action, "tokens": judged.iter().map(outcome).collect::<Vec<_>>() });
    let digest = app.keys().pepper.digest(&[b"bulk\0", all.to_string().as_bytes()].concat());
    digest.as_bytes().iter().take(PLAN / 2).fold(String::with_capacity(PLAN), |mut plan, byte| {
        // Writing to a String does not fail.
        let _ = write!(plan, "{byte:02x}");
        plan
    })
}

/// The length of a plan, in hexadecimal digits.
const PLAN: usize = 32;

pub(super) fn of_form(plan: &str) -> Result<&str, Refusal> {
    if plan.len() == PLAN && plan.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(plan);
    }
    Err(Refusal::field("plan", "the plan of an answer to the same call without one"))
}

pub(super) fn outdated() -> ApiError {
    let detail = "what this would do is not what was looked at: the tokens, their owners or your rights have changed \
        since, and nothing was done; ask without a plan, look again, and give the new one";
    ApiError::new(Code::Conflict, detail)
}
