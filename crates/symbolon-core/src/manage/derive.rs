//! Deriving: a token makes a token that can do less.

use jiff::{SignedDuration, Timestamp};

use super::{End, blank, check_description, check_name, end, some_scopes};
use crate::catalog::Catalog;
use crate::code::{Code, Refusal};
use crate::decision::Keys;
use crate::derived::{MAX_DEPTH, Parent};
use crate::name::ScopeName;
use crate::random::Entropy;
use crate::rate::Rate;
use crate::record::{Token, TokenState, User};
use crate::restriction::Restrictions;
use crate::scope::ScopeSet;
use crate::token::NewSecret;

/// How long a child lives of which nothing else is said, if its parent does not end before.
pub const USUAL_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// How many children of one token live at once, but for those that are made at the same moment.
pub const MAX_CHILDREN: u64 = 1_000;

/// What a token asks a child to be.
#[derive(Debug, Clone)]
pub struct Derive {
    /// Its name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Scopes: some of what the parent is granted.
    pub scopes: Vec<ScopeName>,
    /// Its end; [`End::Default`] is after [`USUAL_LIFE`], or with the parent.
    pub end: End,
    /// How many generations may descend from it.
    pub derive: u8,
    /// How many requests it may make.
    pub rate_limit: Option<Rate>,
    /// How many of them may change something.
    pub change_limit: Option<Rate>,
    /// The requests that it is restricted to, beside its parent's restrictions.
    pub restrictions: Restrictions,
}

/// What a rule knows of the token that asks.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Its record.
    pub token: &'a Token,
    /// How it stands, by its catalog too.
    pub state: TokenState,
    /// Whose it is.
    pub owner: &'a User,
    /// What it may do now by what it is granted, and by those that it comes from. Nothing that is lent to it is in it.
    pub effective: ScopeSet,
    /// The rate that it is held to, if it is.
    pub rate: Option<Rate>,
}

/// The child of a token: its record, and the secret that is shown once.
///
/// It is made of what its parent holds at this moment; each of its requests is judged by its parent as well. What is asked
/// for and would have no effect because the parent has not got it is refused, so that nobody thinks it was given.
pub fn derive(
    catalog: &Catalog,
    asking: Asking<'_>,
    new: Derive,
    now: Timestamp,
    keys: &Keys,
    entropy: &dyn Entropy,
) -> Result<(Token, NewSecret), Refusal> {
    let Asking { token: parent, state: _, owner, effective, rate } = asking;
    let depth = may_derive(asking)?;
    check_name(&new.name)?;
    check_description(&new.description)?;
    for (index, scope) in new.scopes.iter().enumerate() {
        let field = format!("scopes[{index}]");
        if catalog.scope(scope).is_none() {
            return Err(Refusal::field(field, format!("{} has no scope {scope}", catalog.service)));
        }
        if !catalog.set([scope]).is_subset(&effective) {
            let detail = format!(
                "the token that asks is not granted {scope} itself, or its owner's role does not reach it"
            );
            return Err(Refusal { field: Some(field), ..Refusal::new(Code::InsufficientScope, detail) });
        }
    }
    let scopes = some_scopes(new.scopes)?;
    let most = parent.derive - 1;
    if new.derive > most {
        let detail = format!("derive of a child of this token is at most {most}");
        return Err(Refusal::field("derive", detail));
    }
    within("rate_limit", new.rate_limit, rate)?;
    within("change_limit", new.change_limit, parent.change_limit)?;
    let rate_limit = match new.rate_limit {
        Some(rate) => super::RateLimit::Own(rate).within(catalog)?,
        None => None,
    };
    let expires_at = child_end(catalog, parent, &scopes, new.end, now)?;
    new.restrictions.fit(catalog, &Restrictions::default())?;
    let secret = NewSecret::generate(&catalog.prefix, entropy);
    let token = Token {
        name: new.name,
        description: new.description,
        scopes,
        expires_at,
        digest: Some((secret.text().digest(&keys.pepper), keys.pepper.id())),
        rate_limit,
        restrictions: new.restrictions,
        parent: Some(Parent { id: parent.id, depth }),
        derive: new.derive,
        change_limit: new.change_limit,
        ..blank(catalog, owner, secret.text().token_prefix(), now, entropy)
    };
    Ok((token, secret))
}

/// Whether the token may make another at all; how far that one would be from a token that was not derived.
fn may_derive(Asking { token, state, owner, .. }: Asking<'_>) -> Result<u8, Refusal> {
    if state != TokenState::Active || !owner.active {
        return Err(Refusal::new(Code::Conflict, "the token that asks does not work any more"));
    }
    if token.derive == 0 {
        let detail = "this token may not make tokens; whoever manages it can allow it (derive)";
        return Err(Refusal::new(Code::MayNotDerive, detail));
    }
    let depth = token.parent.map_or(0, |parent| parent.depth);
    if depth >= MAX_DEPTH {
        let detail =
            format!("this token is {depth} generations from one that a person made, and that is the most");
        return Err(Refusal::new(Code::MayNotDerive, detail));
    }
    Ok(depth + 1)
}

/// How many generations may descend from a token of this record.
pub(super) fn generations(derive: u8, parent: Option<Parent>) -> Result<u8, Refusal> {
    let most = MAX_DEPTH - parent.map_or(0, |parent| parent.depth.min(MAX_DEPTH));
    if derive > most {
        let detail = format!(
            "derive of this token is at most {most}: there are {MAX_DEPTH} generations below one that a person made"
        );
        return Err(Refusal::field("derive", detail));
    }
    Ok(derive)
}

/// A child's limit may not promise more than its parent's lets through.
fn within(field: &str, asked: Option<Rate>, parent: Option<Rate>) -> Result<(), Refusal> {
    match (asked, parent) {
        (Some(rate), Some(most)) if !rate.is_within(most) => Err(Refusal::field(
            field,
            format!(
                "the token that asks is held to {most}, {} of them at once, and its children with it",
                most.burst()
            ),
        )),
        _ => Ok(()),
    }
}

fn child_end(
    catalog: &Catalog,
    parent: &Token,
    scopes: &[ScopeName],
    asked: End,
    now: Timestamp,
) -> Result<Option<Timestamp>, Refusal> {
    if asked == End::Default {
        let usual = now.checked_add(USUAL_LIFE).ok();
        let longest = catalog.longest(scopes).lifetime.end(now);
        return Ok([usual, longest, parent.expires_at].into_iter().flatten().min());
    }
    let asked_end = end(catalog, scopes, asked, now, now)?;
    match parent.expires_at {
        Some(last) if asked_end.is_none_or(|end| end > last) => {
            let field = if matches!(asked, End::At(_)) { "expires_at" } else { "expires_in" };
            let detail = format!("the token that asks ends at {last}, and its children not later");
            Err(Refusal::field(field, detail))
        }
        _ => Ok(asked_end),
    }
}
