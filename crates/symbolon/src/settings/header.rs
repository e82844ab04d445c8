//! A value that is secret, as written: of a header that the application is sent, or what a webhook is signed with.

use std::fmt;

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

/// The value, or the file that holds it.
#[derive(Debug, Clone)]
pub(super) enum HeaderSource {
    Value(SecretString),
    File(String),
}

impl<'de> Deserialize<'de> for HeaderSource {
    // By hand, because an untagged enum would not say what is wrong.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            file: String,
        }
        impl<'de> Visitor<'de> for Either {
            type Value = HeaderSource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the value, or { file = \"path\" }")
            }

            fn visit_str<E>(self, value: &str) -> Result<HeaderSource, E> {
                Ok(HeaderSource::Value(value.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<HeaderSource, A::Error> {
                Table::deserialize(MapAccessDeserializer::new(map))
                    .map(|table| HeaderSource::File(table.file))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
