//! Steps: commands run in order, each with a header and its duration, until one fails.

use std::fmt::{self, Display, Write as _};
use std::time::{Duration, Instant};

use crate::shell::{Shell, say, succeed};

/// One command of a task.
pub(crate) struct Step {
    /// A short name, unique in its task.
    pub(crate) name: &'static str,
    /// The program and its arguments.
    pub(crate) command: Vec<String>,
    /// Variables to set for it.
    pub(crate) variables: &'static [(&'static str, &'static str)],
    /// What to do when it fails: a sentence.
    pub(crate) advice: &'static str,
}

/// The command as one would type it.
impl Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.variables {
            write!(f, "{name}={} ", quoted(value))?;
        }
        let words: Vec<String> = self.command.iter().map(|word| quoted(word)).collect();
        f.write_str(&words.join(" "))
    }
}

/// The words of a command in which none has a space.
pub(crate) fn words(command: &str) -> Vec<String> {
    command.split(' ').map(str::to_owned).collect()
}

/// Runs the steps in order and stops at the first that fails; the error is a sentence.
pub(crate) fn run_all(shell: &Shell, steps: &[Step]) -> Result<(), String> {
    let mut recap = String::new();
    let mut total = Duration::ZERO;
    for (index, step) in steps.iter().enumerate() {
        say(&format!("\n==> {}/{} {}: {step}", index + 1, steps.len(), step.name));
        let (outcome, took) = timed(|| run(shell, step));
        total += took;
        if let Err(how) = outcome {
            return Err(failure(steps, index, &how, took));
        }
        say(&format!("==> {} passed in {}", step.name, spoken(took)));
        let _ = write!(recap, "\n    {:<12}{:>14}", step.name, spoken(took));
    }
    say(&format!("\nEvery step passed, in {}:{recap}", spoken(total)));
    Ok(())
}

fn run(shell: &Shell, step: &Step) -> Result<(), String> {
    let (program, arguments) = step.command.split_first().ok_or("the step has no command")?;
    succeed(shell.command(program).args(arguments).envs(step.variables.iter().copied()))
}

fn failure(steps: &[Step], failed: usize, how: &str, took: Duration) -> String {
    let step = &steps[failed];
    let left: Vec<&str> = steps[failed + 1..].iter().map(|step| step.name).collect();
    let left = if left.is_empty() { String::new() } else { format!(" Not run: {}.", left.join(", ")) };
    format!("{} failed after {} ({how}). {}{left}", step.name, spoken(took), step.advice)
}

#[expect(clippy::disallowed_methods, reason = "an edge: how long a step took is read off the clock")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// A duration for people: `0.4 s`, `59.9 s`, `3 min 05 s`.
fn spoken(duration: Duration) -> String {
    let tenths = (duration.as_millis() + 50) / 100;
    if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        let seconds = (duration.as_millis() + 500) / 1000;
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// A word as a shell would take it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &'static str, script: &str) -> Step {
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        Step { name, command, variables: &[("GREETING", "good day")], advice: "Look above." }
    }

    #[test]
    fn a_header_can_be_pasted_into_a_shell() {
        assert_eq!(step("a", "echo it's").to_string(), r"GREETING='good day' sh -c 'echo it'\''s'");
        assert_eq!(quoted("--all-targets"), "--all-targets");
        assert_eq!(quoted("test(/a|b/)"), "'test(/a|b/)'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn durations_are_rounded_before_they_are_split() {
        let spoken = |millis| spoken(Duration::from_millis(millis));
        assert_eq!(spoken(0), "0.0 s");
        assert_eq!(spoken(449), "0.4 s");
        assert_eq!(spoken(59_949), "59.9 s");
        assert_eq!(spoken(59_950), "1 min 00 s");
        assert_eq!(spoken(119_600), "2 min 00 s");
        assert_eq!(spoken(185_000), "3 min 05 s");
    }

    #[test]
    fn the_first_failure_ends_the_run_and_names_what_was_not_run() {
        let steps =
            [step("one", "exit 0"), step("two", "exit 7"), step("three", "exit 0"), step("four", "exit 0")];
        let sentence = run_all(&Shell::new(), &steps).unwrap_err();
        assert!(sentence.starts_with("two failed after "), "{sentence}");
        assert!(sentence.contains("exit status: 7"), "{sentence}");
        assert!(sentence.ends_with("Look above. Not run: three, four."), "{sentence}");
    }

    #[test]
    fn a_failure_of_the_last_step_leaves_nothing_over() {
        let sentence = run_all(&Shell::new(), &[step("one", "exit 1")]).unwrap_err();
        assert!(sentence.ends_with("Look above."), "{sentence}");
    }

    #[test]
    fn a_step_sees_its_variables() {
        assert_eq!(run_all(&Shell::new(), &[step("one", r#"test "$GREETING" = "good day""#)]), Ok(()));
    }
}
