//! The TypeScript client.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::stage::{Stage, clients};
use crate::support::{NODE_PACKAGES, Place, tool};

/// The client in a directory of its own, with its tools beside it and compiled as it is published. Nothing is written where
/// it stands.
fn compiled() -> Place {
    let place = Place::empty();
    copy(&clients().join("typescript"), place.path());
    symlink(tool(NODE_PACKAGES), place.path().join("node_modules")).unwrap();
    tsc(&place, "tsconfig.build.json");
    place
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (source, name) = (entry.path(), entry.file_name());
        if name == "node_modules" || name == "dist" {
            continue;
        }
        let target = to.join(name);
        if source.is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&source, &target);
        } else {
            fs::copy(&source, &target).unwrap();
        }
    }
}

/// Runs the compiler, which must find nothing wrong.
fn tsc(place: &Place, project: &str) {
    let mut node = Command::new("node");
    node.args(["node_modules/typescript/bin/tsc", "-p", project]).current_dir(place.path());
    let done = node.output().unwrap();
    assert!(done.status.success(), "{project}: {}", String::from_utf8_lossy(&done.stdout));
}

#[test]
fn heavy_the_typescript_client_guards_express_and_fastify_applications() {
    let (stage, place) = (Stage::new(), compiled());
    let mut files: Vec<_> =
        fs::read_dir(place.path().join("tests")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.to_str().unwrap().ends_with(".test.js"));
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=tap"]).args(&files).current_dir(place.path());
    // Else npm writes into its user's own directory.
    node.env("npm_config_cache", place.path().join("npm"));
    let printed = stage.runs(&mut node);
    for none in ["# fail 0", "# cancelled 0", "# skipped 0", "# todo 0"] {
        assert!(printed.contains(none), "{printed}");
    }
    assert!(files.len() == 5 && !printed.contains("# pass 0"), "{printed}");
}

#[test]
fn heavy_the_typescript_client_and_its_examples_are_typed_strictly() {
    tsc(&compiled(), "tsconfig.json");
}

#[test]
fn heavy_the_catalogs_cover_every_operation_of_the_express_application() {
    let place = Place::empty();
    let document = clients().join("typescript/examples/openapi.json");
    let document = document.to_str().unwrap();
    place.symbolon(&["catalog", "from-openapi", document, "--output", "drafted.toml"]).ok();
    for catalog in ["drafted.toml", clients().join("library.toml").to_str().unwrap()] {
        let covered = place.symbolon(&["catalog", "coverage", catalog, "--openapi", document]).ok();
        assert!(covered.contains("6 of 6 operations have a route"), "{covered}");
    }
}
