//! The text of `keys.toml`.

use std::fmt::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Deserializer};
use symbolon_core::Timestamp;
use zeroize::Zeroizing;

use super::{Entry, KeyFile};
use crate::data_dir::secret_file::{self, key, wiped};
use crate::failure::Failure;

/// A key as text is 44 characters; what surrounds it is shorter. So the text of most files is written in one piece, and
/// leaves no copies behind.
const USUAL_FILE: usize = 4 * 1024;

const HEADER: &str = "\
# The keys of this installation, made by `symbolon init` and `symbolon keys rotate`; of each kind the last is the current
# one. Without them every token, key and session is dead; whoever has them can make sessions and seals, and tell from a
# copy of the database which secrets are in it. Keep a copy, apart from the database's, and a new one after each rotation.
";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    #[serde(default)]
    sealed: bool,
    #[serde(default)]
    peppers: Vec<EntrySource>,
    #[serde(default)]
    session_keys: Vec<EntrySource>,
    /// How it was written before keys could be rotated.
    pepper: Option<FirstPepper>,
    sessions: Option<FirstSessionKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntrySource {
    id: u32,
    #[serde(default, deserialize_with = "time")]
    made: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    ends: Option<Timestamp>,
    #[serde(deserialize_with = "wiped")]
    key: Zeroizing<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstPepper {
    id: u32,
    #[serde(deserialize_with = "wiped")]
    key: Zeroizing<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstSessionKey {
    #[serde(deserialize_with = "wiped")]
    key: Zeroizing<String>,
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(|_| serde::de::Error::custom("not a time of RFC 3339"))
}

pub(super) fn text(file: &KeyFile) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(USUAL_FILE));
    text.push_str(HEADER);
    // Writing to a String does not fail.
    let _ = writeln!(text, "\nsealed = {}", file.sealed);
    for (kind, entries) in [("peppers", &file.peppers), ("session_keys", &file.sessions)] {
        for Entry { id, made, ends, key } in entries {
            let _ = writeln!(text, "\n[[{kind}]]\nid = {id}");
            for (name, time) in [("made", made), ("ends", ends)] {
                if let Some(time) = time {
                    let _ = writeln!(text, "{name} = \"{time}\"");
                }
            }
            let key = Zeroizing::new(BASE64.encode(key.as_slice()));
            let _ = writeln!(text, "key = \"{}\"", *key);
        }
    }
    text
}

pub(super) fn load(path: &Path) -> Result<KeyFile, Failure> {
    let source = secret_file::load(path, "its secrets are theirs too")?;
    read(source).map_err(|reason| secret_file::damaged(path, &reason))
}

fn read(source: Source) -> Result<KeyFile, String> {
    let Source { sealed, peppers, session_keys, pepper, sessions } = source;
    if let (Some(pepper), Some(sessions)) = (pepper, sessions) {
        if sealed || !peppers.is_empty() || !session_keys.is_empty() {
            return Err("it has keys in the old form and in the new one".to_owned());
        }
        let entry =
            |id, name, text| Ok::<_, String>(Entry { id, made: None, ends: None, key: key(text, name)? });
        return Ok(KeyFile {
            peppers: vec![entry(pepper.id, "pepper.key", &pepper.key)?],
            sessions: vec![entry(1, "sessions.key", &sessions.key)?],
            sealed: false,
        });
    }
    Ok(KeyFile {
        peppers: entries(peppers, "peppers")?,
        sessions: entries(session_keys, "session_keys")?,
        sealed,
    })
}

fn entries(sources: Vec<EntrySource>, kind: &str) -> Result<Vec<Entry>, String> {
    if sources.is_empty() {
        return Err(format!("it has no {kind}"));
    }
    if !sources.is_sorted_by(|one, next| one.id < next.id) {
        return Err(format!("the numbers of its {kind} do not go up"));
    }
    let entry = |EntrySource { id, made, ends, key: text }| {
        Ok::<_, String>(Entry { id, made, ends, key: key(&text, &format!("the key of {kind} {id}"))? })
    };
    sources.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use symbolon_core::digest::Pepper;
    use symbolon_core::random::Entropy;

    use super::*;

    struct Sevens;
    impl Entropy for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn made() -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.toml");
        KeyFile::create(&path, Timestamp::from_second(9).unwrap(), &Sevens).unwrap();
        (directory, path)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (_directory, path) = made();
        let read = load(&path).unwrap();
        assert!(read.sealed);
        let keys = read.keys();
        assert_eq!(keys.pepper.digest(b"x"), Pepper::new(1, &Zeroizing::new([7; 32])).digest(b"x"));
        assert_eq!(text(&read).as_str(), fs::read_to_string(&path).unwrap());
        assert!(text(&read).contains("made = \"1970-01-01T00:00:09Z\""));
    }

    #[test]
    fn a_file_from_before_rotations_is_read_and_knows_of_no_seals() {
        let (_directory, path) = made();
        let key = |byte: u8| BASE64.encode([byte; 32]);
        let old = format!("[pepper]\nid = 4\nkey = \"{}\"\n\n[sessions]\nkey = \"{}\"\n", key(1), key(2));
        fs::write(&path, &old).unwrap();
        let read = load(&path).unwrap();
        assert!(!read.sealed);
        let digest = Pepper::new(4, &Zeroizing::new([1; 32])).digest(b"x");
        assert_eq!((read.keys().pepper.id(), read.keys().pepper.digest(b"x")), (4, digest));
        fs::write(&path, format!("sealed = true\n{old}")).unwrap();
        assert!(load(&path).err().unwrap().to_string().contains("in the old form and in the new one"));
    }

    #[test]
    fn a_file_that_others_can_reach_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, path) = made();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let text = load(&path).err().unwrap().to_string();
            assert!(text.contains(&format!("(mode {mode:04o}); run: chmod 600")), "{text}");
        }
    }

    #[test]
    fn a_damaged_file_is_told_without_its_secrets() {
        let (_directory, path) = made();
        let whole = fs::read_to_string(&path).unwrap();
        let secret = BASE64.encode([7; 32]);
        for (from, to, part) in [
            (secret.as_str(), "c2hvcnQ=", "the key of peppers 1 is not the base64 of 32 bytes"),
            ("id = 1", "id = \"c2VjcmV0\"", ": invalid type: string"),
            ("sealed = true", "sealed = true\nseal = \"c2VjcmV0\"", "unknown field"),
            ("[[peppers]]", "[[session_keys]]", "it has no peppers"),
            ("[[session_keys]]", "[[peppers]]", "the numbers of its peppers do not go up"),
            ("made = \"1970", "made = \"c2VjcmV0", "not a time of RFC 3339"),
        ] {
            fs::write(&path, whole.replace(from, to)).unwrap();
            let text = load(&path).err().unwrap().to_string();
            assert!(text.contains(part), "{text}");
            assert!(!text.contains("c2VjcmV0") && !text.contains(&secret), "{text}");
        }
    }
}
