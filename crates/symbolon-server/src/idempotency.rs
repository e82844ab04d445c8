//! The header by which a request that is sent again is known.

use http::{HeaderMap, HeaderName};

/// Its name.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The key of a request, if it has one. The error says what would be one.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<&str>, &'static str> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| (1..=255).contains(&text.len()));
    match (text, values.next()) {
        (Some(text), None) => Ok(Some(text)),
        _ => Err("an Idempotency-Key is one text of 1 to 255 ASCII characters"),
    }
}
