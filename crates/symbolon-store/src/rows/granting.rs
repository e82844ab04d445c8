//! The rows that grant, and so are sealed.

use std::collections::BTreeMap;

use symbolon_core::derived::Parent;
use symbolon_core::foreign::ForeignHash;
use symbolon_core::imported::{Imported, ImportedSecret, Source};
use symbolon_core::metadata::Metadata;
use symbolon_core::name::{RoleName, ServiceName};
use symbolon_core::old_form::OldPrefix;
use symbolon_core::record::{Enforcement, Key, KeyKind, PasswordHash, Session, Token, User};
use symbolon_core::restriction::Restrictions;
use symbolon_core::seal::Sealed;

use super::columns::{Column, Columns, digest, get, maybe_parsed, maybe_time, number, parsed, time};
use super::words::Words;
use super::{Parsed, RowFault};
use crate::{loans, rotation};

/// A value of a kind that is sealed, and how its row is read.
pub(crate) trait Row: Sealed + Sized {
    /// Where its seal stands.
    const SEAL: Column;

    fn read(row: &impl Columns, words: &mut Words) -> Parsed<Self>;

    /// Whether the row grants, and so has a seal. A tombstone does not.
    fn grants(&self) -> bool {
        true
    }
}

/// `SELECT` of all that a [`Token`] is read from, with `rowid` for walks.
macro_rules! select_tokens {
    ($($rest:tt)*) => {
        concat!(
            "SELECT rowid AS at_row, id, service, name, description, owner, token_prefix, scopes, profile, \
             disabled, created_at, updated_at, expires_at, last_used_at, revoked_at, revision, digest, pepper, metadata, \
             rotation, rate_limit, restrictions, seal, import_source, old_prefix, of_old_form, foreign_hash, parent, depth, derive, change_limit, loans, told_end, told_days FROM tokens ",
            $($rest)*
        )
    };
}

/// The columns that [`select_tokens`] begins with, in its order.
const OF_TOKEN: [&str; 32] = [
    "at_row",
    "id",
    "service",
    "name",
    "description",
    "owner",
    "token_prefix",
    "scopes",
    "profile",
    "disabled",
    "created_at",
    "updated_at",
    "expires_at",
    "last_used_at",
    "revoked_at",
    "revision",
    "digest",
    "pepper",
    "metadata",
    "rotation",
    "rate_limit",
    "restrictions",
    "seal",
    "import_source",
    "old_prefix",
    "of_old_form",
    "foreign_hash",
    "parent",
    "depth",
    "derive",
    "change_limit",
    "loans",
];

/// A column of [`select_tokens`] by its place: of tokens there are so many that looking for names would take longer than
/// reading values.
macro_rules! of_token {
    ($name:literal) => {
        const { placed($name) }
    };
}

const fn placed(name: &'static str) -> Column {
    let mut at = 0;
    while !same(OF_TOKEN[at], name) {
        at += 1;
    }
    Column::at(at, name)
}

const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// `SELECT` of all that a [`User`] is read from, with `rowid` for walks.
macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT rowid AS at_row, id, name, password, password_temporary, active, platform_admin, roles, \
             created_at, revision, seal FROM users ",
            $rest
        )
    };
}

/// `SELECT` of all that a [`Session`] is read from, with `rowid` for walks. `user` is a word of PostgreSQL's own.
macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "SELECT rowid AS at_row, id, \"user\", created_at, expires_at, client_ip, seal FROM sessions ",
            $rest
        )
    };
}

/// `SELECT` of all that a [`Key`] is read from, with `rowid` for walks.
macro_rules! select_keys {
    ($rest:literal) => {
        concat!(
            "SELECT rowid AS at_row, id, kind, service, name, key_prefix, created_at, digest, pepper, seal FROM keys ",
            $rest
        )
    };
}

/// `SELECT` of all that an [`Enforcement`] is read from, with `rowid` for walks.
macro_rules! select_enforcement {
    ($rest:literal) => {
        concat!(
            "SELECT rowid AS at_row, service AS id, service, enforce, since, seal FROM enforcement ",
            $rest
        )
    };
}

pub(crate) use {select_enforcement, select_keys, select_sessions, select_tokens, select_users};

/// A JSON object of service and role.
fn roles(text: &str) -> Option<BTreeMap<ServiceName, RoleName>> {
    let names: BTreeMap<String, String> = serde_json::from_str(text).ok()?;
    names.iter().map(|(service, role)| Some((service.parse().ok()?, role.parse().ok()?))).collect()
}

/// How an object without entries is written, which is most of them.
const NOTHING: &str = "{}";

/// A JSON object of texts.
fn metadata(text: &str) -> Option<Metadata> {
    if text == NOTHING {
        return Some(Metadata::default());
    }
    serde_json::from_str(text).ok().map(Metadata::kept)
}

/// A JSON object of lists. What is not understood is no token at all, rather than one without restrictions.
fn restrictions(text: &str) -> Option<Restrictions> {
    if text == NOTHING {
        return Some(Restrictions::default());
    }
    let kinds: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    serde_json::from_value(kinds.into()).ok()
}

/// A hash that is not taken any more leaves the whole row out: nobody would be let in by it anyway.
fn imported(row: &impl Columns) -> Parsed<Option<Imported>> {
    if get::<Option<&[u8]>>(row, of_token!("import_source"))?.is_none() {
        return Ok(None);
    }
    let secret =
        match (get(row, of_token!("of_old_form"))?, get::<Option<&str>>(row, of_token!("foreign_hash"))?) {
            (true, Some(text)) => {
                ImportedSecret::Foreign(ForeignHash::parse(text).map_err(|_| RowFault("foreign_hash"))?)
            }
            (true, None) => ImportedSecret::Upgraded,
            (false, _) => ImportedSecret::Gone,
        };
    let old_prefix = OldPrefix::kept(get(row, of_token!("old_prefix"))?);
    Ok(Some(Imported { source: Source(digest(row, of_token!("import_source"))?), old_prefix, secret }))
}

fn parent(row: &impl Columns) -> Parsed<Option<Parent>> {
    let Some(id) = maybe_parsed(row, of_token!("parent"))? else { return Ok(None) };
    Ok(Some(Parent { id, depth: number(row, of_token!("depth"))? }))
}

impl Row for Token {
    const SEAL: Column = of_token!("seal");

    fn read(row: &impl Columns, words: &mut Words) -> Parsed<Self> {
        let digest = match get::<Option<&[u8]>>(row, of_token!("digest"))? {
            Some(_) => Some((digest(row, of_token!("digest"))?, number(row, of_token!("pepper"))?)),
            None => None,
        };
        Ok(Self {
            id: parsed(row, of_token!("id"))?,
            service: words.service(get(row, of_token!("service"))?).ok_or(RowFault("service"))?,
            name: get(row, of_token!("name"))?,
            description: get(row, of_token!("description"))?,
            metadata: metadata(get(row, of_token!("metadata"))?).ok_or(RowFault("metadata"))?,
            owner: parsed(row, of_token!("owner"))?,
            token_prefix: parsed(row, of_token!("token_prefix"))?,
            scopes: words.scopes(get(row, of_token!("scopes"))?).ok_or(RowFault("scopes"))?,
            profile: get(row, of_token!("profile"))?,
            disabled: get(row, of_token!("disabled"))?,
            created_at: time(row, of_token!("created_at"))?,
            updated_at: time(row, of_token!("updated_at"))?,
            expires_at: maybe_time(row, of_token!("expires_at"))?,
            last_used_at: maybe_time(row, of_token!("last_used_at"))?,
            revoked_at: maybe_time(row, of_token!("revoked_at"))?,
            revision: number(row, of_token!("revision"))?,
            digest,
            rotation: rotation::read(get(row, of_token!("rotation"))?).ok_or(RowFault("rotation"))?,
            rate_limit: maybe_parsed(row, of_token!("rate_limit"))?,
            restrictions: restrictions(get(row, of_token!("restrictions"))?)
                .ok_or(RowFault("restrictions"))?,
            imported: imported(row)?,
            parent: parent(row)?,
            derive: number(row, of_token!("derive"))?,
            change_limit: maybe_parsed(row, of_token!("change_limit"))?,
            loans: loans::read(get(row, of_token!("loans"))?).ok_or(RowFault("loans"))?,
        })
    }

    fn grants(&self) -> bool {
        self.revoked_at.is_none()
    }
}

impl Row for User {
    const SEAL: Column = Column::named("seal");

    fn read(row: &impl Columns, _: &mut Words) -> Parsed<Self> {
        Ok(Self {
            id: parsed(row, "id")?,
            name: parsed(row, "name")?,
            password: get::<Option<String>>(row, "password")?.map(PasswordHash::from_phc),
            password_temporary: get(row, "password_temporary")?,
            active: get(row, "active")?,
            platform_admin: get(row, "platform_admin")?,
            roles: roles(get(row, "roles")?).ok_or(RowFault("roles"))?,
            created_at: time(row, "created_at")?,
            revision: number(row, "revision")?,
        })
    }
}

impl Row for Session {
    const SEAL: Column = Column::named("seal");

    fn read(row: &impl Columns, _: &mut Words) -> Parsed<Self> {
        Ok(Self {
            id: parsed(row, "id")?,
            user: parsed(row, "user")?,
            created_at: time(row, "created_at")?,
            expires_at: time(row, "expires_at")?,
            client_ip: maybe_parsed(row, "client_ip")?,
        })
    }
}

impl Row for Key {
    const SEAL: Column = Column::named("seal");

    fn read(row: &impl Columns, _: &mut Words) -> Parsed<Self> {
        let kind = match get(row, "kind")? {
            "system" => KeyKind::System,
            "verifier" => KeyKind::Verifier(parsed(row, "service")?),
            _ => return Err(RowFault("kind")),
        };
        Ok(Self {
            id: parsed(row, "id")?,
            kind,
            name: get(row, "name")?,
            key_prefix: maybe_parsed(row, "key_prefix")?,
            created_at: time(row, "created_at")?,
            digest: (digest(row, "digest")?, number(row, "pepper")?),
        })
    }
}

impl Row for Enforcement {
    const SEAL: Column = Column::named("seal");

    fn read(row: &impl Columns, _: &mut Words) -> Parsed<Self> {
        Ok(Self {
            service: parsed(row, "service")?,
            enforce: get(row, "enforce")?,
            since: time(row, "since")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_where_it_is_looked_for() {
        let named = select_tokens!("").trim_start_matches("SELECT ").split(" FROM").next().unwrap();
        let named = named.split(", ").map(|column| column.rsplit(' ').next().unwrap());
        assert!(named.zip(OF_TOKEN).all(|(selected, placed)| selected == placed), "{OF_TOKEN:?}");
    }
}
