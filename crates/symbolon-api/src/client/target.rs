//! Request targets, put together from names that are not to be trusted with a `/`.

use std::fmt::Write;

/// A target in the making.
pub(super) struct Target(String);

impl Target {
    /// Begins with these segments, each escaped.
    pub(super) fn new(segments: &[&str]) -> Self {
        let mut text = String::new();
        for segment in segments {
            text.push('/');
            escape(segment, &mut text);
        }
        Self(text)
    }

    /// Adds a query parameter, if it has a value.
    pub(super) fn query(mut self, name: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.0.push(if self.0.contains('?') { '&' } else { '?' });
            self.0.push_str(name);
            self.0.push('=');
            escape(&value.to_string(), &mut self.0);
        }
        self
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.0
    }
}

/// Keeps the unreserved characters (RFC 3986 section 2.3) and escapes the rest.
fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment() {
        let target =
            Target::new(&["v1", "users", "a/../b?c"]).query("q", Some("x&y=ü")).query("n", None::<u8>);
        assert_eq!(String::from(target), "/v1/users/a%2F..%2Fb%3Fc?q=x%26y%3D%C3%BC");
    }
}
