//! Names that people choose: services, users, roles. Parsed once at the edge, valid ever after.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A name that breaks the rule of its kind. The text says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameFault(&'static str);

fn all(text: &str, min: usize, max: usize, ok: impl Fn(u8) -> bool) -> bool {
    (min..=max).contains(&text.len()) && text.bytes().all(ok)
}

fn starts_with_letter_or_digit(text: &str) -> bool {
    text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident: $rule:expr, $fault:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameFault;
            fn from_str(text: &str) -> Result<Self, NameFault> {
                let rule: fn(&str) -> bool = $rule;
                if rule(text) { Ok(Self(text.into())) } else { Err(NameFault($fault)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

names! {
    /// A service: the name of its catalog, of its routes in the API and of the audience of its grants.
    ServiceName: |text| starts_with_letter_or_digit(text)
        && all(text, 1, 32, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
        "a service's name is 1 to 32 of a-z, 0-9 and -, and does not begin with -";
    /// A user's name. It is written into a header for the application, hence the narrow alphabet, and it never
    /// changes: a name that can change hands is not an identity.
    UserName: |text| starts_with_letter_or_digit(text)
        && all(text, 1, 64, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._@-".contains(&b)),
        "a user's name is 1 to 64 of a-z, 0-9 and . _ @ -, and begins with a letter or digit";
    /// A role of one service, as its catalog orders them.
    RoleName: |text| starts_with_letter_or_digit(text)
        && all(text, 1, 32, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b)),
        "a role's name is 1 to 32 of a-z, 0-9, _ and -, and begins with a letter or digit";
    /// A scope: a named right such as `read:printers`. A `scope-token` of RFC 6749 section 3.3, narrowed so
    /// that it can stand in a header, a catalog and a command line without quoting.
    ScopeName: |text| starts_with_letter_or_digit(text)
        && all(text, 1, 64, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b":._-".contains(&b)),
        "a scope is 1 to 64 of a-z, 0-9 and : . _ -, and begins with a letter or digit, such as read:printers";
    /// A webhook, as the operator calls it.
    WebhookName: |text| starts_with_letter_or_digit(text)
        && all(text, 1, 32, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
        "a webhook's name is 1 to 32 of a-z, 0-9 and -, and does not begin with -";
}
