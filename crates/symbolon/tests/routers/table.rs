//! The routes that catalog and routers share.

use std::fmt::Write as _;

use serde_json::json;
use symbolon_core::catalog::Catalog;

/// Routes, under mounts.
pub(crate) struct Table {
    mounts: &'static [&'static str],
    /// Method and path, the more special before the more general, for routers that take the first that matches; and
    /// HEAD before GET, which they take for it too, but for what is `hidden`.
    routes: &'static [(&'static str, &'static str)],
    /// Behind a route that some routers take for it: they never pick it.
    hidden: &'static [&'static str],
    /// What the catalog says of parameters. If it is `typed`, an application takes digits alone for a `{number}`.
    parameters: &'static str,
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
    hidden: &[],
    parameters: "any",
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
    hidden: &[],
    parameters: "any",
};

/// An application whose parameters refuse what is no number, beside what does not; and with GET before HEAD.
const TYPED: Table = Table {
    mounts: &[""],
    routes: &[
        ("GET", "/files/new"),
        ("GET", "/files/{number}"),
        ("GET", "/files/{*rest}"),
        ("GET", "/things/{number}/parts"),
        ("GET", "/things/{number}/parts/{part}"),
        ("GET", "/things/{name}/{what}"),
        ("GET", "/pages/{name}"),
        ("HEAD", "/pages/{name}"),
        ("GET", "/{number}/help"),
        ("GET", "/{*rest}"),
    ],
    hidden: &["HEAD /pages/{name}"],
    parameters: "typed",
};

/// What every router can be told.
pub(crate) const PLAIN: &[&Table] = &[&API, &PAGES];
/// All, for routers with parameters that refuse; axum takes no parameter beside a tail.
pub(crate) const ALL: &[&Table] = &[&API, &PAGES, &TYPED];

impl Table {
    pub(crate) fn mounts(&self) -> &'static [&'static str] {
        self.mounts
    }

    pub(crate) fn routes(&self) -> &'static [(&'static str, &'static str)] {
        self.routes
    }

    pub(crate) fn hides(&self, route: &str) -> bool {
        self.hidden.contains(&route)
    }

    /// For the applications that are processes.
    pub(crate) fn json(&self) -> String {
        json!({ "mounts": self.mounts, "routes": self.routes }).to_string()
    }

    /// The catalog in which every route asks for a scope of its own.
    pub(crate) fn catalog(&self) -> Catalog {
        let mut text = format!(
            "service = \"t\"\ntoken_prefix = \"tt\"\nmounts = {:?}\nparameters = {:?}\n[scopes]\n",
            self.mounts, self.parameters
        );
        for at in 0..self.routes.len() {
            let _ = writeln!(text, "\"s{at}\" = \"{at}\"");
        }
        for (at, (method, path)) in self.routes.iter().enumerate() {
            let _ = writeln!(text, "[[routes]]\nscopes = [\"s{at}\"]\npaths = [\"{method} {path}\"]");
        }
        Catalog::compile("t.toml", &text).unwrap_or_else(|error| panic!("{error}"))
    }
}
