//! What is chosen of a new token, or of one that is edited: scopes by resource, and an end.

use jiff::Timestamp;
use symbolon_api::ServiceInfo;
use symbolon_core::lifetime::Lifetime;

use crate::console::fields::Fields;
use crate::console::moment;
use crate::console::scopes::{Verb, closure, listed, parts};
use crate::console::summary::Ending;
use crate::console::text::{EN, counted, fill};

/// The scopes of one resource, reading first.
pub(in crate::console) struct Group {
    pub(in crate::console) resource: String,
    pub(in crate::console) boxes: Vec<ScopeBox>,
}

/// A scope to be ticked.
pub(in crate::console) struct ScopeBox {
    pub(in crate::console) name: String,
    pub(in crate::console) grants: String,
    /// What it includes, separated by spaces; for the script.
    pub(in crate::console) implies: String,
    /// The same for people, and how long a token with it may live.
    pub(in crate::console) says: Option<String>,
    pub(in crate::console) ticked: bool,
    /// Why it cannot be ticked.
    pub(in crate::console) barred: Option<String>,
    pub(in crate::console) verb: Verb,
}

/// The catalog's scopes, and with them those that a token holds and the catalog has dropped.
pub(in crate::console) fn groups(
    service: &ServiceInfo,
    grantable: &[String],
    ticked: &[String],
) -> Vec<Group> {
    let t = &EN;
    let mut groups: Vec<Group> = Vec::new();
    let mut add =
        |one: ScopeBox, resource: &str| match groups.iter_mut().find(|group| group.resource == resource) {
            Some(group) => group.boxes.push(one),
            None => groups.push(Group { resource: resource.to_owned(), boxes: vec![one] }),
        };
    for scope in &service.scopes {
        let named = parts(&scope.name);
        let mut implied = closure(service, std::slice::from_ref(&scope.name));
        implied.retain(|name| *name != scope.name);
        let others: Vec<&str> = implied.iter().map(String::as_str).collect();
        let includes = Some(&others).filter(|others| !others.is_empty());
        let includes = includes.map(|names| fill(t.scope_includes, &[("scopes", &listed(names, t.and))]));
        let lives = scope.max_lifetime.as_ref().map(|time| fill(t.scope_lives, &[("lifetime", time)]));
        let says: Vec<String> = includes.into_iter().chain(lives).collect();
        let one = ScopeBox {
            grants: scope.grants.clone(),
            implies: implied.join(" "),
            says: Some(says.join(" ")).filter(|says| !says.is_empty()),
            ticked: ticked.contains(&scope.name),
            barred: (!grantable.contains(&scope.name)).then(|| match &scope.min_role {
                Some(role) => fill(t.scope_needs_role, &[("role", role)]),
                None => t.scope_not_yours.to_owned(),
            }),
            verb: named.verb,
            name: scope.name.clone(),
        };
        add(one, named.resource);
    }
    for name in ticked.iter().filter(|name| service.scopes.iter().all(|scope| scope.name != **name)) {
        let one = ScopeBox {
            name: name.clone(),
            grants: t.scope_inert.to_owned(),
            implies: String::new(),
            says: None,
            ticked: true,
            barred: None,
            verb: parts(name).verb,
        };
        add(one, parts(name).resource);
    }
    for group in &mut groups {
        group.boxes.sort_by_key(|one| one.verb);
    }
    groups
}

/// When a token may be chosen to end.
pub(super) struct EndChoice {
    /// `keep`, `none`, `date`, or a lifetime such as `30d`.
    pub(super) value: String,
    pub(super) text: String,
    /// The day that it means.
    pub(super) day: Option<String>,
    pub(super) chosen: bool,
}

/// Lifetimes to choose from, in days.
const DAYS: [i64; 4] = [7, 30, 90, 365];
/// The longest that is chosen where nobody has chosen, in days: one that is forgotten ends by itself.
const UNCHOSEN: i64 = 90;

/// The longest lifetime that the service allows. What cannot be read allows least.
fn longest(service: &ServiceInfo) -> Lifetime {
    service.max_lifetime.parse().unwrap_or(Lifetime::Seconds(1))
}

fn in_days(service: &ServiceInfo) -> impl DoubleEndedIterator<Item = (i64, Lifetime)> {
    let longest = longest(service);
    let lifetimes = DAYS.into_iter().map(|days| (days, Lifetime::Seconds(days * 86_400)));
    lifetimes.filter(move |(_, lifetime)| *lifetime <= longest)
}

/// What is chosen where nobody has chosen: as the catalog says, and where it says nothing, an end that comes.
pub(super) fn first_choice(service: &ServiceInfo) -> String {
    if let Ok(Lifetime::Seconds(_)) = service.default_lifetime.parse() {
        return service.default_lifetime.clone();
    }
    let longest = in_days(service).rev().find(|(days, _)| *days <= UNCHOSEN);
    longest.map_or_else(|| service.max_lifetime.clone(), |(_, lifetime)| lifetime.to_string())
}

/// The ends to choose from. `keep` is the present end of a token that is edited.
pub(super) fn ends(
    service: &ServiceInfo,
    keep: Option<String>,
    chosen: &str,
    now: Timestamp,
) -> Vec<EndChoice> {
    let t = &EN;
    let mut ends: Vec<EndChoice> = Vec::new();
    let mut add = |value: &str, text: String, day: Option<String>| {
        if ends.iter().all(|known| known.value != value) {
            ends.push(EndChoice { value: value.to_owned(), text, day, chosen: value == chosen });
        }
    };
    if let Some(day) = keep {
        add("keep", t.end_keep.to_owned(), Some(day));
    }
    for (days, lifetime) in in_days(service) {
        let text = counted(t.days_one, t.days_many, days.unsigned_abs());
        add(&lifetime.to_string(), text, lifetime.end(now).map(moment::day));
    }
    for (lifetime, text) in
        [(&service.default_lifetime, t.end_default), (&service.max_lifetime, t.end_longest)]
    {
        if let Ok(end @ Lifetime::Seconds(_)) = lifetime.parse::<Lifetime>() {
            add(lifetime, fill(text, &[("lifetime", lifetime)]), end.end(now).map(moment::day));
        }
    }
    add("date", t.end_date.to_owned(), None);
    if service.never_expires {
        add("none", t.end_never.to_owned(), None);
    }
    ends
}

/// What ends a token before its end.
pub(super) fn idle(service: &ServiceInfo) -> Option<String> {
    let idle = service.idle_expiry.as_ref()?;
    Some(fill(EN.expiry_idle, &[("lifetime", idle)]))
}

/// The end that a form asks for, as the API takes it: `(expires_at, expires_in)`, neither where the end is kept.
pub(super) fn asked_end(fields: &Fields) -> (Option<String>, Option<String>) {
    match fields.text("end") {
        "" | "keep" => (None, None),
        // To the end of that day. What is no date is refused by the API, which names the field.
        "date" => (Some(format!("{}T23:59:59Z", fields.text("until"))), None),
        lifetime => (None, Some(lifetime.to_owned())),
    }
}

/// The end that a form means, for a summary.
pub(super) fn ending(fields: &Fields, now: Timestamp) -> Ending {
    match asked_end(fields) {
        (Some(at), _) => at.parse().map_or(Ending::Open, Ending::At),
        (_, Some(lifetime)) => match lifetime.parse::<Lifetime>() {
            Ok(lifetime) => lifetime.end(now).map_or(Ending::Never, Ending::At),
            Err(_) => Ending::Open,
        },
        (None, None) => Ending::Open,
    }
}
