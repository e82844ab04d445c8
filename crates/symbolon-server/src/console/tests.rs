//! What holds for every template and every text.

use std::fs;
use std::path::{Path, PathBuf};

use super::text::ALL;

fn files(folder: &Path, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|known| known == ending) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    assert!(!found.is_empty(), "{}", folder.display());
    found
}

fn templates() -> Vec<(PathBuf, String)> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), "html")
}

/// A template without its expressions and statements.
fn markup(template: &str) -> String {
    let mut text = template.to_owned();
    for (start, end) in [("{#", "#}"), ("{%", "%}"), ("{{", "}}")] {
        while let Some(at) = text.find(start) {
            let length = text[at..].find(end).unwrap() + end.len();
            text.replace_range(at..at + length, "");
        }
    }
    text
}

/// Words between tags, and in the attributes that people read or hear.
fn words(markup: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = markup;
    while let Some((text, after)) = rest.split_once('<') {
        words.push(text.to_owned());
        let (tag, after) = after.split_once('>').unwrap();
        for attribute in ["title=\"", "aria-label=\"", "alt=\"", "placeholder=\"", "data-label=\""] {
            words.extend(
                tag.split(attribute).skip(1).map(|value| value.split('"').next().unwrap().to_owned()),
            );
        }
        rest = after;
    }
    words.push(rest.to_owned());
    words.retain(|text| text.chars().any(char::is_alphabetic));
    words
}

#[test]
fn every_english_word_is_among_the_texts() {
    for (path, template) in templates() {
        let said: Vec<String> = words(&markup(&template))
            .into_iter()
            .filter(|text| !text.replace("Symbolon", "").trim().trim_matches('·').trim().is_empty())
            .collect();
        assert!(said.is_empty(), "{}: {said:?}", path.display());
    }
}

#[test]
fn words_are_found_where_people_read_them() {
    assert_eq!(words("<p title=\"a\">b</p> c <i class=\"d\">1</i>"), ["a", "b", " c "]);
}

/// Whether an attribute of this name runs what it holds.
fn is_handler(attribute: &str) -> bool {
    attribute
        .strip_prefix("on")
        .is_some_and(|event| event.chars().all(|c| c.is_ascii_lowercase()) && !event.is_empty())
}

/// The engine escapes what it is given; a template cannot switch that off, and the policy would stop what is inline.
#[test]
fn no_template_writes_unescaped_or_inline() {
    for (path, template) in templates() {
        for banned in
            ["|safe", "| safe", "|escape", "| escape", "autoescape", "style=", "<style", "javascript:"]
        {
            assert!(!template.contains(banned), "{}: {banned}", path.display());
        }
        let handler = template
            .split_whitespace()
            .filter_map(|word| word.split_once('='))
            .find(|(name, _)| is_handler(name));
        assert_eq!(handler, None, "{}", path.display());
        assert_eq!(
            template.matches("<script").count(),
            template.matches("<script src=").count(),
            "{}",
            path.display()
        );
    }
    assert!(is_handler("onclick") && !is_handler("data-once"));
}

#[test]
fn every_form_that_changes_something_carries_its_token() {
    for (path, template) in templates() {
        for form in template
            .split("<form")
            .skip(1)
            .filter(|form| form.split('>').next().unwrap().contains("method=\"post\""))
        {
            let form = form.split("</form>").next().unwrap();
            assert!(form.contains("name=\"form_token\""), "{}: {form:.200}", path.display());
        }
    }
}

#[test]
fn every_text_is_used() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console");
    let used: String = templates().into_iter().chain(files(&source, "rs")).map(|(_, text)| text).collect();
    for (name, text) in ALL {
        let (in_template, in_code) = (format!("t.{name}"), format!("EN.{name}"));
        let follows = |found: &str| {
            used.match_indices(found).any(|(at, _)| {
                !used[at + found.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
            })
        };
        assert!(follows(&in_template) || follows(&in_code), "nothing says {name}: {text:?}");
    }
}
