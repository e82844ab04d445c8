//! What a token that was derived is by those that it comes from, outside a decision.

use symbolon_core::Timestamp;
use symbolon_core::catalog::Catalog;
use symbolon_core::decision::{Directory as _, Reason, limit};
use symbolon_core::id::TokenId;
use symbolon_core::rate::Quota;
use symbolon_core::record::Token;
use symbolon_core::scope::ScopeSet;

use crate::Gate;

impl Gate {
    /// The tokens that one was derived from, the nearest first; none where it was not. `None` where one of them is not here
    /// any more: then the token opens nothing.
    pub fn above(&self, token: &Token) -> Option<Vec<Token>> {
        let (view, mut all) = (self.view(), Vec::new());
        let mut parent = token.parent;
        while let Some(above) = parent {
            let next = view.by_id(above.id).and_then(|live| self.index.record(live.id))?;
            // As in a decision: each is one step nearer to a token that was not derived.
            let steps = next.parent.map_or(0, |further| further.depth);
            if above.depth != steps.checked_add(1)? {
                return None;
            }
            parent = next.parent;
            all.push(next);
        }
        Some(all)
    }

    /// What counts of a token's scopes now: their closure, within its owner's role, as far as each token that it comes from
    /// has them too. `lent_at`: with what is lent to it at this moment. Whether they work at all is another question.
    pub fn effective(&self, catalog: &Catalog, token: &Token, lent_at: Option<Timestamp>) -> ScopeSet {
        let within = |token: &Token, held: ScopeSet| {
            let owner = self.index.user(token.owner);
            catalog.effective(held, owner.and_then(|owner| catalog.role_of(&owner)))
        };
        let Some(above) = self.above(token) else { return ScopeSet::EMPTY };
        let lent = token.loans.iter().filter(|loan| lent_at.is_some_and(|now| loan.holds(now)));
        let lent = catalog.closure(lent.flat_map(|loan| &loan.scopes));
        let own = within(token, catalog.closure(&token.scopes).union(&lent));
        let all = above.iter().map(|above| within(above, catalog.closure(&above.scopes)));
        all.fold(own, |left, above| left.intersection(&above))
    }

    /// A request of a token that Symbolon answers itself, which changes something or does not: it takes its places in the limits
    /// of the token and of those that it comes from, or none. `Ok` too for a token that is not here: it has been refused.
    pub fn charge(&self, id: TokenId, changes: bool, now: Timestamp) -> Result<(), (Reason, Quota)> {
        let (services, view) = (self.services.load(), self.view());
        let Some(live) = view.by_id(id) else { return Ok(()) };
        let Some(catalog) = services.catalog(live.service) else { return Ok(()) };
        limit::take(&view.descent(live), catalog, changes, now).map(drop)
    }
}
