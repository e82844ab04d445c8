//! Metadata of a token, as options and in one cell.

use std::collections::BTreeMap;

/// `key=value`, or `key`. What is no key is for the server to say.
#[derive(Debug, Clone)]
pub(crate) struct Entry(pub(crate) String, pub(crate) Option<String>);

impl From<String> for Entry {
    fn from(text: String) -> Self {
        match text.split_once('=') {
            Some((key, value)) => Self(key.to_owned(), Some(value.to_owned())),
            None => Self(text, None),
        }
    }
}

/// Entries in one cell.
pub(crate) fn listed(metadata: &BTreeMap<String, String>) -> String {
    let entries: Vec<_> = metadata.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if entries.is_empty() { "-".to_owned() } else { entries.join(", ") }
}

/// At creation a key alone has an empty value: there is nothing to take away.
pub(crate) fn noted(entries: Vec<Entry>) -> Option<BTreeMap<String, String>> {
    let entries: BTreeMap<_, _> =
        entries.into_iter().map(|Entry(key, value)| (key, value.unwrap_or_default())).collect();
    Some(entries).filter(|entries| !entries.is_empty())
}
