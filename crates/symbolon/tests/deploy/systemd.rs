//! The unit, as systemd reads it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{root, tried};
use crate::support::Place;

const UNIT: &str = "deploy/systemd/symbolon.service";

/// The unit in a directory of its own, with the binary of these tests for the installed one, and other changes.
fn unit(changes: &[(&str, &str)]) -> (Place, PathBuf) {
    let place = Place::empty();
    let mut text = fs::read_to_string(root().join(UNIT)).unwrap();
    for (from, to) in [&[("/usr/bin/symbolon", env!("CARGO_BIN_EXE_symbolon"))], changes].concat() {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    place.write("symbolon.service", &text);
    let path = place.path().join("symbolon.service");
    (place, path)
}

fn verify(changes: &[(&str, &str)]) -> (bool, String) {
    let (_kept, path) = unit(changes);
    tried(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(path))
}

/// The exposure that `systemd-analyze security` reckons, in tenths, must not be more than 1.3 of 10.
fn security(changes: &[(&str, &str)]) -> (bool, String) {
    let (_kept, path) = unit(changes);
    let mut judge = Command::new("systemd-analyze");
    tried(judge.args(["security", "--offline=true", "--threshold=13", "--no-pager"]).arg(path))
}

#[test]
fn systemd_has_nothing_to_say_against_the_unit() {
    assert_eq!(verify(&[]), (true, String::new()));
    // And it would say so.
    let (good, said) = verify(&[("NoNewPrivileges=yes", "NoNewPrivilege=yes")]);
    assert!(!good || said.contains("NoNewPrivilege"), "{said}");
}

#[test]
fn the_unit_leaves_the_service_little_to_do_harm_with() {
    let (good, said) = security(&[]);
    assert!(good && said.contains("Overall exposure level"), "{said}");
    // What stays exposed is what the service is for: the network and its socket. Each of the others is a choice.
    for (from, to) in [
        ("\nCapabilityBoundingSet=\n", "\n"),
        ("\nSystemCallFilter=@system-service\n", "\n"),
        ("\nProtectSystem=strict\n", "\nProtectSystem=no\n"),
    ] {
        let (good, said) = security(&[(from, to)]);
        assert!(!good, "without {from:?} it is as good:\n{said}");
    }
}

#[test]
fn the_command_of_the_unit_is_one_that_the_binary_takes() {
    let text = fs::read_to_string(root().join(UNIT)).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/symbolon ")).unwrap();
    // With nothing at the place of the settings the only complaint is of that.
    let told = Place::empty().run(&line.replace("/etc/symbolon/", "nowhere/")).refused(1);
    assert!(told.contains("nowhere/symbolon.toml cannot be read"), "{told}");
    assert!(line.split_whitespace().any(|word| word == "--no-init"), "{line}");
    let condition = "ConditionPathExists=/var/lib/symbolon/keys.toml";
    assert!(text.lines().any(|line| line == condition));
}
