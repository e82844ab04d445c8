//! Keys as they are kept, and changed.

use std::fs;
use std::sync::atomic::{AtomicU8, Ordering};

use super::*;

/// Nobody is there to be told.
const QUIET: Announce<'_> = &|_| Ok(());

struct Counting(AtomicU8);
impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn keyring() -> (tempfile::TempDir, Keyring) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.toml");
    let file = KeyFile::create(&path, at(0), &Counting(7.into())).unwrap();
    (directory, Keyring::new(path, file, Arc::new(Counting(20.into()))))
}

fn ids(keys: &[KeptKey]) -> Vec<u32> {
    keys.iter().map(|key| key.id).collect()
}

#[test]
fn what_is_made_is_in_the_file_before_it_is_in_force() {
    let (_kept, keyring) = keyring();
    let keys = keyring.rotate_pepper(at(1), QUIET).unwrap();
    let read = KeyFile::load(&keyring.path).unwrap().keys();
    assert_eq!((keys.pepper.id(), keys.former_peppers[0].id()), (2, 1));
    assert_eq!(read.pepper.digest(b"x"), keys.pepper.digest(b"x"));
    assert_eq!(read.former_peppers[0].digest(b"x"), Pepper::new(1, &Zeroizing::new([7; 32])).digest(b"x"));
    // Where it cannot be announced, or the file cannot be written, nothing has changed.
    let before = keyring.kept();
    let told = |keys: &Keys| {
        assert_eq!(keys.pepper.id(), 3);
        assert_eq!(KeyFile::load(&keyring.path).unwrap().peppers(), [1, 2], "it is not kept yet");
        Err("nobody hears it".to_owned())
    };
    assert_eq!(keyring.rotate_pepper(at(2), &told).unwrap_err(), "nobody hears it");
    assert_eq!(
        (keyring.kept(), KeyFile::load(&keyring.path).unwrap().peppers()),
        (before.clone(), vec![1, 2])
    );
    fs::remove_dir_all(keyring.path.parent().unwrap()).unwrap();
    assert!(keyring.rotate_pepper(at(2), QUIET).unwrap_err().contains("cannot be written"));
    assert_eq!(keyring.kept(), before);
}

#[test]
fn a_former_session_key_counts_until_its_end_and_is_then_dropped() {
    let (_kept, keyring) = keyring();
    let keys = keyring.rotate_sessions(at(10), Some(at(20)), QUIET).unwrap();
    assert_eq!(keys.former_sessions[0].1, at(20));
    keyring.rotate_sessions(at(15), Some(at(25)), QUIET).unwrap();
    assert_eq!(ids(&keyring.kept().sessions), [3, 2, 1]);
    keyring.rotate_sessions(at(20), Some(at(30)), QUIET).unwrap();
    assert_eq!(ids(&keyring.kept().sessions), [4, 3, 2]);
    keyring.rotate_sessions(at(21), None, QUIET).unwrap();
    assert_eq!(ids(&keyring.kept().sessions), [5]);
    assert!(KeyFile::load(&keyring.path).unwrap().keys().former_sessions.is_empty());
}

#[test]
fn the_current_pepper_is_not_retired() {
    let (_kept, keyring) = keyring();
    keyring.rotate_pepper(at(1), QUIET).unwrap();
    for id in [2, 3] {
        assert_eq!(keyring.retire_pepper(id, QUIET).unwrap_err(), format!("pepper {id} is no former one"));
    }
    assert!(keyring.retire_pepper(1, QUIET).unwrap().former_peppers.is_empty());
    assert_eq!(ids(&keyring.kept().peppers), [2]);
    // A number is not given twice while the one after it is there.
    assert_eq!(keyring.rotate_pepper(at(2), QUIET).unwrap().pepper.id(), 3);
}

#[test]
fn there_is_an_end_to_rotations_that_nobody_finishes() {
    let (_kept, keyring) = keyring();
    for n in 1..16 {
        keyring.rotate_pepper(at(n), QUIET).unwrap();
    }
    assert!(keyring.rotate_pepper(at(99), QUIET).unwrap_err().contains("retire one first"));
    for n in 1..16 {
        keyring.rotate_sessions(at(n), Some(at(n + 50)), QUIET).unwrap();
    }
    assert!(
        keyring.rotate_sessions(at(20), Some(at(90)), QUIET).unwrap_err().contains("wait until one ends")
    );
    // Two have ended by then, and make room for two.
    keyring.rotate_sessions(at(52), Some(at(91)), QUIET).unwrap();
    assert_eq!(keyring.kept().sessions.len(), 15);
    keyring.rotate_sessions(at(52), Some(at(92)), QUIET).unwrap();
    assert!(
        keyring.rotate_sessions(at(52), Some(at(93)), QUIET).unwrap_err().contains("wait until one ends")
    );
    keyring.rotate_sessions(at(52), None, QUIET).unwrap();
    assert_eq!(ids(&keyring.kept().sessions), [19]);
}
