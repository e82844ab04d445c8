//! No sequence of changes by users gives a token a right that its owner, or whoever made the change, lacks.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::asking::{answering, approval, asked_by};
use super::*;
use crate::rotation::OldEnds;

/// Who asks: the system key, or the user of this number.
#[derive(Debug, Clone, Copy)]
enum By {
    Key,
    User(usize),
}

/// What is asked for; users and tokens by their numbers.
#[derive(Debug, Clone)]
enum Wish {
    Create { owner: usize, scopes: Vec<&'static str>, profile: bool },
    Edit { token: usize, scopes: Option<Vec<&'static str>>, owner: Option<usize> },
    Lend { token: usize, asked: Vec<&'static str>, lent: Option<Vec<&'static str>> },
    Narrow { token: usize, scopes: Vec<&'static str>, to: bool },
    Switch { token: usize, disabled: bool },
    Rotate { token: usize },
    Revoke { token: usize },
    Role { user: usize, role: Option<&'static str> },
    Active { user: usize, active: bool },
}

/// People; the first is the built-in user.
const PEOPLE: usize = 5;

fn wishes() -> impl Strategy<Value = (By, Wish)> {
    let by = prop_oneof![1 => Just(By::Key), 6 => (1..PEOPLE).prop_map(By::User)];
    let (user, token) = (0..PEOPLE, 0..8_usize);
    let scopes = || prop::sample::subsequence(SCOPES.to_vec(), 0..=3);
    let wish = prop_oneof![
        4 => (user.clone(), scopes(), any::<bool>())
            .prop_map(|(owner, scopes, profile)| Wish::Create { owner, scopes, profile }),
        6 => (token.clone(), prop::option::of(scopes()), prop::option::of(user.clone()))
            .prop_map(|(token, scopes, owner)| Wish::Edit { token, scopes, owner }),
        4 => (token.clone(), scopes(), prop::option::of(scopes()))
            .prop_map(|(token, asked, lent)| Wish::Lend { token, asked, lent }),
        3 => (token.clone(), scopes(), any::<bool>())
            .prop_map(|(token, scopes, to)| Wish::Narrow { token, scopes, to }),
        1 => (token.clone(), any::<bool>()).prop_map(|(token, disabled)| Wish::Switch { token, disabled }),
        4 => token.clone().prop_map(|token| Wish::Rotate { token }),
        1 => token.prop_map(|token| Wish::Revoke { token }),
        4 => (1..PEOPLE, prop::sample::select(ROLES.to_vec())).prop_map(|(user, role)| Wish::Role { user, role }),
        2 => (1..PEOPLE, any::<bool>()).prop_map(|(user, active)| Wish::Active { user, active }),
    ];
    (by, wish)
}

struct World {
    catalog: Catalog,
    users: Vec<User>,
    tokens: Vec<Token>,
    entropy: Seeded,
    keys: Keys,
}

impl World {
    fn new() -> Self {
        let user = |number| {
            let user = user(number, ROLES[number % ROLES.len()]);
            if number == 0 { User { id: UserId::SYSTEM, ..user } } else { user }
        };
        let users = (0..PEOPLE).map(user).collect();
        Self { catalog: shop(), users, tokens: Vec::new(), entropy: Seeded::default(), keys: keys() }
    }

    fn owner(&self, token: &Token) -> &User {
        self.users.iter().find(|user| user.id == token.owner).unwrap()
    }

    /// The token before, if there is one, and what becomes of it; `None` where nothing does.
    fn change(&self, operator: Operator<'_>, wish: &Wish) -> Option<(Option<usize>, Token)> {
        let catalog = &self.catalog;
        let number = match wish {
            Wish::Create { owner, scopes, profile } => {
                let new = NewToken {
                    name: "t".to_owned(),
                    description: String::new(),
                    metadata: BTreeMap::new(),
                    scopes: (!profile).then(|| names(scopes)),
                    profile: profile.then(|| "clerk".to_owned()),
                    end: End::Default,
                    rate_limit: RateLimit::Default,
                    restrictions: crate::restriction::Restrictions::default(),
                    derive: 0,
                    change_limit: None,
                };
                let owner = &self.users[*owner];
                let issued = issue(catalog, operator, owner, new, now(), &self.keys, &self.entropy);
                return issued.ok().map(|(token, _)| (None, token));
            }
            Wish::Edit { token, .. }
            | Wish::Lend { token, .. }
            | Wish::Narrow { token, .. }
            | Wish::Switch { token, .. }
            | Wish::Rotate { token }
            | Wish::Revoke { token } => *token,
            Wish::Role { .. } | Wish::Active { .. } => return None,
        };
        let token = self.tokens.get(number)?;
        let owner = self.owner(token);
        let next = match wish {
            Wish::Edit { scopes, owner: other, .. } => {
                let scopes = scopes.as_ref().map(|scopes| names(scopes));
                let other = other.map(|other| Arc::new(self.users[other].clone()));
                let asked = TokenEdit { scopes, owner: other, ..TokenEdit::default() };
                edit(catalog, operator, owner, token, asked, now())
            }
            Wish::Lend { asked, lent, .. } => {
                let asked = asked_by(token, asked);
                let approval = Approval { scopes: lent.as_ref().map(|lent| names(lent)), ..approval() };
                approve(answering(catalog, operator, owner, token, &asked), &self.keys, approval)
                    .map(|loaned| Some(loaned.token))
            }
            Wish::Narrow { scopes, to, .. } => {
                let narrowing = if *to { Narrowing::To } else { Narrowing::Remove };
                narrow(catalog, operator, owner, token, &narrowing(names(scopes)))
            }
            Wish::Rotate { .. } => {
                let asked = Rotate { old_ends: OldEnds::Now, end: None };
                let (keys, entropy) = (&self.keys, &self.entropy);
                rotate(catalog, operator, owner, token, asked, None, now(), keys, entropy)
                    .map(|(next, _)| Some(next))
            }
            // As the handlers ask.
            Wish::Switch { disabled: true, .. } => {
                operator.manages_tokens_of(catalog, owner).and_then(|()| switch(token, true, now()))
            }
            Wish::Switch { .. } => {
                operator.gives_rights_to(catalog, owner).and_then(|()| switch(token, false, now()))
            }
            _ => operator.manages_tokens_of(catalog, owner).map(|()| revoke(token, now())),
        };
        next.ok().flatten().map(|next| (Some(number), next))
    }

    /// The scopes that this operator may grant to this owner now.
    fn grantable(&self, operator: Operator<'_>, owner: &User) -> BTreeSet<ScopeName> {
        operator.grantable(&self.catalog, owner).into_iter().cloned().collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]
    #[test]
    fn no_sequence_of_edits_gives_a_token_a_right_that_its_owner_lacks(
        history in prop::collection::vec(wishes(), 1..60),
    ) {
        let mut world = World::new();
        for (by, wish) in history {
            match &wish {
                Wish::Role { user: number, role } => {
                    world.users[*number].roles = user(*number, *role).roles;
                }
                Wish::Active { user, active } => world.users[*user].active = *active,
                _ => {}
            }
            let asking = match by {
                By::Key => None,
                By::User(number) => Some(world.users[number].clone()),
            };
            let operator = asking.as_ref().map_or(Operator::System, Operator::User);
            if let Some((number, next)) = world.change(operator, &wish) {
                let before = number.map(|number| &world.tokens[number]);
                let owner = world.owner(&next);
                let grantable = world.grantable(operator, owner);
                // What is new, somebody else's from now on, or has a secret that is shown now, could be issued like this at
                // this moment.
                let other_owner = before.is_none_or(|before| before.owner != next.owner)
                    || matches!(wish, Wish::Rotate { .. });
                let lent = |token: &Token| -> BTreeSet<_> {
                    token.loans.iter().flat_map(|loan| &loan.scopes).cloned().collect()
                };
                let held_on_loan = before.map(&lent).unwrap_or_default();
                for scope in lent(&next).difference(&held_on_loan) {
                    let lends = matches!(wish, Wish::Lend { .. });
                    prop_assert!(lends && grantable.contains(scope), "{} is lent by {:?}: {:?}", scope, by, wish);
                }
                if before.is_some_and(|before| before.owner != next.owner) {
                    prop_assert!(next.loans.is_empty(), "what was lent to the token of somebody else");
                }
                for scope in &next.scopes {
                    let inert = world.catalog.scope(scope).is_none();
                    let had = before.is_some_and(|before| before.scopes.contains(scope));
                    if inert {
                        prop_assert!(had, "{} appears by {:?}", scope, wish);
                    } else if !had || other_owner {
                        // Narrowing gives nothing, and so may be done where nothing could be granted.
                        let known = before.is_some_and(|before| {
                            let held = world.catalog.closure(&before.scopes);
                            !other_owner && world.catalog.set([scope]).is_subset(&held)
                        });
                        let narrows = matches!(wish, Wish::Narrow { .. });
                        let allowed = if narrows { known } else { grantable.contains(scope) };
                        prop_assert!(allowed, "{} is granted to {} by {:?}: {:?}", scope, owner.name, by, wish);
                    }
                }
                if other_owner {
                    prop_assert!(owner.active, "{:?} gives it to somebody inactive", wish);
                }
                if let Some(before) = before {
                    prop_assert_eq!(next.revision, before.revision + 1);
                    prop_assert_eq!(before.revoked_at, None, "a tombstone stays one");
                    // Whoever changes a token manages those of its owner, before and after.
                    for whose in [world.owner(before), owner] {
                        prop_assert!(operator.manages_tokens_of(&world.catalog, whose).is_ok());
                    }
                }
                match number {
                    Some(number) => world.tokens[number] = next,
                    None if world.tokens.len() < 8 => world.tokens.push(next),
                    None => {}
                }
            }
            // And at each moment a token does no more than its owner could be given today.
            for token in &world.tokens {
                let owner = world.owner(token);
                let (catalog, role) = (&world.catalog, world.catalog.role_of(owner));
                let lent = catalog.closure(token.loans.iter().flat_map(|loan| &loan.scopes));
                let effective = catalog.effective(catalog.closure(&token.scopes).union(&lent), role);
                let most = role.map(|_| Operator::System.grantable(catalog, owner)).unwrap_or_default();
                let most = catalog.set(most);
                prop_assert!(effective.is_subset(&most), "{:?} of {}", token.scopes, owner.name);
            }
        }
    }
}

#[test]
fn another_owner_is_one_to_whom_it_could_be_issued() {
    let catalog = shop();
    let (ann, bob) = (user(1, Some("admin")), user(2, Some("user")));
    let give = |operator, scopes: &[&str], other: &User| {
        let asked = TokenEdit { owner: Some(Arc::new(other.clone())), ..TokenEdit::default() };
        edit(&catalog, operator, &ann, &holding(&ann, scopes), asked, now())
    };
    let key = Operator::System;
    let given = give(key, &["items:write", "dropped"], &bob).unwrap().unwrap();
    assert_eq!((given.owner, given.revision), (bob.id, 2));
    let refused = give(key, &["users:read"], &bob).unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (Code::InsufficientRole, Some("owner")));
    let inactive = User { active: false, ..bob.clone() };
    assert_eq!(give(key, &["items:read"], &inactive).unwrap_err().field.as_deref(), Some("owner"));
    assert_eq!(give(key, &["items:read"], &ann).unwrap(), None, "it is theirs");
    // An administrator gives it away; the new owner could not have taken it.
    assert!(give(Operator::User(&ann), &["items:read"], &bob).is_ok());
    assert_eq!(give(Operator::User(&bob), &["items:read"], &bob).unwrap_err().code, Code::InsufficientRole);
    let system = User { id: UserId::SYSTEM, ..user(9, None) };
    assert_eq!(
        give(Operator::User(&ann), &["items:read"], &system).unwrap_err().code,
        Code::InsufficientRole
    );
    assert!(give(key, &["users:read"], &system).is_ok());
}

#[test]
fn to_be_given_away_is_no_sign_of_life() {
    let (catalog, ann, bob) = (shop(), user(1, Some("user")), user(2, Some("user")));
    let (held, later) = (holding(&ann, &["items:read"]), now() + SignedDuration::from_hours(1));
    let ask = |asked: TokenEdit| {
        edit(&catalog, Operator::System, &ann, &held, asked, later).unwrap().unwrap().updated_at
    };
    let name = Some("renamed".to_owned());
    assert_eq!(ask(TokenEdit { name: name.clone(), ..TokenEdit::default() }), later);
    let owner = Some(Arc::new(bob));
    assert_eq!(ask(TokenEdit { owner: owner.clone(), ..TokenEdit::default() }), held.updated_at);
    assert_eq!(ask(TokenEdit { name, owner, ..TokenEdit::default() }), held.updated_at);
}

#[test]
fn scopes_and_owner_are_judged_together() {
    let (catalog, ann, bob) = (shop(), user(1, Some("admin")), user(2, Some("user")));
    let held = holding(&ann, &["users:read", "items:read"]);
    let ask = |scopes: &[&str]| {
        let owner = Some(Arc::new(bob.clone()));
        let asked = TokenEdit { scopes: Some(names(scopes)), owner, ..TokenEdit::default() };
        edit(&catalog, Operator::System, &ann, &held, asked, now())
    };
    assert_eq!(ask(&["items:read"]).unwrap().unwrap().scopes, names(&["items:read"]));
    assert_eq!(ask(&["items:read", "users:read"]).unwrap_err().field.as_deref(), Some("owner"));
    assert_eq!(ask(&["items:read", "users:write"]).unwrap_err().field.as_deref(), Some("scopes[1]"));
}

#[test]
fn a_token_that_opens_more_with_its_next_owner_comes_out_disabled() {
    let catalog = shop();
    let given = |scopes: &[&str], from: &User, to: &User| {
        let asked = TokenEdit { owner: Some(Arc::new(to.clone())), ..TokenEdit::default() };
        // Made before the owner left.
        let token = holding(&User { active: true, ..from.clone() }, scopes);
        edit(&catalog, Operator::System, from, &token, asked, now()).unwrap().unwrap().disabled
    };
    let [guest, clerk, chief] = ["guest", "user", "admin"].map(|role| user(1, Some(role)));
    let to = |role| user(2, role);
    assert!(!given(&["items:write"], &clerk, &to(Some("user"))), "the same");
    assert!(!given(&["items:write"], &chief, &to(Some("user"))), "less");
    assert!(given(&["items:write"], &clerk, &to(Some("admin"))), "the same scopes of a higher role");
    assert!(given(&["items:write"], &user(1, None), &to(Some("guest"))), "of any role where there was none");
    assert!(given(&["all:write"], &guest, &to(Some("user"))), "a scope that the role reaches only now");
    let left = User { active: false, ..clerk };
    assert!(given(&["items:read"], &left, &to(Some("user"))), "it had ended");
}
