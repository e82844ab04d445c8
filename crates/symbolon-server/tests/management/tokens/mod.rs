//! Tokens of a service.

mod advice;
mod batch;
mod bulk;
mod changes;
mod creation;
mod deriving;
mod expiry;
mod giving;
mod history;
mod limits;
mod lists;
mod metadata;
mod ownership;
mod promise;
mod rates;
mod restrictions;
mod rotation;
mod usage;

/// A catalog in which a user may have three tokens that live.
const FEW: &str = r#"
service = "few"
title = "Few"
token_prefix = "few"
roles = ["user"]
[tokens]
max_live = 3
[scopes]
"read" = "Read"
[[routes]]
scopes = ["read"]
paths = ["GET /read"]
"#;
