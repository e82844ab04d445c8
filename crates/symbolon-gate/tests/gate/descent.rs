//! Tokens that were derived, as the gate keeps them.

use symbolon_core::Code;
use symbolon_core::credential::Presented;
use symbolon_core::decision::{Decision, Reason, Request};
use symbolon_core::derived::{MAX_DEPTH, Parent};
use symbolon_core::record::{Token, User};
use symbolon_core::store::{Change, Sink};
use symbolon_gate::Gate;

use crate::make::{ask, ask_at, at, gate, limited, name, now, papers, token, tombstone, unborn, user};

/// A child of a token, and its secret.
fn child(gate: &Gate, owner: &User, parent: &Token) -> (Token, String) {
    let (token, secret) = unborn(owner, &["read"]);
    let depth = parent.parent.map_or(1, |further| further.depth + 1);
    let token = Token { parent: Some(Parent { id: parent.id, depth }), ..token };
    gate.apply(&Change::TokenCreated(token.clone()));
    (token, secret)
}

/// Each secret of a tree of this many below a root, ten at each node, as deep as may be.
fn tree(gate: &Gate, owner: &User, root: &Token, count: usize) -> Vec<(Token, String)> {
    let mut all = vec![(root.clone(), String::new())];
    let mut at = 0;
    while all.len() <= count {
        let parent = all[at / 10].0.clone();
        assert!(parent.parent.is_none_or(|above| above.depth < MAX_DEPTH));
        all.push(child(gate, owner, &parent));
        at += 1;
    }
    all.split_off(1)
}

#[test]
fn of_a_thousand_that_descend_from_a_revoked_token_none_passes_and_none_stays() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (root, _) = token(&gate, &owner, &["read"]);
    let (bystander, other) = token(&gate, &owner, &["read"]);
    let (_, niece) = child(&gate, &owner, &bystander);
    let all = tree(&gate, &owner, &root, 1_000);
    assert_eq!(all.len(), 1_000);
    assert!(all.iter().all(|(_, secret)| ask(&gate, "/read", secret) == Code::Allowed));
    let (branch, leaf) = (&all[0], &all[10]);
    assert_eq!(leaf.0.parent.unwrap().id, branch.0.id);
    gate.apply(&Change::TokenChanged(tombstone(&branch.0)));
    assert_eq!(ask(&gate, "/read", &leaf.1), Code::InvalidToken);
    assert_eq!(ask(&gate, "/read", &all[1].1), Code::Allowed);

    gate.apply(&Change::TokenChanged(tombstone(&root)));
    for (_, secret) in &all {
        assert_eq!(ask(&gate, "/read", secret), Code::InvalidToken);
        let known = gate.identify(Presented::Secret(secret.as_bytes()), None, now()).unwrap();
        assert_eq!(known.unwrap_err().0, Reason::UnknownSecret, "it is not kept");
    }
    assert_eq!(gate.tokens(), 2);
    for secret in [&other, &niece] {
        assert_eq!(ask(&gate, "/read", secret), Code::Allowed);
    }
}

#[test]
fn a_child_whose_parent_is_not_here_passes_nowhere() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (parent, _) = unborn(&owner, &["read"]);
    // As a node may hear of them: the child first.
    let (one, secret) = child(&gate, &owner, &parent);
    assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
    let known = gate.identify(Presented::Secret(secret.as_bytes()), None, now()).unwrap();
    assert_eq!(known.unwrap_err(), (Reason::ParentEnded, Some(one.id)));
    assert!(gate.above(&one).is_none());
    gate.apply(&Change::TokenCreated(parent.clone()));
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    assert_eq!(gate.above(&one).unwrap().into_iter().map(|above| above.id).collect::<Vec<_>>(), [parent.id]);
    let off = Token { disabled: true, revision: 2, ..parent };
    gate.apply(&Change::TokenChanged(off));
    assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
}

#[test]
fn a_use_of_a_child_is_a_sign_of_life_of_all_that_it_comes_from() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (root, _) = token(&gate, &owner, &["read"]);
    let (middle, _) = child(&gate, &owner, &root);
    let (_, leaf) = child(&gate, &owner, &middle);
    assert_eq!(ask_at(&gate, "printers", "/read", &leaf, at(1_000_007)), Code::Allowed);
    assert_eq!(gate.last_used(root.id), Some(at(1_000_007)));
    assert_eq!(gate.last_used(middle.id), Some(at(1_000_007)));
    // One that is refused is none.
    assert_eq!(ask_at(&gate, "printers", "/write", &leaf, at(1_000_009)), Code::InsufficientScope);
    assert_eq!(gate.last_used(root.id), Some(at(1_000_007)));
}

#[test]
fn children_share_the_limits_of_what_they_come_from() {
    let gate = gate();
    let limits = limited("printers", "prn", &["read", "write"], "token = \"20/1m\"");
    gate.set_services(vec![limits, papers()]).unwrap();
    let owner = user(&gate, "ann");
    let (root, own) = token(&gate, &owner, &["read"]);
    let children: Vec<_> = (0..4).map(|_| child(&gate, &owner, &root).1).collect();
    let allowed = children.iter().filter(|secret| ask(&gate, "/read", secret) == Code::Allowed).count();
    assert_eq!(allowed, 4, "a fifth of twenty at once");
    for secret in children.iter().chain([&own]) {
        assert_eq!(ask(&gate, "/read", secret), Code::RateLimited);
    }
}

#[test]
fn what_symbolon_answers_itself_takes_a_place_among_the_changes() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (root, _) = unborn(&owner, &["read"]);
    let root = Token { change_limit: Some("10/1h".parse().unwrap()), ..root };
    gate.apply(&Change::TokenCreated(root.clone()));
    let (one, secret) = child(&gate, &owner, &root);
    assert!(gate.charge(root.id, true, now()).is_ok() && gate.charge(one.id, true, now()).is_ok());
    for id in [root.id, one.id] {
        let (reason, quota) = gate.charge(id, true, now()).unwrap_err();
        assert_eq!((reason, quota.remaining), (Reason::ChangeLimit, 0));
    }
    let ask = |method: &'static str| {
        let request = Request {
            method,
            target: b"/read",
            credentials: symbolon_core::credential::Credentials::of_secret(secret.as_bytes()),
            method_override: false,
            client_ip: None,
        };
        gate.check(&name("printers"), &request, now()).as_ref().map(Decision::code)
    };
    assert_eq!((ask("GET"), ask("HEAD")), (Some(Code::Allowed), Some(Code::Allowed)));
    // Nobody says what scopes alone are asked about for.
    let scopes = ["read".parse().unwrap()];
    let credentials = symbolon_core::credential::Credentials::of_secret(secret.as_bytes());
    let asked = gate.check_scopes(&name("printers"), credentials, &scopes, None, now());
    assert_eq!(asked.as_ref().map(Decision::code), Some(Code::RateLimited));
}
