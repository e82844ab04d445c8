//! Fields that may be left out, but not be `null`.

use serde::{Deserialize, Deserializer};

/// Reads an optional field that, where it is given, has a value. With `#[serde(default)]` beside it.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
