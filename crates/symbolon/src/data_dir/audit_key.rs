//! `audit-key.toml`: the key that signs checkpoints of the audit, and the public keys of those before it.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use symbolon_core::audit::{AuditKey, AuditKeys, PublicKey};
use symbolon_core::random::Entropy;
use zeroize::Zeroizing;

use super::files::{self, Privacy, privacy};
use super::keys::file::{shortened, wiped};
use crate::failure::Failure;

/// The longest file that is read, in bytes.
const MAX_FILE: u64 = 64 * 1024;

const HEADER: &str = "\
# The key that signs checkpoints of the audit. Whoever has it can sign false ones, and those that were signed before and
# are kept elsewhere contradict them. They are verified with the public key, which `symbolon audit key` prints. `former`
# lists public keys whose checkpoints are to stay verifiable.
";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    #[serde(deserialize_with = "wiped")]
    secret_key: Zeroizing<String>,
    #[serde(default)]
    former: Vec<String>,
}

/// The keys at `path`. Made where there are none: a directory from before there were checkpoints has none.
pub(super) fn load_or_create(path: &Path, entropy: &dyn Entropy) -> Result<AuditKeys, Failure> {
    if path.exists() { load(path) } else { create(path, entropy) }
}

fn create(path: &Path, entropy: &dyn Entropy) -> Result<AuditKeys, Failure> {
    let mut seed = Zeroizing::new([0; 32]);
    entropy.fill(seed.as_mut_slice());
    let encoded = Zeroizing::new(BASE64.encode(seed.as_slice()));
    let text = Zeroizing::new(format!("{HEADER}\nsecret_key = \"{}\"\nformer = []\n", *encoded));
    files::write_private(path, text.as_bytes())
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))?;
    Ok(AuditKeys { current: AuditKey::new(&seed), former: Vec::new() })
}

/// Puts the keys at `from`, if they can be read, into a new file at `to`, former ones and all.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    load(from)?;
    let text = fs::read(from).map(Zeroizing::new);
    let text = text.map_err(|error| Failure::new(format!("{} cannot be read: {error}", from.display())))?;
    files::write_private(to, &text)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", to.display())))
}

/// Reads the keys. Refused where anybody but the owner could have read them too.
pub(crate) fn load(path: &Path) -> Result<AuditKeys, Failure> {
    let failure = |reason: String| Failure::new(format!("{} {reason}", path.display()));
    let cannot = |error: std::io::Error| failure(format!("cannot be read: {error}"));
    let file = File::open(path).map_err(cannot)?;
    if let Privacy::Others(mode) = privacy(&file.metadata().map_err(cannot)?) {
        return Err(failure(format!(
            "can be reached by others than its owner (mode {mode:04o}); run: chmod 600 {}; and if others may have read it, \
             move it away: another is made, and lists the old public key as former if you write it there",
            path.display()
        )));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE).read_to_string(&mut text).map_err(cannot)?;
    let source: KeyFile = toml::from_str(&text).map_err(|error| {
        // The message alone, without the line that it is about: on it may be the key.
        let line = text[..error.span().map_or(0, |span| span.start)].matches('\n').count() + 1;
        Failure::new(format!("{}:{line}: {}", path.display(), shortened(error.message())))
    })?;
    let bytes = Zeroizing::new(BASE64.decode(source.secret_key.as_bytes()).unwrap_or_default());
    let seed = <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new);
    let seed = seed.map_err(|_| {
        failure("is damaged: secret_key is not the base64 of 32 bytes; put it back from your copy".to_owned())
    })?;
    let former = source.former.iter().map(|text| text.parse::<PublicKey>());
    let former: Result<_, _> = former.collect();
    let former = former.map_err(|fault| failure(format!("has a former key that is none: {fault}")))?;
    Ok(AuditKeys { current: AuditKey::new(&seed), former })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Sevens;
    impl Entropy for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn a_key_is_made_once_and_former_ones_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit-key.toml");
        let made = load_or_create(&path, &Sevens).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let former = AuditKey::new(&Zeroizing::new([8; 32])).public();
        fs::write(&path, text.replace("former = []", &format!("former = [\"{former}\"]"))).unwrap();
        let read = load_or_create(&path, &Sevens).unwrap();
        assert_eq!(read.public(), [made.current.public(), former]);
    }

    #[test]
    fn what_is_wrong_is_told_without_the_secret() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit-key.toml");
        load_or_create(&path, &Sevens).unwrap();
        let (whole, secret) = (fs::read_to_string(&path).unwrap(), BASE64.encode([7; 32]));
        for (from, to, part) in [
            (secret.as_str(), "c2hvcnQ=", "secret_key is not the base64 of 32 bytes"),
            (
                "former = []",
                "former = [\"c2hvcnQ=\"]",
                "a former key that is none: a public key is the base64",
            ),
            ("former", "formers", ":6: unknown field"),
        ] {
            fs::write(&path, whole.replace(from, to)).unwrap();
            let text = load(&path).unwrap_err().to_string();
            assert!(text.contains(part) && !text.contains(&secret), "{text}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(load(&path).unwrap_err().to_string().contains("(mode 0640); run: chmod 600"));
    }
}
