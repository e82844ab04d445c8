//! `keys.toml`: the pepper, under which secrets are digested, and the key that signs sessions.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Deserializer};
use symbolon_core::decision::Keys;
use symbolon_core::digest::Pepper;
use symbolon_core::random::Entropy;
use symbolon_core::session::SessionKey;
use zeroize::Zeroizing;

use super::files::{self, Privacy, privacy};
use crate::failure::Failure;

/// The longest `keys.toml` that is read, in bytes.
const MAX_FILE: u64 = 64 * 1024;

const HEADER: &str = "\
# The keys of this installation, made once by `symbolon init`. Without them every token, key and session is dead;
# whoever has them can make sessions, and tell from a copy of the database which secrets are in it. Keep a copy, apart
# from the database's.
";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    pepper: PepperSource,
    sessions: SessionsSource,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PepperSource {
    id: u32,
    #[serde(deserialize_with = "wiped")]
    key: Zeroizing<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionsSource {
    #[serde(deserialize_with = "wiped")]
    key: Zeroizing<String>,
}

/// A text that is wiped from memory when it has been used.
pub(super) fn wiped<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

/// Makes new keys and writes them down at `path`, where there must be none.
pub(super) fn create(path: &Path, entropy: &dyn Entropy) -> Result<Keys, Failure> {
    let fresh = || {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(key.as_mut_slice());
        key
    };
    let (pepper, sessions) = (fresh(), fresh());
    let [pepper_text, sessions_text] =
        [&pepper, &sessions].map(|key| Zeroizing::new(BASE64.encode(key.as_slice())));
    let text = Zeroizing::new(format!(
        "{HEADER}\n[pepper]\nid = 1\nkey = \"{}\"\n\n[sessions]\nkey = \"{}\"\n",
        *pepper_text, *sessions_text
    ));
    files::write_private(path, text.as_bytes())
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))?;
    Ok(Keys { pepper: Pepper::new(1, &pepper), sessions: SessionKey::new(&sessions) })
}

/// Reads the keys. Refused where anybody but the owner could have read them too.
pub(crate) fn load(path: &Path) -> Result<Keys, Failure> {
    let failure = |reason: String| Failure::new(format!("{} {reason}", path.display()));
    let cannot = |error: std::io::Error| failure(format!("cannot be read: {error}"));
    let file = File::open(path).map_err(cannot)?;
    if let Privacy::Others(mode) = privacy(&file.metadata().map_err(cannot)?) {
        return Err(failure(format!(
            "can be reached by others than its owner (mode {mode:04o}); run: chmod 600 {0}; and if others may have \
             read it, its secrets are theirs too",
            path.display()
        )));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE).read_to_string(&mut text).map_err(cannot)?;
    let source: KeyFile = toml::from_str(&text).map_err(|error| {
        // The message alone: the rest of the error quotes the line, and on it may be a key.
        let line = text[..error.span().map_or(0, |span| span.start)].matches('\n').count() + 1;
        Failure::new(format!("{}:{line}: {}", path.display(), shortened(error.message())))
    })?;
    let key = |text: &str, name: &str| {
        let bytes = Zeroizing::new(BASE64.decode(text).unwrap_or_default());
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new);
        key.map_err(|_| {
            failure(format!("is damaged: {name} is not the base64 of 32 bytes; put it back from your copy"))
        })
    };
    Ok(Keys {
        pepper: Pepper::new(source.pepper.id, &key(&source.pepper.key, "pepper.key")?),
        sessions: SessionKey::new(&key(&source.sessions.key, "sessions.key")?),
    })
}

/// A message without what it quotes.
pub(super) fn shortened(message: &str) -> &str {
    message.split(['"', '`']).next().unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);
    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    fn made() -> (tempfile::TempDir, std::path::PathBuf, Keys) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.toml");
        let keys = create(&path, &Counting(7.into())).unwrap();
        (directory, path, keys)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (_directory, path, keys) = made();
        let read = load(&path).unwrap();
        assert_eq!(read.pepper.digest(b"x"), keys.pepper.digest(b"x"));
        assert_eq!(read.pepper.digest(b"x"), Pepper::new(1, &Zeroizing::new([7; 32])).digest(b"x"));
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(&BASE64.encode([7; 32])) && text.contains(&BASE64.encode([8; 32])));
    }

    #[test]
    fn a_file_that_others_can_reach_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, path, _) = made();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let text = load(&path).unwrap_err().to_string();
            assert!(text.contains(&format!("(mode {mode:04o}); run: chmod 600")), "{text}");
        }
    }

    #[test]
    fn a_damaged_file_is_told_without_its_secrets() {
        let (_directory, path, _) = made();
        let whole = fs::read_to_string(&path).unwrap();
        let secret = BASE64.encode([7; 32]);
        for (from, to, part) in [
            (secret.as_str(), "c2hvcnQ=", "pepper.key is not the base64 of 32 bytes"),
            ("id = 1", "id = \"c2VjcmV0\"", ":6: invalid type: string"),
            ("[sessions]", "[sessions]\nseal = \"c2VjcmV0\"", "unknown field"),
            ("[pepper]", "", "unknown field"),
        ] {
            fs::write(&path, whole.replace(from, to)).unwrap();
            let text = load(&path).unwrap_err().to_string();
            assert!(text.contains(part), "{text}");
            assert!(!text.contains("c2VjcmV0") && !text.contains(&secret), "{text}");
        }
    }
}
