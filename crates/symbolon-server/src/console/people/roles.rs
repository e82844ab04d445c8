//! Roles as a form has them: one field for each service, and beside it what it was when the form was made.

use std::collections::{BTreeMap, BTreeSet};

use symbolon_api::{EditUser, ServiceInfo, UserRecord};

use crate::console::fields::Fields;
use crate::console::problems::Problems;
use crate::console::text::{EN, fill};

/// A service in which somebody has a role, or may be given one.
pub(super) struct RoleField {
    /// The field, as the API names it: `roles.odin`.
    pub(super) name: String,
    /// What it asks.
    pub(super) label: String,
    pub(super) hint: String,
    /// What it was.
    pub(super) was: String,
    pub(super) options: Vec<RoleOption>,
    /// What is wrong with it.
    pub(super) error: Option<String>,
}

/// A role to choose; the empty one is none.
pub(super) struct RoleOption {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) chosen: bool,
}

/// The name of a service's field.
fn field(service: &str) -> String {
    format!("roles.{service}")
}

/// Where a form keeps what a field was.
fn before(field: &str) -> String {
    format!("was.{field}")
}

/// The names of all of a form's fields of roles, as the API names them.
pub(super) fn names(fields: &[RoleField]) -> Vec<&str> {
    fields.iter().map(|field| field.name.as_str()).collect()
}

/// The services of a form: those that are there, and those that the form or the user still names.
fn services(known: &[ServiceInfo], fields: &Fields) -> BTreeSet<String> {
    let named = fields.names().filter_map(|name| name.strip_prefix("roles."));
    known.iter().map(|service| service.service.as_str()).chain(named).map(str::to_owned).collect()
}

/// The form's fields of roles, with what was chosen.
pub(super) fn role_fields(known: &[ServiceInfo], fields: &Fields, problems: &Problems) -> Vec<RoleField> {
    let t = &EN;
    let one = |service: String| {
        let name = field(&service);
        let info = known.iter().find(|info| info.service == service);
        let chosen = fields.text(&name).to_owned();
        let was = fields.text(&before(&name)).to_owned();
        let mut roles = info.map(|info| info.roles.clone()).unwrap_or_default();
        // A role that the catalog has dropped can be kept, or be taken away.
        for held in [&was, &chosen].into_iter().filter(|held| !held.is_empty()) {
            if !roles.contains(held) {
                roles.push(held.clone());
            }
        }
        let role = |role: String| RoleOption { text: role.clone(), chosen: role == chosen, value: role };
        let none = RoleOption { value: String::new(), text: t.no_role.to_owned(), chosen: chosen.is_empty() };
        let hint = info.map_or_else(
            || t.role_without_service.to_owned(),
            |info| fill(t.role_hint, &[("own", &info.token_managers), ("others", &info.token_admins)]),
        );
        let title = info.map_or(service.as_str(), |info| info.title.as_str());
        RoleField {
            label: fill(t.role_in, &[("service", title)]),
            hint,
            error: problems.of_field(&name).map(str::to_owned),
            options: std::iter::once(none).chain(roles.into_iter().map(role)).collect(),
            was,
            name,
        }
    };
    services(known, fields).into_iter().map(one).collect()
}

/// The roles that a form gives.
pub(super) fn given(fields: &Fields) -> BTreeMap<String, String> {
    let chosen = fields.names().filter_map(|name| {
        let service = name.strip_prefix("roles.")?;
        Some((service.to_owned(), fields.given(name)?))
    });
    chosen.collect()
}

/// What the form of somebody shows before anything is touched.
pub(super) fn filled(user: &UserRecord) -> Fields {
    let flags = [("active", user.active), ("platform_admin", user.platform_admin)];
    let fields = flags.into_iter().fold(Fields::default(), |fields, (name, set)| {
        let fields = if set { fields.with(name, "yes") } else { fields };
        fields.with(&before(name), if set { "yes" } else { "no" })
    });
    user.roles.iter().fold(fields, |fields, (service, role)| {
        let name = field(service);
        fields.with(&name, role).with(&before(&name), role)
    })
}

/// What a form changes. What was not touched is not sent, so that two who change different things do not undo each
/// other; and it is compared with what the form showed, not with what somebody else has made of it since.
pub(super) fn changes(fields: &Fields) -> EditUser {
    let flag = |name: &str| {
        let now = fields.has(name);
        (fields.text(&before(name)) != if now { "yes" } else { "no" }).then_some(now)
    };
    let touched = fields.names().filter(|name| fields.text(name) != fields.text(&before(name)));
    let roles: BTreeMap<String, Option<String>> = touched
        .filter_map(|name| Some((name.strip_prefix("roles.")?.to_owned(), fields.given(name))))
        .collect();
    EditUser {
        active: flag("active"),
        platform_admin: flag("platform_admin"),
        roles: Some(roles).filter(|roles| !roles.is_empty()),
        ..EditUser::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::people::somebody;

    fn service(name: &str, roles: &[&str]) -> ServiceInfo {
        let text = serde_json::json!({
            "service": name, "title": name, "token_prefix": name, "roles": roles,
            "token_managers": roles[0], "token_admins": roles[0], "default_lifetime": "30d", "max_lifetime": "none",
            "never_expires": true, "max_live": null, "on_reuse": "record", "idle_expiry": null,
            "enforced": true, "scopes": [], "profiles": [], "mounts": [], "routes": [],
        });
        serde_json::from_value(text).unwrap()
    }

    fn fields(text: &str) -> Fields {
        Fields::read(text.as_bytes())
    }

    #[test]
    fn what_was_not_touched_is_not_sent() {
        let user = somebody("bea", &[("odin", "admin")]);
        let edit = changes(&filled(&user));
        assert_eq!((edit.active, edit.platform_admin, edit.roles), (None, None, None));
        assert!(edit.password.is_none());
    }

    #[test]
    fn what_was_touched_is_sent() {
        let edit = changes(&fields(
            "was.active=yes&was.platform_admin=no&platform_admin=yes\
             &roles.odin=viewer&was.roles.odin=admin&roles.old=&was.roles.old=user&roles.new=user&was.roles.new=\
             &roles.same=user&was.roles.same=user&roles.none=&was.roles.none=",
        ));
        assert_eq!((edit.active, edit.platform_admin), (Some(false), Some(true)));
        let roles = [("new", Some("user")), ("odin", Some("viewer")), ("old", None)];
        let roles = roles.map(|(service, role)| (service.to_owned(), role.map(str::to_owned)));
        assert_eq!(edit.roles, Some(BTreeMap::from(roles)));
    }

    #[test]
    fn a_new_person_is_given_the_roles_that_were_chosen() {
        let roles = given(&fields("name=bea&roles.odin=viewer&roles.odysseus="));
        assert_eq!(roles, BTreeMap::from([("odin".to_owned(), "viewer".to_owned())]));
    }

    #[test]
    fn roles_of_what_is_no_more_can_be_taken_away() {
        let known = [service("odin", &["viewer", "admin"])];
        let user = somebody("bea", &[("odin", "operator"), ("gone", "user")]);
        let shown = role_fields(&known, &filled(&user), &Problems::default());
        let shown: Vec<_> = shown
            .iter()
            .map(|field| {
                let values: Vec<_> = field.options.iter().map(|option| option.value.as_str()).collect();
                let chosen = field.options.iter().find(|option| option.chosen).unwrap();
                (field.name.as_str(), values, chosen.value.as_str())
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("roles.gone", vec!["", "user"], "user"),
                ("roles.odin", vec!["", "viewer", "admin", "operator"], "operator"),
            ]
        );
    }
}
