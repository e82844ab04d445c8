//! What must not be found, and the search for it.

use std::fmt::Write;

use crate::world::World;

/// What must not be found, with a name for the failure.
pub(super) struct Secret {
    pub(super) name: String,
    pub(super) text: Vec<u8>,
}

pub(super) fn secret(name: &str, text: impl AsRef<[u8]>) -> Secret {
    Secret { name: name.to_owned(), text: text.as_ref().to_vec() }
}

/// A token or key, whole and in its part behind the identifying characters, and its digest as bytes and as text.
pub(super) fn of_token(world: &World, name: &str, text: &str) -> Vec<Secret> {
    let (_, random) = text.split_once('_').unwrap();
    let mut secrets = vec![secret(name, text), secret(&format!("{name}'s secret part"), &random[8..43])];
    secrets.extend(digests(world, name, text));
    secrets
}

pub(super) fn digests(world: &World, name: &str, text: &str) -> Vec<Secret> {
    let digest = world.keys.pepper.digest(text.as_bytes());
    let mut hex = String::new();
    for byte in digest.as_bytes() {
        write!(hex, "{byte:02x}").unwrap();
    }
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, digest.as_bytes());
    let debug = format!("{:?}", digest.as_bytes());
    vec![
        secret(&format!("{name}'s digest in hexadecimal"), hex.to_uppercase()),
        secret(&format!("{name}'s digest in hexadecimal"), hex),
        secret(&format!("{name}'s digest in base64"), base64),
        secret(&format!("{name}'s digest as numbers"), &debug[1..debug.len() - 1]),
    ]
}

pub(super) fn search(place: &str, bytes: &[u8], secrets: &[Secret]) {
    for secret in secrets {
        let found = bytes.windows(secret.text.len()).any(|window| window == secret.text);
        assert!(!found, "{} is in {place}", secret.name);
    }
}
