//! The documents say what is so: their commands are typed as they stand, one after the other in one shell, and what
//! they print is held against what the document shows.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

mod as_it_is;
mod fleet;
mod markdown;
mod shell;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use markdown::{Block, Command};
use shell::Shell;

/// Commands that stand in `sh` blocks and are not typed here, with what runs them instead. A command that is in
/// neither place fails the test.
const RUN_ELSEWHERE: &[(&str, &str)] = &[
    ("cargo run --release -- demo", "tests/demo.rs runs the same command of the same binary"),
    ("cargo xtask test", "is what runs this test"),
    ("cargo build --release", "as does cargo, for this test"),
    ("export PATH=\"$PWD/target/release:$PATH\"", "the shell below has the binary on its path"),
];

/// Where the documents have a database; the tests have one of their own there.
const THERE: &str = "postgres://symbolon@db.example.org/symbolon?sslmode=verify-full";

/// The chapter of `docs/fleet.md` on a record that is moved.
const MOVING: &str = "Moving there and back";

/// Makes what the commands of a document find there already.
fn init(directory: &Path) {
    let mut init = std::process::Command::new(env!("CARGO_BIN_EXE_symbolon"));
    let done = init.arg("init").current_dir(directory).env_clear().output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

#[test]
fn heavy_the_readme_works_as_it_stands() {
    let typed = works_as_it_stands("README.md", |_, _| ());
    assert!(typed >= 9, "only {typed} commands were found in the README");
}

#[test]
fn heavy_the_walk_in_front_of_odin_works_as_it_stands() {
    let typed = works_as_it_stands("docs/odin.md", as_it_is::odin);
    assert!(typed >= 20, "only {typed} commands were found in the walk");
}

#[test]
fn heavy_the_walk_in_front_of_odysseus_works_as_it_stands() {
    let typed = works_as_it_stands("docs/odysseus.md", as_it_is::odysseus);
    assert!(typed >= 17, "only {typed} commands were found in the walk");
}

#[test]
fn heavy_the_life_of_a_token_works_as_it_stands() {
    let typed = works_as_it_stands("docs/tokens.md", as_it_is::odin);
    assert!(typed >= 10, "only {typed} commands were found in the chapter");
}

#[test]
fn heavy_the_page_on_agents_works_as_it_stands() {
    let typed = works_as_it_stands("docs/agents.md", as_it_is::odin);
    assert!(typed >= 22, "only {typed} commands were found in the page");
}

#[test]
fn heavy_the_document_of_the_audit_works_as_it_stands() {
    let typed = works_as_it_stands("docs/audit.md", |directory, _| init(directory));
    assert!(typed >= 7, "only {typed} commands were found about the audit");
}

#[test]
fn heavy_the_page_on_keys_and_backups_works_as_it_stands() {
    let typed = works_as_it_stands("docs/keys-and-backup.md", |_, _| ());
    assert!(typed >= 8, "only {typed} commands were found in the page");
}

#[test]
fn heavy_the_chapters_on_many_tokens_work_as_they_stand() {
    let typed = works_as_it_stands("docs/many-tokens.md", |_, _| ());
    assert!(typed >= 14, "only {typed} commands were found");
}

/// Types a document's commands in a directory of its own, with its files in it, and with what `behind` starts on its
/// port 8000. How many there were.
fn works_as_it_stands<T>(document: &str, behind: impl FnOnce(&Path, u16) -> T) -> usize {
    let directory = tempfile::tempdir().unwrap();
    // The document's ports may be taken on this machine; any others serve the same purpose.
    let free = ["8000", "7171", "7070"].map(|port| (port, shell::free_port()));
    let ports = free.map(|(port, free)| (port.to_owned(), free.to_string()));
    let with_ports =
        |text: &str| ports.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    let _behind = behind(directory.path(), free[0].1);
    let mut shell = Shell::start(directory.path(), Path::new(env!("CARGO_BIN_EXE_symbolon")), &ports[2].1);
    let mut typed = 0;
    for block in markdown::blocks(&read(document)) {
        match block {
            Block::File { name, text } => {
                std::fs::write(directory.path().join(name), with_ports(&text)).unwrap();
            }
            Block::Console { commands, .. } => {
                for command in commands {
                    let output = shell.run(&with_ports(&command.text), &ports);
                    let wanted = with_ports(&command.output);
                    assert!(
                        markdown::matches(&wanted, &output),
                        "$ {}\nshould print\n{wanted}\nand printed\n{output}",
                        command.text
                    );
                    typed += 1;
                }
            }
            Block::Other { language, text } => {
                if language == "json" {
                    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "no JSON: {text}");
                }
                assert!(
                    matches!(&*language, "sh" | "" | "toml" | "text" | "json"),
                    "a block of {language:?} is not known to this test"
                );
                if language == "sh" {
                    for line in
                        text.lines().map(|line| line.split("  #").next().unwrap_or_default().trim_end())
                    {
                        let known = RUN_ELSEWHERE.iter().any(|(command, _)| *command == line);
                        assert!(known, "{line:?} is in {document}, and nothing runs it");
                    }
                }
            }
        }
    }
    typed
}

/// Types a chapter's commands in a directory of its own, in which `before` has done something; `said` is what the document's
/// text is here. How many there were.
fn chapter_works(
    document: &str,
    title: &str,
    before: impl FnOnce(&Path),
    said: impl Fn(&str) -> String,
) -> usize {
    let document = read(document);
    let chapter = document.split("\n## ").find(|chapter| chapter.starts_with(title));
    let directory = tempfile::tempdir().unwrap();
    before(directory.path());
    let port = shell::free_port().to_string();
    let mut shell = Shell::start(directory.path(), Path::new(env!("CARGO_BIN_EXE_symbolon")), &port);
    let mut typed = 0;
    for block in markdown::blocks(chapter.unwrap()) {
        match block {
            Block::File { name, text } => std::fs::write(directory.path().join(name), said(&text)).unwrap(),
            Block::Console { commands, .. } => {
                for Command { text, output: wanted } in commands {
                    let output = shell.run(&said(&text), &[]);
                    assert!(
                        markdown::matches(&wanted, &output),
                        "$ {text}\nshould print\n{wanted}\nand printed\n{output}"
                    );
                    typed += 1;
                }
            }
            Block::Other { language, .. } => panic!("a block of {language:?} that nothing runs"),
        }
    }
    typed
}

#[test]
fn heavy_the_chapter_on_drafting_a_catalog_works_as_it_stands() {
    let typed = chapter_works("docs/catalog.md", "From an application to its", |_| (), str::to_owned);
    assert!(typed >= 10, "only {typed} commands were found in the chapter");
}

/// The file that the documents name, its owner's alone.
fn keep_password(directory: &Path) {
    let file = directory.join("db.password");
    std::fs::write(&file, "of nobody\n").unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn heavy_the_chapter_on_moving_a_record_works_as_it_stands() {
    let postgres = symbolon_postgres_server::shared(symbolon_postgres_server::Version::Debian).unwrap();
    let database = postgres.new_database().unwrap();
    let before = |directory: &Path| {
        keep_password(directory);
        init(directory);
    };
    let typed = chapter_works("docs/fleet.md", MOVING, before, |text| text.replace(THERE, &database.url()));
    assert!(typed >= 5, "only {typed} commands were found in the chapter");
}

#[test]
fn heavy_the_configuration_of_the_reference_is_accepted_as_it_stands() {
    let directory = tempfile::tempdir().unwrap();
    let text = read("docs/configuration.md");
    let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    // All of it stands as it is, but for where the database is.
    let postgres = symbolon_postgres_server::shared(symbolon_postgres_server::Version::Debian).unwrap();
    let database = postgres.new_database().unwrap();
    assert_eq!(example.matches(THERE).count(), 1);
    let example = example.replace(THERE, &database.url());
    keep_password(directory.path());
    std::fs::write(directory.path().join("symbolon.toml"), example).unwrap();
    // `init` reads all of it, and the files that it names, before it makes anything.
    let symbolon = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_symbolon"));
        let done = command.args(words).current_dir(directory.path()).env_clear().output().unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    symbolon(&["init"]);
    symbolon(&["catalog", "show", "odin"]);
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut links = 0;
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "docs/performance.md",
    ] {
        let folder = root().join(document);
        let folder = folder.parent().unwrap();
        for link in markdown::links(&read(document)) {
            let path = link.split('#').next().unwrap_or_default();
            if path.is_empty() || link.contains("://") {
                continue;
            }
            assert!(folder.join(path).exists(), "{document} links to {link}, which is not there");
            links += 1;
        }
    }
    assert!(links > 10, "only {links} links were found");
}

#[test]
fn every_test_that_the_architecture_names_is_there() {
    let text = read("ARCHITECTURE.md");
    let named = text.split('`').filter(|word| word.starts_with("crates/") && word.contains("/tests/"));
    for path in named {
        let (directory, start) = path.rsplit_once('/').unwrap();
        let start = start.trim_end_matches('*');
        let entries =
            std::fs::read_dir(root().join(directory)).unwrap_or_else(|_| panic!("{path} is not there"));
        let found = entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(start));
        assert!(found, "ARCHITECTURE.md names {path}, which is not there");
    }
}
