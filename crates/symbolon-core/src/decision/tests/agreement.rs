//! What is explained is what is decided.

use proptest::prelude::*;

use super::super::world::{World, request};
use super::super::{Caller, Decision, Reason};
use super::SHOP;
use super::laws::{Town, town};
use crate::credential::Credentials;
use crate::explain::{Explanation, Rule, Step};

fn steps(explanation: &Explanation) -> Vec<(Rule, bool)> {
    explanation.0.iter().map(|step| (step.rule, step.passed)).collect()
}

#[test]
fn an_explanation_goes_rule_by_rule_to_the_one_that_decided() {
    let mut world = World::new(SHOP);
    let owner = world.user(Some("viewer"));
    let token = world.token(owner, &["items:write"]);
    let explain = |line: &str| {
        let mut told = Explanation::default();
        let asked = request(line, Credentials::of_secret(token.as_bytes()));
        let _ = world.judge().decide(&asked, &mut told);
        told
    };
    let all = [
        (Rule::Target, true),
        (Rule::Route, true),
        (Rule::Credential, true),
        (Rule::Identity, true),
        (Rule::Access, true),
        (Rule::Scopes, true),
        (Rule::Role, true),
    ];
    assert_eq!(steps(&explain("GET /items")), all);
    assert_eq!(steps(&explain("GET /health")), all[..5]);
    for (line, passed, rule) in [
        ("GET /a/..", 0, Rule::Target),
        ("GET /none", 1, Rule::Route),
        ("PUT /items", 1, Rule::Route),
        ("POST /users", 4, Rule::Access),
        ("POST /nightly", 4, Rule::Access),
        ("GET /users", 5, Rule::Scopes),
        ("DELETE /items/1", 6, Rule::Role),
    ] {
        let told = explain(line);
        assert_eq!(steps(&told)[..passed], all[..passed], "{line}");
        assert_eq!(steps(&told)[passed..], [(rule, false)], "{line}");
    }
    let told = explain("DELETE /items/1");
    let Step { detail, .. } = told.0.last().unwrap();
    assert_eq!(detail, "the route needs operator; the user has viewer");
}

#[test]
fn who_does_not_count_is_explained_as_they_are_decided() {
    let mut world = World::new(SHOP);
    let owner = world.user(Some("viewer"));
    let (foreign, off) = (world.token(owner, &["items:read"]), world.token(owner, &["items:read"]));
    world.edit_token(&foreign, |token| token.service = "bank".parse().unwrap());
    world.edit_token(&off, |token| token.disabled = true);
    let verifier = world.key(Some("shop"));
    for (secret, reason) in
        [(&foreign, Reason::OtherService), (&off, Reason::Disabled), (&verifier, Reason::UnknownSecret)]
    {
        let caller = world.owner_of(secret);
        let explain =
            |line: &str| world.judge().explain_as(&request(line, Credentials::default()), caller.clone()).0;
        assert_eq!(explain("GET /items"), Err(reason));
        assert_eq!(explain("GET /health"), Ok(()), "nobody in particular");
    }
}

proptest! {
    /// For every caller, catalog and request: the same outcome for the same reason by the same rules, whether
    /// the caller presents a secret or is only named.
    #[test]
    fn what_is_explained_is_what_is_decided(town in town()) {
        let Town { world, secrets, lines } = &town;
        for line in lines {
            for secret in secrets.iter().map(Some).chain([None]) {
                let presented = secret.map_or_else(Credentials::default, |s| Credentials::of_secret(s.as_bytes()));
                let mut decided = Explanation::default();
                let outcome = match world.judge().decide(&request(line, presented), &mut decided) {
                    Decision::Allow(_) => Ok(()),
                    Decision::Deny(denial) => Err(denial.reason),
                    Decision::Unavailable => panic!("ready"),
                };
                let caller = secret.map_or(Caller::Anonymous, |secret| world.owner_of(secret));
                let named = request(line, Credentials::default());
                let (explained, told) = world.judge().explain_as(&named, caller.clone());
                prop_assert_eq!(explained, outcome, "{} {:?}", line, caller);
                // Who is named has presented nothing; the rest is step for step the same.
                let presented = Step { rule: Rule::Credential, passed: true, detail: "one credential is presented".to_owned() };
                decided.0.retain(|step| secret.is_none() || *step != presented);
                prop_assert_eq!(&told, &decided, "{} {:?}", line, caller);
                let refused = told.0.last().is_some_and(|step| !step.passed);
                prop_assert_eq!(refused, outcome.is_err(), "the last step decides: {:?}", told);
            }
        }
    }
}
