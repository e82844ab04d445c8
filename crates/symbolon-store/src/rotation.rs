//! The secrets of a token but its present one, as one column: an object, `NULL` for a token that was never rotated.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use symbolon_core::digest::Digest;
use symbolon_core::rotation::{Grace, OldSecret, Rotation};

/// Times in milliseconds since 1970, a grace in seconds, digests in base64.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    at: Option<i64>,
    first_used_at: Option<i64>,
    old: Option<Old>,
    retired: Vec<Secret>,
    reused_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Old {
    secret: Secret,
    until: Option<i64>,
    grace: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    digest: String,
    pepper: u32,
}

/// The column of a token.
pub(crate) fn written(rotation: &Rotation) -> Option<String> {
    if *rotation == Rotation::default() {
        return None;
    }
    let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let column = Column {
        at: millis(rotation.at),
        first_used_at: millis(rotation.first_used_at),
        old: rotation.old.map(|old| Old {
            secret: Secret::of(&old.digest),
            until: millis(old.until),
            grace: old.grace.map(Grace::as_seconds),
        }),
        retired: rotation.retired.iter().map(Secret::of).collect(),
        reused_at: millis(rotation.reused_at),
    };
    serde_json::to_string(&column).ok()
}

/// What a column says; `None` if it says nothing that could be.
pub(crate) fn read(column: Option<&str>) -> Option<Rotation> {
    let Some(text) = column else { return Some(Rotation::default()) };
    let column: Column = serde_json::from_str(text).ok()?;
    let old = match column.old {
        Some(old) => Some(OldSecret {
            digest: old.secret.read()?,
            until: time(old.until)?,
            grace: old.grace.map(Grace::seconds).transpose().ok()?,
        }),
        None => None,
    };
    Some(Rotation {
        at: time(column.at)?,
        first_used_at: time(column.first_used_at)?,
        old,
        retired: column.retired.iter().map(Secret::read).collect::<Option<_>>()?,
        reused_at: time(column.reused_at)?,
    })
}

/// The outer `None` is no time.
#[expect(clippy::option_option, reason = "a column that may be empty, and one that cannot be read")]
fn time(millis: Option<i64>) -> Option<Option<Timestamp>> {
    millis.map(Timestamp::from_millisecond).transpose().ok()
}

impl Secret {
    fn of((digest, pepper): &(Digest, u32)) -> Self {
        Self { digest: BASE64.encode(digest.as_bytes()), pepper: *pepper }
    }

    fn read(&self) -> Option<(Digest, u32)> {
        let bytes = BASE64.decode(&self.digest).ok()?;
        Some((Digest::from_bytes(bytes.try_into().ok()?), self.pepper))
    }
}
