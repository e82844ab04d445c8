//! From an application to its catalog: `symbolon catalog from-openapi`, `coverage` and `draft`.

use serde_json::{Value, json};

use crate::support::Place;

fn document(paths: &Value) -> String {
    json!({ "openapi": "3.1.0", "info": { "title": "Print shop" }, "paths": paths }).to_string()
}

#[test]
fn a_draft_is_written_checked_and_covers_its_document() {
    let place = Place::empty();
    let paths = json!({
        "/orders": { "get": {}, "post": {} }, "/orders/{order-id}": { "delete": {} }, "/admin/users": { "get": {} },
        "/files/{name}.pdf": { "get": {} },
    });
    place.write("shop.json", &document(&paths));
    let done = place.run("catalog from-openapi shop.json --output shop.toml");
    assert!(done.stderr.contains("GET /files/{name}.pdf is left out and so closed to everyone"), "{done:?}");
    assert_eq!(done.ok(), "shop.toml: a draft of 4 operations; read it before it is used\n");
    assert_eq!(place.run("catalog check shop.toml").ok(), "shop.toml: ok, the service print-shop\n");
    let told = place.run("catalog coverage --openapi shop.json shop.toml").ok();
    assert!(told.ends_with("shop.toml: 4 of 5 operations have a route\n"), "{told}");

    // It is not overwritten by chance.
    let told = place.run("catalog from-openapi shop.json --output shop.toml").refused(1);
    assert!(told.ends_with("shop.toml is there already; --force overwrites it\n"), "{told}");
    place.run("catalog from-openapi shop.json --output shop.toml --force --service other --prefix oth").ok();
    assert_eq!(place.run("catalog check shop.toml").ok(), "shop.toml: ok, the service other\n");

    let shown = place.run("catalog from-openapi shop.json").ok();
    assert!(shown.contains("service = \"print-shop\"") && shown.contains("\"write:orders\""), "{shown}");
    let told = place.run("catalog from-openapi shop.json --json").json();
    assert_eq!((&told["covered"], told["notes"].as_array().unwrap().len()), (&json!(4), 1));
}

#[test]
fn what_a_catalog_misses_and_what_it_has_too_much_ends_a_pipeline() {
    let place = Place::empty();
    place.write("shop.json", &document(&json!({ "/orders": { "get": {} } })));
    place.run("catalog from-openapi shop.json --output shop.toml").ok();
    place.write("shop.json", &document(&json!({ "/orders": { "post": {} }, "/things": { "get": {} } })));
    let done = place.run("catalog coverage --openapi shop.json shop.toml");
    assert_eq!(done.code, Some(1), "{done:?}");
    let line = std::fs::read_to_string(place.path().join("shop.toml")).unwrap();
    let line = line.lines().position(|line| line.contains("GET /orders")).unwrap() + 1;
    let expected = format!(
        "shop.toml: no route for POST /orders\nshop.toml: no route for GET /things\n\
         shop.toml:{line}: GET /orders is not in the document\nshop.toml: 0 of 2 operations have a route\n"
    );
    assert_eq!(done.stdout, expected);
    let done = place.run("catalog coverage --json --openapi shop.json shop.toml");
    let told: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(
        (done.code, &told["unknown"][0]["line"], &told["missed"][1]["path"]),
        (Some(1), &json!(line), &json!("/things"))
    );
}

#[test]
fn what_cannot_be_read_is_told_with_its_file() {
    let place = Place::empty();
    place.write("bad.yaml", "a: [");
    place.write("old.json", "{\"swagger\": \"1.2\"}");
    for (command, expected) in [
        ("catalog from-openapi gone.json", "the document gone.json cannot be read"),
        ("catalog from-openapi bad.yaml", "bad.yaml: it is neither JSON nor YAML"),
        (
            "catalog from-openapi old.json",
            "old.json: it is of version \"1.2\"; OpenAPI 3.0 and 3.1 and Swagger 2.0 are read",
        ),
        ("catalog coverage --openapi old.json builtin:odin", "old.json: it is of version"),
    ] {
        let told = place.run(command).refused(1);
        assert!(told.contains(expected), "{command}: {told}");
    }
    place.write("shop.json", &document(&json!({})));
    place.run("catalog coverage --openapi shop.json builtin:jira").refused(2);
    place.run("catalog from-openapi shop.json --force").refused(2);
}
