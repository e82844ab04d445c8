//! A refusal in the audit as a sentence.

use serde_json::Value;
use symbolon_api::AuditEntry;

use super::says::text;
use crate::console::text::{EN, fill};

/// What somebody was refused, and how often.
pub(super) fn says(entry: &AuditEntry) -> String {
    let t = &EN;
    let code = text(&entry.detail, "code").unwrap_or_default();
    let says = match (entry.action.as_str(), text(&entry.detail, "user")) {
        ("call.refuse", _) => fill(t.audit_call_refuse, &[("call", &entry.subject), ("code", &code)]),
        (_, Some(name)) => fill(t.audit_session_refuse, &[("name", &name), ("code", &code)]),
        (_, None) => fill(t.audit_session_refuse_unknown, &[("code", &code)]),
    };
    match entry.detail.get("count").and_then(Value::as_u64) {
        Some(count) if count > 1 => {
            format!("{says}: {}", fill(t.audit_times, &[("count", &count.to_string())]))
        }
        _ => says,
    }
}

/// How many refusals had no place in the audit.
pub(super) fn dropped(detail: &Value) -> String {
    let count = detail.get("count").and_then(Value::as_u64).unwrap_or_default();
    fill(EN.audit_drop, &[("count", &count.to_string())])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::console::audit::says::says;
    use crate::console::audit::says::tests::entry;

    #[test]
    fn refusals_are_told() {
        let told = |action: &str, detail| says(&entry(action, detail));
        let detail = json!({ "code": "insufficient_role", "count": 3 });
        assert_eq!(told("call.refuse", detail), "was refused sub_1: insufficient_role: 3 times");
        let detail = json!({ "code": "invalid_login", "count": 1, "user": "bea" });
        assert_eq!(told("session.refuse", detail), "was refused a sign-in as bea: invalid_login");
        let detail = json!({ "code": "invalid_login", "count": 1 });
        let says = "was refused a sign-in as somebody who does not exist: invalid_login";
        assert_eq!(told("session.refuse", detail), says);
        assert_eq!(told("audit.drop", json!({ "count": 7 })), "had no place for 7 refused calls");
    }
}
