//! What the canary says it received, and how the two know one another.
//!
//! The canary makes a word when it starts, and its operator gives it to the command. Every question carries a nonce
//! under a MAC of the word, and every report one over nonce and report: nobody else is told what arrives, and nobody
//! else's answer is taken for the canary's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use symbolon_core::random::Entropy;

/// The header of a question.
pub(crate) const QUESTION: &str = "X-Canary";

/// What was received. Bytes are kept one to a character, as in Latin-1, so that none is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The request line's first word.
    pub(crate) method: String,
    /// What stands between the first space of the request line and the last.
    pub(crate) target: String,
    /// Names in lower case, each with its value where no secret can be in it.
    pub(crate) headers: Vec<(String, Option<String>)>,
}

/// What the two share.
#[derive(Clone)]
pub(crate) struct Word(String);

/// What makes a question one of its own.
pub(crate) type Nonce = [u8; 16];

impl Word {
    /// A new one, of 128 bits.
    pub(crate) fn generate(entropy: &dyn Entropy) -> Self {
        // Hexadecimal, so that it never looks like an option.
        Self(format!("{:032x}", u128::from_be_bytes(nonce(entropy))))
    }

    /// As somebody typed it.
    pub(crate) fn typed(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// To be shown once.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// The value of the question's header.
    pub(crate) fn question(&self, nonce: &Nonce) -> String {
        let seal = self.seal("question", nonce, b"").finalize().into_bytes();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(seal))
    }

    /// The nonce of a question, if it is one of ours.
    pub(crate) fn asked(&self, value: &str) -> Option<Nonce> {
        let (nonce, seal) = value.split_once('.')?;
        let nonce: Nonce = URL_SAFE_NO_PAD.decode(nonce).ok()?.try_into().ok()?;
        let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
        self.seal("question", &nonce, b"").verify_slice(&seal).ok()?;
        Some(nonce)
    }

    /// The body of the canary's answer.
    pub(crate) fn answer(&self, nonce: &Nonce, report: &Report) -> serde_json::Result<String> {
        let report = serde_json::to_vec(report)?;
        let seal = self.seal("report", nonce, &report).finalize().into_bytes();
        Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(report), URL_SAFE_NO_PAD.encode(seal)))
    }

    /// The report in a body, if it is the canary's answer to this question.
    pub(crate) fn report(&self, nonce: &Nonce, body: &[u8]) -> Option<Report> {
        let (report, seal) = std::str::from_utf8(body).ok()?.trim().split_once('.')?;
        let report = URL_SAFE_NO_PAD.decode(report).ok()?;
        let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
        self.seal("report", nonce, &report).verify_slice(&seal).ok()?;
        serde_json::from_slice(&report).ok()
    }

    fn seal(&self, what: &str, nonce: &Nonce, text: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes());
        let mut mac = mac.unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        mac.update(what.as_bytes());
        mac.update(nonce);
        mac.update(text);
        mac
    }
}

/// Sixteen random bytes.
pub(crate) fn nonce(entropy: &dyn Entropy) -> Nonce {
    let mut nonce = [0; 16];
    entropy.fill(&mut nonce);
    nonce
}

/// Bytes as text, one character to a byte.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The bytes that [`latin1`] made a text of.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
}

/// A header's name as programs with variables for headers see it: lower case, every mark a `-`.
pub(crate) fn folded(name: &str) -> String {
    let fold = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(fold).collect()
}

impl Report {
    /// The value of a header that arrived under exactly this name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let target = latin1(b"/a\xff");
        Report { method: "GET".to_owned(), target, headers: vec![("host".to_owned(), None)] }
    }

    #[test]
    fn a_report_is_taken_for_its_own_question_and_word_alone() {
        let (word, nonce) = (Word::typed("word"), [7; 16]);
        assert_eq!(word.asked(&word.question(&nonce)), Some(nonce));
        assert_eq!(Word::typed("other").asked(&word.question(&nonce)), None);
        let body = word.answer(&nonce, &report()).unwrap();
        assert_eq!(word.report(&nonce, body.as_bytes()), Some(report()));
        assert_eq!(word.report(&[8; 16], body.as_bytes()), None);
        assert_eq!(Word::typed("other").report(&nonce, body.as_bytes()), None);
        assert_eq!(word.report(&nonce, word.question(&nonce).as_bytes()), None);
        assert_eq!(bytes(&report().target), b"/a\xff");
    }
}
