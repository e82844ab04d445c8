//! `[tokens.old_form]`: what it may say.

use super::{compile, refused, text};
use crate::old_form::{Alphabet, Hashed};

const KEYS: [(&str, &str); 6] = [
    ("prefix", "\"old_\""),
    ("length", "43"),
    ("alphabet", "\"base64url\""),
    ("lookup", "5"),
    ("hashed", "\"whole\""),
    ("until", "2027-06-30"),
];

/// A declaration in which these keys have other values, each at a marked line.
fn with(others: &[(&str, &str)]) -> String {
    let line = |(key, value): &(&str, &str)| match others.iter().find(|(other, _)| other == key) {
        Some((_, other)) => format!("{key} = {other} # <-\n"),
        None => format!("{key} = {value}\n"),
    };
    text("", &format!("[tokens.old_form]\n{}", KEYS.iter().map(line).collect::<String>()))
}

#[test]
fn what_is_declared_is_what_counts() {
    let form = compile(&with(&[])).old_form.unwrap();
    assert_eq!((form.prefix.as_str(), form.length, form.lookup), ("old_", 43, 5));
    assert_eq!((form.alphabet, form.hashed), (Alphabet::Base64Url, Hashed::Whole));
    assert_eq!(form.until, "2027-06-30T00:00:00Z".parse().unwrap());
    assert!(compile(&text("", "")).old_form.is_none());
    // The prefix that Symbolon's own tokens have, or none at all, with another length.
    for prefix in ["\"tt_\"", "\"\""] {
        assert!(compile(&with(&[("prefix", prefix)])).old_form.is_some());
    }
}

#[test]
fn what_is_wrong_is_refused_at_its_line() {
    for (key, value, words) in [
        ("prefix", "\"old token\"", "prefix is at most 32"),
        ("prefix", "\"eyJhbGci\"", "so begin JWTs"),
        ("prefix", "\"symkey_\"", "keys of Symbolon"),
        ("length", "257", "length is at most 256"),
        ("alphabet", "\"base58\"", "an alphabet is hex"),
        ("lookup", "3", "lookup is at least 4"),
        ("lookup", "28", "at least 16 of the length"),
        ("hashed", "\"half\"", "hashed is whole or after_prefix"),
        ("until", "2027-06-30T12:00:00Z", "until is a date without a time"),
    ] {
        refused(&with(&[(key, value)]), &[words]);
    }
}

#[test]
fn an_old_token_that_could_be_one_of_symbolons_is_refused() {
    let declared = |prefix: &str, length: &str| {
        let declared = with(&[("prefix", prefix), ("length", length)]).replace(" # <-", "");
        declared.replace("[tokens.old_form]", "[tokens.old_form] # <-")
    };
    refused(&declared("\"tt_\"", "49"), &["could not be told from one of Symbolon's"]);
    refused(&declared("\"\"", "52"), &["could not be told from one of Symbolon's"]);
    refused(&declared("\"sym\"", "53"), &["could not be told from one of Symbolon's"]);
}
