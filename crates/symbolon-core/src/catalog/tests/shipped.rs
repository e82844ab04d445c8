//! The catalogs that are shipped, and the document that says how to write one.

use super::Catalog;

const DOCUMENT: &str = include_str!("../../../../../docs/catalog.md");

/// The bodies of the document's blocks in `language`.
fn blocks(language: &str) -> Vec<&'static str> {
    let start = format!("```{language}\n");
    DOCUMENT.split(&start).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn both_shipped_catalogs_compile_without_a_warning() {
    for (file, text) in [
        ("odin.toml", include_str!("../../../../../catalogs/odin.toml")),
        ("odysseus.toml", include_str!("../../../../../catalogs/odysseus.toml")),
    ] {
        let catalog = Catalog::compile(file, text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(catalog.warnings, []);
    }
}

#[test]
fn the_documents_first_example_is_a_whole_catalog() {
    let example = blocks("toml")[0];
    assert!(example.lines().count() <= 15, "it is to be short");
    let catalog = Catalog::compile("docs/catalog.md", example).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(catalog.warnings, []);
    assert_eq!(catalog.service.as_str(), "notes");
}

#[test]
fn the_documents_other_examples_stand_in_a_catalog() {
    let others = &blocks("toml")[1..];
    assert!(!others.is_empty());
    let needed = "\"agent:read\" = \"A\"\n\"todos:read\" = \"R\"\n\"todos:write\" = \"W\"\n";
    // What belongs into symbolon.toml is read where settings are.
    for example in others.iter().filter(|example| !example.contains("[services.")) {
        let scopes = if example.contains("[scopes]") { "" } else { "[scopes]\n" };
        let text = format!(
            "service = \"t\"\ntoken_prefix = \"tt\"\nroles = [\"viewer\", \"operator\"]\n{}",
            if scopes.is_empty() {
                format!("{example}{needed}")
            } else {
                format!("{scopes}{needed}{example}")
            }
        );
        Catalog::compile("docs/catalog.md", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    }
}

/// The words of the document's table cells that are code.
fn documented_keys(section: &str) -> Vec<&'static str> {
    let section = DOCUMENT.split(section).nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).collect()
}

/// The keys that the parser itself names when it meets one that it does not know.
fn known_keys(text: &str) -> Vec<String> {
    let Err(error) = Catalog::compile("t", text) else { panic!("this compiles: {text}") };
    let message = error.to_string();
    let (_, list) = message.split_once("expected ").unwrap();
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_document_has_every_key_and_no_other() {
    let top = "service = \"t\"\ntoken_prefix = \"tt\"\n";
    let with = |rest: &str| known_keys(&format!("{top}{rest}"));
    let tables = ["tokens", "limits", "scopes", "profiles", "routes", "tools"];
    let keys: Vec<_> = with("nope = 1").into_iter().filter(|key| !tables.contains(&key.as_str())).collect();
    assert_eq!(documented_keys("\n## Top level\n"), keys);
    assert_eq!(documented_keys("\n## `[tokens]`\n"), with("[tokens]\nnope = 1"));
    assert_eq!(documented_keys("\n## `[limits]`\n"), with("[limits]\nnope = 1"));
    let old_form = with("[tokens.old_form]\nnope = 1");
    assert_eq!(documented_keys("\n## `[tokens.old_form]`\n"), old_form);
    assert_eq!(documented_keys("\n## `[scopes]`\n"), with("[scopes]\nx = { nope = 1 }"));
    let routes = documented_keys("\n## `[[routes]]`\n");
    assert_eq!(routes[..4], with("[[routes]]\nnope = 1"));
    assert_eq!(documented_keys("\n## `[[tools]]`\n"), with("[[tools]]\nnope = 1"));
}
