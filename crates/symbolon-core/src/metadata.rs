//! What programs and people note of a token: short texts by key, of which Symbolon makes nothing.

use std::collections::BTreeMap;

use crate::code::Refusal;

/// How many entries there are at the most.
pub const MAX_ENTRIES: usize = 20;
/// The longest value, in characters.
pub const MAX_VALUE: usize = 500;

/// Texts by key. A key is 1 to 64 of `a-z 0-9 . _ -` and begins with a letter or digit; a value has no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// These with those of an edit in place: a text is set, `None` takes an entry away, and a key that is not named is left
    /// alone, so that two who edit different keys do not undo each other (RFC 7396). The refusal names the key's field.
    pub fn merged(&self, edit: impl IntoIterator<Item = (String, Option<String>)>) -> Result<Self, Refusal> {
        let mut entries = self.0.clone();
        for (key, value) in edit {
            let field = || format!("metadata.{}", key.chars().take(64).collect::<String>());
            let Some(value) = value else {
                entries.remove(&key);
                continue;
            };
            if !is_key(&key) {
                let key = key.chars().take(64).collect::<String>();
                let detail =
                    format!("{key:?}: a key is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit");
                return Err(Refusal::field(field(), detail));
            }
            if value.chars().count() > MAX_VALUE || value.chars().any(char::is_control) {
                let detail = format!(
                    "{key}: a value has at most {MAX_VALUE} characters, none of them a control character"
                );
                return Err(Refusal::field(field(), detail));
            }
            entries.insert(key, value);
        }
        if entries.len() > MAX_ENTRIES {
            return Err(Refusal::field(
                "metadata",
                format!("a token has at most {MAX_ENTRIES} entries of metadata"),
            ));
        }
        Ok(Self(entries))
    }

    /// As the record has it. What is there was let in once, and stays whatever the rules have become.
    pub fn kept(entries: BTreeMap<String, String>) -> Self {
        Self(entries)
    }

    /// The entries, by key.
    pub fn entries(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

fn is_key(key: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let all = key.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'_' | b'-'));
    all && key.len() <= 64 && key.bytes().next().is_some_and(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(metadata: &Metadata, edit: &[(&str, Option<&str>)]) -> Result<Metadata, Refusal> {
        metadata.merged(edit.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned))))
    }

    #[test]
    fn an_edit_sets_takes_away_and_leaves_alone() {
        let one = edited(&Metadata::default(), &[("team", Some("print")), ("ci.run", Some(""))]).unwrap();
        let two = edited(&one, &[("team", None), ("never-there", None), ("x", Some("é"))]).unwrap();
        let entries: Vec<_> =
            two.entries().iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(entries, [("ci.run", ""), ("x", "é")]);
    }

    #[test]
    fn what_breaks_a_rule_is_refused_with_its_field() {
        let long = ["k".repeat(65), "v".repeat(501)];
        for (key, value, field) in [
            ("", "v", "metadata."),
            ("Team", "v", "metadata.Team"),
            (".a", "v", "metadata..a"),
            ("a b", "v", "metadata.a b"),
            (&long[0], "v", &format!("metadata.{}", "k".repeat(64))),
            ("a", &long[1], "metadata.a"),
            ("a", "x\ny", "metadata.a"),
        ] {
            let refusal = edited(&Metadata::default(), &[(key, Some(value))]).unwrap_err();
            assert_eq!(refusal.field.as_deref(), Some(field), "{key:?}");
        }
        let keys: Vec<String> = (0..=MAX_ENTRIES).map(|number| format!("k{number}")).collect();
        let all: Vec<_> = keys.iter().map(|key| (key.as_str(), Some("v"))).collect();
        let full = edited(&Metadata::default(), &all[..MAX_ENTRIES]).unwrap();
        assert_eq!(edited(&full, &all).unwrap_err().field.as_deref(), Some("metadata"));
        // In place of another there is room.
        assert!(edited(&full, &[("k0", None), ("new", Some("v"))]).is_ok());
    }
}
