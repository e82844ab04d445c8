use std::fmt;

/// Proof that a request was allowed, and who makes it. The layer alone makes one; a handler of axum takes it as an argument,
/// and others find it in the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub(crate) kind: Kind,
    pub(crate) token: Option<Token>,
    pub(crate) owner: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) route: Option<Route>,
}

/// What kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A scoped token.
    Token,
    /// A person who signed in to Symbolon.
    Session,
    /// A system key.
    System,
    /// Nobody in particular; public routes alone.
    Anonymous,
}

/// The token of a request. Nothing of it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id, `tok_…`.
    pub id: String,
    /// What its owner called it.
    pub name: String,
}

/// The catalog's route of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its method.
    pub method: String,
    /// Its pattern as the catalog writes it, such as `/jobs/{id}`: without the mount.
    pub path: String,
}

impl Grant {
    /// What kind of caller it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The token, if it is one.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// The user's name; `system` for a system key. `None` for nobody in particular.
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// The user's role in the service now; the strongest for a system key.
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// The effective scopes of a token: what is granted, with what that implies, as far as its owner's role still reaches.
    /// Empty for every other caller.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The catalog's route; `None` for a preflight that the catalog leaves open.
    pub fn route(&self) -> Option<&Route> {
        self.route.as_ref()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "token",
            Self::Session => "session",
            Self::System => "system",
            Self::Anonymous => "anonymous",
        })
    }
}
