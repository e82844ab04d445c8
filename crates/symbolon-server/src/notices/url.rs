use std::fmt;

use crate::outside::{Address, AddressFault};

/// Where a webhook's notices go.
#[derive(Debug, Clone)]
pub struct WebhookUrl(Address);

/// A text that is none. It says what is wrong and what to write instead, and does not repeat it: a path may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookUrlFault {
    /// Not a URL.
    #[error("a webhook's url is written https://host/path, such as https://chat.example.org/hooks/symbolon")]
    Form,
    /// User and password.
    #[error("a webhook's url has no user or password: what is sent is signed with its secret")]
    UserInfo,
    /// In clear, to somewhere else.
    #[error(
        "a webhook's url begins with https:// where it leaves this machine: names and prefixes of tokens go there; where \
         the network in between is yours, say allow_http = true"
    )]
    Clear,
    /// Roots that are none, or for nothing.
    #[error(
        "there is no certificate in it that a url of https:// could be trusted by: it is PEM text, with \
         -----BEGIN CERTIFICATE-----"
    )]
    Roots,
}

impl WebhookUrl {
    /// Parses a URL. `https://`; or `http://` to this machine, and with `allow_http` to any.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, WebhookUrlFault> {
        let address = Address::parse(text).map_err(|fault| match fault {
            AddressFault::Form => WebhookUrlFault::Form,
            AddressFault::UserInfo => WebhookUrlFault::UserInfo,
        })?;
        if address.is_https() || address.is_loopback() || allow_http {
            Ok(Self(address))
        } else {
            Err(WebhookUrlFault::Clear)
        }
    }

    /// The same, whose certificate has to be signed by one of these and nobody else.
    pub fn trusting(self, pem: &[u8]) -> Result<Self, WebhookUrlFault> {
        self.0.trusting(pem).map(Self).ok_or(WebhookUrlFault::Roots)
    }

    /// Whether it is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.0.is_https()
    }

    pub(super) fn address(&self) -> &Address {
        &self.0
    }
}

/// Scheme, host and port alone.
impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_reached_over_tls_or_here() {
        for (url, shown) in [
            ("https://chat.example.org/hooks/hush?x=hush", "https://chat.example.org"),
            ("https://chat.example.org:8443", "https://chat.example.org:8443"),
            ("http://127.0.0.1:9/hush", "http://127.0.0.1:9"),
            ("http://[::1]:9/", "http://[::1]:9"),
            ("http://localhost/", "http://localhost"),
        ] {
            assert_eq!(WebhookUrl::parse(url, false).unwrap().to_string(), shown, "{url}");
        }
        for (url, fault) in [
            ("", WebhookUrlFault::Form),
            ("chat.example.org/hooks", WebhookUrlFault::Form),
            ("ftp://chat.example.org", WebhookUrlFault::Form),
            ("https://", WebhookUrlFault::Form),
            ("https://a:0/", WebhookUrlFault::Form),
            ("https://a/#b", WebhookUrlFault::Form),
            ("https://u:hush@a/", WebhookUrlFault::UserInfo),
            ("http://chat.example.org/hush", WebhookUrlFault::Clear),
            ("http://127.0.0.1.example.org/hush", WebhookUrlFault::Clear),
        ] {
            let told = WebhookUrl::parse(url, false).unwrap_err();
            assert!(told == fault && !told.to_string().contains("hush"), "{url}: {told:?}");
        }
        assert!(WebhookUrl::parse("http://chat.example.org", true).is_ok());
    }

    #[test]
    fn no_certificate_is_no_trust() {
        let told = |url| WebhookUrl::parse(url, false).unwrap().trusting(b"none").unwrap_err();
        assert_eq!(
            (told("https://a"), told("http://localhost")),
            (WebhookUrlFault::Roots, WebhookUrlFault::Roots)
        );
    }
}
