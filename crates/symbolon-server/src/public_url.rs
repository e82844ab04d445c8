//! Where others reach a door, as they write it.

use std::fmt;
use std::str::FromStr;

use http::Uri;

/// An origin: scheme, host and perhaps a port, without a path. What is behind a proxy cannot know it by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// A text that is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not https://host, without a path")]
pub struct PublicUrlFault;

impl FromStr for PublicUrl {
    type Err = PublicUrlFault;

    fn from_str(text: &str) -> Result<Self, PublicUrlFault> {
        let uri: Uri = text.parse().map_err(|_| PublicUrlFault)?;
        let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(PublicUrlFault);
        };
        // It is written into a header, in quotes.
        let plain =
            authority.as_str().bytes().all(|byte| byte.is_ascii_graphic() && !b"@\"\\".contains(&byte));
        let origin = uri.path_and_query().is_none_or(|rest| rest.as_str() == "/") && !text.contains('#');
        if authority.host().is_empty() || !plain || !origin {
            return Err(PublicUrlFault);
        }
        Ok(Self(format!("{scheme}://{authority}")))
    }
}

impl PublicUrl {
    /// Whether it is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// The host alone, without a port.
    pub fn host(&self) -> Option<&str> {
        let (_, authority) = self.0.split_once("://")?;
        let end =
            authority.rfind(':').filter(|at| !authority[*at..].contains(']')).unwrap_or(authority.len());
        Some(&authority[..end])
    }

    /// The origin, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_host_has_no_port() {
        for (text, host) in [
            ("https://a.example", "a.example"),
            ("http://127.0.0.1:7070", "127.0.0.1"),
            ("https://[::1]:8443", "[::1]"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().host(), Some(host));
        }
        assert_eq!("https://[::1]".parse::<PublicUrl>().unwrap().host(), Some("[::1]"));
    }

    #[test]
    fn it_is_an_origin_and_nothing_more() {
        for (text, origin) in [
            ("https://a.example", "https://a.example"),
            ("https://a.example/", "https://a.example"),
            ("http://127.0.0.1:7070", "http://127.0.0.1:7070"),
            ("https://[::1]:8443/", "https://[::1]:8443"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().as_str(), origin);
        }
        for wrong in [
            "",
            "a.example",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://a/?b",
            "https://a/#b",
            "https://u:p@a",
            "https:a",
        ] {
            assert_eq!(wrong.parse::<PublicUrl>(), Err(PublicUrlFault), "{wrong}");
        }
    }
}
