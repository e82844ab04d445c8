//! The processes that are measured: started, asked for their CPU time, and ended.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::{Outcome, clock, complain, tree};

/// How long somebody else's program may take until it serves, with all its tokens made.
const FILLING: Duration = Duration::from_mins(5);
/// How long it may take to end by itself.
const ENDING: Duration = Duration::from_secs(10);
/// How often somebody else's process is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A process that serves, with what it started; it ends with this value.
pub(crate) struct Server {
    child: Child,
    /// Where it listens, in the order in which it said so.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Whether it has processes of its own to end.
    is_foreign: bool,
}

/// A program of somebody else's, which follows the convention of `bench/peers`: FOLDER, PORT and `words` are its
/// arguments, it writes FOLDER/ready when it can be asked, and it ends when its standard input does.
pub(crate) struct Program<'a> {
    pub(crate) name: &'a str,
    /// What starts the script.
    pub(crate) interpreter: PathBuf,
    pub(crate) script: PathBuf,
    pub(crate) words: Vec<String>,
    pub(crate) variables: Vec<(&'static str, PathBuf)>,
}

impl Server {
    /// Starts a server of this same program; `words` are its role on the command line. Returns when it listens. What it
    /// logs goes into a file in `folder`.
    pub(crate) fn start(words: &[&str], folder: &Path, cpu: Option<usize>) -> Outcome<Self> {
        let log = folder.join(format!("{}.log", words[0]));
        let fault = |why| format!("the server {} cannot be started: {why}", words[0]);
        let program = std::env::current_exe().map_err(fault)?;
        let mut child = on(cpu, program)
            .arg("serve")
            .args(words)
            // Its end is ours: the server stops when this pipe closes, whatever has become of us.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).map_err(fault)?)
            .spawn()
            .map_err(fault)?;
        let mut line = String::new();
        let read = child.stdout.take().map(|output| BufReader::new(output).read_line(&mut line));
        let addresses = line.split_whitespace().map(str::parse).collect::<Result<Vec<_>, _>>();
        // From here on it ends with this value, also if it did not start well.
        let server = Self { child, addresses: addresses.unwrap_or_default(), is_foreign: false };
        match read {
            Some(Ok(_)) if !server.addresses.is_empty() => Ok(server),
            _ => Err(format!("the server {} does not listen: {}", words[0], end_of(&log))),
        }
    }

    /// Starts somebody else's program, on one processor where `cpu` names it. Returns when it serves; what it says then is in
    /// the second part.
    pub(crate) fn start_program(
        program: &Program<'_>,
        folder: &Path,
        cpu: Option<usize>,
    ) -> Outcome<(Self, String)> {
        let fault = |why| format!("{} cannot be started: {why}", program.name);
        let log = folder.join("log");
        let output = File::create(&log).map_err(fault)?;
        let address = free_address().map_err(fault)?;
        let child = on(cpu, &program.interpreter)
            .arg(&program.script)
            .arg(folder)
            .arg(address.port().to_string())
            .args(&program.words)
            .envs(program.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().map_err(fault)?)
            .stderr(output)
            .spawn()
            .map_err(fault)?;
        let mut server = Self { child, addresses: vec![address], is_foreign: true };
        let (start, ready) = (clock::instant(), folder.join("ready"));
        // Its port and its tokens come from different processes of it, in either order.
        while !ready.exists() || TcpStream::connect(address).is_err() {
            if server.child.try_wait().map_err(fault)?.is_some() {
                // Only here: a log may name folders of this machine, and results are shown to others.
                complain(&end_of(&log));
                return Err(
                    "it ended before it served; what it said stands in the output of the run".to_owned()
                );
            }
            if clock::instant().duration_since(start) > FILLING {
                complain(&end_of(&log));
                return Err(format!("it did not serve within {} s", FILLING.as_secs()));
            }
            thread::park_timeout(LOOK);
        }
        Ok((server, fs::read_to_string(&ready).map_err(fault)?))
    }

    /// The CPU time that it has taken since its start, with what it started, in user mode and in the kernel.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        tree::cpu(self.child.id())
    }

    /// Its memory, with that of what it started, in MiB.
    pub(crate) fn memory(&self) -> f64 {
        tree::memory(self.child.id())
    }

    /// Waits until it has ended by itself, with what it started.
    fn end_gently(&mut self) {
        let start = clock::instant();
        drop(self.child.stdin.take());
        while matches!(self.child.try_wait(), Ok(None)) && clock::instant().duration_since(start) < ENDING {
            thread::park_timeout(LOOK);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let members = if self.is_foreign { tree::of(self.child.id()) } else { Vec::new() };
        if self.is_foreign {
            self.end_gently();
        }
        // An error is that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        tree::kill(&members);
    }
}

/// A command that runs on one processor, where `cpu` names it.
fn on(cpu: Option<usize>, program: impl AsRef<OsStr>) -> Command {
    let Some(cpu) = cpu else { return Command::new(program) };
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &cpu.to_string()]).arg(program);
    command
}

/// An address on loopback that was free a moment ago.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}

/// What a log ends with.
pub(crate) fn end_of(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let end = &bytes[bytes.len().saturating_sub(1_000)..];
    String::from_utf8_lossy(end).trim().to_owned()
}
