//! The processes that are measured: started, asked for their CPU time, and ended.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Outcome;

/// How long a tick of `/proc` is: `USER_HZ` is 100 on every platform that Symbolon is built for (proc(5), time(7)).
const TICK: Duration = Duration::from_millis(10);

/// A process of this same program that serves; it ends with this value.
pub(crate) struct Server {
    child: Child,
    /// Where it listens, in the order in which it said so.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Server {
    /// Starts a server; `words` are its role on the command line. Returns when it listens. What it logs goes into a
    /// file in `folder`.
    pub(crate) fn start(words: &[&str], folder: &Path) -> Outcome<Self> {
        let log = folder.join(format!("{}.log", words[0]));
        let fault = |why| format!("the server {} cannot be started: {why}", words[0]);
        let program = std::env::current_exe().map_err(fault)?;
        let mut child = Command::new(program)
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
        let server = Self { child, addresses: addresses.unwrap_or_default() };
        match read {
            Some(Ok(_)) if !server.addresses.is_empty() => Ok(server),
            _ => Err(format!(
                "the server {} does not listen: {}",
                words[0],
                fs::read_to_string(&log).unwrap_or_default()
            )),
        }
    }

    /// The CPU time that it has taken since its start, in user mode and in the kernel, to the tick.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = fs::read_to_string(&path)
            .map_err(|why| format!("CPU time is read from Linux's {path}, and cannot be: {why}"))?;
        ticks(&stat).map(|ticks| TICK * ticks).ok_or_else(|| format!("not understood: {stat}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error is that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `utime` and `stime` (proc(5)), fields 14 and 15. The second field is a name that may hold spaces and brackets.
fn ticks(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut field = || fields.next()?.parse::<u32>().ok();
    Some(field()? + field()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_that_of_user_and_kernel() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 90 0 0 0 31 11 5 6 20 0 1 0 77 1 1";
        assert_eq!(ticks(stat), Some(42));
        assert_eq!(ticks("7 (a) S 1"), None);
    }
}
