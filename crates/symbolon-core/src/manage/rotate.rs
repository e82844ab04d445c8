//! Rotation: another secret for the same token, and what is recorded of the use of its secrets.

use jiff::Timestamp;

use super::{End, Operator, end, living};
use crate::catalog::{Catalog, OnReuse};
use crate::code::{Code, Refusal};
use crate::decision::Keys;
use crate::derived::Loan;
use crate::imported::Imported;
use crate::random::Entropy;
use crate::record::{Token, TokenState, User};
use crate::rotation::OldEnds;
use crate::token::NewSecret;

/// What is asked for at a rotation.
#[derive(Debug, Clone, Copy)]
pub struct Rotate {
    /// When the old secret ends.
    pub old_ends: OldEnds,
    /// A new end of the token; `None` leaves it. The longest lifetime counts from the rotation on, for what a limit of
    /// lifetimes bounds is the life of a secret.
    pub end: Option<End>,
}

/// The next state of a token that gets another secret, and that secret, which is shown once. `first_use` is when its present
/// secret was first used, as far as anybody knows.
///
/// Whoever is given a secret can do what the token can: they must be allowed to grant all that it holds.
#[expect(clippy::too_many_arguments, reason = "the rule's whole world, as at creation")]
pub fn rotate(
    catalog: &Catalog,
    operator: Operator<'_>,
    owner: &User,
    token: &Token,
    asked: Rotate,
    first_use: Option<Timestamp>,
    now: Timestamp,
    keys: &Keys,
    entropy: &dyn Entropy,
) -> Result<(Token, NewSecret), Refusal> {
    operator.gives_rights_to(catalog, owner)?;
    living(token)?;
    if !owner.active {
        let detail = format!("the owner {} is inactive; activate the user first", owner.name);
        return Err(Refusal::new(Code::Conflict, detail));
    }
    for scope in token.scopes.iter().filter(|scope| catalog.scope(scope).is_some()) {
        operator.grants(catalog, owner, scope, "scopes")?;
    }
    // What they could not lend, they do not get with the new secret.
    let lent =
        |loan: &&Loan| loan.scopes.iter().all(|scope| operator.grants(catalog, owner, scope, "").is_ok());
    let loans = token.loans.iter().filter(lent).cloned().collect();
    if let OldEnds::At(moment) = asked.old_ends
        && moment <= now
    {
        let detail = "this moment has passed; name one that is still to come, or \"now\"";
        return Err(Refusal::field("old_ends", detail));
    }
    let expires_at = match asked.end {
        Some(asked) => end(catalog, &token.scopes, asked, now, now)?,
        None if token.state(now) == TokenState::Expired => {
            let detail = "the token has expired, and another secret would not work either; give it a new end, \
                          with expires_in or expires_at";
            return Err(Refusal::new(Code::Conflict, detail));
        }
        None => token.expires_at,
    };
    let (rotation, end) = (&token.rotation, token.expires_at);
    let rotation = match token.digest {
        // One of an old form counts no longer than its catalog says.
        Some(present) if token.is_of_old_form() => {
            let until = catalog.old_form.as_ref().map_or(Timestamp::MIN, |form| form.until);
            let end = Some(end.map_or(until, |end| end.min(until)));
            rotation.turned(Some(present), first_use, asked.old_ends, end, now)
        }
        None if asked.old_ends != OldEnds::Now => {
            let detail = "nobody has used the token since it was imported, and until then its old secret cannot go on \
                          beside another; use it once, or let it end: \"now\"";
            return Err(Refusal::field("old_ends", detail));
        }
        present => rotation.turned(present, first_use, asked.old_ends, end, now),
    };
    let secret = NewSecret::again(&catalog.prefix, token.token_prefix, entropy);
    let next = Token {
        expires_at,
        updated_at: now,
        revision: token.revision + 1,
        digest: Some((secret.text().digest(&keys.pepper), keys.pepper.id())),
        rotation,
        imported: token.imported.clone().map(Imported::gone),
        loans,
        ..token.clone()
    };
    Ok((next, secret))
}

/// The next state of a token whose secret that was made at `made` was first used at `at`; `None` if that says nothing new,
/// or is about a secret that is not the present one any more.
pub fn first_used(token: &Token, made: Timestamp, at: Timestamp) -> Option<Token> {
    let present = token.rotation.at == Some(made) && token.revoked_at.is_none();
    if !present || token.rotation.first_used_at.is_some() {
        return None;
    }
    let mut next = Token { revision: token.revision + 1, ..token.clone() };
    next.rotation.first_used_at = Some(at);
    Some(next)
}

/// The next state of a token one of whose retired secrets was used at `at`; `None` if that says nothing new.
pub fn reused(catalog: &Catalog, token: &Token, at: Timestamp) -> Option<Token> {
    if token.revoked_at.is_some() || token.rotation.reused_at.is_some_and(|known| at <= known) {
        return None;
    }
    let mut next = Token { revision: token.revision + 1, ..token.clone() };
    next.rotation.reused_at = Some(at);
    next.disabled |= catalog.policy.on_reuse == OnReuse::Quarantine;
    Some(next)
}
