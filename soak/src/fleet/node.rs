//! One node: its folder, its way to the database, and its process, which ends with it.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::relay::Relay;

/// How a node is to be.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
    /// The application that its proxy guards, if it has one.
    pub(crate) upstream: Option<SocketAddr>,
    /// The catalog.
    pub(crate) catalog: PathBuf,
    /// The library by which its wall clock is stepped, if it is.
    pub(crate) faketime: Option<PathBuf>,
}

/// One node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) plan: Plan,
    pub(crate) management: SocketAddr,
    pub(crate) proxy: Option<SocketAddr>,
    pub(crate) relay: Relay,
    process: Mutex<Option<Process>>,
    /// How often it was started.
    lives: AtomicU32,
}

#[derive(Debug)]
struct Process {
    child: Child,
    /// Open for as long as it runs, for it may say more.
    output: Option<BufReader<ChildStdout>>,
}

impl Node {
    /// Writes the settings down. Its relay leads to the database.
    pub(crate) fn new(plan: Plan, relay: Relay, url: &str) -> Result<Self, String> {
        let fault = |why| format!("{} cannot be made: {why}", plan.folder.display());
        fs::create_dir_all(&plan.folder).map_err(fault)?;
        let management = free_address().map_err(fault)?;
        let proxy = plan.upstream.map(|_| free_address()).transpose().map_err(fault)?;
        let mut settings = format!(
            "listen = \"{management}\"\ncatalogs = [{:?}]\n\
             [database]\nurl = {url:?}\nnode = {:?}\n",
            plan.catalog.display().to_string(),
            plan.name
        );
        if let (Some(upstream), Some(proxy)) = (plan.upstream, proxy) {
            let _ =
                write!(settings, "[services.odin]\nlisten = \"{proxy}\"\nupstream = \"http://{upstream}\"\n");
        }
        fs::write(plan.folder.join("symbolon.toml"), settings).map_err(fault)?;
        fs::write(plan.folder.join(STEPS), "+0\n").map_err(fault)?;
        Ok(Self { plan, management, proxy, relay, process: Mutex::new(None), lives: AtomicU32::new(0) })
    }

    /// What people call it.
    pub(crate) fn name(&self) -> &str {
        &self.plan.name
    }

    /// How often it was started.
    pub(crate) fn lives(&self) -> u32 {
        self.lives.load(Ordering::SeqCst)
    }

    /// The program in the node's folder, with none of this machine's variables.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.plan.program);
        command.current_dir(&self.plan.folder).env_clear().stdin(Stdio::null());
        command
    }

    /// Makes the data directory; the secrets that were printed.
    pub(crate) fn initialise(&self) -> Result<Value, String> {
        let done = self.command().args(["init", "--json"]).output();
        let done = done.map_err(|why| format!("{} cannot be run: {why}", self.plan.program.display()))?;
        if !done.status.success() {
            return Err(format!("init failed: {}", String::from_utf8_lossy(&done.stderr).trim()));
        }
        serde_json::from_slice(&done.stdout).map_err(|why| format!("init is not understood: {why}"))
    }

    /// Takes the keys of another node, as a fleet's nodes have the same.
    pub(crate) fn copy_keys(&self, from: &Node) -> Result<(), String> {
        let (from, to) = (from.plan.folder.join(DATA), self.plan.folder.join(DATA));
        let fault = |why| format!("the keys cannot be copied to {}: {why}", to.display());
        fs::create_dir_all(&to).map_err(fault)?;
        fs::set_permissions(&to, fs::metadata(&from).map_err(fault)?.permissions()).map_err(fault)?;
        for file in ["keys.toml", "audit-key.toml"] {
            // With its mode: nobody else may read it.
            fs::copy(from.join(file), to.join(file)).map_err(fault)?;
        }
        Ok(())
    }

    /// Starts the process and waits until it listens. To be called beside the runtime.
    pub(crate) fn start(&self) -> Result<(), String> {
        let fault = |why| format!("{} cannot be started: {why}", self.plan.name);
        let log = self.log();
        let file = OpenOptions::new().create(true).append(true).open(&log).map_err(fault)?;
        let mut command = self.command();
        if let Some(library) = &self.plan.faketime {
            command
                .env("LD_PRELOAD", library)
                .env("FAKETIME_TIMESTAMP_FILE", self.plan.folder.join(STEPS))
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                .env("FAKETIME_CACHE_DURATION", "1");
        }
        let mut child = command
            .args(["serve", "--json", "--no-init"])
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .map_err(fault)?;
        let mut output = BufReader::new(child.stdout.take().ok_or("the node has no output")?);
        // From here on it ends with this node, also if it does not start well.
        *self.process() = Some(Process { child, output: None });
        let mut line = String::new();
        let listens = loop {
            line.clear();
            match output.read_line(&mut line) {
                Ok(1..) if !line.contains("\"listening\"") => {}
                read => break matches!(read, Ok(1..)),
            }
        };
        if !listens {
            self.kill();
            return Err(format!("{} did not start: {}", self.plan.name, end_of(&log)));
        }
        if let Some(process) = self.process().as_mut() {
            process.output = Some(output);
        }
        self.lives.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Where it logs.
    pub(crate) fn log(&self) -> PathBuf {
        self.plan.folder.join("log")
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process's id; `None`: it does not run.
    pub(crate) fn id(&self) -> Option<u32> {
        self.process().as_ref().map(|one| one.child.id())
    }

    /// kill -9.
    pub(crate) fn kill(&self) {
        let process = self.process().take();
        if let Some(mut one) = process {
            let id = one.child.id();
            // An error is that it has ended already.
            let _ = one.child.kill();
            let _ = one.child.wait();
            // What the library leaves behind of a process that could not clean up.
            for name in ["faketime_shm_", "sem.faketime_sem_"] {
                let _ = fs::remove_file(format!("/dev/shm/{name}{id}"));
            }
        }
    }

    /// Stops every thread of it, and returns when they stand.
    pub(crate) fn pause(&self) {
        let Some(id) = self.id() else { return };
        signal(id, Signal::STOP);
        let tasks = PathBuf::from(format!("/proc/{id}/task"));
        let stands = |task: fs::DirEntry| {
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            // One that is gone runs no more either.
            status.is_empty() || status.lines().any(|line| line.starts_with("State:\tT"))
        };
        while !fs::read_dir(&tasks).into_iter().flatten().flatten().all(stands) {
            std::thread::yield_now();
        }
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        if let Some(id) = self.id() {
            signal(id, Signal::CONT);
        }
    }

    /// Steps its wall clock, to so many seconds beside the machine's.
    pub(crate) fn step(&self, seconds: i64) {
        // In place, for the library has the file open by its name.
        let _ = fs::write(self.plan.folder.join(STEPS), format!("{seconds:+}\n"));
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The file that says how far its wall clock is off.
const STEPS: &str = "steps";
/// Where a node's keys are.
const DATA: &str = "symbolon-data";

/// Sends a signal to a process of ours, or of the database's.
pub(crate) fn signal(id: u32, signal: Signal) {
    if let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // An error is that it has ended.
        let _ = kill_process(id, signal);
    }
}

/// An address of the loopback that was free a moment ago, so that a node which is started again is where it was.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// What a log ends with.
fn end_of(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(1_000)..]).trim().to_owned()
}
