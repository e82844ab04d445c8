//! Under a service manager: it is told what it needs to know, and its log is told no secret.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::{Place, Server};

/// Where the server's words arrive, as `sd_notify(3)` has it.
struct Manager(UnixDatagram);

impl Manager {
    fn hears(self) -> Self {
        self.0.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        self
    }

    fn word(&self) -> String {
        let mut bytes = [0; 4096];
        let length = self.0.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }
}

fn serve(place: &Place, more: &[&str], variables: &[(&str, &str)]) -> Child {
    let mut command = place.command();
    command
        .arg("serve")
        .args(more)
        .envs(variables.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

fn end(mut child: Child) -> Option<i32> {
    let ended = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap();
    assert!(ended.success());
    child.wait().unwrap().code()
}

#[test]
fn the_manager_hears_when_it_is_ready_and_when_it_stops() {
    let (place, _) = Place::initialised();
    let path = place.path().join("notify");
    let manager = Manager(UnixDatagram::bind(&path).unwrap()).hears();
    let server = serve(&place, &[], &[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    let ready = manager.word();
    let address = ready.strip_prefix("READY=1\nSTATUS=the management API listens at ");
    assert!(address.is_some_and(|address| address.starts_with("http://127.0.0.1:")), "{ready}");
    // Whoever starts what depends on it may now ask it.
    assert_eq!(place.run("healthcheck").ok(), "ok\n");
    assert_eq!(end(server), Some(0));
    assert_eq!(manager.word(), "STOPPING=1\n");
}

#[cfg(target_os = "linux")]
#[test]
fn an_abstract_name_is_a_socket_too() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;

    let (place, _) = Place::initialised();
    let name = format!("symbolon-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
    let manager = Manager(UnixDatagram::bind_addr(&address).unwrap()).hears();
    let server = serve(&place, &[], &[("NOTIFY_SOCKET", &format!("@{name}"))]);
    assert!(manager.word().starts_with("READY=1\n"));
    assert_eq!(end(server), Some(0));
}

#[test]
fn a_watchdog_hears_that_it_lives_again_and_again() {
    let (place, _) = Place::initialised();
    let path = place.path().join("notify");
    let manager = Manager(UnixDatagram::bind(&path).unwrap()).hears();
    let socket = ("NOTIFY_SOCKET", path.to_str().unwrap());
    let server = serve(&place, &[], &[socket, ("WATCHDOG_USEC", "200000")]);
    assert!(manager.word().starts_with("READY=1\n"));
    for _ in 0..3 {
        assert_eq!(manager.word(), "WATCHDOG=1\n");
    }
    assert_eq!(end(server), Some(0));

    // What is asked of another process is none of its business.
    while manager.word() != "STOPPING=1\n" {}
    let server = serve(&place, &[], &[socket, ("WATCHDOG_USEC", "1000"), ("WATCHDOG_PID", "1")]);
    assert!(manager.word().starts_with("READY=1\n"));
    assert_eq!(end(server), Some(0));
    assert_eq!(manager.word(), "STOPPING=1\n");
}

#[test]
fn no_first_secret_is_printed_where_output_is_kept() {
    let place = Place::with("listen = \"127.0.0.1:0\"\n");
    let told = place.run("serve --no-init").refused(1);
    assert!(
        told.contains("there is no data of Symbolon's in symbolon-data; `symbolon init` begins it"),
        "{told}"
    );

    // As systemd has it: the variable names the stream that standard output is.
    let log = place.path().join("journal");
    let stream = File::create(&log).unwrap();
    let metadata = stream.metadata().unwrap();
    let journal = format!("{}:{}", metadata.dev(), metadata.ino());
    let mut command = place.command();
    command.arg("serve").env("JOURNAL_STREAM", journal).stdout(stream);
    let ended = command.stderr(Stdio::null()).status().unwrap();
    assert_eq!(ended.code(), Some(1));
    assert_eq!(fs::read_to_string(&log).unwrap(), "");
    assert!(!place.data("keys.toml").exists(), "something was begun");

    // A beginning that broke off after the keys has shown nothing to anybody, and is none either.
    fs::create_dir(place.path().join("symbolon-data")).unwrap();
    let (other, _) = Place::initialised();
    fs::copy(other.data("keys.toml"), place.data("keys.toml")).unwrap();
    assert!(place.run("serve --no-init").refused(1).contains("`symbolon init` begins it"));
    place.run("init").ok();
    let path = place.path().join("notify");
    let manager = Manager(UnixDatagram::bind(&path).unwrap()).hears();
    let server = serve(&place, &["--no-init"], &[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    assert!(manager.word().starts_with("READY=1\n"));
    assert_eq!(end(server), Some(0));
}

#[test]
fn a_health_check_is_of_the_server_and_never_of_its_files() {
    let mut server = Server::at(Place::with("listen = \"127.0.0.1:0\"\n"));
    assert_eq!(server.place.run("healthcheck --json").json()["status"], "ok");
    let url = format!("http://{}", server.management());
    assert_eq!(server.place.symbolon(&["healthcheck", "--url", &url]).ok(), "ok\n");
    assert_eq!(server.stop(), Some(0));
    let told = server.place.run("healthcheck").refused(1);
    assert!(told.contains("symbolon.sock"), "{told}");
    server.start_again();
    assert_eq!(server.place.run("healthcheck").ok(), "ok\n");
}

#[test]
fn root_makes_nothing_in_another_users_data_directory() {
    let (place, _) = Place::initialised();
    let data = place.path().join("symbolon-data");
    // Only root can give a directory away, and only root is refused.
    if chown(&data, Some(65_534), None).is_err() {
        assert!(place.run("user list").ok().contains("admin"));
        return;
    }
    let told = place.run("user list").refused(1);
    assert!(
        told.contains("belongs to the user with the id 65534") && told.contains("sudo -u '#65534'"),
        "{told}"
    );
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    chown(&data, Some(0), None).unwrap();
    assert!(place.run("user list").ok().contains("admin"));
}
