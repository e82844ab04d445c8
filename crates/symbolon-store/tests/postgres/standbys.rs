//! What is told of how far an acknowledgement outlives the server: standbys, by what the role may see of them, and settings.

use std::process::{Child, Command, Stdio};

use symbolon_core::store::Store;
use symbolon_postgres_server::{Options, Server, Version};
use tempfile::TempDir;

use crate::open;

/// Whoever takes the server's log as it is written, and says what is on its disk: a standby, as far as the server can tell.
struct Standby {
    process: Child,
    _log: TempDir,
}

impl Standby {
    fn of(server: &Server) -> Self {
        let log = tempfile::tempdir().unwrap();
        let mut command = Command::new(Version::Debian.program("pg_receivewal").unwrap());
        command.args(["--synchronous", "--no-loop", "--no-password", "--username", "postgres", "--host"]);
        command.arg(server.directory()).arg("--directory").arg(log.path());
        let command = command.env_clear().stdout(Stdio::null()).stderr(Stdio::null());
        Self { process: command.spawn().unwrap(), _log: log }
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        // It may have ended with the server.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How many synchronous standbys whoever opens the record by this URL is told of.
async fn told(url: &str) -> Option<u32> {
    let store = open(url).await.unwrap();
    let fleet = store.fleet().await.unwrap().unwrap();
    store.close().await;
    fleet.synchronous_standbys
}

#[tokio::test]
async fn a_standby_that_the_role_may_not_see_is_not_said_to_be_missing() {
    let server = Server::start(Version::Debian).unwrap();
    let sql = |sql: &str| server.sql("postgres", sql).unwrap();
    sql("CREATE ROLE plain LOGIN; CREATE DATABASE record OWNER plain ENCODING 'UTF8' TEMPLATE template0");
    let all = server.url("record");
    let plain = all.replace("postgres@", "plain@");
    assert_eq!(told(&plain).await, Some(0), "there is none, which everybody sees");

    let _standby = Standby::of(&server);
    let until = |state: &str| {
        while server.sql("postgres", "SELECT sync_state FROM pg_stat_replication").unwrap() != state {}
    };
    until("async");
    assert_eq!((told(&all).await, told(&plain).await), (Some(0), None));
    sql("ALTER SYSTEM SET synchronous_standby_names = 'pg_receivewal'; SELECT pg_reload_conf()");
    until("sync");
    assert_eq!((told(&all).await, told(&plain).await), (Some(1), None));
    sql("GRANT pg_read_all_stats TO plain");
    assert_eq!(told(&plain).await, Some(1));
}

#[tokio::test]
async fn settings_by_which_a_crash_may_undo_something_are_told() {
    let off = async |options: &Options| {
        let server = Server::with(Version::Debian, options).unwrap();
        let store = open(&server.new_database().unwrap()).await.unwrap();
        let fleet = store.fleet().await.unwrap().unwrap();
        store.close().await;
        fleet.switched_off
    };
    let durable = Options { durable: true, ..Options::default() };
    assert_eq!(off(&durable).await, [""; 0]);
    let settings = vec![("full_page_writes".to_owned(), "off".to_owned())];
    assert_eq!(off(&Options { settings, ..durable }).await, ["full_page_writes"]);
    assert_eq!(off(&Options::default()).await, ["fsync", "full_page_writes"]);
}
