//! Every operation of both applications, asked by every kind of caller under every mount.

use symbolon_core::catalog::{Access, Catalog, Matched, Route};
use symbolon_core::decision::Reason;
use symbolon_core::name::ScopeName;

use crate::stage::{Operation, Stage};

/// The sets that do not satisfy `alternatives` and would with any scope more: for each way to spoil every
/// alternative by one scope, all scopes but those that are or include one of the spoilt.
fn largest_that_fail(catalog: &Catalog, alternatives: &[Vec<ScopeName>]) -> Vec<Vec<ScopeName>> {
    let mut ways: Vec<Vec<&ScopeName>> = vec![Vec::new()];
    for alternative in alternatives {
        let spoil =
            |way: &Vec<_>| alternative.iter().map(|scope| [way.clone(), vec![scope]].concat()).collect();
        ways = ways.iter().flat_map(|way| -> Vec<_> { spoil(way) }).collect();
    }
    let all = || catalog.scopes().iter().map(|detail| detail.name.clone());
    let without = |spoilt: Vec<&ScopeName>| {
        let spoilt = catalog.set(spoilt);
        all().filter(|scope| catalog.closure([scope]).intersection(&spoilt).is_empty()).collect()
    };
    ways.into_iter().map(without).collect()
}

/// One caller after another, with what they must be answered.
struct Asked<'a> {
    stage: &'a mut Stage,
    method: &'a str,
    target: String,
    /// What was answered, to compare mounts by.
    answers: Vec<Result<(), Reason>>,
}

impl Asked<'_> {
    fn expect(&mut self, who: &str, secret: Option<&str>, expected: Result<(), Reason>) {
        let answer = self.stage.ask(self.method, &self.target, secret);
        if let Err(denial) = &answer
            && denial.reason == Reason::InsufficientScope
        {
            let catalog = &self.stage.catalog;
            let Matched::Route(_, route) = catalog.find(self.method, &self.target) else { panic!("a route") };
            assert_eq!(denial.needs(), catalog.alternatives(route), "the refusal names what would do");
        }
        let answer = answer.map_err(|denial| denial.reason);
        assert_eq!(answer, expected, "{} {} by {who}", self.method, self.target);
        self.answers.push(answer);
    }

    fn people(&mut self, route: &Route) {
        let exact = self.stage.session(route.role);
        self.expect("a session of just the role", Some(&exact), Ok(()));
        if let Some(below) = self.stage.below(route.role) {
            let below = self.stage.session(below);
            self.expect("a session one role below", Some(&below), Err(Reason::InsufficientRole));
        }
        let system = self.stage.system_key.clone();
        self.expect("the system key", Some(&system), Ok(()));
    }

    fn scopes(&mut self, catalog: &Catalog, route: &Route) {
        let strongest = catalog.roles.strongest();
        let alternatives = catalog.alternatives(route);
        assert!(!alternatives.is_empty());
        for alternative in &alternatives {
            let floors = alternative.iter().filter_map(|scope| catalog.scope(scope).unwrap().min_role);
            let weakest = floors.chain([route.role]).max().unwrap();
            let token = self.stage.token(weakest, alternative);
            self.expect(&format!("a token of {alternative:?}"), Some(&token), Ok(()));
            if let Some(below) = self.stage.below(weakest) {
                let token = self.stage.token(below, alternative);
                let refused = self.stage.ask(self.method, &self.target, Some(&token)).unwrap_err().reason;
                assert_eq!(refused.code().status(), 403, "{} {}", self.method, self.target);
                self.expect(
                    &format!("{alternative:?} of an owner one role below"),
                    Some(&token),
                    Err(refused),
                );
            }
        }
        for fails in largest_that_fail(catalog, &alternatives) {
            let token = self.stage.token(strongest, &fails);
            self.expect(&format!("only {fails:?}"), Some(&token), Err(Reason::InsufficientScope));
            for missing in catalog.scopes().iter().filter(|detail| !fails.contains(&detail.name)) {
                let enough = [&fails[..], std::slice::from_ref(&missing.name)].concat();
                let token = self.stage.token(strongest, &enough);
                self.expect(&format!("{enough:?}, which is one more"), Some(&token), Ok(()));
            }
        }
    }
}

/// Asks for one operation under one mount; the answers.
fn ask(stage: &mut Stage, operation: &Operation, mount: &str) -> Vec<Result<(), Reason>> {
    let catalog = stage.catalog.clone();
    let target = format!("{mount}{}", operation.sample());
    let Matched::Route(_, route) = catalog.find(operation.method, &target) else {
        panic!("{} has no route", operation.line())
    };
    assert_eq!((route.method.as_str(), route.path.as_str()), (operation.method, operation.path), "{target}");
    let every: Vec<_> = catalog.scopes().iter().map(|detail| detail.name.clone()).collect();
    let strongest = catalog.roles.strongest();
    let (all, none) = (stage.token(strongest, &every), stage.token(strongest, &[]));
    let mut asked = Asked { stage, method: operation.method, target, answers: Vec::new() };
    match route.access {
        Access::Public => {
            for secret in [None, Some("nonsense"), Some(&*all), Some(&*none)] {
                asked.expect("anybody", secret, Ok(()));
            }
        }
        Access::Human => {
            asked.expect("nobody", None, Err(Reason::CredentialRequired));
            asked.expect("a token of every scope", Some(&all), Err(Reason::HumanOnly));
            asked.people(route);
        }
        Access::Scopes(_) => {
            asked.expect("nobody", None, Err(Reason::CredentialRequired));
            asked.expect("a token of every scope", Some(&all), Ok(()));
            asked.expect("a token of none", Some(&none), Err(Reason::InsufficientScope));
            asked.people(route);
            asked.scopes(&catalog, route);
        }
        Access::System => panic!("neither document has such a route"),
    }
    asked.expect(
        "a bad token",
        Some("odin_"),
        match route.access {
            Access::Public => Ok(()),
            _ if asked.stage.catalog.prefix.claims(b"odin_") => Err(Reason::TokenForm),
            _ => Err(Reason::UnknownSecret),
        },
    );
    asked.answers
}

fn ask_all(mut stage: Stage, operations: &[Operation]) {
    let mounts = stage.catalog.mounts.clone();
    for operation in operations {
        let answers: Vec<_> = mounts.iter().map(|mount| ask(&mut stage, operation, mount)).collect();
        assert!(answers.iter().all(|one| *one == answers[0]), "{}: the mounts differ", operation.line());
    }
    // And the catalog has no route beside these.
    let known: Vec<_> = operations.iter().map(Operation::line).collect();
    for route in &stage.catalog.routes {
        let line = format!("{} {}", route.method, route.path);
        assert!(known.contains(&line), "{line} is no operation");
    }
    assert_eq!(stage.catalog.routes.len(), operations.len());
}

#[test]
fn all_395_operations_of_odin() {
    let operations = crate::odin::operations();
    assert_eq!(operations.len(), 395);
    let stage = crate::odin::stage();
    assert_eq!(stage.catalog.mounts, ["/api", "/api/v1"]);
    ask_all(stage, &operations);
}

#[test]
fn all_operations_of_odysseus() {
    ask_all(crate::odysseus::stage(), &crate::odysseus::operations());
}
