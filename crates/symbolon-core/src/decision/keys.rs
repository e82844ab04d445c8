//! The server's keys, over their rotations: one of each kind makes what is new, those before it still know theirs.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::digest::{Digest, Pepper};
use crate::hex;
use crate::id::SessionId;
use crate::session::SessionKey;

/// The server's keys at one moment.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Digests secrets.
    pub pepper: Pepper,
    /// Those before it, the newest first, under which secrets may still be known. Usually none.
    pub former_peppers: Vec<Pepper>,
    /// Signs sessions.
    pub sessions: SessionKey,
    /// Those before it that still open sessions, each with the first moment at which it no longer does.
    pub former_sessions: Vec<(SessionKey, Timestamp)>,
}

impl Keys {
    /// Keys that were never rotated.
    pub fn new(pepper: Pepper, sessions: SessionKey) -> Self {
        Self { pepper, former_peppers: Vec::new(), sessions, former_sessions: Vec::new() }
    }

    /// Every pepper in use, the current one first.
    pub fn peppers(&self) -> impl Iterator<Item = &Pepper> {
        std::iter::once(&self.pepper).chain(&self.former_peppers)
    }

    /// What tells these keys from any others, in hexadecimal digits, and nothing of one of them.
    pub fn mark(&self) -> String {
        const ASKED: &[u8] = b"which keys are these?";
        let mut all = Sha256::new();
        for pepper in self.peppers() {
            all.update(b"pepper");
            all.update(pepper.id().to_be_bytes());
            all.update(pepper.digest(ASKED).as_bytes());
        }
        let former = self.former_sessions.iter().map(|(key, end)| (key, end.as_millisecond()));
        for (key, end) in std::iter::once((&self.sessions, i64::MAX)).chain(former) {
            all.update(b"sessions");
            all.update(end.to_be_bytes());
            all.update(key.digest(ASKED).as_bytes());
        }
        let all: [u8; 32] = all.finalize().into();
        let mut digits = [0; 64];
        hex::write(&all, &mut digits);
        digits.map(char::from).iter().collect()
    }

    /// The session that a JWT speaks of, if one of the keys signed it and it has not run out at `now`.
    ///
    /// The JWT does not say which key it is: its header stays one constant, and there is nothing in it for an attacker
    /// to choose.
    pub fn open_session(&self, jwt: &[u8], now: Timestamp) -> Option<SessionId> {
        let former = self.former_sessions.iter().filter(|(_, end)| *end > now).map(|(key, _)| key);
        std::iter::once(&self.sessions).chain(former).find_map(|key| key.open(jwt, now))
    }

    /// What `find` knows by the digest of a secret, under whichever pepper it is. Without former peppers it costs one
    /// digest and one look.
    pub(super) fn find<T>(&self, secret: &[u8], find: impl Fn(&Digest) -> Option<T>) -> Option<Found<T>> {
        let current = self.pepper.digest(secret);
        if let Some(value) = find(&current) {
            return Some(Found { value, outdated: None });
        }
        if self.former_peppers.is_empty() {
            return None;
        }
        let former = self.former_peppers.iter().find_map(|pepper| {
            let from = pepper.digest(secret);
            let outdated = Redigest { from, to: (current, self.pepper.id()) };
            find(&from).map(|value| Found { value, outdated: Some(outdated) })
        });
        // Between the two looks it may have been moved to the current pepper.
        former.or_else(|| find(&current).map(|value| Found { value, outdated: None }))
    }
}

/// What was found by a secret.
pub(super) struct Found<T> {
    pub(super) value: T,
    /// What is to be done where it was found under a former pepper.
    pub(super) outdated: Option<Redigest>,
}

/// A secret that is still known under a former pepper, and was presented: only now can its digest under the current
/// one be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redigest {
    /// Under the former pepper.
    pub from: Digest,
    /// Under the current one, with its number.
    pub to: (Digest, u32),
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use zeroize::Zeroizing;

    use super::*;

    fn keys(former: &[u8]) -> Keys {
        let pepper = |byte: u8| Pepper::new(u32::from(byte), &Zeroizing::new([byte; 32]));
        let keys = Keys::new(pepper(9), SessionKey::new(&Zeroizing::new([1; 32])));
        Keys { former_peppers: former.iter().map(|byte| pepper(*byte)).collect(), ..keys }
    }

    #[test]
    fn a_secret_is_found_under_whichever_pepper_it_lies() {
        let keys = keys(&[8, 7]);
        for (lies_under, pepper) in keys.peppers().enumerate() {
            let lies = pepper.digest(b"secret");
            let found = keys.find(b"secret", |digest| (*digest == lies).then_some(())).unwrap();
            let expected = Redigest { from: lies, to: (keys.pepper.digest(b"secret"), 9) };
            assert_eq!(found.outdated, (lies_under > 0).then_some(expected));
            assert!(keys.find(b"another", |digest| (*digest == lies).then_some(())).is_none());
        }
    }

    #[test]
    fn each_key_and_how_long_it_counts_is_in_the_mark() {
        let session = |byte| SessionKey::new(&Zeroizing::new([byte; 32]));
        let end = Timestamp::from_second;
        let plain = keys(&[]);
        let all = [
            plain.clone(),
            keys(&[8]),
            keys(&[8, 7]),
            Keys { pepper: Pepper::new(8, &Zeroizing::new([9; 32])), ..plain.clone() },
            Keys { sessions: session(2), ..plain.clone() },
            Keys { former_sessions: vec![(session(2), end(1).unwrap())], ..plain.clone() },
            Keys { former_sessions: vec![(session(2), end(2).unwrap())], ..plain.clone() },
        ];
        let marks: std::collections::BTreeSet<_> = all.iter().map(Keys::mark).collect();
        assert_eq!(marks.len(), all.len());
        assert_eq!(keys(&[8]).mark(), keys(&[8]).mark());
    }

    #[test]
    fn without_former_peppers_it_is_looked_for_once() {
        let looks = Cell::new(0);
        assert!(
            keys(&[])
                .find(b"secret", |_| {
                    looks.set(looks.get() + 1);
                    None::<()>
                })
                .is_none()
        );
        assert_eq!(looks.get(), 1);
    }

    #[test]
    fn a_secret_that_is_moved_between_the_looks_is_found() {
        let keys = keys(&[8]);
        let lies = Cell::new(keys.former_peppers[0].digest(b"secret"));
        let current = keys.pepper.digest(b"secret");
        // It is moved when the current pepper has been tried.
        let find = |digest: &Digest| {
            let found = (*digest == lies.get()).then_some(());
            lies.set(current);
            found
        };
        assert!(keys.find(b"secret", find).is_some());
    }
}
