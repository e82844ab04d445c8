//! `symbolon scan --git`: the history of a repository.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::Place;

/// Runs git; what it printed, without the line's end.
fn git(directory: &Path, words: &[&str]) -> String {
    let mut git = Command::new("git");
    git.arg("-C").arg(directory).args(words).env_clear().env("GIT_CONFIG_GLOBAL", "/dev/null");
    for (name, value) in [("NAME", "ann"), ("EMAIL", "ann@example.org")] {
        git.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    let done = git.output().unwrap();
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim_end().to_owned()
}

/// A token that no installation knows: `init` makes one of the right form.
fn secret() -> String {
    Place::initialised().1["system_key"].as_str().unwrap().to_owned()
}

fn shown(secret: &str) -> String {
    format!("{}…", &secret[..15])
}

#[test]
fn what_was_taken_out_of_a_repository_is_found_in_its_history() {
    let place = Place::empty();
    let repository = place.path().join("project");
    let [in_file, in_message, unreachable] = [secret(), secret(), secret()];
    git(place.path(), &["init", "-q", "-b", "main", "project"]);
    let commit = |text: &str, message: &str| {
        std::fs::create_dir_all(repository.join("src")).unwrap();
        std::fs::write(repository.join("src/größe.py"), text).unwrap();
        git(&repository, &["add", "-A"]);
        git(&repository, &["commit", "-q", "-m", message]);
        git(&repository, &["rev-parse", "HEAD"])
    };
    commit("one\n", "begin");
    let first = commit(&format!("one\nkey = '{in_file}'\n"), "add the key");
    commit("one\n", "take it out");
    let second = commit("two\n", &format!("use {in_message}"));
    std::fs::write(place.path().join("loose"), &unreachable).unwrap();
    let object = git(&repository, &["hash-object", "-w", "../loose"]);

    let without = place.run("scan --offline project");
    // The message stands in the log of the checkout, which is a file.
    assert!(!without.stdout.contains(&shown(&in_file)), "{without:?}");
    assert!(without.stderr.contains("project: the history was not searched; --git does"), "{without:?}");
    git(place.path(), &["clone", "-q", "--mirror", "--no-local", "project", "bare.git"]);
    for (path, loose) in [("project", true), ("bare.git", false)] {
        let done = place.run(&format!("scan --offline --git {path}"));
        assert_eq!(done.code, Some(1), "{done:?}");
        let mut lines: Vec<&str> = done.stdout.lines().collect();
        lines.sort_unstable();
        let mut expected = vec![
            format!("{}:src/größe.py:2: {}", &first[..12], shown(&in_file)),
            format!("{}:6: {}", &second[..12], shown(&in_message)),
        ];
        if loose {
            expected.push(format!("object {}:1: {}", &object[..12], shown(&unreachable)));
        }
        expected.sort();
        lines.retain(|line| !line.starts_with("project/.git/"));
        assert_eq!(lines, expected);
    }
    let told = place.run("scan --offline --git --json bare.git");
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    let places: Vec<&Value> =
        told["found"].as_array().unwrap().iter().flat_map(|one| one["places"].as_array().unwrap()).collect();
    assert!(
        places
            .iter()
            .any(|place| place["commit"] == first && place["path"] == "src/größe.py" && place["line"] == 2)
    );
}

#[test]
fn without_git_and_without_a_repository_that_is_said() {
    let place = Place::empty();
    std::fs::create_dir(place.path().join("empty")).unwrap();
    let told = place.symbolon_with(&[("PATH", "empty")], &["scan", "--offline", "--git", "empty"]).refused(1);
    assert!(told.contains("there is no git on the PATH"), "{told}");
    let told = place.run("scan --offline --git empty").refused(1);
    assert!(told.contains("the history of empty was not searched"), "{told}");
}

/// A repository may be anybody's: what its configuration names as a program is not run.
#[test]
fn nothing_of_a_repositorys_configuration_is_run() {
    let place = Place::empty();
    let repository = place.path().join("trap");
    git(place.path(), &["init", "-q", "-b", "main", "trap"]);
    std::fs::write(repository.join("a"), secret()).unwrap();
    git(&repository, &["add", "-A"]);
    git(&repository, &["commit", "-q", "-m", "x"]);
    // A commit with a signature, which git would have a program look at.
    let plain = git(&repository, &["cat-file", "commit", "HEAD"]);
    let (head, message) = plain.split_once("\n\n").unwrap();
    let signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----";
    place.write("signed", &format!("{head}\n{signature}\n\n{message}\n"));
    let signed = git(&repository, &["hash-object", "-t", "commit", "-w", "../signed"]);
    git(&repository, &["update-ref", "refs/heads/signed", &signed]);
    let (program, sprung) = (place.path().join("program"), place.path().join("sprung"));
    std::fs::write(&program, format!("#!/bin/sh\ntouch '{}'\n", sprung.display())).unwrap();
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    for key in
        ["core.fsmonitor", "core.pager", "pager.log", "gpg.program", "diff.external", "core.sshCommand"]
    {
        git(&repository, &["config", key, program.to_str().unwrap()]);
    }
    git(&repository, &["config", "log.showSignature", "true"]);
    assert_eq!(place.run("scan --offline --git trap").code, Some(1));
    assert!(!sprung.exists());
}
