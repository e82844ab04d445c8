//! `audit-key.toml`: the key that signs checkpoints of the audit, and the public keys of those before it.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use symbolon_core::audit::{AuditKey, AuditKeys, PublicKey};
use symbolon_core::random::Entropy;
use zeroize::Zeroizing;

use super::files;
use super::secret_file::{self, wiped};
use crate::failure::Failure;

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
    let source: KeyFile = secret_file::load(
        path,
        "move it away: another is made, and lists the old public key as former if you write it there",
    )?;
    let seed = secret_file::key(&source.secret_key, "secret_key");
    let seed = seed.map_err(|reason| secret_file::damaged(path, &reason))?;
    let former = source.former.iter().map(|text| text.parse::<PublicKey>());
    let former: Result<_, _> = former.collect();
    let former = former.map_err(|fault| {
        Failure::new(format!("{} has a former key that is none: {fault}", path.display()))
    })?;
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
