//! What the tokens of a service may be at the most (`[tokens]` in a catalog). Every limit is off unless it is set.

use super::Catalog;
use crate::lifetime::Lifetime;
use crate::name::ScopeName;

/// The limits of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// A new token's lifetime where none is asked for.
    pub default_lifetime: Lifetime,
    /// The longest lifetime that may be asked for.
    pub max_lifetime: Lifetime,
    /// Whether a token may be made that never ends, where no lifetime is the longest.
    pub never_expires: bool,
    /// For how long a token may lie unused, neither made nor changed in that time either. Then it is past its end.
    pub idle_expiry: Lifetime,
    /// How many tokens of one user may live at once: those that are neither revoked nor past their end.
    pub max_live: Option<u32>,
    /// For how long scopes may be lent to a token that asks for them; `None`: no token may ask.
    pub max_loan: Option<Lifetime>,
    /// What becomes of a token one of whose retired secrets is used.
    pub on_reuse: OnReuse,
}

/// What the use of a retired secret does, besides being recorded: it shows that somebody has one who should not, or that a
/// client was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnReuse {
    /// Nothing.
    Record,
    /// The token is switched off, until somebody who manages it switches it on.
    Quarantine,
}

/// The longest life of a token, and what bounds it.
#[derive(Debug, Clone, Copy)]
pub struct Longest<'a> {
    /// From its creation on.
    pub lifetime: Lifetime,
    /// The scope that says so; `None`: the service.
    pub scope: Option<&'a ScopeName>,
}

impl Catalog {
    /// How long a token with these scopes may live: no longer than the service allows, nor than any scope that it holds or
    /// that those include.
    pub fn longest(&self, scopes: &[ScopeName]) -> Longest<'_> {
        let held = self.closure(scopes);
        let of_scopes = self.scopes().iter().filter(|detail| self.set([&detail.name]).is_subset(&held));
        let bounds = of_scopes.filter_map(|detail| Some((detail.max_lifetime?, Some(&detail.name))));
        let (lifetime, scope) = bounds.fold((self.policy.max_lifetime, None), |shortest, bound| {
            if bound.0 < shortest.0 { bound } else { shortest }
        });
        Longest { lifetime, scope }
    }
}
