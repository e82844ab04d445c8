//! A running server, and the shell beside it that sees it off.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use crate::account::{Account, command};
use crate::server::Stop;

/// Starts the server, tells its pid, and waits for the name of the signal that is to stop it. When it hears none,
/// because whoever held the other end was killed, it stops the server at once and removes the directory that is its
/// first argument.
///
/// A signal at the parent's death (`prctl(2)`) would come when the *thread* ends that started the server. The server is
/// this shell's child and not waited for before, so that its pid is never another's. CONT is for one that a test
/// stopped: it would otherwise never hear the signal. The shell lets go of the log, so that it ends with the server.
const SUPERVISOR: &str = r#"
"$@" </dev/null >&2 &
server=$!
echo "$server"
exec >&- 2>&-
remove=
read -r signal || { signal=QUIT; remove=yes; }
kill -s "$signal" "$server" 2>/dev/null
kill -s CONT "$server" 2>/dev/null
wait "$server"
ended=$?
[ -z "$remove" ] || rm -rf -- "$0"
exit "$ended"
"#;

/// What the server says when it takes connections: a standby, and any other. One that recovers says first what a standby says.
const READY: [&str; 2] = [
    "database system is ready to accept read-only connections",
    "database system is ready to accept connections",
];

/// The file by which a cluster is known as a standby's.
const STANDBY: &str = "standby.signal";

/// A server that takes connections.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    supervisor: Child,
    orders: Option<ChildStdin>,
    log: JoinHandle<()>,
}

impl Process {
    /// Starts the server in `directory`, whose cluster is `data`, and waits until it takes connections, those that write
    /// too if it is no standby. What it says is in the file `log`. `orphaned` is removed when this process is killed.
    pub(crate) fn start(
        postgres: &Path,
        directory: &Path,
        orphaned: &Path,
        account: Option<Account>,
    ) -> Result<Self, String> {
        let (log, data) = (directory.join("log"), directory.join("data"));
        let [read_only, whole] = READY;
        let awaited = if data.join(STANDBY).exists() { read_only } else { whole };
        let file = File::options().create(true).append(true).open(&log);
        let file = file.map_err(|why| format!("{} cannot be written: {why}.", log.display()))?;
        let mut supervisor = command(Path::new("/bin/sh"), directory, account)
            .args(["-c", SUPERVISOR])
            .arg(orphaned)
            .arg(postgres)
            .arg("-D")
            .arg(data)
            // What ends a test's whole group, as a runner and a terminal do, must not end the one that sees to the rest.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|why| format!("A shell cannot be started: {why}."))?;
        let orders = supervisor.stdin.take();
        let (Some(said), Some(errors)) = (supervisor.stdout.take(), supervisor.stderr.take()) else {
            return Err("The shell has no output.".to_owned());
        };
        let mut pid = String::new();
        let told = BufReader::new(said).read_line(&mut pid);
        let pid = told.ok().and_then(|_| pid.trim().parse().ok());
        let (sender, ready) = mpsc::channel();
        let reader = thread::spawn(move || keep(BufReader::new(errors), file, awaited, &sender));
        let process = Self { pid: pid.unwrap_or_default(), supervisor, orders, log: reader };
        if pid.is_some() && ready.recv().is_ok() {
            return Ok(process);
        }
        // It ended by itself, and its own words tell why.
        let _ = process.end(Stop::Immediate);
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        Err(format!("{} did not start: {}", postgres.display(), said.trim()))
    }

    /// Stops the server, and waits until it and all its own processes are gone.
    pub(crate) fn end(mut self, how: Stop) -> Result<(), String> {
        let signal = match how {
            Stop::Fast => "INT",
            Stop::Immediate => "QUIT",
            Stop::Killed => "KILL",
        };
        let told = self.orders.take().map(|mut orders| writeln!(orders, "{signal}"));
        told.transpose().map_err(|why| format!("The shell beside the server is gone: {why}."))?;
        self.supervisor.wait().map_err(|why| format!("The server's end cannot be awaited: {why}."))?;
        // Every process of the server's holds the other end of the log.
        self.log.join().map_err(|_| "The log of the server was not kept to its end.".to_owned())
    }
}

/// Copies what the server says into the file, and tells when it has said that it is ready. Goes on whatever happens: a server whose log
/// nobody reads comes to stand still.
fn keep(mut said: impl BufRead, mut file: File, awaited: &str, ready: &mpsc::Sender<()>) {
    let mut line = Vec::new();
    while said.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let _ = file.write_all(&line);
        if String::from_utf8_lossy(&line).contains(awaited) {
            // Whoever waited may have given up.
            let _ = ready.send(());
        }
        line.clear();
    }
}
