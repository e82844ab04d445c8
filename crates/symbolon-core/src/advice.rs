//! Advice about tokens: what they do not need, and what they do not do. It is made of what the record knows of their
//! use, and it changes nothing by itself.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};

use crate::catalog::{Access, Catalog};
use crate::lifetime::Lifetime;
use crate::name::ScopeName;
use crate::record::{Token, User};
use crate::scope::ScopeSet;
use crate::usage::{Day, NO_ROUTE, UsedRoute};

/// A token is told that it ends so long before its end; one that lives less than four times as long, in the last
/// quarter of its life.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Something about a token that deserves a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Its owner is inactive, so it is refused.
    OwnerInactive,
    /// Its owner's role reaches none of its scopes any more, or the catalog has dropped them all.
    NoEffectiveScopes,
    /// It was never used, though it was made before the days that are looked at.
    NeverUsed,
    /// It was last used at this moment, before the days that are looked at.
    Unused(Timestamp),
    /// Granted scopes that its requests of these days did not need: without them it would do all that it did.
    UnusedScopes(Vec<ScopeName>),
    /// Granted scopes that the catalog does not declare.
    InertScopes(Vec<ScopeName>),
    /// It ends soon, at this moment.
    Expiring(Timestamp),
    /// It never ends, where a token that is made today would.
    NeverExpires,
}

impl Finding {
    /// Its word on the wire.
    pub fn word(&self) -> &'static str {
        match self {
            Self::OwnerInactive => "owner_inactive",
            Self::NoEffectiveScopes => "no_effective_scopes",
            Self::NeverUsed => "never_used",
            Self::Unused(_) => "unused",
            Self::UnusedScopes(_) => "unused_scopes",
            Self::InertScopes(_) => "inert_scopes",
            Self::Expiring(_) => "expiring",
            Self::NeverExpires => "never_expires",
        }
    }
}

/// What is advised about one token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advice {
    /// The gravest first; none where there is nothing to say.
    pub findings: Vec<Finding>,
    /// The scopes that would do, where they are fewer or weaker than those granted: sorted, never empty, and each is
    /// granted or implied by what is.
    pub narrowed: Option<Vec<ScopeName>>,
}

/// What is known of a live token.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// The token; neither revoked nor past its end.
    pub token: &'a Token,
    /// Its owner.
    pub owner: &'a User,
    /// When it was last let through, as far as anybody knows.
    pub last_used_at: Option<Timestamp>,
    /// The routes by which it was let through on the days that are looked at.
    pub routes: &'a [UsedRoute],
}

/// Gives advice about the tokens of one service.
#[derive(Debug)]
pub struct Advisor<'a> {
    catalog: &'a Catalog,
    days: RangeInclusive<Day>,
    now: Timestamp,
    /// How many routes each scope opens with what it implies: of two that would do, the one that opens fewer stays.
    opens: HashMap<&'a ScopeName, usize>,
}

impl<'a> Advisor<'a> {
    /// Advice by what was used on these days, the last of which is today.
    pub fn new(catalog: &'a Catalog, days: RangeInclusive<Day>, now: Timestamp) -> Self {
        let opened = |held: ScopeSet| {
            let opens = |access: &Access| match access {
                Access::Scopes(alternatives) => alternatives.iter().any(|set| set.is_subset(&held)),
                Access::Public | Access::Human | Access::System => false,
            };
            catalog.routes.iter().filter(|route| opens(&route.access)).count()
        };
        let scopes = catalog.scopes().iter().map(|scope| &scope.name);
        Self {
            catalog,
            days,
            now,
            opens: scopes.map(|name| (name, opened(catalog.closure([name])))).collect(),
        }
    }

    /// What there is to say of one token. One that was made during these days is not told what it did not use. Nor is
    /// one about which scopes were asked without a route, for it is not known which.
    pub fn advise(&self, observed: Observed<'_>) -> Advice {
        let Observed { token, owner, last_used_at, routes } = observed;
        let closure = self.catalog.closure(&token.scopes);
        let effective = self.catalog.effective(closure, self.catalog.role_of(owner));
        let inert: Vec<_> =
            token.scopes.iter().filter(|scope| self.catalog.scope(scope).is_none()).cloned().collect();
        let least = self.least(token, effective, routes);
        let unused: Vec<_> = least.iter().flat_map(|least| without(&token.scopes, least)).collect();
        let unused: Vec<_> = without(&unused, &inert).collect();
        let declared: Vec<_> = without(&token.scopes, &inert).collect();
        let narrowed = match least {
            Some(least) => Some(least),
            None if inert.is_empty() => None,
            None => Some(declared),
        };
        let found = [
            (!owner.active).then_some(Finding::OwnerInactive),
            effective.is_empty().then_some(Finding::NoEffectiveScopes),
            self.idle(token, last_used_at, routes),
            Some(unused).filter(|unused| !unused.is_empty()).map(Finding::UnusedScopes),
            Some(inert).filter(|inert| !inert.is_empty()).map(Finding::InertScopes),
            token.expires_at.filter(|end| self.ends_soon(token, *end)).map(Finding::Expiring),
            (token.expires_at.is_none() && self.tokens_end(token)).then_some(Finding::NeverExpires),
        ];
        Advice {
            findings: found.into_iter().flatten().collect(),
            narrowed: narrowed.filter(|scopes| !scopes.is_empty()),
        }
    }

    /// Whether it was there on all of these days.
    fn old(&self, token: &Token) -> bool {
        Day::of(token.created_at) < *self.days.start()
    }

    fn idle(&self, token: &Token, last_used_at: Option<Timestamp>, routes: &[UsedRoute]) -> Option<Finding> {
        if !self.old(token) || !routes.is_empty() {
            return None;
        }
        match last_used_at {
            None => Some(Finding::NeverUsed),
            Some(last) if Day::of(last) < *self.days.start() => Some(Finding::Unused(last)),
            Some(_) => None,
        }
    }

    /// The least that would have done for these routes, where that is less than what is effective. It is least in that
    /// none of it can go; to find the fewest of all is not worth the search.
    fn least(&self, token: &Token, effective: ScopeSet, routes: &[UsedRoute]) -> Option<Vec<ScopeName>> {
        // What it did not use those may that it made, and those that it will make.
        let hands_on = token.derive > 0;
        let unknown = routes.iter().any(|route| route.method == NO_ROUTE);
        if routes.is_empty() || unknown || hands_on || !self.old(token) {
            return None;
        }
        // What the catalog has no more, or what asks for no scope, needs none; what these scopes do not open now was
        // let through by others.
        let asked = routes.iter().filter_map(|used| self.catalog.route(&used.method, &used.path));
        let needs: Vec<&[ScopeSet]> = asked
            .filter_map(|route| match &route.access {
                Access::Scopes(alternatives) => Some(alternatives.as_slice()),
                Access::Public | Access::Human | Access::System => None,
            })
            .filter(|alternatives| opened(alternatives, effective))
            .collect();
        let mut kept: Vec<(&ScopeName, ScopeSet)> =
            self.catalog.names(effective).map(|name| (name, self.catalog.closure([name]))).collect();
        kept.sort_by_key(|(name, _)| Reverse(self.opens.get(name).copied().unwrap_or_default()));
        let mut place = 0;
        while place < kept.len() {
            let others = kept.iter().enumerate().filter(|(other, _)| *other != place);
            let held = others.fold(ScopeSet::EMPTY, |held, (_, (_, closure))| held.union(closure));
            let held = held.intersection(&effective);
            if needs.iter().all(|alternatives| opened(alternatives, held)) {
                kept.remove(place);
            } else {
                place += 1;
            }
        }
        let mut least: Vec<ScopeName> = kept.into_iter().map(|(name, _)| name.clone()).collect();
        least.sort();
        let held = self.catalog.closure(&least).intersection(&effective);
        Some(least).filter(|_| held != effective)
    }

    fn ends_soon(&self, token: &Token, end: Timestamp) -> bool {
        let quarter = end.duration_since(token.created_at) / 4;
        end.duration_since(self.now) <= SOON.min(quarter)
    }

    /// Whether a token that is made today ends unless somebody asks for another.
    fn tokens_end(&self, token: &Token) -> bool {
        let longest = self.catalog.longest(&token.scopes).lifetime;
        self.catalog.policy.default_lifetime.min(longest) != Lifetime::Never
    }
}

fn opened(alternatives: &[ScopeSet], held: ScopeSet) -> bool {
    alternatives.iter().any(|set| set.is_subset(&held))
}

fn without<'s>(these: &'s [ScopeName], others: &'s [ScopeName]) -> impl Iterator<Item = ScopeName> + 's {
    these.iter().filter(|scope| !others.contains(scope)).cloned()
}

#[cfg(test)]
mod tests;
