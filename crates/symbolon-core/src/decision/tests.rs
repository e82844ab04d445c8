//! The rules in their order, and what must hold whatever the catalog says.

mod access;
mod agreement;
mod credentials;
mod descent;
mod identity;
mod laws;
mod limits;
mod order;
mod reach;
mod readings;
mod refusals;
mod restrictions;
mod secrecy;

/// A small shop: everything that a catalog can ask for, once.
const SHOP: &str = r#"
service = "shop"
title = "Shop"
token_prefix = "shop"
roles = ["viewer", "operator", "admin"]
implications = ["*:write -> *:read"]

[scopes]
"items:read" = "Read items"
"items:write" = "Change items"
"users:read" = { grants = "Read users", min_role = "admin" }
"agent:read" = "Look around"
"agent:write" = { grants = "Work", implies = ["agent:read"], min_role = "operator" }

[[routes]]
scopes = ["items:read", "agent:read"]
paths = ["GET /items", "GET /items/{id}"]
[[routes]]
scopes = ["items:write", "agent:write"]
paths = ["POST /items"]
[[routes]]
scopes = ["items:write"]
role = "operator"
paths = ["DELETE /items/{id}"]
[[routes]]
scopes = ["items:write + users:read"]
role = "admin"
paths = ["POST /items/{id}/gift"]
[[routes]]
scopes = ["users:read"]
role = "admin"
paths = ["GET /users"]
[[routes]]
access = "human"
role = "operator"
paths = ["POST /users"]
[[routes]]
access = "system"
paths = ["POST /nightly"]
[[routes]]
access = "public"
paths = ["GET /health", "POST /login"]
"#;
