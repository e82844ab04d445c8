//! A collector that decodes what it is sent with OpenTelemetry's own package.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::support::tool;
use serde_json::Value;

/// A running collector. It is killed, by its own id, when the value goes.
pub(crate) struct Collector {
    running: Child,
    said: BufReader<ChildStdout>,
    /// Its address, as a setting has it.
    pub(crate) url: String,
}

/// What a collector was sent.
pub(crate) struct Collected {
    messages: Vec<Value>,
}

impl Collector {
    /// Starts one that `takes` spans, `refuses` them or `rejects one` of each message.
    pub(crate) fn start(how: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/telemetry/collector.py");
        let mut python = Command::new("python3");
        python
            .arg(script)
            .arg(how)
            .env("PYTHONPATH", tool("opentelemetry-proto-1.45.2"))
            .stdout(Stdio::piped());
        let mut running = python.spawn().unwrap();
        let mut said = BufReader::new(running.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let port = serde_json::from_str::<Value>(&line).unwrap()["port"].clone();
        Self { running, said, url: format!("http://127.0.0.1:{port}") }
    }

    /// Ends it; what it was sent until now.
    pub(crate) fn end(mut self) -> Collected {
        self.running.kill().unwrap();
        self.running.wait().unwrap();
        let mut text = String::new();
        self.said.read_to_string(&mut text).unwrap();
        let messages: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for message in &messages {
            assert_eq!(message["asked"], "/v1/traces application/x-protobuf");
            assert_eq!(message["resources"][0]["service.name"], "symbolon");
        }
        Collected { messages }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

impl Collected {
    /// Every span, in the order in which they ended.
    pub(crate) fn spans(&self) -> Vec<Value> {
        self.messages.iter().flat_map(|message| message["spans"].as_array().unwrap()).cloned().collect()
    }

    /// Every byte of every message.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let digits: String = self.messages.iter().map(|message| message["bytes"].as_str().unwrap()).collect();
        let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        (0..digits.len()).step_by(2).map(byte).collect()
    }
}
