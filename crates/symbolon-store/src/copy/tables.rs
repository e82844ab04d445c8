//! What is copied: every table but the fleet's own, whose rows mean something beside the running nodes alone.

/// What is in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Truth,
    Bytes,
}

/// The order of a table's rows, which is the same on both sides.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    /// In which they were written. The numbers are each side's own.
    Rowid,
    /// By so many of the first columns.
    First(usize),
}

/// A table as both sides have it.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, Kind)],
    pub(crate) key: Key,
}

use Kind::{Bytes, Number, Text, Truth};

/// What refers to another comes behind it.
pub(crate) const TABLES: [Table; 11] = [
    Table {
        name: "users",
        columns: &[
            ("id", Text),
            ("name", Text),
            ("password", Text),
            ("active", Truth),
            ("platform_admin", Truth),
            ("roles", Text),
            ("created_at", Number),
            ("removed_at", Number),
            ("revision", Number),
            ("password_temporary", Truth),
            ("seal", Bytes),
        ],
        key: Key::Rowid,
    },
    Table {
        name: "tokens",
        columns: &[
            ("id", Text),
            ("service", Text),
            ("name", Text),
            ("description", Text),
            ("owner", Text),
            ("token_prefix", Text),
            ("scopes", Text),
            ("profile", Text),
            ("disabled", Truth),
            ("created_at", Number),
            ("updated_at", Number),
            ("expires_at", Number),
            ("last_used_at", Number),
            ("revoked_at", Number),
            ("revision", Number),
            ("digest", Bytes),
            ("pepper", Number),
            ("metadata", Text),
            ("rotation", Text),
            ("rate_limit", Text),
            ("restrictions", Text),
            ("seal", Bytes),
            ("import_source", Bytes),
            ("old_prefix", Text),
            ("of_old_form", Truth),
            ("foreign_hash", Text),
            ("told_end", Number),
            ("told_days", Number),
            ("parent", Text),
            ("depth", Number),
            ("derive", Number),
            ("change_limit", Text),
            ("loans", Text),
        ],
        key: Key::Rowid,
    },
    Table {
        name: "sessions",
        columns: &[
            ("id", Text),
            ("user", Text),
            ("created_at", Number),
            ("expires_at", Number),
            ("client_ip", Text),
            ("seal", Bytes),
        ],
        key: Key::Rowid,
    },
    Table {
        name: "keys",
        columns: &[
            ("id", Text),
            ("kind", Text),
            ("service", Text),
            ("name", Text),
            ("key_prefix", Text),
            ("created_at", Number),
            ("digest", Bytes),
            ("pepper", Number),
            ("seal", Bytes),
        ],
        key: Key::Rowid,
    },
    Table {
        name: "enforcement",
        columns: &[("service", Text), ("enforce", Truth), ("since", Number), ("seal", Bytes)],
        key: Key::Rowid,
    },
    Table {
        name: "audit",
        columns: &[
            ("seq", Number),
            ("at", Number),
            ("actor", Text),
            ("session", Text),
            ("client_ip", Text),
            ("request_id", Text),
            ("action", Text),
            ("subject", Text),
            ("service", Text),
            ("detail", Text),
            ("hash", Bytes),
        ],
        key: Key::First(1),
    },
    Table {
        name: "claims",
        columns: &[("scope", Text), ("key", Text), ("body", Bytes), ("made", Text), ("expires_at", Number)],
        key: Key::First(2),
    },
    Table {
        name: "answers",
        columns: &[
            ("token", Text),
            ("key", Text),
            ("fingerprint", Bytes),
            ("claimed_at", Number),
            ("expires_at", Number),
            ("outcome", Text),
            ("status", Number),
            ("content_type", Text),
            ("location", Text),
            ("etag", Text),
            ("body", Bytes),
        ],
        key: Key::First(2),
    },
    Table {
        name: "asks",
        columns: &[
            ("id", Text),
            ("service", Text),
            ("token", Text),
            ("scopes", Text),
            ("lasts", Number),
            ("reason", Text),
            ("by", Text),
            ("made_at", Number),
            ("mark", Bytes),
            ("answer", Text),
            ("lent", Text),
            ("until", Number),
            ("answered_by", Text),
            ("answered_at", Number),
            ("note", Text),
            ("revision", Number),
        ],
        key: Key::First(1),
    },
    Table {
        name: "usage",
        columns: &[
            ("day", Number),
            ("token", Text),
            ("method", Text),
            ("path", Text),
            ("outcome", Text),
            ("count", Number),
            ("last_at", Number),
            ("last_ip", Text),
        ],
        key: Key::First(5),
    },
    Table {
        name: "webhooks",
        columns: &[
            ("name", Text),
            ("position", Number),
            ("attempts", Number),
            ("waiting_since", Number),
            ("next_at", Number),
            ("last_at", Number),
            ("last_answer", Text),
            ("disabled_at", Number),
            ("revision", Number),
        ],
        key: Key::First(1),
    },
];

/// Rows that are read and written at a time.
const PAGE: usize = 500;

impl Table {
    /// The columns of the key, quoted, with what they hold.
    fn key(&self) -> Vec<(String, Kind)> {
        match self.key {
            Key::Rowid => vec![("rowid".to_owned(), Number)],
            Key::First(count) => {
                self.columns[..count].iter().map(|(name, kind)| (quoted(name), *kind)).collect()
            }
        }
    }

    /// What [`Self::select`] selects: the key, and then the columns.
    pub(crate) fn selected(&self) -> Vec<Kind> {
        let key = self.key().into_iter().map(|(_, kind)| kind);
        key.chain(self.columns.iter().map(|(_, kind)| *kind)).collect()
    }

    /// How many columns the key has.
    pub(crate) fn key_length(&self) -> usize {
        match self.key {
            Key::Rowid => 1,
            Key::First(count) => count,
        }
    }

    /// A page of rows, in order: the first, or the one behind a key, whose values are bound.
    pub(crate) fn select(&self, behind: bool) -> String {
        let key: Vec<_> = self.key().into_iter().map(|(name, _)| name).collect();
        let key = key.join(", ");
        let after =
            if behind { format!(" WHERE ({key}) > ({})", places(self.key_length())) } else { String::new() };
        let (columns, table) = (self.names(), quoted(self.name));
        format!("SELECT {key}, {columns} FROM {table}{after} ORDER BY {key} LIMIT {PAGE}")
    }

    /// One row, whose values are bound.
    pub(crate) fn insert(&self) -> String {
        let values = places(self.columns.len());
        format!("INSERT INTO {} ({}) VALUES ({values})", quoted(self.name), self.names())
    }

    /// The columns, quoted.
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| quoted(name)).collect();
        names.join(", ")
    }
}

/// Some of the columns have names that are words of the language.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn places(count: usize) -> String {
    let places: Vec<_> = (1..=count).map(|n| format!("${n}")).collect();
    places.join(", ")
}
