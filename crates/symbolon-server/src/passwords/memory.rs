//! What argon2 works in: 19 MiB for a hash, kept and used again.
//!
//! Left to the allocator, each thread that hashes has them of a heap of its own, and heaps of that size do not shrink again:
//! with as many threads as hash over a day the process has twenty times what is in use at once.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroize;

/// Memory that nobody works in just now. There is as much of it as was ever in use at once.
#[derive(Debug, Clone, Default)]
pub(super) struct Idle(Arc<Mutex<Vec<Memory>>>);

/// For one hash at a time.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

/// Memory that somebody works in. It is wiped and goes back when this is dropped.
pub(super) struct Lent {
    memory: Memory,
    idle: Idle,
}

impl Idle {
    /// Lends what is there, or more.
    pub(super) fn lend(&self) -> Lent {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Lent { memory: memory.unwrap_or_default(), idle: self.clone() }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut memory = std::mem::take(&mut self.memory);
        // From what is in it a guess could be tried at less than the price of a hash.
        memory.0.iter_mut().for_each(Zeroize::zeroize);
        self.idle.0.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    }
}

impl Lent {
    pub(super) fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }
}

impl Memory {
    /// The hash of a password under this salt, at the usual cost.
    pub(super) fn hash(&mut self, password: &[u8], salt: &[u8]) -> Option<phc::PasswordHash> {
        let (algorithm, version, cost) = (Algorithm::default(), Version::default(), Params::default());
        let params = phc::ParamsString::try_from(&cost).ok()?;
        let hasher = Argon2::new(algorithm, version, cost);
        let output = self.output(&hasher, password, salt, Params::DEFAULT_OUTPUT_LEN)?;
        Some(phc::PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params,
            salt: Some(phc::Salt::new(salt).ok()?),
            hash: Some(output),
        })
    }

    /// Whether a password is the one of this hash, at the hash's own cost. What cannot be read as one is of no password.
    pub(super) fn is_of(&mut self, password: &[u8], hash: &str) -> bool {
        let mut checked = || {
            let known = phc::PasswordHash::new(hash).ok()?;
            let algorithm = Algorithm::try_from(known.algorithm.as_str()).ok()?;
            let version = known.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
            let hasher = Argon2::new(algorithm, version, Params::try_from(&known).ok()?);
            let (salt, expected) = (known.salt?, known.hash?);
            let output = self.output(&hasher, password, &salt, expected.len())?;
            // In constant time, as the library has it.
            Some(output == expected)
        };
        checked().unwrap_or(false)
    }

    fn output(
        &mut self,
        hasher: &Argon2<'_>,
        password: &[u8],
        salt: &[u8],
        length: usize,
    ) -> Option<phc::Output> {
        let usual = Params::default().block_count();
        let fits = hasher.params().block_count() <= usual;
        if fits && self.0.is_empty() {
            self.0 = vec![Block::new(); usual];
        }
        let mut output = [0; phc::Output::MAX_LENGTH];
        let output = output.get_mut(..length)?;
        let made = if fits {
            hasher.hash_password_into_with_memory(password, salt, output, self.0.as_mut_slice())
        } else {
            // None is made here that costs more than the usual; for one of elsewhere no memory is kept.
            hasher.hash_password_into(password, salt, output)
        };
        made.ok()?;
        phc::Output::new(output).ok()
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("blocks", &self.0.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    const PASSWORD: &[u8] = b"correct horse battery";
    const SALT: [u8; 16] = [7; 16];

    #[test]
    fn a_hash_is_what_the_library_makes_also_in_memory_that_was_used() {
        let usual = Argon2::default().hash_password_with_salt(PASSWORD, &SALT).unwrap();
        let idle = Idle::default();
        for _ in 0..2 {
            assert_eq!(idle.lend().memory().hash(PASSWORD, &SALT), Some(usual.clone()));
        }
    }

    #[test]
    fn a_hash_is_checked_at_its_own_cost() {
        let cheap = Params::new(64, 3, 2, Some(24)).unwrap();
        let dear = Params::new(Params::DEFAULT_M_COST + 1_024, 1, 1, None).unwrap();
        let mut memory = Memory::default();
        for (algorithm, version, cost) in [
            (Algorithm::Argon2id, Version::V0x13, Params::default()),
            (Algorithm::Argon2i, Version::V0x10, cheap.clone()),
            (Algorithm::Argon2d, Version::V0x13, cheap),
            (Algorithm::Argon2id, Version::V0x13, dear),
        ] {
            let hash =
                Argon2::new(algorithm, version, cost).hash_password_with_salt(PASSWORD, &SALT).unwrap();
            let text = hash.to_string();
            assert!(Argon2::default().verify_password(PASSWORD, &hash).is_ok(), "{text}");
            assert!(memory.is_of(PASSWORD, &text), "{text}");
            assert!(!memory.is_of(b"correct horse batter", &text), "{text}");
        }
        for broken in
            ["", "$argon2id$v=19$m=64,t=1,p=1", "$argon2x$v=19$m=64,t=1,p=1$BwcHBwcHBwc$BwcHBwcHBwcHBwc"]
        {
            assert!(!memory.is_of(PASSWORD, broken), "{broken}");
        }
    }

    #[test]
    fn what_goes_back_is_wiped_and_lent_again() {
        let idle = Idle::default();
        let kept =
            |idle: &Idle| idle.0.lock().unwrap().iter().map(|memory| memory.0.len()).collect::<Vec<_>>();
        let usual = Params::default().block_count();
        let (mut first, mut second) = (idle.lend(), idle.lend());
        for lent in [&mut first, &mut second] {
            lent.memory().hash(PASSWORD, &SALT).unwrap();
        }
        assert!(kept(&idle).is_empty());
        drop((first, second));
        assert_eq!(kept(&idle), [usual, usual]);
        let wiped = |block: &Block| block.as_ref().iter().all(|word| *word == 0);
        assert!(idle.0.lock().unwrap().iter().all(|memory| memory.0.iter().all(wiped)));
        drop(idle.lend());
        assert_eq!(kept(&idle), [usual, usual]);
    }
}
