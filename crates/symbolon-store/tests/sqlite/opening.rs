//! What `open` says of each thing that it cannot open. As whoever starts the program reads it.

use std::path::Path;

use sqlx::Connection;
use symbolon_core::store::{Change, Store};
use symbolon_store::SqliteStore;

use crate::conformance::{Place, accept, make};
use crate::directory;

/// The sentence, with the path's directory left out.
async fn refusal(path: &Path) -> String {
    let text = SqliteStore::open(path, &make::keys()).await.unwrap_err().to_string();
    let directory = path.parent().unwrap().display().to_string();
    assert!(text.contains(&directory), "{text}");
    text.replace(&format!("{directory}/"), "").replace(&directory, "its directory")
}

#[tokio::test]
async fn a_directory_that_is_missing() {
    let directory = directory();
    let path = directory.0.path().join("nowhere/symbolon.db");
    assert_eq!(refusal(&path).await, "its directory does not exist; `symbolon init` makes it");
}

#[tokio::test]
async fn what_is_no_file() {
    let directory = directory();
    std::fs::create_dir(directory.file()).unwrap();
    assert_eq!(refusal(&directory.file()).await, "symbolon.db is not a file");
}

#[tokio::test]
async fn what_is_no_database_is_left_as_it_was() {
    let directory = directory();
    for garbage in [&b"hello"[..], &[0; 4096], &[b'x'; 16_000]] {
        std::fs::write(directory.file(), garbage).unwrap();
        assert_eq!(refusal(&directory.file()).await, "symbolon.db is not a database");
        assert_eq!(std::fs::read(directory.file()).unwrap(), garbage);
    }
    // A file that was made and not yet written is a beginning.
    std::fs::write(directory.file(), b"").unwrap();
    directory.open().await.close().await;
}

#[tokio::test]
async fn a_database_of_another_program_is_left_as_it_was() {
    let directory = directory();
    std::fs::write(directory.file(), b"").unwrap();
    directory.meddle("CREATE TABLE users (id)").await.unwrap();
    let before = std::fs::read(directory.file()).unwrap();
    assert_eq!(refusal(&directory.file()).await, "symbolon.db is a database of another program");
    directory.meddle("DROP TABLE users; PRAGMA application_id = 7").await.unwrap();
    assert_eq!(refusal(&directory.file()).await, "symbolon.db is a database of another program");
    assert_eq!(before.len(), std::fs::read(directory.file()).unwrap().len());
}

#[tokio::test]
async fn a_database_that_is_damaged() {
    let directory = directory();
    let store = directory.open().await;
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    store.close().await;
    let mut bytes = std::fs::read(directory.file()).unwrap();
    bytes[100..4096].fill(0xff);
    std::fs::write(directory.file(), bytes).unwrap();
    assert_eq!(refusal(&directory.file()).await, "symbolon.db is damaged; restore it from a backup");
}

#[tokio::test]
async fn the_size_is_that_of_the_file() {
    let directory = directory();
    directory.open().await.close().await;
    let store = directory.open().await;
    assert_eq!(store.size().await.unwrap(), std::fs::metadata(directory.file()).unwrap().len());
    store.close().await;
}

#[tokio::test]
async fn a_newer_schema() {
    let directory = directory();
    directory.open().await.close().await;
    directory.meddle("PRAGMA user_version = 1000").await.unwrap();
    let text = "symbolon.db was written by a newer Symbolon (schema 1000, this one knows 15)";
    assert_eq!(refusal(&directory.file()).await, text);
}

#[tokio::test]
async fn a_database_that_is_open_already() {
    let directory = directory();
    let first = directory.open().await;
    assert_eq!(refusal(&directory.file()).await, "symbolon.db is in use by another process");
    // The attempt did no harm to the one that has it.
    accept(&*first, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    first.close().await;
    directory.open().await.close().await;
}

#[tokio::test]
async fn a_database_that_another_program_writes() {
    let directory = directory();
    directory.open().await.close().await;
    let mut holder = directory.connection().await;
    sqlx::raw_sql("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").execute(&mut holder).await.unwrap();
    assert_eq!(refusal(&directory.file()).await, "symbolon.db is in use by another process");
    holder.close().await.unwrap();
    directory.open().await.close().await;
}

#[tokio::test]
async fn a_dropped_store_lets_go() {
    let directory = directory();
    drop(SqliteStore::open(&directory.file(), &make::keys()).await.unwrap());
    // The writer ends by itself soon after; the sentence meanwhile is the one for a store in use.
    loop {
        match SqliteStore::open(&directory.file(), &make::keys()).await {
            Ok(store) => break store.close().await,
            Err(error) => assert!(matches!(error, symbolon_store::OpenError::InUse(_)), "{error}"),
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_name_that_means_something_to_sqlite_is_a_name() {
    let directory = directory();
    for name in [":memory:", "file:symbolon.db?mode=memory", "with space?#%41.db"] {
        let path = directory.0.path().join(name);
        let store = SqliteStore::open(&path, &make::keys()).await.unwrap();
        accept(&store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
        store.close().await;
        assert!(path.is_file(), "{name}");
    }
}

/// Files that may not be written. Nobody may keep root from writing, so root runs this test as somebody else.
#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::Command;

    use super::{Place, directory, refusal};

    fn chmod(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Whether a file's mode keeps this process from writing to it.
    fn modes_bind() -> bool {
        let file = tempfile::NamedTempFile::new().unwrap();
        chmod(file.path(), 0o444);
        std::fs::OpenOptions::new().write(true).open(file.path()).is_err()
    }

    #[tokio::test]
    async fn what_may_not_be_written() {
        if modes_bind() {
            return check().await;
        }
        let bin = tempfile::tempdir().unwrap();
        chmod(bin.path(), 0o755);
        let copy = bin.path().join("tests");
        std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
        let run = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(&copy)
            .args(["--exact", "opening::permissions::what_may_not_be_written"])
            .current_dir("/")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("1 passed"), "{said}");
    }

    async fn check() {
        let directory = directory();
        directory.open().await.close().await;
        chmod(&directory.file(), 0o444);
        let text = "symbolon.db cannot be written: it is read-only, or its disk is";
        assert_eq!(refusal(&directory.file()).await, text);
        chmod(&directory.file(), 0o000);
        assert_eq!(refusal(&directory.file()).await, "no permission to open symbolon.db");
        chmod(&directory.file(), 0o600);

        let elsewhere = super::directory();
        chmod(elsewhere.0.path(), 0o555);
        assert_eq!(refusal(&elsewhere.file()).await, "no permission to open symbolon.db.lock");
        chmod(elsewhere.0.path(), 0o755);
    }
}
