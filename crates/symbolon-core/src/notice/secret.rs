//! What a notice is signed with.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// A secret that a webhook's receiver has too. It does not print.
#[derive(Clone)]
pub struct WebhookSecret(Hmac<Sha256>);

/// A text that is no secret of a webhook. It is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a webhook's secret is whsec_ and then 24 to 64 random bytes in base64; make one: \
     echo \"whsec_$(openssl rand -base64 32)\""
)]
pub struct SecretFault;

impl WebhookSecret {
    /// Reads `whsec_` and the base64, with its padding, of 24 to 64 bytes.
    pub fn parse(text: &str) -> Result<Self, SecretFault> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretFault)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| SecretFault)?);
        if !(24..=64).contains(&bytes.len()) {
            return Err(SecretFault);
        }
        Hmac::new_from_slice(&bytes).map(Self).map_err(|_| SecretFault)
    }

    /// The signature of one attempt: `v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`. Neither `id` nor the
    /// timestamp, in seconds since 1970, has a dot in it.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        debug_assert!(!id.contains('.'), "the parts could be cut in two ways");
        let mut mac = self.0.clone();
        for part in [id, ".", &timestamp.to_string(), ".", body] {
            mac.update(part.as_bytes());
        }
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answer of the reference libraries (`libraries/javascript/src/webhook.test.ts`, "sign function works").
    #[test]
    fn it_signs_as_the_reference_libraries_do() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(format!("{secret:?}"), "WebhookSecret(..)");
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_repeated() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        assert!(WebhookSecret::parse(&of(24)).is_ok() && WebhookSecret::parse(&of(64)).is_ok());
        for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_hush!", &of(23), &of(65)] {
            let fault = WebhookSecret::parse(text).unwrap_err().to_string();
            assert!(!fault.contains("hush") && fault.contains("24 to 64"), "{text}");
        }
    }
}
