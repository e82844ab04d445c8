//! What is said of a search.

use std::process::ExitCode;

use serde_json::{Value, json};
use symbolon_api::Leak;

use crate::failure::Failure;
use crate::output::{Output, clean, complain};
use crate::scanning::{Finds, Found};

/// What was searched, and what was not.
pub(super) struct Searched {
    bytes: u64,
    unread: Vec<(String, String)>,
    left_out: Vec<String>,
}

/// Whether it opens something, or could again: what is switched off can be switched on, an end can be moved.
pub(super) fn lives(leak: &Leak) -> bool {
    matches!(leak.state.as_str(), "active" | "disabled" | "expired")
}

impl Searched {
    pub(super) fn of(finds: &mut Finds) -> Self {
        Self {
            bytes: finds.bytes,
            unread: std::mem::take(&mut finds.unread),
            left_out: std::mem::take(&mut finds.left_out),
        }
    }

    /// Says it all. `known` has what the server knows of each find, or nothing where nobody was asked.
    pub(super) fn tell(self, output: Output, found: &[Found], known: &[Leak]) -> Result<ExitCode, Failure> {
        for (path, reason) in &self.unread {
            output.note(&clean(&format!("{path} was not read to its end: {reason}")));
        }
        for sentence in &self.left_out {
            output.note(&clean(sentence));
        }
        let about = |at: usize| known.get(at);
        for (at, found) in found.iter().enumerate() {
            let state = about(at).map_or_else(String::new, |leak| format!(" {}", state(leak)));
            let lines = found
                .places
                .iter()
                .map(|place| format!("{}: {}{state}\n", clean(&place.shown()), found.find.shown()));
            output.print(&lines.collect::<String>())?;
            if found.more > 0 {
                output.note(&format!("{}: and in {} more places", found.find.shown(), found.more));
            }
        }
        if found.is_empty() {
            output.note("There are none.");
        }
        output.document(&json!({
            "found": found.iter().enumerate().map(|(at, found)| document(found, about(at))).collect::<Vec<_>>(),
            "unread": self.unread.iter().map(|(path, reason)| json!({ "path": path, "reason": reason })).collect::<Vec<_>>(),
            "left_out": self.left_out,
            "bytes": self.bytes,
        }))?;
        let counts = |at: usize| about(at).is_none_or(|leak| lives(leak) || leak.revoked);
        let bad = !self.unread.is_empty() || (0..found.len()).any(counts);
        if output.json() && !self.unread.is_empty() {
            complain(r#"{"code":"failed","detail":"not all was read; `unread` says what"}"#);
        }
        Ok(ExitCode::from(u8::from(bad)))
    }
}

/// A find's state for people, with what it is.
fn state(leak: &Leak) -> String {
    let done = if leak.revoked { " now" } else { "" };
    let own = if leak.own_key { ", which this command presents" } else { "" };
    match (&leak.token, &leak.key) {
        (Some(token), _) => {
            let of = format!("token {:?} of {} in {}", token.name, token.owner, token.service);
            format!("{}{done}: {}", leak.state, clean(&of))
        }
        (None, Some(key)) => {
            format!("{}{done}: {}", leak.state, clean(&format!("{} key {:?}{own}", key.kind, key.name)))
        }
        (None, None) => leak.state.clone(),
    }
}

fn document(found: &Found, leak: Option<&Leak>) -> Value {
    json!({
        "prefix": found.find.prefix().as_str(),
        "token_prefix": found.find.token_prefix().as_str(),
        "places": found.places,
        "more_places": found.more,
        "state": leak.map(|leak| &leak.state),
        "token": leak.and_then(|leak| leak.token.as_ref()),
        "key": leak.and_then(|leak| leak.key.as_ref()),
        "own_key": leak.map(|leak| leak.own_key),
        "revoked": leak.map(|leak| leak.revoked),
    })
}
