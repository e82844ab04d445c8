//! How many requests a token may make, as pages say and ask it.

use symbolon_api::{ServiceInfo, TokenRecord, TokenUsage};
use symbolon_core::derived::MAX_DEPTH;

use crate::console::fields::Fields;
use crate::console::text::{EN, counted, fill};

/// What a form says below the field.
pub(super) fn hint(catalog: &ServiceInfo) -> String {
    let t = &EN;
    let default = by_default(catalog);
    match &catalog.max_token_rate_limit {
        Some(most) => fill(t.rate_limit_most, &[("most", most), ("default", &default)]),
        None => fill(t.rate_limit_hint, &[("default", &default)]),
    }
}

fn by_default(catalog: &ServiceInfo) -> String {
    let rate = catalog.token_rate_limit.as_deref().unwrap_or(EN.rate_limit_none);
    fill(EN.rate_limit_default, &[("rate", rate)])
}

/// What a token is held to, and how often it was refused for a limit.
pub(super) fn says(catalog: &ServiceInfo, token: &TokenRecord, usage: &TokenUsage) -> String {
    let t = &EN;
    let held = match (&token.effective_rate_limit, &token.rate_limit) {
        (Some(rate), Some(_)) => rate.clone(),
        (None, Some(own)) => own.clone(),
        (_, None) => by_default(catalog),
    };
    let limited = |outcome: &str| matches!(outcome, "token_limit" | "change_limit" | "service_limit");
    let refused = usage.routes.iter().filter(|route| limited(&route.outcome)).map(|route| route.count).sum();
    if refused == 0 {
        return held;
    }
    format!("{held}; {}", counted(t.rate_limit_refused_one, t.rate_limit_refused_many, refused))
}

/// What a form asks for that it did not show; nothing in it is as the service says.
pub(super) fn changed(fields: &Fields) -> Option<String> {
    differing(fields, "rate_limit", "default")
}

/// The same of the limit of changes; nothing in it is none.
pub(super) fn changes_changed(fields: &Fields) -> Option<String> {
    differing(fields, "change_limit", "none")
}

fn differing(fields: &Fields, name: &str, empty: &str) -> Option<String> {
    let typed = fields.text(name);
    let asked = if typed.is_empty() { empty } else { typed };
    (typed != fields.text(&format!("was.{name}"))).then(|| asked.to_owned())
}

/// How many generations may descend from a token, of which one is chosen: the choices of a form.
pub(super) fn generations(fields: &Fields, depth: u8) -> Vec<(u8, bool)> {
    let chosen = fields.text("derive").parse().unwrap_or(0);
    (0..=MAX_DEPTH.saturating_sub(depth)).map(|count| (count, count == chosen)).collect()
}

/// What a token's page says of it; nothing of one that makes none.
pub(super) fn derives(token: &TokenRecord) -> Option<String> {
    match token.derive {
        0 => None,
        1 => Some(EN.derive_one.to_owned()),
        more => Some(fill(EN.derive_shown, &[("n", &more.to_string())])),
    }
}
