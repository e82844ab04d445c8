//! Taking scopes away from a token, whatever it holds: a rule that can only narrow.

use super::{Operator, changed, living};
use crate::catalog::Catalog;
use crate::code::{Code, Refusal};
use crate::derived::Loan;
use crate::name::ScopeName;
use crate::record::{Token, User};
use crate::scope::ScopeSet;

/// How a token is narrowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Narrowing {
    /// It holds none of these any more, nor what includes one of them. What else such a scope included, it keeps.
    Remove(Vec<ScopeName>),
    /// It holds nothing but these and what they include, as far as it held that before.
    To(Vec<ScopeName>),
}

impl Narrowing {
    /// What is left of granted scopes. Scopes that only now stand by themselves are those that an owner of `effective`
    /// could be granted.
    fn of(&self, catalog: &Catalog, granted: &[ScopeName], effective: ScopeSet) -> Vec<ScopeName> {
        let named = match self {
            Self::Remove(taken) => catalog.set(taken),
            Self::To(limit) => catalog.closure(limit),
        };
        let stays = |scope: &ScopeName| {
            let closure = catalog.closure([scope]);
            let inert = closure.is_empty();
            match self {
                Self::Remove(taken) if inert => !taken.contains(scope),
                Self::Remove(_) => closure.intersection(&named).is_empty(),
                Self::To(limit) if inert => limit.contains(scope),
                Self::To(_) => closure.is_subset(&named),
            }
        };
        let mut left: Vec<ScopeName> = granted.iter().filter(|scope| stays(scope)).cloned().collect();
        // The widest first, so that what it includes need not be named beside it.
        let mut implied: Vec<_> = catalog.names(effective).filter(|scope| stays(scope)).collect();
        implied.sort_by_key(|scope| std::cmp::Reverse(catalog.names(catalog.closure([*scope])).count()));
        for scope in implied {
            if !catalog.set([scope]).is_subset(&catalog.closure(&left)) {
                left.push(scope.clone());
            }
        }
        left.sort();
        left
    }

    /// What is left of what is lent. A scope that is cut is gone with all that it includes: it can be asked for anew.
    pub(super) fn of_loans(&self, catalog: &Catalog, loans: &[Loan]) -> Vec<Loan> {
        let left =
            |loan: &Loan| Loan { scopes: self.of(catalog, &loan.scopes, ScopeSet::EMPTY), ..loan.clone() };
        loans.iter().map(left).filter(|loan| !loan.scopes.is_empty()).collect()
    }
}

/// The next state of a narrowed token; `None` if it holds no more than that already. It only takes away, and so needs
/// no more than to manage the owner's tokens, and is no sign of life: one that has lain unused for too long does not
/// live again by it.
pub fn narrow(
    catalog: &Catalog,
    operator: Operator<'_>,
    owner: &User,
    token: &Token,
    narrowing: &Narrowing,
) -> Result<Option<Token>, Refusal> {
    operator.manages_tokens_of(catalog, owner)?;
    living(token)?;
    let effective = catalog.effective(catalog.closure(&token.scopes), catalog.role_of(owner));
    let scopes = narrowing.of(catalog, &token.scopes, effective);
    let loans = narrowing.of_loans(catalog, &token.loans);
    if scopes == token.scopes && loans == token.loans {
        return Ok(None);
    }
    if scopes.is_empty() {
        let detail = "it would have no scopes left; revoke it instead";
        return Err(Refusal {
            field: Some("scopes".to_owned()),
            ..Refusal::new(Code::ScopesRequired, detail)
        });
    }
    let profile = token.profile.clone().filter(|_| scopes == token.scopes);
    Ok(changed(token, Token { scopes, profile, loans, ..token.clone() }, token.updated_at))
}
