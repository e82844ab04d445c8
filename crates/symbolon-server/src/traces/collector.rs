//! Whom spans are told to.

use std::fmt;
use std::str::FromStr;

use http::uri::Uri;

use crate::host_port::HostPort;

/// Where a collector takes OTLP over HTTP: `http://host:port`. Spans go to `/v1/traces` there (OTLP 1.x, "OTLP/HTTP").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector(HostPort);

/// A text that names no collector. It says what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CollectorFault {
    /// Not such a URL.
    #[error("a collector is written http://host:port, such as http://127.0.0.1:4318")]
    Form,
    /// TLS.
    #[error(
        "TLS to a collector is not supported: run one beside Symbolon, name its http:// port, and let it send on, \
         such as http://127.0.0.1:4318"
    )]
    Tls,
}

impl FromStr for Collector {
    type Err = CollectorFault;

    fn from_str(text: &str) -> Result<Self, CollectorFault> {
        let uri: Uri = text.parse().map_err(|_| CollectorFault::Form)?;
        if uri.scheme_str() == Some("https") {
            return Err(CollectorFault::Tls);
        }
        if uri.scheme_str() != Some("http") {
            return Err(CollectorFault::Form);
        }
        HostPort::of(&uri, text).map(Self).map_err(|_| CollectorFault::Form)
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0.as_str())
    }
}

#[cfg(feature = "otlp")]
impl Collector {
    /// Host and port, as a request's `Host` has them.
    pub(super) fn authority(&self) -> &str {
        self.0.as_str()
    }

    /// The host and port to connect to.
    pub(super) fn address(&self) -> (&str, u16) {
        self.0.address(80)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_an_origin_over_http() {
        for text in ["http://127.0.0.1:4318", "http://[::1]:4318/", "http://collector"] {
            let collector: Collector = text.parse().unwrap();
            assert_eq!(collector.to_string(), text.trim_end_matches('/'));
        }
        for text in [
            "",
            "127.0.0.1:4318",
            "http://",
            "http://:4318",
            "http://a:0",
            "http://a:99999",
            "http://a:b",
            "http://user:secret@a:4318",
            "http://a:4318/v1/traces",
            "http://a:4318?key=secret",
            "http://a:4318#x",
            "grpc://a:4317",
        ] {
            assert_eq!(text.parse::<Collector>(), Err(CollectorFault::Form), "{text}");
        }
        assert_eq!("https://a:4318".parse::<Collector>(), Err(CollectorFault::Tls));
    }
}
