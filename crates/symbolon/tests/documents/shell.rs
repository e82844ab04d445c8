//! One bash, typed into command by command, and ended with everything that it started.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

const END: &str = "end-of-output-7f3a";

pub(crate) struct Shell {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Shell {
    /// A shell in `directory` with `binary` on its path, and nothing of Symbolon's in its environment.
    pub(crate) fn start(directory: &Path, binary: &Path, management: &str) -> Self {
        let path = format!("{}:{}", binary.parent().unwrap().display(), env!("PATH"));
        let mut bash = Command::new("bash");
        bash.current_dir(directory).env("PATH", path);
        Self::of(bash.env("SYMBOLON_CONFIG_LISTEN", format!("127.0.0.1:{management}")))
    }

    /// The shell that this command starts.
    pub(crate) fn of(bash: &mut Command) -> Self {
        let mut child = bash.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output) }
    }

    /// Types a command and reads what it prints on standard output. After one in the background, waits until it
    /// listens: on the port of `ports` that it or its configuration names.
    pub(crate) fn run(&mut self, command: &str, ports: &[(String, String)]) -> String {
        if let Some(foreground) = command.strip_suffix('&') {
            writeln!(self.input, "{foreground} >background.log 2>&1 </dev/null & echo {END}").unwrap();
            let printed = self.read();
            let port = ports.iter().map(|(_, port)| port).find(|port| command.contains(*port));
            listening(port.unwrap_or(&ports[1].1));
            return printed;
        }
        writeln!(self.input, "{command}\necho; echo {END}").unwrap();
        self.read()
    }

    fn read(&mut self) -> String {
        let mut printed = String::new();
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the shell ended after {printed}");
            if line.trim_end() == END {
                return printed;
            }
            printed.push_str(&line);
        }
    }
}

fn listening(port: &str) {
    let address = format!("127.0.0.1:{port}");
    for _ in 0..1_500 {
        if TcpStream::connect(&address).is_ok() {
            return;
        }
        // Somebody else's start is waited for; there is no event to hear.
        std::thread::park_timeout(Duration::from_millis(20));
    }
    panic!("nothing listens on {address}");
}

impl Drop for Shell {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let _ = self.child.wait();
    }
}
