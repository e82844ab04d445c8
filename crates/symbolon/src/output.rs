//! What is printed: results on standard output, everything else on standard error.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Where results go, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read it.
    pub(crate) fn json(self) -> bool {
        self.json
    }

    /// Prints a result for people, as it is; programs are given a document.
    pub(crate) fn print(self, text: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { write(text) }
    }

    /// Prints a result for programs: one JSON document on one line; people are given a text.
    pub(crate) fn document(self, value: &impl Serialize) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let text = serde_json::to_string(value).map_err(Failure::new)?;
        write(&format!("{text}\n"))
    }

    /// Says something that is no result, on standard error; programs are not told.
    pub(crate) fn note(self, text: &str) {
        if !self.json {
            complain(text);
        }
    }

    /// Prints a table: a heading and rows, in columns as wide as their widest.
    pub(crate) fn table<const N: usize>(
        self,
        heading: [&str; N],
        rows: Vec<[String; N]>,
    ) -> Result<(), Failure> {
        if rows.is_empty() {
            self.note("There are none.");
            return Ok(());
        }
        let rows: Vec<[String; N]> = rows.into_iter().map(|row| row.map(|cell| clean(&cell))).collect();
        let heading = heading.map(str::to_owned);
        let all = || std::iter::once(&heading).chain(&rows);
        let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; N] = std::array::from_fn(width);
        let lines: String = all().map(|row| line(row, &widths)).collect();
        self.print(&lines)
    }

    /// Prints names and values, a line each; the lines of a value that has several stand below each other.
    pub(crate) fn pairs(self, pairs: &[(&str, String)]) -> Result<(), Failure> {
        let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let lines = pairs.iter().map(|(name, value)| pair(name, value, width));
        self.print(&lines.collect::<Vec<_>>().concat())
    }
}

fn write(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Who has read enough, such as `head`, has what they wanted.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(format!("the result cannot be printed: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Writes a line on standard error. Where that is closed there is nobody to tell.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn line<const N: usize>(row: &[String; N], widths: &[usize; N]) -> String {
    let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
    let text = cells.collect::<Vec<_>>().join("  ");
    format!("{}\n", text.trim_end())
}

/// A name and its value. What follows the value's first line is set in as far, so that nobody writes what looks like another
/// name.
fn pair(name: &str, value: &str, width: usize) -> String {
    let lines: Vec<_> = value.split('\n').map(clean).collect();
    format!("{name:width$}  {}\n", lines.join(&format!("\n{:width$}  ", "")))
}

/// What others wrote, without what a terminal would obey: control characters, and marks that turn the direction of
/// writing.
pub(crate) fn clean(text: &str) -> String {
    let obeyed = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if obeyed(c) { '\u{fffd}' } else { c }).collect()
}

/// Bytes as people and programs compare them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |hex, byte| hex + &format!("{byte:02x}"))
}

/// A list in one cell.
pub(crate) fn joined(items: &[String]) -> String {
    if items.is_empty() { "-".to_owned() } else { items.join(" ") }
}

/// A value that may be missing, in one cell.
pub(crate) fn maybe(value: Option<&String>, missing: &str) -> String {
    value.map_or_else(|| missing.to_owned(), Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_ordered_about() {
        assert_eq!(clean("a\u{1b}[2Jb\n\u{202e}c"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}c");
    }

    #[test]
    fn a_value_of_several_lines_says_nothing_in_the_place_of_names() {
        assert_eq!(pair("reason", "a\nstate  approved\r\n\u{1b}[1A", 8), {
            "reason    a\n          state  approved\u{fffd}\n          \u{fffd}[1A\n"
        });
    }

    #[test]
    fn columns_are_aligned() {
        assert_eq!(line(&["é".to_owned(), "b".to_owned(), String::new()], &[3, 1, 5]), "é    b\n");
    }
}
