//! To whom a token belongs: who may be given one, whether what it holds fits them, and how many they may have.

use jiff::Timestamp;

use super::Operator;
use crate::catalog::Catalog;
use crate::code::Refusal;
use crate::id::UserId;
use crate::name::ScopeName;
use crate::record::{Token, TokenState, User};
use crate::store::Room;

/// Whether this operator may make `owner` the owner of a token, new or not.
pub(super) fn may_own(catalog: &Catalog, operator: Operator<'_>, owner: &User) -> Result<(), Refusal> {
    operator.gives_rights_to(catalog, owner)?;
    if !owner.active {
        return Err(Refusal::field("owner", format!("{} is inactive; activate the user first", owner.name)));
    }
    Ok(())
}

/// Whether a token with these scopes could have been issued to `owner` by this operator. A scope that the catalog has
/// dropped grants nobody anything and fits everybody.
pub(super) fn fits(
    catalog: &Catalog,
    operator: Operator<'_>,
    owner: &User,
    scopes: &[ScopeName],
) -> Result<(), Refusal> {
    let mut declared = scopes.iter().filter(|scope| catalog.scope(scope).is_some());
    declared.try_for_each(|scope| operator.grants(catalog, owner, scope, "owner"))
}

/// Whether a token could do more, or could do anything again, in the hand of its next owner: whoever knows its secret from
/// the former one would gain by that. A higher role may be more with the same scopes: routes ask for one, and the
/// application is told it. Having none is below each.
pub(super) fn wakes(catalog: &Catalog, former: &User, token: &Token, owner: &User, next: &Token) -> bool {
    let effective =
        |token: &Token, owner| catalog.effective(catalog.closure(&token.scopes), catalog.role_of(owner));
    !former.active
        || catalog.role_of(owner) > catalog.role_of(former)
        || !effective(next, owner).is_subset(&effective(token, former))
}

/// How many live tokens its owner may have, where `next` is one more than there were: new, or one that was `before` and
/// lives again, or was another's. `None` where there is no limit, or it is none more.
pub fn room(
    catalog: &Catalog,
    before: Option<(UserId, TokenState)>,
    next: &Token,
    now: Timestamp,
) -> Option<Room> {
    let lives = |state| matches!(state, TokenState::Active | TokenState::Disabled);
    let counted = before.is_some_and(|(owner, state)| owner == next.owner && lives(state));
    let one_more = lives(next.state(now)) && !counted;
    let most = catalog.policy.max_live.filter(|_| one_more)?;
    let idle_since = catalog.policy.idle_expiry.ago(now);
    Some(Room { service: next.service.clone(), owner: next.owner, more: 1, most, idle_since })
}
