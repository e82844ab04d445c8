//! `keys.toml`: the peppers, under which secrets are digested and rows sealed, and the keys that sign sessions.

mod file;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use symbolon_core::Timestamp;
use symbolon_core::decision::Keys;
use symbolon_core::digest::Pepper;
use symbolon_core::random::Entropy;
use symbolon_core::session::SessionKey;
use symbolon_server::{Announce, KeptKey, KeptKeys, KeyKeeper};
use zeroize::Zeroizing;

use super::files;
use crate::failure::Failure;

/// The most keys of one kind that are kept. More is nobody's rotation: each pepper costs every unknown secret a digest.
const MOST: usize = 16;

/// What the file holds. Keys of a kind are in the order in which they were made; the last is the current one.
#[derive(Clone)]
pub(crate) struct KeyFile {
    peppers: Vec<Entry>,
    sessions: Vec<Entry>,
    /// Whether the database's rows were sealed once, so that one without seals is not ours.
    sealed: bool,
}

/// One key. It does not print.
#[derive(Clone)]
struct Entry {
    id: u32,
    made: Option<Timestamp>,
    /// The first moment at which a former session key counts no more.
    ends: Option<Timestamp>,
    key: Zeroizing<[u8; 32]>,
}

impl Entry {
    fn fresh(id: u32, made: Option<Timestamp>, entropy: &dyn Entropy) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(key.as_mut_slice());
        Self { id, made, ends: None, key }
    }

    /// The one after these.
    fn after(before: &[Self], now: Timestamp, entropy: &dyn Entropy) -> Result<Self, String> {
        let last = before.last().map_or(0, |entry| entry.id);
        let id = last.checked_add(1).ok_or("the numbers of keys are used up")?;
        Ok(Self::fresh(id, Some(now), entropy))
    }

    fn kept(&self) -> KeptKey {
        KeptKey { id: self.id, made_at: self.made, ends_at: self.ends }
    }
}

impl KeyFile {
    /// Makes new keys and writes them down at `path`, where there must be none.
    pub(super) fn create(path: &Path, now: Timestamp, entropy: &dyn Entropy) -> Result<Self, Failure> {
        let fresh = || vec![Entry::fresh(1, Some(now), entropy)];
        let made = Self { peppers: fresh(), sessions: fresh(), sealed: true };
        made.write(path).map_err(Failure::new)?;
        Ok(made)
    }

    /// Reads the keys. Refused where anybody but the owner could have read them too.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        file::load(path)
    }

    /// Writes them down: the file has the old keys or the new ones, whatever happens.
    pub(crate) fn write(&self, path: &Path) -> Result<(), String> {
        files::write_private(path, file::text(self).as_bytes())
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))
    }

    /// Whether the database's rows were sealed once.
    pub(crate) fn sealed(&self) -> bool {
        self.sealed
    }

    /// Notes that they are sealed from now on.
    pub(super) fn seal(&mut self, path: &Path) -> Result<(), Failure> {
        let sealed = Self { sealed: true, ..self.clone() };
        sealed.write(path).map_err(Failure::new)?;
        *self = sealed;
        Ok(())
    }

    /// The numbers of its peppers.
    pub(crate) fn peppers(&self) -> Vec<u32> {
        self.peppers.iter().map(|entry| entry.id).collect()
    }

    /// The keys as everything is decided by them.
    pub(crate) fn keys(&self) -> Keys {
        let mut peppers = self.peppers.iter().rev().map(|entry| Pepper::new(entry.id, &entry.key));
        let mut sessions = self.sessions.iter().rev().map(|entry| (SessionKey::new(&entry.key), entry.ends));
        let current = || unreachable!("a file without a current key is not read");
        Keys {
            pepper: peppers.next().unwrap_or_else(current),
            former_peppers: peppers.collect(),
            sessions: sessions.next().map_or_else(|| unreachable!("so too of sessions"), |(key, _)| key),
            former_sessions: sessions.filter_map(|(key, end)| end.map(|end| (key, end))).collect(),
        }
    }
}

/// The file of a data directory, for whoever has the directory's lock.
pub(crate) struct Keyring {
    path: PathBuf,
    entropy: Arc<dyn Entropy>,
    file: Mutex<KeyFile>,
}

impl Keyring {
    pub(super) fn new(path: PathBuf, file: KeyFile, entropy: Arc<dyn Entropy>) -> Self {
        Self { path, entropy, file: Mutex::new(file) }
    }

    fn file(&self) -> MutexGuard<'_, KeyFile> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the file as `change` leaves it, after that was announced. Only then is it what there is.
    fn change(
        &self,
        announce: Announce<'_>,
        change: impl FnOnce(&mut KeyFile) -> Result<(), String>,
    ) -> Result<Keys, String> {
        let mut file = self.file();
        let mut next = file.clone();
        change(&mut next)?;
        announce(&next.keys())?;
        next.write(&self.path)?;
        *file = next;
        Ok(file.keys())
    }
}

impl KeyKeeper for Keyring {
    fn kept(&self) -> KeptKeys {
        let file = self.file();
        let kept = |entries: &[Entry]| entries.iter().rev().map(Entry::kept).collect();
        KeptKeys { peppers: kept(&file.peppers), sessions: kept(&file.sessions) }
    }

    fn rotate_pepper(&self, now: Timestamp, announce: Announce<'_>) -> Result<Keys, String> {
        self.change(announce, |file| {
            if file.peppers.len() >= MOST {
                return Err(format!("there are {MOST} peppers already; retire one first"));
            }
            file.peppers.push(Entry::after(&file.peppers, now, &*self.entropy)?);
            Ok(())
        })
    }

    fn rotate_sessions(
        &self,
        now: Timestamp,
        end: Option<Timestamp>,
        announce: Announce<'_>,
    ) -> Result<Keys, String> {
        self.change(announce, |file| {
            let next = Entry::after(&file.sessions, now, &*self.entropy)?;
            match end {
                None => file.sessions.clear(),
                Some(end) => {
                    file.sessions.retain(|entry| entry.ends.is_none_or(|end| end > now));
                    if let Some(last) = file.sessions.last_mut() {
                        last.ends = Some(end);
                    }
                }
            }
            // Those that have ended do not count, and with `None` all have.
            if file.sessions.len() >= MOST {
                return Err(format!(
                    "there are {MOST} session keys already; wait until one ends, or end all sessions with the rotation"
                ));
            }
            file.sessions.push(next);
            Ok(())
        })
    }

    fn retire_pepper(&self, id: u32, announce: Announce<'_>) -> Result<Keys, String> {
        self.change(announce, |file| {
            let last = file.peppers.len().saturating_sub(1);
            let at = file.peppers.iter().position(|entry| entry.id == id).filter(|at| *at < last);
            file.peppers.remove(at.ok_or_else(|| format!("pepper {id} is no former one"))?);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// Nobody is there to be told.
    const QUIET: Announce<'_> = &|_| Ok(());

    struct Counting(AtomicU8);
    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn keyring() -> (tempfile::TempDir, Keyring) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.toml");
        let file = KeyFile::create(&path, at(0), &Counting(7.into())).unwrap();
        (directory, Keyring::new(path, file, Arc::new(Counting(20.into()))))
    }

    fn ids(keys: &[KeptKey]) -> Vec<u32> {
        keys.iter().map(|key| key.id).collect()
    }

    #[test]
    fn what_is_made_is_in_the_file_before_it_is_in_force() {
        let (_kept, keyring) = keyring();
        let keys = keyring.rotate_pepper(at(1), QUIET).unwrap();
        let read = KeyFile::load(&keyring.path).unwrap().keys();
        assert_eq!((keys.pepper.id(), keys.former_peppers[0].id()), (2, 1));
        assert_eq!(read.pepper.digest(b"x"), keys.pepper.digest(b"x"));
        assert_eq!(
            read.former_peppers[0].digest(b"x"),
            Pepper::new(1, &Zeroizing::new([7; 32])).digest(b"x")
        );
        // Where it cannot be announced, or the file cannot be written, nothing has changed.
        let before = keyring.kept();
        let told = |keys: &Keys| {
            assert_eq!(keys.pepper.id(), 3);
            assert_eq!(KeyFile::load(&keyring.path).unwrap().peppers(), [1, 2], "it is not kept yet");
            Err("nobody hears it".to_owned())
        };
        assert_eq!(keyring.rotate_pepper(at(2), &told).unwrap_err(), "nobody hears it");
        assert_eq!(
            (keyring.kept(), KeyFile::load(&keyring.path).unwrap().peppers()),
            (before.clone(), vec![1, 2])
        );
        fs::remove_dir_all(keyring.path.parent().unwrap()).unwrap();
        assert!(keyring.rotate_pepper(at(2), QUIET).unwrap_err().contains("cannot be written"));
        assert_eq!(keyring.kept(), before);
    }

    #[test]
    fn a_former_session_key_counts_until_its_end_and_is_then_dropped() {
        let (_kept, keyring) = keyring();
        let keys = keyring.rotate_sessions(at(10), Some(at(20)), QUIET).unwrap();
        assert_eq!(keys.former_sessions[0].1, at(20));
        keyring.rotate_sessions(at(15), Some(at(25)), QUIET).unwrap();
        assert_eq!(ids(&keyring.kept().sessions), [3, 2, 1]);
        keyring.rotate_sessions(at(20), Some(at(30)), QUIET).unwrap();
        assert_eq!(ids(&keyring.kept().sessions), [4, 3, 2]);
        keyring.rotate_sessions(at(21), None, QUIET).unwrap();
        assert_eq!(ids(&keyring.kept().sessions), [5]);
        assert!(KeyFile::load(&keyring.path).unwrap().keys().former_sessions.is_empty());
    }

    #[test]
    fn the_current_pepper_is_not_retired() {
        let (_kept, keyring) = keyring();
        keyring.rotate_pepper(at(1), QUIET).unwrap();
        for id in [2, 3] {
            assert_eq!(
                keyring.retire_pepper(id, QUIET).unwrap_err(),
                format!("pepper {id} is no former one")
            );
        }
        assert!(keyring.retire_pepper(1, QUIET).unwrap().former_peppers.is_empty());
        assert_eq!(ids(&keyring.kept().peppers), [2]);
        // A number is not given twice while the one after it is there.
        assert_eq!(keyring.rotate_pepper(at(2), QUIET).unwrap().pepper.id(), 3);
    }

    #[test]
    fn there_is_an_end_to_rotations_that_nobody_finishes() {
        let (_kept, keyring) = keyring();
        for n in 1..16 {
            keyring.rotate_pepper(at(n), QUIET).unwrap();
        }
        assert!(keyring.rotate_pepper(at(99), QUIET).unwrap_err().contains("retire one first"));
        for n in 1..16 {
            keyring.rotate_sessions(at(n), Some(at(n + 50)), QUIET).unwrap();
        }
        assert!(
            keyring.rotate_sessions(at(20), Some(at(90)), QUIET).unwrap_err().contains("wait until one ends")
        );
        // Two have ended by then, and make room for two.
        keyring.rotate_sessions(at(52), Some(at(91)), QUIET).unwrap();
        assert_eq!(keyring.kept().sessions.len(), 15);
        keyring.rotate_sessions(at(52), Some(at(92)), QUIET).unwrap();
        assert!(
            keyring.rotate_sessions(at(52), Some(at(93)), QUIET).unwrap_err().contains("wait until one ends")
        );
        keyring.rotate_sessions(at(52), None, QUIET).unwrap();
        assert_eq!(ids(&keyring.kept().sessions), [19]);
    }
}
