//! Whether a header's value claims to be a credential of Symbolon's, in whatever dress. A proxy that leaves other
//! credentials to the application must not hand ours to it: it could use them, and would log them.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use crate::session::SessionKey;
use crate::token::{Prefix, RANDOM_AND_CHECKSUM, TokenText};

/// So many pieces of a value are looked up as keys of the operator's own making, which have no form to be known
/// by: each lookup costs a hash, and a caller chooses how many pieces there are.
const LOOKUPS: usize = 16;

/// So many parts of a value that has commas in it are looked at as `Basic`, for the same reason.
const PARTS: usize = 8;

/// Lenient, as the decoders of applications are.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether the value of a credential header claims to be a token of `prefixes`, a key or a session of Symbolon's,
/// or holds one: as it is, or in the base64 of `Basic`. What is whole, by its checksum or by the head of its JWT,
/// is found anywhere; what is broken, at the beginning of a word; and what `is_key` knows, as a word or as all
/// that follows a scheme or a user's name.
pub fn claims_symbolon(value: &[u8], prefixes: &[Prefix], is_key: impl Fn(&[u8]) -> bool) -> bool {
    let holds = |text: &[u8]| holds_token(text, prefixes) || holds_session(text) || pieces(text).any(&is_key);
    let mut parts = value.split(|b| *b == b',').take(PARTS).filter_map(basic);
    holds(value) || parts.any(|decoded| holds(&decoded))
}

/// Whether a text holds the pinned head of a session's JWT.
pub fn holds_session(text: &[u8]) -> bool {
    (0..text.len()).any(|at| SessionKey::claims(&text[at..]))
}

fn holds_token(text: &[u8], prefixes: &[Prefix]) -> bool {
    let keys = Prefix::of_keys();
    let known = || prefixes.iter().chain([&keys]);
    let mut marks = (0..text.len()).filter(|at| text[*at] == b'_');
    marks.any(|mark| {
        known().any(|prefix| {
            let Some(start) = mark.checked_sub(prefix.as_str().len()) else { return false };
            let begins = start == 0 || !in_word(text[start - 1]);
            prefix.claims(&text[start..])
                && (begins
                    || text
                        .get(start..=mark + RANDOM_AND_CHECKSUM)
                        .is_some_and(|whole| TokenText::parse(prefix, whole).is_ok()))
        })
    })
}

/// The characters of a bearer credential (RFC 6750 section 2.1) but `=`. In the middle of somebody else's, three
/// characters of ours are chance.
fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}

/// What of a text could be a secret without a form.
fn pieces(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let after =
        |separator: fn(&u8) -> bool| text.iter().position(separator).map(|at| text[at + 1..].trim_ascii());
    let whole = [Some(text.trim_ascii()), after(u8::is_ascii_whitespace), after(|b| *b == b':')];
    let before = text.split(|b| *b == b':').next();
    let words = text.split(|b| b.is_ascii_whitespace() || *b == b',');
    // A word as it is, and the value of `name="value"`.
    let values = words.flat_map(|word| {
        let value = word.iter().position(|b| *b == b'=').map_or(word, |at| &word[at + 1..]);
        let quoted = |text: &[u8]| text.first() == Some(&b'"') && text.last() == Some(&b'"');
        let bare = if value.len() > 1 && quoted(value) { &value[1..value.len() - 1] } else { value };
        [Some(word), (bare != word).then_some(bare)]
    });
    let all = whole.into_iter().chain([before]).chain(values).flatten();
    all.filter(|piece| !piece.is_empty()).take(LOOKUPS)
}

/// What `Basic` and base64 say (RFC 7617 section 2), as far as that can be made out: characters of no alphabet are
/// skipped, and those of URLs' are taken too.
fn basic(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let at = value.windows(5).position(|word| word.eq_ignore_ascii_case(b"basic"))?;
    let rest = value[at + 5..].trim_ascii_start();
    let end = rest.iter().position(|b| *b == b'=').unwrap_or(rest.len());
    let plain = rest[..end].iter().filter_map(|byte| match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        byte if byte.is_ascii_alphanumeric() || b"+/".contains(byte) => Some(*byte),
        _ => None,
    });
    let mut plain = Zeroizing::new(plain.collect::<Vec<u8>>());
    if plain.len() % 4 == 1 {
        plain.pop();
    }
    BASE64.decode(plain.as_slice()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;
    use crate::random::Entropy;
    use crate::token::NewSecret;

    const SESSION: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6InN5bWJvbG9uLXNlc3Npb24rand0In0.e30.x";

    struct Sevens;

    impl Entropy for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn claims(value: &str) -> bool {
        let prefixes = ["odin".parse().unwrap(), "ody".parse().unwrap()];
        claims_symbolon(value.as_bytes(), &prefixes, |secret| secret == b"the-operator's=own")
    }

    fn live(prefix: &Prefix) -> String {
        NewSecret::generate(prefix, &Sevens).reveal().to_owned()
    }

    #[test]
    fn what_claims_to_be_ours_is_found_in_any_dress() {
        let (token, key) = (live(&"odin".parse().unwrap()), live(&Prefix::of_keys()));
        for ours in ["odin_x", "ody_", "symkey_x", "the-operator's=own", SESSION, &token, &key] {
            let encoded = STANDARD.encode(format!("x:{ours}"));
            for value in [
                ours.to_owned(),
                format!("Bearer {ours}"),
                format!("bEARER  {ours} "),
                format!("Bearer\t{ours}"),
                format!("Bearer {ours},"),
                format!("Basic x, Bearer {ours}"),
                format!("Digest k=\"{ours}\""),
                format!("Digest a=b, k={ours}"),
                format!("Basic {encoded}"),
                format!("basic\t {}", encoded.replace('=', "")),
                format!("BASIC {}", URL_SAFE_NO_PAD.encode(format!("{ours}:~~~???"))),
                format!("Basic {}", STANDARD.encode(ours)),
                format!("Basic \"{encoded}"),
                format!("Digest a=\"basic\", Basic {encoded}"),
            ] {
                assert!(claims(&value), "{value}");
            }
        }
        for value in [format!("x{token}y"), format!("a.b-{key}_"), format!("x{SESSION}")] {
            assert!(claims(&value), "{value}");
        }
    }

    #[test]
    fn somebody_elses_is_not_taken_for_ours() {
        let token = live(&"odin".parse().unwrap());
        let mistyped = format!("x{}{}", &token[..20], token[20..].replace('7', "8"));
        for theirs in [
            "",
            "Basic dXNlcjpwYXNz",
            "Basic",
            "basic =",
            "Bearer other_x",
            "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x",
            "Bearer eyJhbGciOiJIUzI1NiJ9.ody_.odin_",
            "Bearer xodin_x",
            "odin",
            "Bearer ODIN_x",
            &mistyped,
            &format!("x{}", &token[..53]),
        ] {
            assert!(!claims(theirs), "{theirs}");
        }
    }

    #[test]
    fn lookups_are_bounded() {
        let count = std::cell::Cell::new(0);
        let value = "a ".repeat(10_000);
        claims_symbolon(value.as_bytes(), &[], |_| {
            count.set(count.get() + 1);
            false
        });
        assert_eq!(count.get(), LOOKUPS);
    }
}
