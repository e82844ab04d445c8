//! Tokens that were derived: each request of one is also judged by every token that it comes from.

use std::sync::Arc;

use jiff::Timestamp;

use super::Judge;
use super::identity::{Directory, fault_of};
use super::live::{LiveToken, LiveUser};
use super::outcome::Reason;
use crate::catalog::{Catalog, Role};
use crate::derived::MAX_DEPTH;
use crate::scope::ScopeSet;

/// A token that the caller's was derived from, and whose it is.
#[derive(Debug, Clone)]
pub struct Ancestor<'a> {
    /// The token.
    pub live: LiveToken<'a>,
    /// Its owner.
    pub owner: Arc<LiveUser>,
}

/// The tokens that `live` was derived from, the nearest first, as far as the directory has them and they are a line of
/// descent: `None` where one is missing or is none that it can come from. Of a token that was not derived it is empty, and
/// nothing is looked up.
pub fn line<'a, D: Directory>(directory: &'a D, live: &LiveToken<'_>) -> Option<Vec<LiveToken<'a>>> {
    let mut all: Vec<LiveToken<'a>> = Vec::new();
    let (mut parent, service) = (live.parent(), live.service);
    while let Some(above) = parent {
        let next = directory.by_id(above.id)?;
        // Each is one step nearer to a token that a person made: so it ends, whatever somebody has written.
        let steps = next.parent().map_or(0, |further| further.depth);
        if above.depth > MAX_DEPTH || above.depth != steps.checked_add(1)? || next.service != service {
            return None;
        }
        parent = next.parent();
        all.push(next);
    }
    Some(all)
}

impl<D: Directory> Judge<'_, D> {
    /// The tokens that the caller's comes from, the nearest first: of most there are none, and nothing is looked for. One of
    /// them may have ended since the caller was found to count.
    pub(super) fn ancestors(&self, live: Option<&LiveToken<'_>>) -> Result<Vec<Ancestor<'_>>, Reason> {
        match live {
            Some(live) if live.parent().is_some() => {
                ancestors(self.directory, live, Some(self.catalog), self.now).ok_or(Reason::ParentEnded)
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// The same, with their owners, if each of them works at `now`.
#[cold]
pub(super) fn ancestors<'a, D: Directory>(
    directory: &'a D,
    live: &LiveToken<'_>,
    catalog: Option<&Catalog>,
    now: Timestamp,
) -> Option<Vec<Ancestor<'a>>> {
    let working = |live: LiveToken<'a>| {
        let owner = directory.owner(&live)?;
        fault_of(&live, &owner, catalog, now).is_none().then_some(Ancestor { live, owner })
    };
    line(directory, live)?.into_iter().map(working).collect()
}

/// The weakest of a token's owner's role and those of the owners of all that it comes from: a route may ask for a role, and a
/// token may have been given to somebody of a weaker one. `None` where one of them has none.
pub(super) fn weakest(catalog: &Catalog, role: Option<Role>, ancestors: &[Ancestor<'_>]) -> Option<Role> {
    ancestors.iter().try_fold(role?, |weakest, above| {
        let other = above.owner.role(catalog)?;
        Some(if weakest.reaches(other) { other } else { weakest })
    })
}

/// What of a token's scopes is left by those that it comes from. What is lent to one of them goes no further.
pub(super) fn narrowed<D: Directory>(
    directory: &D,
    catalog: &Catalog,
    effective: ScopeSet,
    ancestors: &[Ancestor<'_>],
) -> ScopeSet {
    ancestors.iter().fold(effective, |left, Ancestor { live, owner }| {
        left.intersection(&catalog.effective(directory.closure(live, catalog), owner.role(catalog)))
    })
}
