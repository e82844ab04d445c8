//! What the demo shows. Plain lines; colour where a person looks on.

use std::io::{IsTerminal, Stdout, Write, stdout};

/// Standard output, with or without colour.
pub(super) struct Screen {
    out: Stdout,
    colour: bool,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self { out: stdout(), colour: stdout().is_terminal() }
    }

    /// A line. Written at once, for long work shows progress; a reader who has gone away is no error of ours.
    pub(super) fn line(&self, text: impl AsRef<str>) {
        let mut out = self.out.lock();
        let _ = writeln!(out, "{}", text.as_ref()).and_then(|()| out.flush());
    }

    /// A heading, with space before it.
    pub(super) fn heading(&self, text: &str) {
        self.line(format!("\n{}", self.paint("1", text)));
    }

    /// An answer: whether it was the expected one, who asked for what, and what came.
    pub(super) fn answer(
        &self,
        right: bool,
        who: &str,
        what: &str,
        status: u16,
        because: &str,
        detail: &str,
    ) {
        let mark = if right { self.paint("32", "ok ") } else { self.paint("31", "BAD") };
        let status = self.paint(if status < 300 { "32" } else { "33" }, &status.to_string());
        self.line(format!("  {mark}  {who:<20} {what:<36} {status}  {because}"));
        if !detail.is_empty() {
            self.line(format!("       {:<20} {}", "", self.paint("2", detail)));
        }
    }

    /// Something that is done between the requests.
    pub(super) fn deed(&self, text: &str) {
        self.line(format!("  {}   {text}", self.paint("36", "->")));
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
