//! What the audit keeps of a thing: enough to tell what changed, and never a secret or a digest.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use symbolon_api::KeyRecord;
use symbolon_core::derived::Loan;
use symbolon_core::name::ScopeName;
use symbolon_core::record::{Key, Token, User};

use super::wire;
use crate::app::App;

pub(super) fn of_token(app: &App, token: &Token) -> Value {
    json!({
        "name": token.name,
        "description": token.description,
        "metadata": token.metadata.entries(),
        "owner": app.user_name(token.owner),
        "token_prefix": token.token_prefix.to_string(),
        "scopes": token.scopes.iter().map(ScopeName::as_str).collect::<Vec<_>>(),
        "profile": token.profile,
        "disabled": token.disabled,
        "expires_at": token.expires_at.map(|at| at.to_string()),
        "restrictions": token.restrictions,
        "revoked_at": token.revoked_at.map(|at| at.to_string()),
        "rotated_at": token.rotation.at.map(|at| at.to_string()),
        "old_secret": token.rotation.old.map(|old| json!({
            "ends_at": old.until.map(|at| at.to_string()),
            "grace": old.grace.map(|grace| grace.to_string()),
        })),
        "rate_limit": token.rate_limit.map(|rate| rate.to_string()),
        "change_limit": token.change_limit.map(|rate| rate.to_string()),
        "derive": token.derive,
        "parent": token.parent.map(|parent| parent.id.to_string()),
        "loans": (!token.loans.is_empty()).then(|| token.loans.iter().map(loan).collect::<Vec<_>>()),
    })
}

fn loan(loan: &Loan) -> Value {
    let scopes: Vec<_> = loan.scopes.iter().map(ScopeName::as_str).collect();
    json!({ "ask": loan.ask, "scopes": scopes, "until": loan.until.to_string() })
}

pub(super) fn of_user(user: &User) -> Value {
    let roles: BTreeMap<_, _> =
        user.roles.iter().map(|(service, role)| (service.as_str(), role.as_str())).collect();
    json!({
        "name": user.name.as_str(),
        "login": user.password.is_some(),
        "password_temporary": user.password_temporary,
        "active": user.active,
        "platform_admin": user.platform_admin,
        "roles": roles,
    })
}

pub(super) fn of_key(key: &Key) -> Value {
    let KeyRecord { name, kind, service, key_prefix, .. } = wire::key_record(key);
    json!({ "name": name, "kind": kind, "service": service, "key_prefix": key_prefix })
}

/// The values that differ, before and after; and the name, so that a line can be read alone.
pub(super) fn difference(before: Value, after: Value) -> Value {
    let (Value::Object(mut before), Value::Object(mut after)) = (before, after) else { return Value::Null };
    let name = after.get("name").cloned();
    before.retain(|key, value| after.get(key) != Some(value));
    after.retain(|key, _| before.contains_key(key));
    json!({ "name": name, "before": before, "after": after })
}
