//! What no sequence of changes may bring about, and what each of the rules does by itself.

mod asking;
mod deriving;
mod narrowing;
mod rights;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::*;
use crate::digest::Pepper;
use crate::id::UserId;
use crate::session::SessionKey;

const SHOP: &str = r#"
service = "shop"
title = "The shop"
token_prefix = "shop"
roles = ["guest", "user", "admin"]
token_managers = "user"
token_admins = "admin"
implications = ["*:write -> *:read"]
[scopes]
"items:read" = "Read items"
"items:write" = "Write items"
"users:read" = { grants = "Read users", min_role = "admin" }
"users:write" = { grants = "Write users", min_role = "admin" }
"all:write" = { grants = "Everything", implies = ["items:write", "users:write"], min_role = "user" }
[profiles]
"clerk" = ["items:write"]
[[routes]]
scopes = ["items:read"]
paths = ["GET /items"]
[[routes]]
scopes = ["items:write"]
paths = ["POST /items"]
[[routes]]
scopes = ["users:read"]
paths = ["GET /users"]
[[routes]]
scopes = ["users:write"]
paths = ["POST /users"]
[[routes]]
scopes = ["all:write"]
paths = ["DELETE /"]
"#;

/// Every scope of the shop, and one that it had once.
const SCOPES: [&str; 6] = ["items:read", "items:write", "users:read", "users:write", "all:write", "dropped"];
const ROLES: [Option<&str>; 4] = [None, Some("guest"), Some("user"), Some("admin")];

/// Other bytes each time, the same in every run.
#[derive(Default)]
struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        for (index, chunk) in bytes.chunks_mut(32).enumerate() {
            let block: [u8; 32] = Sha256::digest(format!("{number} {index}")).into();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

fn shop() -> Catalog {
    Catalog::compile("test.toml", SHOP).unwrap_or_else(|error| panic!("{error}"))
}

fn keys() -> Keys {
    let key = |byte| Zeroizing::new([byte; 32]);
    Keys::new(Pepper::new(1, &key(7)), SessionKey::new(&key(8)))
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn names(scopes: &[&str]) -> Vec<ScopeName> {
    scopes.iter().map(|scope| scope.parse().unwrap()).collect()
}

/// The user of this number.
fn user(number: usize, role: Option<&str>) -> User {
    let role = role.map(|role| ("shop".parse().unwrap(), role.parse().unwrap()));
    User {
        id: format!("usr_{number:032x}").parse().unwrap(),
        name: format!("user{number}").parse().unwrap(),
        password: None,
        password_temporary: false,
        active: true,
        platform_admin: false,
        roles: BTreeMap::from_iter(role),
        created_at: now(),
        revision: 1,
    }
}

/// A token of an owner's, with these scopes, whatever they are.
fn holding(owner: &User, scopes: &[&str]) -> Token {
    let new = NewToken {
        name: "t".to_owned(),
        description: String::new(),
        metadata: BTreeMap::new(),
        scopes: Some(names(&["items:read"])),
        profile: None,
        end: End::Default,
        rate_limit: RateLimit::Default,
        restrictions: crate::restriction::Restrictions::default(),
        derive: 0,
        change_limit: None,
    };
    let issued = issue(&shop(), Operator::System, owner, new, now(), &keys(), &Seeded::default());
    let mut scopes = names(scopes);
    scopes.sort();
    Token { scopes, ..issued.unwrap().0 }
}
