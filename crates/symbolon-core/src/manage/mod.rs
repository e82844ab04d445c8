//! Issuing, editing and taking back: who may, and what comes of it. Pure; the record and the clock are the
//! caller's.
//!
//! Nobody issues for, edits or revokes the tokens of a user above their own role in the service, and a token
//! never gets a scope that its issuer or its owner could not hold (DESIGN part 4, issuing). A token cannot
//! manage tokens: there is no [`Operator`] for it. It can end itself, and [`derive`](derive()) tokens that can do less.

mod ask;
mod derive;
mod import;
mod narrow;
mod operator;
mod own;
mod rate_limit;
mod rotate;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::catalog::{Catalog, Longest};
use crate::code::{Code, Refusal};
use crate::decision::Keys;
use crate::id::TokenId;
use crate::imported::Imported;
use crate::lifetime::Lifetime;
use crate::metadata::Metadata;
use crate::name::ScopeName;
use crate::random::Entropy;
use crate::rate::Rate;
use crate::record::{Token, User};
use crate::restriction::Restrictions;
use crate::rotation::Rotation;
use crate::token::{NewSecret, TokenPrefix};

pub use ask::{Answering, Approval, Loaned, NewAsk, approve, ask, deny, end_loan, withdraw};
pub use derive::{Asking, Derive, MAX_CHILDREN, USUAL_LIFE, derive};
pub use import::{Import, ImportedRow, Note, import, upgrade};
pub use narrow::{Narrowing, narrow};
pub use operator::Operator;
pub use own::room;
pub use rate_limit::RateLimit;
pub use rotate::{Rotate, first_used, reused, rotate};

/// The longest name of a token, in characters.
pub const MAX_NAME: usize = 100;
/// The longest description, in characters.
pub const MAX_DESCRIPTION: usize = 1_000;

/// When a new token shall end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As the catalog says.
    Default,
    /// Never, where the catalog allows it.
    Never,
    /// So long from now.
    In(Lifetime),
    /// At this moment.
    At(Timestamp),
}

/// What is asked for at creation.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// What else is noted of it.
    pub metadata: BTreeMap<String, String>,
    /// Scopes, or
    pub scopes: Option<Vec<ScopeName>>,
    /// a profile; not both.
    pub profile: Option<String>,
    /// Its end.
    pub end: End,
    /// How many requests it may make.
    pub rate_limit: RateLimit,
    /// The requests that it is restricted to.
    pub restrictions: Restrictions,
    /// How many generations may descend from it.
    pub derive: u8,
    /// How many requests that change something it may make.
    pub change_limit: Option<Rate>,
}

/// What is asked for at an edit; `None` leaves alone.
#[derive(Debug, Clone, Default)]
pub struct TokenEdit {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// Entries of metadata to set, or to take away.
    pub metadata: BTreeMap<String, Option<String>>,
    /// New scopes, in place of all before.
    pub scopes: Option<Vec<ScopeName>>,
    /// A new end.
    pub end: Option<End>,
    /// How many requests it may make from now on.
    pub rate_limit: Option<RateLimit>,
    /// New restrictions, in place of all before.
    pub restrictions: Option<Restrictions>,
    /// How many generations may descend from it from now on. Children that are there stay.
    pub derive: Option<u8>,
    /// How many requests that change something it may make from now on; the inner `None` is as many as at all.
    pub change_limit: Option<Option<Rate>>,
    /// Another owner.
    pub owner: Option<Arc<User>>,
}

/// Issues a token to `owner`: the record, and the secret that is shown once.
pub fn issue(
    catalog: &Catalog,
    operator: Operator<'_>,
    owner: &User,
    new: NewToken,
    now: Timestamp,
    keys: &Keys,
    entropy: &dyn Entropy,
) -> Result<(Token, NewSecret), Refusal> {
    own::may_own(catalog, operator, owner)?;
    check_name(&new.name)?;
    check_description(&new.description)?;
    let metadata = new.metadata.into_iter().map(|(key, value)| (key, Some(value)));
    let metadata = Metadata::default().merged(metadata)?;
    let scopes = match (new.scopes, &new.profile) {
        (Some(_), Some(_)) => return Err(Refusal::field("profile", "give scopes or a profile, not both")),
        (None, Some(name)) => profile_scopes(catalog, operator, owner, name)?,
        (scopes, None) => {
            let scopes = scopes.unwrap_or_default();
            for (index, scope) in scopes.iter().enumerate() {
                operator.grants(catalog, owner, scope, &format!("scopes[{index}]"))?;
            }
            scopes
        }
    };
    let scopes = some_scopes(scopes)?;
    let expires_at = end(catalog, &scopes, new.end, now, now)?;
    let rate_limit = new.rate_limit.within(catalog)?;
    let derive = derive::generations(new.derive, None)?;
    new.restrictions.fit(catalog, &Restrictions::default())?;
    let secret = NewSecret::generate(&catalog.prefix, entropy);
    let token = Token {
        name: new.name,
        description: new.description,
        metadata,
        scopes,
        profile: new.profile,
        expires_at,
        digest: Some((secret.text().digest(&keys.pepper), keys.pepper.id())),
        rate_limit,
        restrictions: new.restrictions,
        derive,
        change_limit: new.change_limit,
        ..blank(catalog, owner, secret.text().token_prefix(), now, entropy)
    };
    Ok((token, secret))
}

/// A token that was made just now, of which nothing else is said yet: it has no name, no scopes and no secret.
fn blank(
    catalog: &Catalog,
    owner: &User,
    token_prefix: TokenPrefix,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Token {
    Token {
        id: TokenId::new(now, entropy),
        service: catalog.service.clone(),
        name: String::new(),
        description: String::new(),
        metadata: Metadata::default(),
        owner: owner.id,
        token_prefix,
        scopes: Vec::new(),
        profile: None,
        disabled: false,
        created_at: now,
        updated_at: now,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revision: 1,
        digest: None,
        rotation: Rotation::default(),
        rate_limit: None,
        restrictions: Restrictions::default(),
        imported: None,
        parent: None,
        derive: 0,
        change_limit: None,
        loans: Vec::new(),
    }
}

/// The next state of an edited token; `None` if the edit changes nothing. Scopes that are added obey the rules
/// of creation; scopes that the catalog has dropped may stay, inert. Another owner must be one to whom all that the token
/// holds could be issued today; where it would be able to do more with them than before, it comes out disabled. To be given
/// away is no sign of life: one that has lain unused for too long does not live again by it.
pub fn edit(
    catalog: &Catalog,
    operator: Operator<'_>,
    owner: &User,
    token: &Token,
    edit: TokenEdit,
    now: Timestamp,
) -> Result<Option<Token>, Refusal> {
    operator.gives_rights_to(catalog, owner)?;
    living(token)?;
    let mut next = token.clone();
    let other = edit.owner.filter(|other| other.id != owner.id);
    if let Some(other) = &other {
        if token.parent.is_some() {
            let detail = "a token that was derived belongs to whom it was derived for; derive another of a token of theirs";
            return Err(Refusal::field("owner", detail));
        }
        own::may_own(catalog, operator, other)?;
        next.owner = other.id;
        // Lent by somebody who knew whose it was.
        next.loans.clear();
    }
    let (former, owner) = (owner, other.as_deref().unwrap_or(owner));
    if let Some(name) = edit.name {
        check_name(&name)?;
        next.name = name;
    }
    if let Some(description) = edit.description {
        check_description(&description)?;
        next.description = description;
    }
    next.metadata = token.metadata.merged(edit.metadata)?;
    if let Some(scopes) = edit.scopes {
        for (index, scope) in scopes.iter().enumerate().filter(|(_, scope)| !token.scopes.contains(scope)) {
            operator.grants(catalog, owner, scope, &format!("scopes[{index}]"))?;
        }
        let scopes = some_scopes(scopes)?;
        if scopes != token.scopes {
            next.profile = None;
        }
        let gone = token.scopes.iter().filter(|scope| !scopes.contains(scope)).cloned().collect();
        // Whoever takes a scope away means it, however it is held.
        next.loans = Narrowing::Remove(gone).of_loans(catalog, &next.loans);
        next.scopes = scopes;
    }
    if next.owner != token.owner {
        own::fits(catalog, operator, owner, &next.scopes)?;
        next.disabled |= own::wakes(catalog, former, token, owner, &next);
    }
    if let Some(asked) = edit.end {
        // What is bounded is the life of a secret.
        let start = token.rotation.at.unwrap_or(token.created_at);
        next.expires_at = end(catalog, &next.scopes, asked, start, now)?;
    } else if next.scopes != token.scopes {
        not_too_long(catalog, token, &next)?;
    }
    if let Some(asked) = edit.rate_limit {
        next.rate_limit = asked.within(catalog)?;
    }
    if let Some(derive) = edit.derive {
        next.derive = derive::generations(derive, token.parent)?;
    }
    if let Some(limit) = edit.change_limit {
        next.change_limit = limit;
    }
    if let Some(restrictions) = edit.restrictions {
        restrictions.fit(catalog, &token.restrictions)?;
        next.restrictions = restrictions;
    }
    let at = if next.owner == token.owner { now } else { token.updated_at };
    Ok(changed(token, next, at))
}

/// The next state of a token that is switched off or on; `None` if it is so already. Off is no sign of life: a token that has
/// lain unused for too long does not live again by it.
pub fn switch(token: &Token, disabled: bool, now: Timestamp) -> Result<Option<Token>, Refusal> {
    living(token)?;
    let at = if disabled { token.updated_at } else { now };
    Ok(changed(token, Token { disabled, ..token.clone() }, at))
}

/// The tombstone of a revoked token; `None` if it is one already.
pub fn revoke(token: &Token, now: Timestamp) -> Option<Token> {
    let tombstone = Token {
        revoked_at: Some(token.revoked_at.unwrap_or(now)),
        digest: None,
        rotation: token.rotation.erased(),
        imported: token.imported.clone().map(Imported::gone),
        ..token.clone()
    };
    changed(token, tombstone, now)
}

fn changed(before: &Token, next: Token, now: Timestamp) -> Option<Token> {
    (next != *before).then(|| Token { updated_at: now, revision: before.revision + 1, ..next })
}

fn living(token: &Token) -> Result<(), Refusal> {
    match token.revoked_at {
        Some(_) => Err(Refusal::new(Code::Conflict, "the token is revoked; that cannot be undone")),
        None => Ok(()),
    }
}

fn profile_scopes(
    catalog: &Catalog,
    operator: Operator<'_>,
    owner: &User,
    name: &str,
) -> Result<Vec<ScopeName>, Refusal> {
    let profile = catalog.profile(name).ok_or_else(|| {
        let known: Vec<_> = catalog.profiles.iter().map(|profile| profile.name.as_str()).collect();
        let known =
            if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
        Refusal::field("profile", format!("{} has no such profile; {known}", catalog.service))
    })?;
    profile.scopes.iter().try_for_each(|scope| operator.grants(catalog, owner, scope, "profile"))?;
    Ok(profile.scopes.clone())
}

/// Sorted, without doubles, and at least one.
fn some_scopes(mut scopes: Vec<ScopeName>) -> Result<Vec<ScopeName>, Refusal> {
    scopes.sort();
    scopes.dedup();
    if scopes.is_empty() {
        let detail = "name at least one scope, or a profile; a token without scopes could do nothing";
        return Err(Refusal {
            code: Code::ScopesRequired,
            field: Some("scopes".to_owned()),
            detail: detail.to_owned(),
        });
    }
    Ok(scopes)
}

/// The moment at which a token made at `start` ends. An edit cannot stretch a life past the longest that the
/// token could have been given at its creation.
fn end(
    catalog: &Catalog,
    scopes: &[ScopeName],
    asked: End,
    start: Timestamp,
    now: Timestamp,
) -> Result<Option<Timestamp>, Refusal> {
    let longest = catalog.longest(scopes);
    let (field, end) = match asked {
        End::Default => return Ok(catalog.policy.default_lifetime.min(longest.lifetime).end(start)),
        End::Never => ("expires_in", None),
        End::In(lifetime) => ("expires_in", lifetime.end(now)),
        End::At(moment) => ("expires_at", Some(moment)),
    };
    if end.is_some_and(|end| end <= now) {
        return Err(Refusal::field(field, "this moment has passed; name one that is still to come"));
    }
    let Some(TooLong { said, latest }) = too_long(catalog, longest, end, start) else { return Ok(end) };
    let advice = latest.map_or("name a moment, or a time such as 30d".to_owned(), |latest| {
        format!("name a moment up to {latest}")
    });
    Err(Refusal::field(field, format!("{said}; {advice}")))
}

/// A token that is to hold more must not live longer than one that is made so; nobody has asked for another end.
fn not_too_long(catalog: &Catalog, before: &Token, next: &Token) -> Result<(), Refusal> {
    if catalog.closure(&next.scopes).is_subset(&catalog.closure(&before.scopes)) {
        return Ok(());
    }
    let longest = catalog.longest(&next.scopes);
    let Some(TooLong { said, latest }) =
        too_long(catalog, longest, next.expires_at, next.rotation.at.unwrap_or(next.created_at))
    else {
        return Ok(());
    };
    let until = latest.map_or_else(String::new, |latest| format!(" up to {latest}"));
    Err(Refusal::field("scopes", format!("{said}; give it an end{until} with these scopes")))
}

/// An end that comes too late.
struct TooLong {
    /// What it breaks.
    said: String,
    /// The last moment that would do; `None`: any.
    latest: Option<Timestamp>,
}

/// Whether a token made at `start` would live too long.
fn too_long(
    catalog: &Catalog,
    Longest { lifetime, scope }: Longest<'_>,
    end: Option<Timestamp>,
    start: Timestamp,
) -> Option<TooLong> {
    let service = &catalog.service;
    let Some(latest) = lifetime.end(start) else {
        let endless = end.is_none() && !catalog.policy.never_expires;
        return endless.then(|| TooLong { said: format!("tokens of {service} must end"), latest: None });
    };
    let said = || match scope {
        Some(scope) => format!("a token that holds {scope} lives at most {lifetime}"),
        None => format!("tokens of {service} live at most {lifetime}"),
    };
    end.is_none_or(|end| end > latest).then(|| TooLong { said: said(), latest: Some(latest) })
}

/// Whether this may be the name of a token or a key.
pub fn check_name(name: &str) -> Result<(), Refusal> {
    if name.trim().is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(Refusal::field(
            "name",
            format!("a name has 1 to {MAX_NAME} characters, none of them a control character"),
        ));
    }
    Ok(())
}

fn check_description(description: &str) -> Result<(), Refusal> {
    let control = |c: char| c.is_control() && c != '\n';
    if description.chars().count() > MAX_DESCRIPTION || description.chars().any(control) {
        return Err(Refusal::field(
            "description",
            format!(
                "a description has at most {MAX_DESCRIPTION} characters, none of them a control character but a line's end"
            ),
        ));
    }
    Ok(())
}
