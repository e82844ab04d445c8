//! New passwords: made here, or typed in.

use secrecy::{ExposeSecret, SecretString};
use symbolon_core::random::Entropy;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Letters and digits that nobody takes for one another: without `0 O 1 I l`.
const ALPHABET: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// 20 of 57 are 116 bits.
const LENGTH: usize = 20;

/// A new password, each character uniform.
pub(crate) fn generate(entropy: &dyn Entropy) -> SecretString {
    let fair = u8::try_from(256 / ALPHABET.len() * ALPHABET.len()).unwrap_or(u8::MAX);
    let mut text = String::with_capacity(LENGTH);
    let mut pool = Zeroizing::new([0_u8; 32]);
    while text.len() < LENGTH {
        entropy.fill(pool.as_mut_slice());
        // What is above the largest multiple would favour the first characters.
        let even = pool.iter().filter(|byte| **byte < fair);
        let missing = LENGTH - text.len();
        text.extend(even.take(missing).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])));
    }
    text.into()
}

/// Asks for a new password at the terminal, twice, and does not show it.
pub(crate) fn ask(user: &str) -> Result<SecretString, Failure> {
    let ask = |prompt: String| {
        rpassword::prompt_password(prompt).map(SecretString::from).map_err(|error| {
            Failure::new(format!("no password can be asked for here ({error}); without --prompt one is made"))
        })
    };
    let first = ask(format!("New password of {user}: "))?;
    let second = ask("Once more: ".to_owned())?;
    // Two texts that the same person has just typed: their comparison tells nobody anything.
    if first.expose_secret() != second.expose_secret() {
        return Err(Failure::new("the two are not the same; nothing was changed"));
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);
    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn a_password_has_its_length_and_no_character_for_an_unfair_byte() {
        let made = generate(&Counting(255.into()));
        // 255 down to 228 are left out; 227 is the last character of the alphabet.
        assert_eq!(made.expose_secret(), "zyxwvutsrqponmkjihgf");
    }
}
