//! Narrowing takes away, and never gives.

use proptest::prelude::*;

use super::*;

fn narrowed(scopes: &[&str], narrowing: &Narrowing) -> Result<Vec<String>, Code> {
    let owner = user(1, Some("admin"));
    let token = holding(&owner, scopes);
    let next = narrow(&shop(), Operator::System, &owner, &token, narrowing);
    next.map(|next| next.unwrap_or(token).scopes.iter().map(ToString::to_string).collect())
        .map_err(|refusal| refusal.code)
}

fn remove(scopes: &[&str]) -> Narrowing {
    Narrowing::Remove(names(scopes))
}

fn to(scopes: &[&str]) -> Narrowing {
    Narrowing::To(names(scopes))
}

#[test]
fn what_is_removed_is_gone_whatever_included_it() {
    let left = |held: &[&str], taken: &[&str]| narrowed(held, &remove(taken)).unwrap();
    assert_eq!(left(&["items:write"], &["items:write"]), ["items:read"]);
    assert_eq!(left(&["items:write", "users:read"], &["items:read"]), ["users:read"]);
    assert_eq!(left(&["all:write"], &["users:write"]), ["items:write", "users:read"]);
    assert_eq!(left(&["items:read"], &["users:read"]), ["items:read"], "it had not that");
    assert_eq!(left(&["items:read", "dropped"], &["dropped"]), ["items:read"]);
    assert_eq!(left(&["items:read", "dropped"], &["items:write"]), ["dropped", "items:read"]);
    assert_eq!(narrowed(&["items:write"], &remove(&["items:read"])), Err(Code::ScopesRequired));
}

#[test]
fn what_is_kept_is_what_was_there() {
    let left = |held: &[&str], limit: &[&str]| narrowed(held, &to(limit)).unwrap();
    assert_eq!(left(&["items:write"], &["items:read"]), ["items:read"]);
    assert_eq!(left(&["items:read"], &["items:write"]), ["items:read"], "not more than before");
    assert_eq!(left(&["all:write"], &["items:write", "users:read"]), ["items:write", "users:read"]);
    assert_eq!(left(&["items:read", "dropped"], &["items:read"]), ["items:read"]);
    assert_eq!(narrowed(&["items:write"], &to(&["users:read"])), Err(Code::ScopesRequired));
}

#[test]
fn whoever_manages_the_owners_tokens_narrows_them() {
    let (catalog, owner) = (shop(), user(1, Some("admin")));
    let (own, other) = (holding(&owner, &["users:write"]), user(2, Some("user")));
    let ask = |operator| narrow(&catalog, operator, &owner, &own, &remove(&["users:write"]));
    assert_eq!(ask(Operator::User(&other)).unwrap_err().code, Code::InsufficientRole);
    assert!(ask(Operator::User(&owner)).unwrap().is_some());
    // What only now stands by itself is what this owner could be granted; the profile is none any more.
    let weak = user(1, Some("user"));
    let held = Token { profile: Some("clerk".to_owned()), ..holding(&weak, &["all:write"]) };
    let next = narrow(&catalog, Operator::System, &weak, &held, &remove(&["all:write"])).unwrap().unwrap();
    assert_eq!((next.scopes, next.profile, next.revision), (names(&["items:write"]), None, 2));
    let dead = revoke(&held, now()).unwrap();
    let refused = narrow(&catalog, Operator::System, &weak, &dead, &remove(&["all:write"]));
    assert_eq!(refused.unwrap_err().code, Code::Conflict);
}

proptest! {
    #[test]
    fn narrowing_never_widens(
        held in prop::sample::subsequence(SCOPES.to_vec(), 1..=6),
        named in prop::sample::subsequence(SCOPES.to_vec(), 1..=6),
        by_limit: bool,
        role in prop::sample::select(ROLES.to_vec()),
    ) {
        let (catalog, owner) = (shop(), user(1, role));
        let token = holding(&owner, &held);
        let narrowing = if by_limit { to(&named) } else { remove(&named) };
        let outcome = narrow(&catalog, Operator::System, &owner, &token, &narrowing);
        let Ok(Some(next)) = outcome else { return Ok(()) };
        let (before, after) = (catalog.closure(&token.scopes), catalog.closure(&next.scopes));
        prop_assert!(after.is_subset(&before));
        let inert = |token: &Token| {
            token.scopes.iter().filter(|scope| catalog.scope(scope).is_none()).cloned().collect::<Vec<_>>()
        };
        prop_assert!(inert(&next).iter().all(|scope| inert(&token).contains(scope)));
        // And it does what it says.
        let named = names(&named);
        if by_limit {
            prop_assert!(after.is_subset(&catalog.closure(&named)));
        } else {
            prop_assert!(after.intersection(&catalog.set(&named)).is_empty());
        }
        // Once is enough.
        prop_assert_eq!(narrow(&catalog, Operator::System, &owner, &next, &narrowing).unwrap(), None);
        // What the owner's role reaches and what was not asked to go is there still.
        let stays = catalog.names(catalog.effective(before, catalog.role_of(&owner))).filter(|scope| {
            let closure = catalog.closure([*scope]);
            if by_limit {
                closure.is_subset(&catalog.closure(&named))
            } else {
                closure.intersection(&catalog.set(&named)).is_empty()
            }
        });
        prop_assert!(catalog.set(stays).is_subset(&after));
    }
}
