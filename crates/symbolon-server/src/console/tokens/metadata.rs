//! Metadata as a form has it: a line for each entry, `key=value`.

use std::collections::BTreeMap;

/// As it is shown to be edited.
pub(super) fn lines(entries: &BTreeMap<String, String>) -> String {
    let lines: Vec<_> = entries.iter().map(|(key, value)| format!("{key}={value}")).collect();
    lines.join("\n")
}

/// What was typed. A line without `=` is a key; what is none is for the API to say.
pub(super) fn read(typed: &str) -> BTreeMap<String, String> {
    let lines = typed.lines().map(str::trim).filter(|line| !line.is_empty());
    let entry = |line: &str| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        (key.trim().to_owned(), value.trim().to_owned())
    };
    lines.map(entry).collect()
}

/// What is other than the form showed: entries to set, and to take away; `None` where nothing is.
pub(super) fn changed(shown: &str, typed: &str) -> Option<BTreeMap<String, Option<String>>> {
    let (shown, typed) = (read(shown), read(typed));
    let gone = shown.keys().filter(|key| !typed.contains_key(*key)).map(|key| (key.clone(), None));
    let set = typed.iter().filter(|(key, value)| shown.get(*key) != Some(value));
    let edit: BTreeMap<_, _> =
        gone.chain(set.map(|(key, value)| (key.clone(), Some(value.clone())))).collect();
    Some(edit).filter(|edit| !edit.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_touched_is_not_sent() {
        let entries =
            BTreeMap::from([("run", "7"), ("team", "a=b")].map(|(k, v)| (k.to_owned(), v.to_owned())));
        let shown = lines(&entries);
        assert_eq!(read(&shown), entries);
        assert_eq!(changed(&shown, &shown.replace('\n', "\r\n\r\n")), None);
        let edit = changed(&shown, " team = a=b \nnew\nrun=8").unwrap();
        let value = |text: &str| Some(text.to_owned());
        assert_eq!(edit, BTreeMap::from([("new".to_owned(), value("")), ("run".to_owned(), value("8"))]));
        assert_eq!(changed(&shown, "team=a=b"), Some(BTreeMap::from([("run".to_owned(), None)])));
    }
}
