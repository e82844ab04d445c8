//! Taking over the tokens of an application, and the end of each one's old hash.

use jiff::Timestamp;

use super::{Operator, blank, check_name};
use crate::catalog::Catalog;
use crate::code::{Code, Refusal};
use crate::digest::Digest;
use crate::foreign::ForeignHash;
use crate::imported::{Imported, ImportedSecret, Source};
use crate::name::ScopeName;
use crate::random::Entropy;
use crate::record::{Token, User};
use crate::token::NewSecret;

/// One row of an application, as it was read.
#[derive(Debug, Clone)]
pub struct Import {
    /// What the application shows of the token, such as `odin_x7Kp2`.
    pub prefix: String,
    /// The application's hash.
    pub hash: ForeignHash,
    /// The token's name.
    pub name: String,
    /// The application's words; those that the catalog does not declare are left out.
    pub scopes: Vec<String>,
    /// Its end; `None` is never.
    pub expires_at: Option<Timestamp>,
}

/// A row as a token, and what is to be told of it.
#[derive(Debug, Clone)]
pub struct ImportedRow {
    /// The token.
    pub token: Token,
    /// In what it is less than the row.
    pub notes: Vec<Note>,
}

/// In what an imported token is less than its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The catalog declares none of these; they were left out.
    UnknownScopes(Vec<String>),
    /// It holds no scope, and so it opens nothing. Never more: an application may take no scopes for all of them.
    Inert,
    /// It ends at this moment, for the service lets no token live longer.
    EndsEarlier(Timestamp),
    /// Its owner is inactive: it opens nothing until they are activated.
    OwnerInactive,
}

/// Takes over one row as a token of `owner`. It may be a token more than the catalog lets a user have, for it exists.
pub fn import(
    catalog: &Catalog,
    operator: Operator<'_>,
    owner: &User,
    row: Import,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<ImportedRow, Refusal> {
    operator.gives_rights_to(catalog, owner)?;
    let form = catalog.old_form.as_ref().ok_or_else(|| {
        let detail = format!(
            "the catalog of {} does not say how its old tokens look; declare [tokens.old_form] in it",
            catalog.service
        );
        Refusal::new(Code::Conflict, detail)
    })?;
    if form.until <= now {
        let detail = format!(
            "old tokens of {} have counted until {}; change until in its catalog",
            catalog.service, form.until
        );
        return Err(Refusal::new(Code::Conflict, detail));
    }
    check_name(&row.name)?;
    let old_prefix = form.prefix_of_row(&row.prefix).ok_or_else(|| {
        let detail = format!(
            "the prefix of an old token is {:?} and {} characters of its alphabet, as the catalog says",
            form.prefix, form.lookup
        );
        Refusal::field("prefix", detail)
    })?;
    if !row.hash.looks_at(form.hashed_len()) {
        let detail = "bcrypt looks at 72 characters alone, and old tokens of this form have more";
        return Err(Refusal::field("hash", detail));
    }
    if row.expires_at.is_some_and(|end| end <= now) {
        return Err(Refusal::field("expires_at", "it has expired already"));
    }
    let mut notes = Vec::new();
    let scopes = known_scopes(catalog, row.scopes, &mut notes);
    let expires_at = end(catalog, &scopes, row.expires_at, now);
    if let Some(end) = expires_at.filter(|_| expires_at != row.expires_at) {
        notes.push(Note::EndsEarlier(end));
    }
    if !owner.active {
        notes.push(Note::OwnerInactive);
    }
    // What the record knows it by; the secret is thrown away.
    let token_prefix = NewSecret::generate(&catalog.prefix, entropy).text().token_prefix();
    let imported = Imported {
        source: Source::of(&catalog.service, &old_prefix, &row.hash),
        old_prefix,
        secret: ImportedSecret::Foreign(row.hash),
    };
    let token = Token {
        name: row.name,
        scopes,
        expires_at,
        imported: Some(imported),
        ..blank(catalog, owner, token_prefix, now, entropy)
    };
    Ok(ImportedRow { token, notes })
}

/// The next state of an imported token whose secret, of this digest, its foreign hash has proved; `None` if it has no such
/// hash any more. It is no change of the token: it was used.
pub fn upgrade(token: &Token, digest: (Digest, u32)) -> Option<Token> {
    token.foreign()?;
    let imported =
        token.imported.clone().map(|imported| Imported { secret: ImportedSecret::Upgraded, ..imported });
    Some(Token { digest: Some(digest), imported, revision: token.revision + 1, ..token.clone() })
}

/// Those that the catalog declares, sorted, without doubles.
fn known_scopes(catalog: &Catalog, words: Vec<String>, notes: &mut Vec<Note>) -> Vec<ScopeName> {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for word in words {
        match word.parse::<ScopeName>() {
            Ok(scope) if catalog.scope(&scope).is_some() => known.push(scope),
            _ => unknown.push(word),
        }
    }
    known.sort();
    known.dedup();
    if !unknown.is_empty() {
        notes.push(Note::UnknownScopes(unknown));
    }
    if known.is_empty() {
        notes.push(Note::Inert);
    }
    known
}

/// The earlier of the row's end and the longest that a token made now could have.
fn end(
    catalog: &Catalog,
    scopes: &[ScopeName],
    asked: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let longest = catalog.longest(scopes).lifetime.end(now);
    // Where tokens must end and there is no longest life, there is a default one.
    let must_end = asked.is_none() && !catalog.policy.never_expires;
    let default = catalog.policy.default_lifetime.end(now).filter(|_| must_end);
    [asked, longest.or(default)].into_iter().flatten().min()
}

#[cfg(test)]
mod tests;
