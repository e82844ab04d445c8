//! Reading files that have secrets in them: for their owner alone, and told about without a secret.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::files::{Privacy, privacy};
use crate::failure::Failure;

/// The longest file that is read, in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// Reads the TOML at `path`, as [`read`].
pub(super) fn load<T: DeserializeOwned>(path: &Path, if_read: &str) -> Result<T, Failure> {
    let text = read(path, if_read)?;
    toml::from_str(&text).map_err(|error| {
        // The message alone: the rest of the error quotes the line, and on it may be a key.
        let line = text[..error.span().map_or(0, |span| span.start)].matches('\n').count() + 1;
        Failure::new(format!("{}:{line}: {}", path.display(), shortened(error.message())))
    })
}

/// Reads the file at `path`. Refused where anybody but the owner could have read it too; `if_read` ends that sentence with
/// what follows if somebody has.
pub(crate) fn read(path: &Path, if_read: &str) -> Result<Zeroizing<String>, Failure> {
    let failure = |reason: String| Failure::new(format!("{} {reason}", path.display()));
    let cannot = |error: std::io::Error| failure(format!("cannot be read: {error}"));
    let file = File::open(path).map_err(cannot)?;
    if let Privacy::Others(mode) = privacy(&file.metadata().map_err(cannot)?) {
        return Err(failure(format!(
            "can be reached by others than its owner (mode {mode:04o}); run: chmod 600 {}; and if others may have read it, \
             {if_read}",
            path.display()
        )));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE).read_to_string(&mut text).map_err(cannot)?;
    Ok(text)
}

/// That what is in the file at `path` is no key.
pub(super) fn damaged(path: &Path, reason: &str) -> Failure {
    Failure::new(format!("{} is damaged: {reason}; put it back from your copy", path.display()))
}

/// The key that `text` is the base64 of; the error calls it `name`.
pub(super) fn key(text: &str, name: &str) -> Result<Zeroizing<[u8; 32]>, String> {
    let bytes = Zeroizing::new(BASE64.decode(text).unwrap_or_default());
    let key = <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new);
    key.map_err(|_| format!("{name} is not the base64 of 32 bytes"))
}

/// A text that is wiped from memory when it has been used.
pub(super) fn wiped<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

/// A message without what it quotes.
fn shortened(message: &str) -> &str {
    message.split(['"', '`']).next().unwrap_or_default().trim_end()
}
