//! What the audit says of tokens' ends.

use serde_json::Value;

use super::says::{day, text};
use crate::console::text::{EN, fill};

/// That a token ends within so many days, or has ended.
pub(super) fn says(name: &str, detail: &Value) -> String {
    let days = detail.get("days").and_then(Value::as_u64).unwrap_or_default();
    let says = match days {
        0 => EN.audit_token_expired,
        1 => EN.audit_token_expiring_one,
        _ => EN.audit_token_expiring_many,
    };
    let day = day(&text(detail, "expires_at").unwrap_or_default());
    fill(says, &[("name", name), ("count", &days.to_string()), ("day", &day)])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_end_is_told_with_its_day() {
        let said = |days: u8| {
            says("ci", &json!({ "name": "ci", "days": days, "expires_at": "2027-02-21T09:00:00Z" }))
        };
        assert_eq!(said(7), "saw that the token ci ends within 7 days, on 21 February 2027");
        assert_eq!(said(1), "saw that the token ci ends within a day, on 21 February 2027");
        assert_eq!(said(0), "saw that the token ci has ended, on 21 February 2027");
    }
}
