//! The routes that catalog and routers share.

use std::fmt::Write as _;

use serde_json::json;
use symbolon_core::catalog::Catalog;

/// Routes, under mounts.
pub(crate) struct Table {
    mounts: &'static [&'static str],
    /// Method and path, the more special before the more general, for routers that take the first that matches; and
    /// HEAD before GET, which they take for it too.
    routes: &'static [(&'static str, &'static str)],
}

/// An API with its mounts beside each other, one within the other.
const API: Table = Table {
    mounts: &["/api/v1", "/api"],
    routes: &[
        ("GET", "/"),
        ("GET", "/things"),
        ("POST", "/things"),
        ("GET", "/things/new"),
        ("GET", "/things/Mine"),
        ("GET", "/things/all:archive"),
        ("GET", "/things/caf%C3%A9"),
        ("GET", "/things/two%20words"),
        ("HEAD", "/things/{id}"),
        ("GET", "/things/{id}"),
        ("DELETE", "/things/{id}"),
        ("GET", "/things/{id}/parts/first"),
        ("GET", "/things/{id}/parts/{part}"),
        ("PUT", "/things/{id}/parts/{part}"),
        ("OPTIONS", "/things/{id}/parts/{part}"),
        ("GET", "/things/{id}/{*rest}"),
        ("GET", "/users/@me"),
        ("PATCH", "/users/@me"),
        ("GET", "/users/{name}"),
        ("PATCH", "/users/{name}"),
        ("GET", "/feeds/"),
        ("GET", "/feeds/latest/"),
        ("GET", "/feeds/{feed}"),
        ("GET", "/.well-known/v1.0"),
        ("GET", "/files/{*rest}"),
    ],
};

/// An application with pages: whatever is nothing else is a page that everybody may see.
const PAGES: Table = Table {
    mounts: &[""],
    routes: &[
        ("GET", "/admin"),
        ("POST", "/admin"),
        ("GET", "/admin/users/{id}"),
        ("DELETE", "/admin/users/{id}"),
        ("GET", "/api/things"),
        ("GET", "/api/things/{id}"),
        ("GET", "/assets/{*rest}"),
        ("GET", "/{*rest}"),
    ],
};

pub(crate) const TABLES: [&Table; 2] = [&API, &PAGES];

impl Table {
    pub(crate) fn mounts(&self) -> &'static [&'static str] {
        self.mounts
    }

    pub(crate) fn routes(&self) -> &'static [(&'static str, &'static str)] {
        self.routes
    }

    /// For the applications that are processes.
    pub(crate) fn json(&self) -> String {
        json!({ "mounts": self.mounts, "routes": self.routes }).to_string()
    }

    /// The catalog in which every route asks for a scope of its own.
    pub(crate) fn catalog(&self) -> Catalog {
        let mut text =
            format!("service = \"t\"\ntoken_prefix = \"tt\"\nmounts = {:?}\n[scopes]\n", self.mounts);
        for at in 0..self.routes.len() {
            let _ = writeln!(text, "\"s{at}\" = \"{at}\"");
        }
        for (at, (method, path)) in self.routes.iter().enumerate() {
            let _ = writeln!(text, "[[routes]]\nscopes = [\"s{at}\"]\npaths = [\"{method} {path}\"]");
        }
        Catalog::compile("t.toml", &text).unwrap_or_else(|error| panic!("{error}"))
    }
}
