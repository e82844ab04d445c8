//! The Python client.

use std::env;
use std::process::Command;

use crate::stage::{Stage, clients};
use crate::support::{Place, tool};

const TOOLS: &str = "fastapi-0.165.0";

/// Python with the client, its examples and its tools; it writes nothing beside them.
fn python(arguments: &[&str]) -> Command {
    let client = clients().join("python");
    let paths = [tool(TOOLS), client.join("src"), client.join("examples")];
    let mut python = Command::new("python3");
    python.args(arguments).current_dir(client);
    python.env("PYTHONPATH", env::join_paths(paths).unwrap()).env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

#[test]
fn heavy_the_python_client_guards_a_fastapi_application() {
    let stage = Stage::new();
    let printed = stage.runs(&mut python(&["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]));
    assert!(printed.contains(" passed") && !printed.contains("skipped"), "{printed}");
}

#[test]
fn heavy_the_python_client_is_typed_strictly() {
    let checked = ["-m", "mypy", "--strict", "--cache-dir=/dev/null", "src", "examples", "tests"];
    let done = python(&checked).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
}

#[test]
fn heavy_the_catalogs_cover_every_operation_of_the_fastapi_application() {
    let place = Place::empty();
    let document = "import json, plain; print(json.dumps(plain.app.openapi()))";
    let document = python(&["-c", document]).output().unwrap();
    assert!(document.status.success(), "{}", String::from_utf8_lossy(&document.stderr));
    std::fs::write(place.path().join("openapi.json"), document.stdout).unwrap();
    place.run("catalog from-openapi openapi.json --output drafted.toml").ok();
    for catalog in ["drafted.toml", clients().join("library.toml").to_str().unwrap()] {
        let covered = place.symbolon(&["catalog", "coverage", catalog, "--openapi", "openapi.json"]).ok();
        assert!(covered.contains("6 of 6 operations have a route"), "{covered}");
    }
}
