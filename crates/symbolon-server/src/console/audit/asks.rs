//! What the audit says of asks, and of what was lent.

use serde_json::Value;

use super::says::text;
use crate::console::scopes::listed;
use crate::console::text::{EN, fill};

/// What was asked for a token, said to that, or ended.
pub(super) fn says(action: &str, name: &str, detail: &Value) -> String {
    let t = &EN;
    let (says, which) = match action {
        "ask.make" => (t.audit_ask_make, "asked"),
        "ask.approve" => (t.audit_ask_approve, "lent"),
        "ask.deny" => (t.audit_ask_deny, "asked"),
        "ask.withdraw" => (t.audit_ask_withdraw, "asked"),
        _ => (t.audit_ask_end, "lent"),
    };
    let scopes = detail.get(which).and_then(Value::as_array);
    let scopes: Vec<&str> = scopes.into_iter().flatten().filter_map(Value::as_str).collect();
    let values = [
        ("name", name),
        ("scopes", &listed(&scopes, t.and)),
        ("duration", &text(detail, "duration").unwrap_or_default()),
        // To the minute: `2026-11-26 10:05`.
        (
            "time",
            &text(detail, "until").unwrap_or_default().chars().take(16).collect::<String>().replace('T', " "),
        ),
    ];
    fill(says, &values)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_loan_is_told_with_its_end() {
        let detail = json!({
            "ask": "ask_1", "asked": ["read:jobs", "write:jobs"], "duration": "1h",
            "lent": ["write:jobs"], "until": "2026-11-26T10:05:09Z", "note": "",
        });
        let said = |action: &str| says(action, "ci", &detail);
        assert_eq!(said("ask.make"), "asked that ci be lent read:jobs and write:jobs for 1h");
        assert_eq!(said("ask.approve"), "lent ci write:jobs, until 2026-11-26 10:05 UTC");
        assert_eq!(said("ask.deny"), "denied what ci asks for: read:jobs and write:jobs");
        assert_eq!(said("ask.end"), "ended what was lent to ci: write:jobs");
        for detail in [json!(null), json!({ "asked": 1 }), json!({ "until": "é" })] {
            assert!(says("ask.approve", "ci", &detail).contains("ci"));
        }
    }
}
