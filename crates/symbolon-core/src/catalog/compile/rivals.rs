//! Routes that ask for more than they say: where a parameter refuses a path, a router may take it for a less special
//! route, and so whoever calls the one must be allowed the other.

use super::super::fault::Faults;
use super::super::matcher::Matcher;
use super::super::{Access, Role, Route, ScopeDetail};
use crate::scope::{ScopeSet, Vocabulary};

/// What is known of a catalog when its routes are compared.
pub(super) struct Rivals<'a> {
    pub(super) routes: &'a [Route],
    pub(super) matcher: &'a Matcher,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) details: &'a [ScopeDetail],
    /// For each role, the scopes that it is strong enough to hold.
    pub(super) within_role: &'a [ScopeSet],
}

impl Rivals<'_> {
    /// Tells where a caller needs more than the route says. `starts` are the routes' places in the file.
    pub(super) fn warn(&self, starts: &[usize], faults: &mut Faults<'_>) {
        for (index, (own, at)) in self.routes.iter().zip(starts).enumerate() {
            let rivals = self.matcher.rivals(index).iter().filter(|rival| self.matcher.meet(index, **rival));
            let Some(rival) = rivals.map(|rival| &self.routes[*rival]).find(|rival| !self.covers(own, rival))
            else {
                continue;
            };
            let message = format!(
                "whoever calls \"{} {}\" must be allowed \"{} {}\" of line {} too, if that fits the path: a router takes \
                 it for that where a parameter refuses a segment; give both one rule, or, if no parameter of the \
                 application refuses any, write parameters = \"any\" at the top",
                own.method, own.path, rival.method, rival.path, rival.line
            );
            faults.warn(*at, message);
        }
    }

    /// Whether whoever is allowed the one is allowed the other.
    fn covers(&self, own: &Route, other: &Route) -> bool {
        match (&own.access, &other.access) {
            (_, Access::Public) | (Access::System, _) => true,
            (Access::Human, Access::Human | Access::Scopes(_)) => own.role >= other.role,
            (Access::Scopes(alternatives), Access::Scopes(asked)) => {
                let enough = |held: &ScopeSet| {
                    let owner = self.weakest(own, held);
                    let within = self.within_role.get(owner.index()).copied().unwrap_or_default();
                    let effective = self.vocabulary.close(*held).intersection(&within);
                    owner >= other.role && asked.iter().any(|asked| asked.is_subset(&effective))
                };
                own.role >= other.role && alternatives.iter().all(enough)
            }
            _ => false,
        }
    }

    /// The weakest role whose token is let in by these scopes.
    fn weakest(&self, route: &Route, scopes: &ScopeSet) -> Role {
        let held = |detail: &&ScopeDetail| self.vocabulary.set([&detail.name]).is_subset(scopes);
        let roles = self.details.iter().filter(held).filter_map(|detail| detail.min_role);
        roles.fold(route.role, Role::max)
    }
}
