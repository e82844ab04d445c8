//! Keys that are kept in memory, and are all different.

use std::sync::Mutex;
use std::sync::mpsc;

use symbolon_core::Timestamp;
use symbolon_core::decision::Keys;
use symbolon_core::digest::Pepper;
use symbolon_core::session::SessionKey;
use symbolon_server::{Announce, KeptKey, KeptKeys, KeyKeeper};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

pub(crate) struct Keeper {
    kept: Mutex<(Keys, u8)>,
    held: Mutex<Option<(oneshot::Sender<()>, mpsc::Receiver<()>)>>,
}

impl Keeper {
    pub(crate) fn new(keys: Keys) -> Self {
        Self { kept: Mutex::new((keys, 100)), held: Mutex::default() }
    }

    /// Holds the next rotation of the pepper when it is kept, and says so, until the other end is dropped.
    pub(crate) fn hold(&self) -> (oneshot::Receiver<()>, mpsc::Sender<()>) {
        let (kept, is_kept) = oneshot::channel();
        let (release, released) = mpsc::channel();
        *self.held.lock().unwrap() = Some((kept, released));
        (is_kept, release)
    }

    fn change(
        &self,
        announce: Announce<'_>,
        change: impl FnOnce(&mut Keys, Zeroizing<[u8; 32]>),
    ) -> Result<Keys, String> {
        let (keys, next) = &mut *self.kept.lock().unwrap();
        *next += 1;
        let mut changed = keys.clone();
        change(&mut changed, Zeroizing::new([*next; 32]));
        announce(&changed)?;
        *keys = changed;
        Ok(keys.clone())
    }
}

impl KeyKeeper for Keeper {
    fn kept(&self) -> KeptKeys {
        let keys = &self.kept.lock().unwrap().0;
        let kept = |id, ends_at| KeptKey { id, made_at: None, ends_at };
        let former = keys.former_sessions.iter().map(|(_, end)| kept(1, Some(*end)));
        KeptKeys {
            peppers: keys.peppers().map(|pepper| kept(pepper.id(), None)).collect(),
            sessions: std::iter::once(kept(2, None)).chain(former).collect(),
        }
    }

    fn rotate_pepper(&self, _: Timestamp, announce: Announce<'_>) -> Result<Keys, String> {
        let keys = self.change(announce, |keys, key| {
            let next = Pepper::new(keys.pepper.id() + 1, &key);
            keys.former_peppers.insert(0, std::mem::replace(&mut keys.pepper, next));
        })?;
        if let Some((kept, released)) = self.held.lock().unwrap().take() {
            kept.send(()).unwrap();
            released.recv().unwrap_err();
        }
        Ok(keys)
    }

    fn rotate_sessions(
        &self,
        _: Timestamp,
        end: Option<Timestamp>,
        announce: Announce<'_>,
    ) -> Result<Keys, String> {
        self.change(announce, |keys, key| {
            let before = std::mem::replace(&mut keys.sessions, SessionKey::new(&key));
            match end {
                Some(end) => keys.former_sessions.insert(0, (before, end)),
                None => keys.former_sessions.clear(),
            }
        })
    }

    fn retire_pepper(&self, id: u32, announce: Announce<'_>) -> Result<Keys, String> {
        self.change(announce, |keys, _| keys.former_peppers.retain(|pepper| pepper.id() != id))
    }
}
