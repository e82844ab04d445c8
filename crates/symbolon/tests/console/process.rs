//! Programs that end: in time or by force, and with all that they started.

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a program may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);

/// A program that has ended.
pub(super) struct Ended {
    pub(super) output: Output,
    /// Whether it ended by itself.
    pub(super) in_time: bool,
}

/// Runs a command, whose variable `HOME` is `home`, with this on its standard input. Where it does not end in time, it
/// is asked to, and then everything of that home is killed.
pub(super) fn run(mut command: Command, home: &Path, input: &str, patience: Duration) -> Ended {
    command.env("HOME", home).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    let group = format!("-{}", child.id());
    // One that ends without reading says why by itself.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let (ended, end) = mpsc::channel();
    let waiting = thread::spawn(move || ended.send(child.wait_with_output().unwrap()));
    let (output, in_time) = if let Ok(output) = end.recv_timeout(patience) {
        (output, true)
    } else {
        kill("TERM", std::slice::from_ref(&group));
        let output = end.recv_timeout(GRACE).unwrap_or_else(|_| {
            kill("KILL", &[vec![group], at_home(home)].concat());
            end.recv().unwrap()
        });
        (output, false)
    };
    waiting.join().unwrap().unwrap();
    Ended { output, in_time }
}

/// The ids of the processes that were started with this `HOME`, and of those in a session that one of them leads. By
/// neither group nor parent could all be found: Chromium leaves its driver's group, its crash handlers are nobody's
/// children, and its renderers overwrite the variables that they were started with.
pub(super) fn at_home(home: &Path) -> Vec<String> {
    let home = format!("HOME={}", home.display());
    let mut processes = Vec::new();
    for entry in fs::read_dir("/proc").unwrap() {
        let folder = entry.unwrap().path();
        let id = folder.file_name().unwrap().to_string_lossy().into_owned();
        // What is no process, or has ended meanwhile, has none of these files.
        let (Ok(variables), Ok(stat)) = (fs::read(folder.join("environ")), fs::read(folder.join("stat")))
        else {
            continue;
        };
        let started_here = variables.split(|&byte| byte == 0).any(|each| each == home.as_bytes());
        // `id (name) state parent group session …`, where the name may have anything in it: proc(5).
        let stat = String::from_utf8_lossy(&stat).into_owned();
        let session =
            stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(3)).map(str::to_owned);
        processes.push((id, started_here, session));
    }
    let leads = |leader: &str| processes.iter().any(|(id, started_here, _)| *started_here && id == leader);
    let here = processes
        .iter()
        .filter(|(_, started_here, session)| *started_here || session.as_deref().is_some_and(leads));
    here.map(|(id, ..)| id.clone()).collect()
}

/// Some may have ended by now, so how `kill` ends tells nothing.
fn kill(signal: &str, ids: &[String]) {
    let _ = Command::new("kill").args(["-s", signal, "--"]).args(ids).stderr(Stdio::null()).status();
}
