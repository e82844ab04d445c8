//! A line of the audit as a sentence: what somebody did, from the action and its detail.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use symbolon_api::AuditEntry;

use super::asks;
use super::endings;
use super::refused;
use crate::console::moment;
use crate::console::restrictions;
use crate::console::scopes::listed;
use crate::console::text::{EN, fill, number};

/// What was done, after the name of who did it. An action that is not known is named as it is.
pub(super) fn says(entry: &AuditEntry) -> String {
    let t = &EN;
    let detail = &entry.detail;
    let name =
        entry.subject_name.clone().or_else(|| text(detail, "name")).unwrap_or_else(|| entry.subject.clone());
    let service = entry.service.clone().or_else(|| text(detail, "service")).unwrap_or_default();
    let of = |text: &str| fill(text, &[("name", &name), ("service", &service), ("action", &entry.action)]);
    match entry.action.as_str() {
        "token.create" => format!("{}; {}", token_created(&name, detail), token_end(detail)),
        "token.update" => with(of(t.audit_token_update), &changes(detail)),
        "token.import" => of(t.audit_token_import),
        "token.upgrade" => of(t.audit_token_upgrade),
        "token.disable" => of(t.audit_token_disable),
        "token.enable" => of(t.audit_token_enable),
        "token.revoke" if detail.get("with_owner").is_some() => {
            let owner = text(detail, "owner").unwrap_or_default();
            fill(t.audit_token_revoke_with_owner, &[("name", &name), ("owner", &owner)])
        }
        "token.revoke" if detail.get("with_parent").is_some() => of(t.audit_token_revoke_with_parent),
        "token.revoke" => of(t.audit_token_revoke),
        "token.derive" => format!("{}; {}", of(t.audit_token_derive), token_end(detail)),
        "token.rotate" => with(of(t.audit_token_rotate), &[old_secret(detail)]),
        "token.first_use" => of(t.audit_token_first_use),
        "token.reuse" if detail.get("quarantined") == Some(&Value::Bool(true)) => {
            of(t.audit_token_quarantine)
        }
        "token.reuse" => of(t.audit_token_reuse),
        "token.leaked" => with(of(t.audit_token_leaked), &place(detail)),
        "token.expiring" | "token.expired" => endings::says(&name, detail),
        "ask.make" | "ask.approve" | "ask.deny" | "ask.withdraw" | "ask.end" => {
            asks::says(&entry.action, &name, detail)
        }
        "token.bulk" => {
            let changed = detail.get("changed").and_then(Value::as_u64).unwrap_or_default();
            fill(t.audit_token_bulk, &[("n", &number(changed)), ("service", &service)])
        }
        "user.create" => with(of(t.audit_user_create), &standing(detail)),
        "user.update" => with(of(t.audit_user_update), &changes(detail)),
        "user.remove" => of(t.audit_user_remove),
        "user.password" => t.audit_user_password.to_owned(),
        "key.create" if text(detail, "kind").as_deref() == Some("verifier") => of(t.audit_key_verifier),
        "key.create" => of(t.audit_key_system),
        "key.revoke" => of(t.audit_key_revoke),
        "key.leaked" => with(of(t.audit_key_leaked), &place(detail)),
        "service.enforce" => of(t.audit_service_enforce),
        "service.observe" => of(t.audit_service_observe),
        "webhook.retry" => of(t.audit_webhook_retry),
        "session.start" => t.audit_session_start.to_owned(),
        "session.end" => match text(detail, "user") {
            Some(user) if entry.actor_name.as_ref() != Some(&user) => {
                fill(t.audit_session_end_other, &[("name", &user)])
            }
            _ => t.audit_session_end.to_owned(),
        },
        "call.refuse" | "session.refuse" => refused::says(entry),
        "audit.drop" => refused::dropped(detail),
        _ => of(t.audit_other),
    }
}

/// A sentence and what there is to add.
fn with(sentence: String, more: &[String]) -> String {
    if more.is_empty() { sentence } else { format!("{sentence}: {}", more.join("; ")) }
}

pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    value
        .and_then(Value::as_array)
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

fn token_created(name: &str, detail: &Value) -> String {
    let t = &EN;
    let profile =
        text(detail, "profile").map(|profile| fill(t.audit_token_profile, &[("profile", &profile)]));
    let mut granted: Vec<&str> = profile.as_deref().into_iter().collect();
    granted.extend(texts(detail.get("scopes")));
    let granted =
        if granted.is_empty() { t.audit_token_create_none.to_owned() } else { listed(&granted, t.and) };
    let owner = text(detail, "owner").unwrap_or_default();
    fill(t.audit_token_create, &[("name", name), ("owner", &owner), ("scopes", &granted)])
}

/// What becomes of the secret that was replaced.
fn old_secret(detail: &Value) -> String {
    let t = &EN;
    let old = detail.get("after").and_then(|after| after.get("old_secret")).unwrap_or(&Value::Null);
    match (text(old, "grace"), text(old, "ends_at")) {
        (Some(grace), _) => fill(t.audit_old_grace, &[("grace", &grace)]),
        (None, Some(at)) => fill(t.audit_old_until, &[("end", &day(&at))]),
        (None, None) => t.audit_old_now.to_owned(),
    }
}

fn token_end(detail: &Value) -> String {
    end(detail.get("expires_at").unwrap_or(&Value::Null))
}

/// Where a secret was seen.
fn place(detail: &Value) -> Vec<String> {
    text(detail, "place").filter(|place| !place.is_empty()).into_iter().collect()
}

/// When something ends.
fn end(value: &Value) -> String {
    match value.as_str() {
        Some(at) => fill(EN.audit_ends, &[("day", &day(at))]),
        None => EN.audit_no_end.to_owned(),
    }
}

/// What a new user is.
fn standing(detail: &Value) -> Vec<String> {
    let t = &EN;
    let admin = detail.get("platform_admin").and_then(Value::as_bool) == Some(true);
    let mut says: Vec<String> = admin.then(|| t.audit_as_admin.to_owned()).into_iter().collect();
    let roles = roles(detail.get("roles")).into_iter();
    says.extend(roles.map(|(service, role)| fill(t.audit_as_role, &[("role", role), ("service", service)])));
    says
}

fn roles(value: Option<&Value>) -> BTreeMap<&str, &str> {
    let all = value.and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(service, role)| Some((service.as_str(), role.as_str()?))).collect()
}

/// A moment of the wire as a day; what is none, as it is.
pub(super) fn day(at: &str) -> String {
    at.parse().map_or_else(|_| at.to_owned(), moment::day)
}

/// What changed, from what to what.
fn changes(detail: &Value) -> Vec<String> {
    let none = Map::new();
    let (Some(before), Some(after)) = (
        detail.get("before").map(|value| value.as_object().unwrap_or(&none)),
        detail.get("after").map(|value| value.as_object().unwrap_or(&none)),
    ) else {
        return Vec::new();
    };
    let mut says: Vec<String> = after
        .iter()
        .flat_map(|(key, after)| change(key, before.get(key).unwrap_or(&Value::Null), after))
        .collect();
    if detail.get("password_changed").and_then(Value::as_bool) == Some(true) {
        says.push(EN.audit_new_password.to_owned());
    }
    says
}

fn change(key: &str, before: &Value, after: &Value) -> Vec<String> {
    let t = &EN;
    let either = |yes: &str, no: &str| vec![if after == &Value::Bool(true) { yes } else { no }.to_owned()];
    let from_to =
        |text: &str, before: &str, after: &str| vec![fill(text, &[("before", before), ("after", after)])];
    match key {
        "scopes" => scopes(&texts(Some(before)), &texts(Some(after))),
        "roles" => role_changes(&roles(Some(before)), &roles(Some(after))),
        "name" => from_to(t.audit_renamed, &plain(before), &plain(after)),
        "description" => vec![t.audit_described.to_owned()],
        "metadata" => vec![t.audit_metadata.to_owned()],
        "restrictions" => {
            from_to(t.audit_restrictions_changed, &restrictions::told(before), &restrictions::told(after))
        }
        "expires_at" => from_to(t.audit_end_changed, &end(before), &end(after)),
        "rate_limit" => {
            let default = fill(t.rate_limit_default, &[("rate", "-")]);
            let rate = |value: &Value| value.as_str().unwrap_or(&default).to_owned();
            from_to(t.audit_rate_changed, &rate(before), &rate(after))
        }
        "profile" => {
            let profile = |value: &Value| value.as_str().unwrap_or(t.audit_profile_none).to_owned();
            from_to(t.audit_profile_changed, &profile(before), &profile(after))
        }
        "active" => either(t.audit_now_active, t.audit_now_inactive),
        "platform_admin" => either(t.audit_now_admin, t.audit_not_admin),
        "login" => either(t.audit_now_login, t.audit_no_login),
        "password_temporary" => either(t.audit_password_temporary, t.audit_password_kept),
        other => vec![fill(
            t.audit_changed,
            &[("what", &other.replace('_', " ")), ("before", &plain(before)), ("after", &plain(after))],
        )],
    }
}

/// A value as it is read: a text without its quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn scopes(before: &[&str], after: &[&str]) -> Vec<String> {
    let t = &EN;
    let only = |these: &[&str], those: &[&str], says: &str| {
        let new: Vec<&str> = these.iter().filter(|scope| !those.contains(scope)).copied().collect();
        (!new.is_empty()).then(|| fill(says, &[("what", &listed(&new, t.and))]))
    };
    [only(after, before, t.audit_added), only(before, after, t.audit_taken)].into_iter().flatten().collect()
}

fn role_changes(before: &BTreeMap<&str, &str>, after: &BTreeMap<&str, &str>) -> Vec<String> {
    let t = &EN;
    let mut says = Vec::new();
    for (service, role) in after {
        match before.get(service) {
            Some(old) if old == role => {}
            Some(old) => says.push(fill(
                t.audit_role_changed,
                &[("before", *old), ("after", *role), ("service", *service)],
            )),
            None => says.push(fill(t.audit_role_given, &[("role", *role), ("service", *service)])),
        }
    }
    let gone = before.iter().filter(|(service, _)| !after.contains_key(*service));
    says.extend(
        gone.map(|(service, role)| fill(t.audit_role_taken, &[("role", *role), ("service", *service)])),
    );
    says
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(in crate::console::audit) fn entry(action: &str, detail: Value) -> AuditEntry {
        AuditEntry {
            seq: 1,
            at: "2026-11-26T10:05:09Z".to_owned(),
            actor: "usr_1".to_owned(),
            actor_name: Some("ada".to_owned()),
            session: Some("ses_1".to_owned()),
            client_ip: Some("10.0.0.21".to_owned()),
            request_id: None,
            action: action.to_owned(),
            subject: "sub_1".to_owned(),
            subject_name: text(&detail, "name"),
            service: Some("odin".to_owned()),
            detail,
            hash: String::new(),
        }
    }

    fn said(action: &str, detail: Value) -> String {
        says(&entry(action, detail))
    }

    #[test]
    fn a_new_token_is_told_with_what_it_may() {
        let detail = json!({
            "name": "Grafana", "owner": "bea", "scopes": ["read:jobs", "read:spools"], "profile": null,
            "expires_at": "2027-02-21T09:00:00Z",
        });
        let says =
            "created the token Grafana for bea with read:jobs and read:spools; ends on 21 February 2027";
        assert_eq!(said("token.create", detail), says);
        let detail =
            json!({ "name": "Agent", "owner": "bea", "scopes": [], "profile": "chat", "expires_at": null });
        assert_eq!(
            said("token.create", detail),
            "created the token Agent for bea with the profile chat; never ends"
        );
    }

    #[test]
    fn a_change_is_told_from_what_to_what() {
        let detail = json!({
            "name": "New",
            "before": { "name": "Old", "scopes": ["a", "b"], "expires_at": null },
            "after": { "name": "New", "scopes": ["b", "c"], "expires_at": "2027-02-21T09:00:00Z" },
        });
        assert_eq!(
            said("token.update", detail),
            "changed the token New: now ends on 21 February 2027, before: never ends; was called Old; added c; took \
             away a"
        );
        let detail = json!({
            "name": "chris",
            "before": { "roles": { "odin": "admin", "odysseus": "user" }, "active": true },
            "after": { "roles": { "odin": "operator" }, "active": false },
            "password_changed": true,
        });
        assert_eq!(
            said("user.update", detail),
            "changed the user chris: now inactive; from admin to operator in odin; no longer user in odysseus; a new \
             password"
        );
    }

    #[test]
    fn a_session_is_ones_own_or_anothers() {
        assert_eq!(said("session.start", json!({ "user": "ada" })), "signed in");
        assert_eq!(said("session.end", json!({ "user": "ada" })), "signed out");
        assert_eq!(said("session.end", json!({ "user": "bea" })), "ended a session of bea");
    }

    #[test]
    fn people_and_keys_are_told() {
        let detail = json!({ "name": "bea", "roles": { "odin": "admin" }, "platform_admin": true });
        let says = "created the user bea: administrator of the installation; admin in odin";
        assert_eq!(said("user.create", detail), says);
        let detail = json!({ "name": "Edge", "kind": "verifier", "service": "odin" });
        assert_eq!(said("key.create", detail), "created the verifier key Edge for odin");
        assert_eq!(
            said("key.create", json!({ "name": "Install", "kind": "system" })),
            "created the system key Install"
        );
    }

    #[test]
    fn a_leak_is_told_with_its_place() {
        let detail = json!({ "name": "ci", "place": "https://github.com/o/r/blob/1/x", "source": "content" });
        let says = "saw the token ci leaked: https://github.com/o/r/blob/1/x";
        assert_eq!(said("token.leaked", detail.clone()), says);
        assert_eq!(said("key.leaked", detail), says.replace("token", "key"));
        assert_eq!(said("token.leaked", json!({ "name": "ci", "place": "" })), "saw the token ci leaked");
    }

    #[test]
    fn what_is_not_known_is_named() {
        assert_eq!(said("moon.land", json!({})), "moon.land: sub_1");
        for detail in [json!(null), json!([]), json!({ "before": 1, "after": {} }), json!({ "scopes": 3 })] {
            for action in ["token.create", "token.update", "user.create", "user.update", "session.end"] {
                assert!(!said(action, detail.clone()).is_empty());
            }
        }
    }
}
