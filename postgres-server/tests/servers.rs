//! Servers of each version: alone, stopped, started again, and gone with those who started them.
#![allow(clippy::unwrap_used, reason = "helpers of tests say by a panic what went wrong, as the tests do")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use symbolon_postgres_server::{Options, Served, Server, Stop, Version, shared, shared_in};

fn is_alive(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

#[test]
fn each_version_starts_and_tells_its_number() {
    for (version, number) in [(Version::Debian, 15), (Version::Newest, 18)] {
        let server = Server::start(version).unwrap();
        let found: u32 = server.sql("postgres", "SHOW server_version_num;").unwrap().parse().unwrap();
        assert_eq!(found / 10_000, number, "{version:?}");
    }
}

#[test]
fn two_servers_do_not_see_each_other() {
    let (one, two) = (Server::start(Version::Debian).unwrap(), Server::start(Version::Debian).unwrap());
    let count = "SELECT count(*) FROM pg_database WHERE datname = 'mine';";
    one.sql("postgres", "CREATE DATABASE mine;").unwrap();
    assert_eq!(one.sql("postgres", count).as_deref(), Ok("1"));
    assert_eq!(two.sql("postgres", count).as_deref(), Ok("0"));
    assert_ne!(one.directory(), two.directory());
    assert_eq!(two.sql("postgres", "SHOW listen_addresses;").as_deref(), Ok(""), "no port is open");
}

#[test]
fn a_dropped_server_leaves_no_process_and_no_directory() {
    let server = Server::start(Version::Debian).unwrap();
    let (pid, directory) = (server.pid().unwrap(), server.directory().to_owned());
    assert!(is_alive(pid) && directory.is_dir());
    drop(server);
    assert!(!is_alive(pid) && !directory.exists());
}

#[test]
fn a_stopped_server_leaves_no_directory_either() {
    let mut server = Server::start(Version::Debian).unwrap();
    let (pid, directory) = (server.pid().unwrap(), server.directory().to_owned());
    server.stop(Stop::Fast).unwrap();
    assert!(!is_alive(pid) && directory.is_dir());
    assert_eq!(server.pid(), None);
    assert!(server.stop(Stop::Fast).is_err());
    drop(server);
    assert!(!directory.exists());
}

#[test]
fn what_was_committed_outlives_a_crash() {
    for version in Version::ALL {
        for durable in [true, false] {
            let mut server = Server::with(version, &Options { durable, ..Options::default() }).unwrap();
            let expected = if durable { "on" } else { "off" };
            assert_eq!(server.sql("postgres", "SHOW fsync;").as_deref(), Ok(expected));
            assert_eq!(server.sql("postgres", "SHOW synchronous_commit;").as_deref(), Ok("on"));
            server.sql("postgres", "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7);").unwrap();
            let before = server.pid();
            server.stop(Stop::Immediate).unwrap();
            assert!(server.sql("postgres", "SELECT 1;").is_err());
            server.start_again().unwrap();
            assert_ne!(server.pid(), before);
            assert!(server.start_again().is_err(), "it runs");
            assert_eq!(server.sql("postgres", "SELECT n FROM kept;").as_deref(), Ok("7"), "{version:?}");
        }
    }
}

#[test]
fn a_server_that_stands_still_is_stopped_all_the_same() {
    let server = Server::start(Version::Debian).unwrap();
    let (pid, directory) = (server.pid().unwrap(), server.directory().to_owned());
    rustix::process::kill_process(id(pid), rustix::process::Signal::STOP).unwrap();
    drop(server);
    assert!(!is_alive(pid) && !directory.exists());
}

#[test]
fn a_setting_that_is_none_is_told_as_the_server_says_it() {
    let settings = vec![("work_mem".to_owned(), "it's".to_owned())];
    let refused = Server::with(Version::Debian, &Options { settings, ..Options::default() }).unwrap_err();
    assert!(refused.contains("work_mem") && refused.contains("it's"), "{refused}");
}

#[test]
fn the_loopback_wants_the_password_and_keeps_its_port() {
    let settings = vec![("work_mem".to_owned(), "5MB".to_owned())];
    let options = Options { tcp: true, settings, ..Options::default() };
    let mut server = Server::with(Version::Debian, &options).unwrap();
    assert_eq!(server.sql("postgres", "SHOW work_mem;").as_deref(), Ok("5MB"));
    let url = server.tcp_url("postgres").unwrap();
    server.stop(Stop::Fast).unwrap();
    server.start_again().unwrap();
    assert_eq!(server.tcp_url("postgres").as_ref(), Some(&url));
    let psql = Version::Debian.program("psql").unwrap();
    let connects = |url: &str| {
        let done = Command::new(&psql).args(["-w", "-c", "SELECT 1", url]).output().unwrap();
        done.status.success()
    };
    assert!(connects(&url));
    let (before, after) = url.split_once('@').unwrap();
    let (user, _) = before.rsplit_once(':').unwrap();
    assert!(!connects(&format!("{user}:wrong@{after}")));
    assert_eq!(Server::start(Version::Debian).unwrap().tcp_url("postgres"), None);
}

fn id(pid: u32) -> Pid {
    Pid::from_raw(pid.try_into().unwrap()).unwrap()
}

/// The process that a process is a child of.
fn parent(pid: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap().trim().parse().unwrap()
}

/// A command that prints the directory that it is given and waits for its input to end, run with servers.
fn served_command() -> (Child, PathBuf) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_symbolon-postgres-server"))
        .args(["sh", "-c", "echo \"$SYMBOLON_TEST_POSTGRES$CARGO_PKG_NAME\"; read -r word; exit 7"])
        .env("CARGO_PKG_NAME", "of-another")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut directory = String::new();
    BufReader::new(command.stdout.take().unwrap()).read_line(&mut directory).unwrap();
    (command, directory.trim().into())
}

/// The pids of the servers that are served there.
fn served(directory: &Path) -> Vec<u32> {
    let pid = |version: Version| {
        let file = fs::read_to_string(directory.join(version.name()).join("data/postmaster.pid")).unwrap();
        file.lines().next().unwrap().parse().unwrap()
    };
    Version::ALL.map(pid).to_vec()
}

#[test]
fn servers_of_a_killed_process_are_gone_with_their_directory() {
    let (mut parent_of_all, directory) = served_command();
    let servers = served(&directory);
    let shells: Vec<u32> = servers.iter().map(|&pid| parent(pid)).collect();
    let ends: Vec<_> =
        shells.iter().map(|&shell| pidfd_open(id(shell), PidfdFlags::empty()).unwrap()).collect();
    // The whole group of a test is killed by its runner; here the process alone, for the group is the test's.
    parent_of_all.kill().unwrap();
    parent_of_all.wait().unwrap();
    for end in &ends {
        poll(&mut [PollFd::new(end, PollFlags::IN)], None).unwrap();
    }
    assert!(servers.iter().all(|&pid| !is_alive(pid)));
    assert!(!directory.exists());
}

#[test]
fn a_command_has_servers_for_as_long_as_it_runs_and_its_end_is_told() {
    let (mut command, directory) = served_command();
    let servers = served(&directory);
    let database = shared_in(&directory, Version::Newest).unwrap().new_database().unwrap();
    assert_eq!(database.sql("SELECT 1;").as_deref(), Ok("1"));
    drop(command.stdin.take());
    assert_eq!(command.wait().unwrap().code(), Some(7));
    assert!(servers.iter().all(|&pid| !is_alive(pid)));
    assert!(!directory.exists());
}

#[test]
fn tests_share_a_server_and_no_database() {
    let served = Served::start(&[Version::Debian]).unwrap();
    let shared = shared_in(served.directory(), Version::Debian).unwrap();
    let (one, two) = (shared.new_database().unwrap(), shared.new_database().unwrap());
    one.sql("CREATE TABLE mine (n int);").unwrap();
    assert!(two.sql("SELECT * FROM mine;").unwrap_err().contains("does not exist"));
    assert!(one.url().contains(one.name()) && one.name() != two.name());
    let names = "SELECT datname FROM pg_database WHERE datname LIKE 'test%';";
    let left = two.name().to_owned();
    drop(one);
    assert_eq!(served.servers()[0].sql("postgres", names), Ok(left));
    drop(two);
    assert_eq!(served.servers()[0].sql("postgres", names).as_deref(), Ok(""));
}

#[test]
fn whatever_the_variable_says_a_test_gets_a_database() {
    for version in Version::ALL {
        let (one, two) = (shared(version).unwrap(), shared(version).unwrap());
        let (one, two) = (one.new_database().unwrap(), two.new_database().unwrap());
        let server = "SELECT current_setting('data_directory');";
        assert_eq!(one.sql(server), two.sql(server), "one server for both");
    }
}

#[test]
fn a_directory_that_is_not_marked_is_refused() {
    let server = Server::start(Version::Debian).unwrap();
    let home = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(server.directory(), home.path().join("debian")).unwrap();
    let refused = shared_in(home.path(), Version::Debian).unwrap_err();
    assert!(refused.contains("not a directory of servers that tests may use"), "{refused}");
    fs::write(home.path().join("symbolon-test-servers"), "another's\n").unwrap();
    assert_eq!(shared_in(home.path(), Version::Debian).unwrap_err(), refused);
}
