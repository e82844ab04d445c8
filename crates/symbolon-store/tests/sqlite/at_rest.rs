//! What can be found in the files.

use std::path::Path;

use symbolon_core::digest::Digest;
use symbolon_core::store::Change;

use crate::conformance::{Place, accept, make};
use crate::directory;

/// Whether any file of the directory has these bytes in it.
fn lies_in(directory: &Path, digest: Digest) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(32).any(|window| window == digest.as_bytes())
    })
}

#[tokio::test]
async fn a_digest_that_was_erased_is_in_no_file() {
    let directory = directory();
    let store = directory.open().await;
    let (user, gone) = (make::user(1), make::user(2));
    let changes = vec![
        Change::UserCreated(user.clone()),
        Change::UserCreated(gone.clone()),
        Change::TokenCreated(make::token(1, &user)),
        Change::TokenCreated(make::token(2, &gone)),
        Change::TokenCreated(make::token(3, &user)),
        Change::KeyCreated(make::key(4)),
    ];
    accept(&*store, make::mutation(changes)).await;
    for number in 1..=4 {
        assert!(lies_in(directory.0.path(), make::digest(number)), "{number} can be looked for");
    }

    let changes = vec![
        Change::TokenChanged(make::revoked(&make::token(1, &user), make::at(1))),
        Change::UserRemoved(gone.id, make::at(1)),
        Change::KeyRemoved(make::key_id(4)),
    ];
    accept(&*store, make::mutation(changes)).await;
    // The housekeeping empties the log, in which the old pages were.
    store.prune(make::at(0)).await.unwrap();
    for number in [1, 2, 4] {
        assert!(!lies_in(directory.0.path(), make::digest(number)), "{number} was erased");
    }
    assert!(lies_in(directory.0.path(), make::digest(3)));
    store.close().await;
}

#[tokio::test]
async fn closing_leaves_one_whole_file() {
    let directory = directory();
    let store = directory.open().await;
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    store.close().await;
    let mut names: Vec<_> = std::fs::read_dir(directory.0.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["symbolon.db", "symbolon.db.lock"]);
}

#[cfg(unix)]
#[tokio::test]
async fn every_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let directory = directory();
    let store = directory.open().await;
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    let mut files = 0;
    for entry in std::fs::read_dir(directory.0.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        files += 1;
    }
    assert_eq!(files, 4, "the database, its log, the log's index and the lock");
    store.close().await;
}
