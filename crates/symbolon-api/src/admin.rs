use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::strict::{given, given_once};

macro_rules! without_secret {
    ($($type:ident: $($field:ident),*;)*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        }
    )*};
}

without_secret! {
    CreateSession: username;
    CreatedSession: session;
    CreateUser: name, password_temporary, platform_admin, roles;
    EditUser: active, password_temporary, platform_admin, roles;
    ChangePassword: ;
    CreateKey: kind, name, service;
    CreatedKey: record;
}

/// A sign-in.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSession {
    /// The user's name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// A new session and, this once, its JWT.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CreatedSession {
    /// The session.
    #[serde(flatten)]
    pub session: SessionRecord,
    /// The JWT, for `Authorization: Bearer`.
    pub token: String,
}

/// A sign-in that lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionRecord {
    /// `ses_…`
    pub id: String,
    /// The user's name.
    pub user: String,
    /// When the user signed in.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
    /// Where from, if known.
    pub client_ip: Option<String>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserRecord {
    /// `usr_…`
    pub id: String,
    /// The name; it never changes.
    pub name: String,
    /// Whether the user may sign in: whether there is a password.
    pub login: bool,
    /// Whether the password was given by somebody else and is to be changed. It is a request to the person; no call
    /// is refused for it.
    #[serde(default)]
    pub password_temporary: bool,
    /// An inactive user's tokens and sessions are refused.
    pub active: bool,
    /// May administer users, keys and the audit of the whole installation.
    pub platform_admin: bool,
    /// One role in each service.
    pub roles: BTreeMap<String, String>,
    /// When the user was made.
    pub created_at: String,
}

/// A user to be made.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// 1 to 64 of a-z, 0-9 and . _ @ -
    pub name: String,
    /// 12 to 1,024 bytes. Left out: the user cannot sign in.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub password: Option<String>,
    /// Whether the user shall be asked to change the password. Left out: `false`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub password_temporary: Option<bool>,
    /// Left out: `false`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub platform_admin: Option<bool>,
    /// Roles by service. Left out: none.
    #[serde(default, deserialize_with = "given_once", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub roles: Option<BTreeMap<String, String>>,
}

/// What of a user shall change. A field that is left out is left alone.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditUser {
    /// Whether the user's tokens and sessions work.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub active: Option<bool>,
    /// Whether the user administers the installation.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub platform_admin: Option<bool>,
    /// Roles to set, by service; `null` takes a role away. A service that is not named is left alone.
    #[serde(default, deserialize_with = "given_once", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub roles: Option<BTreeMap<String, Option<String>>>,
    /// A new password; the user's sessions end.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub password: Option<String>,
    /// Whether the user shall be asked to change the password. Left out: `false` with a new password, and otherwise
    /// as it is.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub password_temporary: Option<bool>,
}

/// A change of one's own password. All one's other sessions end.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password until now.
    pub current: String,
    /// The new one, 12 to 1,024 bytes.
    pub new: String,
}

/// A key to be made.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// `system` or `verifier`.
    pub kind: String,
    /// 1 to 100 characters.
    pub name: String,
    /// For a verifier key: the service that it may ask about.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub service: Option<String>,
    /// A secret of the operator's own: at least 32 bytes, without the form of a token or JWT. Left out: one is
    /// made.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub secret: Option<String>,
}

/// A key. The secret is never in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyRecord {
    /// `key_…`
    pub id: String,
    /// `system` or `verifier`.
    pub kind: String,
    /// What its maker called it.
    pub name: String,
    /// The service that a verifier key may ask about.
    pub service: Option<String>,
    /// The first 8 characters after `symkey_`; `null` for a key that the operator supplied.
    pub key_prefix: Option<String>,
    /// When it was made.
    pub created_at: String,
}

/// A new key and, this once, its secret.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CreatedKey {
    /// The record.
    #[serde(flatten)]
    pub record: KeyRecord,
    /// The secret; `null` where the operator supplied it.
    pub key: Option<String>,
}
