//! How many requests a token may make, as pages say and ask it.

use symbolon_api::{ServiceInfo, TokenRecord, TokenUsage};

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
    let limited = |outcome: &str| matches!(outcome, "token_limit" | "service_limit");
    let refused = usage.routes.iter().filter(|route| limited(&route.outcome)).map(|route| route.count).sum();
    if refused == 0 {
        return held;
    }
    format!("{held}; {}", counted(t.rate_limit_refused_one, t.rate_limit_refused_many, refused))
}

/// What a form asks for that it did not show; nothing in it is as the service says.
pub(super) fn changed(fields: &Fields) -> Option<String> {
    let typed = fields.text("rate_limit");
    let asked = if typed.is_empty() { "default" } else { typed };
    (typed != fields.text("was.rate_limit")).then(|| asked.to_owned())
}
