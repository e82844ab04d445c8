//! Which processors there are, and keeping the load on one of them.

use std::fs;
use std::process::{Command, Stdio};

use crate::Outcome;

/// Keeps this process on one processor until the value ends.
pub(crate) struct Kept {
    before: String,
}

/// A processor for what is measured, and another one for the load.
pub(crate) fn two() -> Outcome<(usize, usize)> {
    match list(&allowed()?).as_deref() {
        Some([servers, load, ..]) => Ok((*servers, *load)),
        _ => {
            Err("rivals are measured on one processor with the load on another, and there are not two"
                .to_owned())
        }
    }
}

impl Kept {
    pub(crate) fn on(processor: usize) -> Outcome<Self> {
        let kept = Self { before: allowed()? };
        keep(&processor.to_string())?;
        Ok(kept)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // What may be wrong with it was told when it was set.
        let _ = keep(&self.before);
    }
}

fn keep(processors: &str) -> Outcome<()> {
    let process = std::process::id().to_string();
    let words = ["--all-tasks", "--cpu-list", "--pid", processors, &process];
    let done = Command::new("taskset").args(words).stdout(Stdio::null()).status();
    match done {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("taskset ended with {status}")),
        Err(why) => Err(format!("taskset, of util-linux, cannot be started: {why}")),
    }
}

/// The processors that this process may run on, as the kernel writes them.
fn allowed() -> Outcome<String> {
    let status =
        fs::read_to_string("/proc/self/status").map_err(|why| format!("/proc/self/status: {why}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    line.map(|list| list.trim().to_owned()).ok_or_else(|| "no list of processors".to_owned())
}

/// Numbers and ranges of them, such as `0-2,5`.
fn list(text: &str) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        numbers.extend(first.parse::<usize>().ok()?..=last.parse().ok()?);
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_numbers_and_ranges() {
        assert_eq!(list("0-2,5"), Some(vec![0, 1, 2, 5]));
        assert_eq!(list("3"), Some(vec![3]));
        assert_eq!(list(""), None);
        assert!(list(&allowed().unwrap()).is_some_and(|list| !list.is_empty()));
    }
}
