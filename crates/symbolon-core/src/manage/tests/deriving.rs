//! A token makes only tokens that can do less.

use jiff::SignedDuration;

use super::*;
use crate::decision::Keys;
use crate::derived::{MAX_DEPTH, Parent};
use crate::scope::ScopeSet;

fn later(seconds: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

/// A parent of these scopes that may derive, and that ends in a day.
fn parent(owner: &User, scopes: &[&str]) -> Token {
    Token { derive: 2, expires_at: Some(later(86_400)), ..holding(owner, scopes) }
}

fn child(scopes: &[&str]) -> Derive {
    Derive {
        name: "child".to_owned(),
        description: String::new(),
        scopes: names(scopes),
        end: End::Default,
        derive: 0,
        rate_limit: None,
        change_limit: None,
        restrictions: Restrictions::default(),
    }
}

fn effective(token: &Token, owner: &User) -> ScopeSet {
    shop().effective(shop().closure(&token.scopes), shop().role_of(owner))
}

fn derived(token: &Token, owner: &User, new: Derive) -> Result<Token, Refusal> {
    let keys: Keys = keys();
    let asking = Asking {
        token,
        state: token.state(now()),
        owner,
        effective: effective(token, owner),
        rate: token.rate_limit,
    };
    derive(&shop(), asking, new, now(), &keys, &Seeded::default()).map(|(token, _)| token)
}

#[test]
fn a_child_is_its_parents_and_ends_no_later() {
    let ann = user(1, Some("admin"));
    let top = parent(&ann, &["items:write"]);
    let one = derived(&top, &ann, child(&["items:read"])).unwrap();
    assert_eq!(one.parent, Some(Parent { id: top.id, depth: 1 }));
    assert_eq!((one.owner, one.derive, one.expires_at), (ann.id, 0, Some(later(3_600))));
    assert_eq!(one.scopes, names(&["items:read"]));
    let short = Token { expires_at: Some(later(60)), ..top.clone() };
    assert_eq!(derived(&short, &ann, child(&["items:read"])).unwrap().expires_at, short.expires_at);
    let endless = Token { expires_at: None, ..top.clone() };
    assert_eq!(derived(&endless, &ann, child(&["items:read"])).unwrap().expires_at, Some(later(3_600)));
    for (end, field) in [
        (End::Never, "expires_in"),
        (End::At(later(86_401)), "expires_at"),
        (End::In("2d".parse().unwrap()), "expires_in"),
        (End::At(now()), "expires_at"),
    ] {
        let refused = derived(&top, &ann, Derive { end, ..child(&["items:read"]) }).unwrap_err();
        assert_eq!(refused.field.as_deref(), Some(field), "{refused}");
    }
    let until = Derive { end: End::At(later(86_400)), ..child(&["items:read"]) };
    assert_eq!(derived(&top, &ann, until).unwrap().expires_at, top.expires_at);
}

#[test]
fn a_child_holds_nothing_that_its_parent_is_not_granted() {
    let ann = user(1, Some("admin"));
    let top = parent(&ann, &["items:write"]);
    for scope in ["items:write", "items:read"] {
        assert!(derived(&top, &ann, child(&[scope])).is_ok(), "{scope}");
    }
    let refused = derived(&top, &ann, child(&["items:read", "users:read"])).unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (Code::InsufficientScope, Some("scopes[1]")));
    let refused = derived(&top, &ann, child(&["dropped"])).unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("scopes[0]"));
    assert_eq!(derived(&top, &ann, child(&[])).unwrap_err().code, Code::ScopesRequired);
    // Of what the owner's role does not reach, and of what is lent.
    let bob = user(2, Some("user"));
    let refused = derived(&parent(&bob, &["users:read"]), &bob, child(&["users:read"])).unwrap_err();
    assert_eq!(refused.code, Code::InsufficientScope);
}

#[test]
fn who_may_derive_is_said_and_ends() {
    let ann = user(1, Some("admin"));
    let top = parent(&ann, &["items:write"]);
    let ask = |token: &Token, derive| derived(token, &ann, Derive { derive, ..child(&["items:read"]) });
    assert_eq!(ask(&Token { derive: 0, ..top.clone() }, 0).unwrap_err().code, Code::MayNotDerive);
    assert_eq!(ask(&top, 2).unwrap_err().field.as_deref(), Some("derive"));
    let mut next = Token { derive: u8::MAX, ..top.clone() };
    for depth in 1..=MAX_DEPTH {
        next = ask(&next, u8::MAX - depth).unwrap();
        assert_eq!(next.parent.unwrap().depth, depth);
    }
    assert_eq!(ask(&next, 0).unwrap_err().code, Code::MayNotDerive, "the deepest of all");
    for over in [
        Token { disabled: true, ..top.clone() },
        Token { expires_at: Some(now()), ..top.clone() },
        Token { revoked_at: Some(now()), ..top.clone() },
    ] {
        assert_eq!(ask(&over, 0).unwrap_err().code, Code::Conflict);
    }
    let inactive = User { active: false, ..ann.clone() };
    let refused = derived(&top, &inactive, child(&["items:read"])).unwrap_err();
    assert_eq!(refused.code, Code::Conflict);
}

#[test]
fn a_childs_limits_are_within_its_parents() {
    let ann = user(1, Some("admin"));
    let rate = |text: &str| Some(text.parse().unwrap());
    let top =
        Token { rate_limit: rate("10/1m"), change_limit: rate("5/1h"), ..parent(&ann, &["items:write"]) };
    for (rate_limit, change_limit, field) in
        [(rate("20/1m"), None, "rate_limit"), (None, rate("6/1h"), "change_limit")]
    {
        let new = Derive { rate_limit, change_limit, ..child(&["items:read"]) };
        assert_eq!(derived(&top, &ann, new).unwrap_err().field.as_deref(), Some(field));
    }
    let new = Derive { rate_limit: rate("5/1m"), change_limit: rate("1/1h"), ..child(&["items:read"]) };
    let made = derived(&top, &ann, new).unwrap();
    assert_eq!((made.rate_limit, made.change_limit), (rate("5/1m"), rate("1/1h")));
}

#[test]
fn a_child_is_given_to_nobody_else_and_derives_no_deeper_by_an_edit() {
    let (ann, bob) = (user(1, Some("admin")), user(2, Some("admin")));
    let one = derived(&parent(&ann, &["items:write"]), &ann, child(&["items:read"])).unwrap();
    let ask = |asked: TokenEdit| edit(&shop(), Operator::System, &ann, &one, asked, now());
    let owner = Some(Arc::new(bob));
    let refused = ask(TokenEdit { owner, ..TokenEdit::default() }).unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("owner"));
    let deep = |derive| TokenEdit { derive: Some(derive), ..TokenEdit::default() };
    assert_eq!(ask(deep(MAX_DEPTH)).unwrap_err().field.as_deref(), Some("derive"));
    assert_eq!(ask(deep(MAX_DEPTH - 1)).unwrap().unwrap().derive, MAX_DEPTH - 1);
    let limit = "5/1h".parse().unwrap();
    let limited = ask(TokenEdit { change_limit: Some(Some(limit)), ..TokenEdit::default() }).unwrap();
    assert_eq!(limited.unwrap().change_limit, Some(limit));
}
