//! What is sealed of each kind of row. Each struct is taken apart whole, so that a new field does not compile until
//! somebody has thought of it; it takes the next tag.

use super::{Fields, Kind, Sealed};
use crate::derived::{Loan, Parent};
use crate::imported::{Imported, ImportedSecret};
use crate::name::ScopeName;
use crate::record::{Enforcement, Key, KeyKind, PasswordHash, Session, Token, User};
use crate::rotation::{OldSecret, Rotation};

impl Sealed for Token {
    const KIND: Kind = Kind::Token;

    fn fields(&self, fields: &mut Fields) {
        let Self {
            id,
            service,
            name,
            description,
            metadata,
            owner,
            token_prefix,
            scopes,
            profile,
            disabled,
            created_at,
            updated_at,
            expires_at,
            // Written by use, without a mutation. It gives no right but under `idle_expiry`, where whoever moves it lets a
            // token that nobody uses lie for longer, or ends one: SECURITY.md says so.
            last_used_at: _,
            revoked_at,
            revision,
            digest,
            rotation,
            rate_limit,
            restrictions,
            imported,
            parent,
            derive,
            change_limit,
            loans,
        } = self;
        fields.text(1, &id.to_string());
        fields.text(2, service.as_str());
        fields.text(3, name);
        fields.text(4, description);
        for (name, value) in metadata.entries() {
            fields.text(5, name);
            fields.text(5, value);
        }
        fields.text(6, &owner.to_string());
        fields.text(7, token_prefix.as_str());
        for scope in scopes {
            fields.text(8, scope.as_str());
        }
        if let Some(profile) = profile {
            fields.text(9, profile);
        }
        fields.flag(10, *disabled);
        fields.time(11, *created_at);
        fields.time(12, *updated_at);
        fields.maybe_time(13, *expires_at);
        fields.maybe_time(14, *revoked_at);
        fields.put(15, &revision.to_be_bytes());
        if let Some((digest, pepper)) = digest {
            fields.put(16, digest.as_bytes());
            fields.put(17, &pepper.to_be_bytes());
        }
        rotated(rotation, fields);
        if let Some(imported) = imported {
            taken_over(imported, fields);
        }
        fields.texts(26, rate_limit);
        if !restrictions.is_empty() {
            // Sorted and without doubles, so that equal ones have one text.
            fields.text(27, &serde_json::json!(restrictions).to_string());
        }
        if let Some(Parent { id, depth }) = parent {
            fields.text(32, &id.to_string());
            fields.put(33, &[*depth]);
        }
        if *derive > 0 {
            fields.put(34, &[*derive]);
        }
        fields.texts(35, change_limit);
        for loan in loans {
            fields.text(36, &lent(loan));
        }
    }
}

/// A loan as one text; no two have the same.
fn lent(Loan { scopes, until, by, ask }: &Loan) -> String {
    let scopes: Vec<_> = scopes.iter().map(ScopeName::as_str).collect();
    serde_json::json!([until.as_millisecond(), by, ask, scopes]).to_string()
}

/// Where a token comes from, and what of its secret there is kept.
fn taken_over(Imported { source, old_prefix, secret }: &Imported, fields: &mut Fields) {
    fields.put(28, source.0.as_bytes());
    fields.text(29, old_prefix.as_str());
    match secret {
        ImportedSecret::Foreign(hash) => fields.text(30, hash.as_text()),
        ImportedSecret::Upgraded => fields.flag(31, true),
        ImportedSecret::Gone => {}
    }
}

/// The secrets of a token but the present one.
fn rotated(rotation: &Rotation, fields: &mut Fields) {
    let Rotation { at, first_used_at, old, retired, reused_at } = rotation;
    fields.maybe_time(18, *at);
    fields.maybe_time(19, *first_used_at);
    if let Some(OldSecret { digest: (digest, pepper), until, grace }) = old {
        fields.put(20, digest.as_bytes());
        fields.put(21, &pepper.to_be_bytes());
        fields.maybe_time(22, *until);
        fields.texts(23, grace);
    }
    for (digest, pepper) in retired {
        fields.put(24, digest.as_bytes());
        fields.put(24, &pepper.to_be_bytes());
    }
    fields.maybe_time(25, *reused_at);
}

impl Sealed for User {
    const KIND: Kind = Kind::User;

    fn fields(&self, fields: &mut Fields) {
        let Self {
            id,
            name,
            password,
            password_temporary,
            active,
            platform_admin,
            roles,
            created_at,
            revision,
        } = self;
        fields.text(1, &id.to_string());
        fields.text(2, name.as_str());
        fields.texts(3, password.as_ref().map(PasswordHash::as_phc));
        fields.flag(4, *password_temporary);
        fields.flag(5, *active);
        fields.flag(6, *platform_admin);
        for (service, role) in roles {
            fields.text(7, service.as_str());
            fields.text(7, role.as_str());
        }
        fields.time(8, *created_at);
        fields.put(9, &revision.to_be_bytes());
    }
}

impl Sealed for Key {
    const KIND: Kind = Kind::Key;

    fn fields(&self, fields: &mut Fields) {
        let Self { id, kind, name, key_prefix, created_at, digest: (digest, pepper) } = self;
        fields.text(1, &id.to_string());
        match kind {
            KeyKind::System => fields.flag(2, true),
            KeyKind::Verifier(service) => fields.text(3, service.as_str()),
        }
        fields.text(4, name);
        fields.texts(5, key_prefix);
        fields.time(6, *created_at);
        fields.put(7, digest.as_bytes());
        fields.put(8, &pepper.to_be_bytes());
    }
}

impl Sealed for Session {
    const KIND: Kind = Kind::Session;

    fn fields(&self, fields: &mut Fields) {
        let Self { id, user, created_at, expires_at, client_ip } = self;
        fields.text(1, &id.to_string());
        fields.text(2, &user.to_string());
        fields.time(3, *created_at);
        fields.time(4, *expires_at);
        fields.texts(5, client_ip);
    }
}

impl Sealed for Enforcement {
    const KIND: Kind = Kind::Enforcement;

    fn fields(&self, fields: &mut Fields) {
        let Self { service, enforce, since } = self;
        fields.text(1, service.as_str());
        fields.flag(2, *enforce);
        fields.time(3, *since);
    }
}
