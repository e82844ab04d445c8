//! The decision, told rule by rule. `decide` reports each step to a [`Trace`]; on the hot path that is `()` and
//! compiles to nothing, so what is explained is what is decided.

/// The rules of the decision, in their order (DESIGN part 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The target is canonical.
    Target,
    /// A route matches.
    Route,
    /// One credential is presented.
    Credential,
    /// The credential is known and lives.
    Identity,
    /// Human and system routes.
    Access,
    /// One alternative of scopes is held.
    Scopes,
    /// The role is reached.
    Role,
    /// The token's restrictions are kept.
    Restrictions,
}

impl Rule {
    /// The rule's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Route => "route",
            Self::Credential => "credential",
            Self::Identity => "identity",
            Self::Access => "access",
            Self::Scopes => "scopes",
            Self::Role => "role",
            Self::Restrictions => "restrictions",
        }
    }
}

/// Who listens to a decision being made.
pub trait Trace {
    /// A rule was looked at; `passed` says how it went, `detail` why. `detail` is only called when listened to.
    fn step(&mut self, rule: Rule, passed: bool, detail: impl FnOnce() -> String);
}

impl Trace for () {
    fn step(&mut self, _: Rule, _: bool, _: impl FnOnce() -> String) {}
}

/// One rule of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The rule.
    pub rule: Rule,
    /// Whether it let the request on.
    pub passed: bool,
    /// Why, in one sentence without secrets.
    pub detail: String,
}

/// A decision's steps, in order. The last one that did not pass decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explanation(pub Vec<Step>);

impl Trace for Explanation {
    fn step(&mut self, rule: Rule, passed: bool, detail: impl FnOnce() -> String) {
        self.0.push(Step { rule, passed, detail: detail() });
    }
}
