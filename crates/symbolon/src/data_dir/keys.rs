//! `keys.toml`: the peppers, under which secrets are digested and rows sealed, and the keys that sign sessions.

mod file;
#[cfg(test)]
mod tests;

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
