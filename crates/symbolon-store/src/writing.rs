//! The rules of writing that no database knows: how values are written, what may stand together, and why something was not
//! changed.

use symbolon_core::name::ScopeName;
use symbolon_core::record::{AuditLine, Token, User};
use symbolon_core::store::{AnswerOutcome, KeptAnswer};

use crate::fault::{Fault, conflict, missing};

/// Scopes as a JSON array.
pub(crate) fn scopes(scopes: &[ScopeName]) -> String {
    scopes.iter().map(ScopeName::as_str).collect::<serde_json::Value>().to_string()
}

/// Roles as a JSON object of service and role.
pub(crate) fn roles(user: &User) -> String {
    let roles: serde_json::Map<String, serde_json::Value> =
        user.roles.iter().map(|(service, role)| (service.to_string(), role.as_str().into())).collect();
    serde_json::Value::Object(roles).to_string()
}

/// The word for how a claimed request ended, and what is kept of its answer.
pub(crate) fn outcome(outcome: &AnswerOutcome) -> (&'static str, Option<&KeptAnswer>) {
    match outcome {
        AnswerOutcome::Unknown => ("unknown", None),
        AnswerOutcome::NotKept => ("not_kept", None),
        AnswerOutcome::Kept(kept) => ("kept", Some(kept)),
    }
}

/// What a change may do to the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The token keeps its owner.
    Same,
    /// It gets another, who is there.
    Other,
}

/// A live token is known by its digest or, until it is used here, by a foreign hash; a revoked one by nothing.
pub(crate) fn one_secret<E>(token: &Token) -> Result<(), Fault<E>> {
    match (&token.revoked_at, &token.digest, token.foreign()) {
        (Some(_), None, _) if token.is_of_old_form() => Err(conflict("a revoked token has no old secret")),
        (Some(_), None, _) if token.rotation.others().next().is_some() => {
            Err(conflict("a revoked token has no digest"))
        }
        (Some(_), Some(_), _) => Err(conflict("a revoked token has no digest")),
        (None, None, None) => Err(conflict("a token that is not revoked has a digest")),
        (None, Some(_), Some(_)) => Err(conflict("a token that has a digest has no foreign hash")),
        (Some(_), None, _) | (None, ..) => Ok(()),
    }
}

/// What is there of a token that a change has not found as it should be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FoundToken {
    pub(crate) revoked: bool,
    pub(crate) revision: i64,
    /// Whether the owner that it was to have is there.
    pub(crate) owned: bool,
}

/// Why a change of a token found no row to change.
pub(crate) fn token_unchanged<E>(found: Option<FoundToken>, token: &Token, owner: Owner) -> Fault<E> {
    let Some(FoundToken { revoked, revision, owned }) = found else { return missing("that token") };
    if revoked {
        conflict("that token is revoked")
    } else if revision.checked_add(1) != Some(token.revision.cast_signed()) {
        conflict("that token was changed meanwhile")
    } else if owner == Owner::Other && !owned {
        missing("the owner")
    } else {
        conflict("a token keeps its service, owner, token_prefix and time of creation")
    }
}

/// Why a new token was not made that neither has a name or secret of another's: its owner is gone (`owned` is whether not),
/// or its parent is.
pub(crate) fn owner_or_parent<E>(owned: bool) -> Fault<E> {
    missing(if owned { "the parent" } else { "the owner" })
}

/// Why a user cannot have the name that somebody has, or had: `removed` is whether that one is gone.
pub(crate) fn name_taken(removed: Option<bool>) -> &'static str {
    match removed {
        // A name that changes hands would let the new bearer be taken for the old one, in logs and
        // applications.
        Some(true) => "that user name belonged to a removed user and is not given again",
        _ => "that user name is taken",
    }
}

/// Why a change of a user found no row to change; `found` is the revision of the one who is there.
pub(crate) fn user_unchanged<E>(found: Option<i64>, user: &User) -> Fault<E> {
    let Some(found) = found else { return missing("that user") };
    let seen = found.checked_add(1) == Some(user.revision.cast_signed());
    conflict(if seen {
        "a user keeps their name and time of creation"
    } else {
        "that user was changed meanwhile"
    })
}

/// With what a token was revoked that nobody named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum With {
    /// Its owner was removed.
    Owner,
    /// A token that it comes from was revoked.
    Parent,
}

/// A token that was revoked with something else.
pub(crate) struct Revoked {
    pub(crate) with: With,
    pub(crate) id: String,
    pub(crate) service: String,
    pub(crate) name: String,
    pub(crate) owner: String,
}

impl Revoked {
    /// Its line in the audit, beside that of what it was revoked with.
    pub(crate) fn line(self, removal: &AuditLine) -> AuditLine {
        let with = match self.with {
            With::Owner => "with_owner",
            With::Parent => "with_parent",
        };
        AuditLine {
            at: removal.at,
            origin: removal.origin.clone(),
            action: "token.revoke",
            subject: self.id,
            service: self.service.parse().ok(),
            detail: serde_json::json!({ "name": self.name, "owner": self.owner, with: true }),
        }
    }
}
