//! The history of a git repository, read by git itself: every object that it has, also those that no branch leads to any
//! more, and for what was found the oldest commit that has it, and where.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use symbolon_core::leak::redacted;

use super::finds::{Finds, Place};
use crate::failure::Failure;

/// Searches all objects of the repository at `path`, which may be a bare one.
pub(crate) fn history(path: &Path, finds: &mut Finds, tick: &mut impl FnMut(&Finds)) -> Result<(), Failure> {
    let all = ["cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"];
    let mut git = Git::start(path, &all)?;
    while let Some(header) = git.line()? {
        // `<object> <kind> <size>`, then the content and a line's end.
        let mut words = header.split(' ');
        let object = words.next().unwrap_or_default().to_owned();
        let size = words.nth(1).and_then(|size| size.parse::<u64>().ok());
        let size = size.ok_or_else(|| git.failed("its answer was not understood"))?;
        let place = |line| Place { path: String::new(), line, commit: None, object: Some(object.clone()) };
        if let Err(fault) = finds.search(git.output.by_ref().take(size), place) {
            fault.noted(finds, &path.display().to_string())?;
            return git.end();
        }
        git.line()?;
        tick(finds);
    }
    git.end()?;
    name_commits(path, finds)
}

/// Says of each find in which commit and file it was first. Commits themselves, with their messages, are objects too.
fn name_commits(path: &Path, finds: &mut Finds) -> Result<(), Failure> {
    let mut sought: BTreeMap<String, Option<(String, String)>> =
        finds.places_mut().filter_map(|place| Some((place.object.clone()?, None))).collect();
    if sought.is_empty() {
        return Ok(());
    }
    let log = [
        "log",
        "--all",
        "--reflog",
        "--raw",
        "--no-abbrev",
        "--no-renames",
        "-m",
        "--root",
        "--format=commit %H",
    ];
    let mut git = Git::start(path, &log)?;
    let mut commit = String::new();
    while let Some(line) = git.line()? {
        // Newest first: the last that is seen is the oldest.
        if let Some(id) = line.strip_prefix("commit ") {
            id.clone_into(&mut commit);
            if let Some(place) = sought.get_mut(id) {
                *place = Some((commit.clone(), String::new()));
            }
        } else if let Some((entry, file)) = line.strip_prefix(':').and_then(|rest| rest.split_once('\t')) {
            // `<mode> <mode> <object before> <object after> <letter>`
            let after = entry.split(' ').nth(3).unwrap_or_default();
            if let Some(place) = sought.get_mut(after) {
                *place = Some((commit.clone(), redacted(file)));
            }
        }
    }
    git.end()?;
    for place in finds.places_mut() {
        let known = place.object.as_ref().and_then(|object| sought.get(object)?.clone());
        if let Some((commit, file)) = known {
            (place.commit, place.path) = (Some(commit), file);
        }
    }
    Ok(())
}

/// A git that runs.
struct Git {
    child: Child,
    output: BufReader<ChildStdout>,
    path: String,
}

impl Git {
    /// Of a repository that may be anybody's: nothing that its configuration names is run, nothing is fetched and nothing is
    /// written.
    fn start(path: &Path, words: &[&str]) -> Result<Self, Failure> {
        let mut command = Command::new("git");
        command.arg("-C").arg(path).args(["--no-pager", "--no-replace-objects"]);
        command.args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "log.showSignature=false",
            "-c",
            "core.quotePath=false",
        ]);
        command.args(words);
        command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0");
        // Where a hook of git's calls us, its variables name another repository.
        for name in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_COMMON_DIR",
            "GIT_OBJECT_DIRECTORY",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        ] {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                Failure::new("there is no git on the PATH, which --git needs; install it, or leave --git out")
            }
            _ => Failure::new(format!("git cannot be started: {error}")),
        })?;
        let output = child.stdout.take().map(BufReader::new);
        let output = output.ok_or_else(|| Failure::new("git cannot be read from"))?;
        Ok(Self { child, output, path: path.display().to_string() })
    }

    /// The next line without its end; `None` at the end of all.
    fn line(&mut self) -> Result<Option<String>, Failure> {
        let mut line = Vec::new();
        let read = self.output.read_until(b'\n', &mut line);
        match read.map_err(|error| self.failed(&error.to_string()))? {
            0 => Ok(None),
            _ => Ok(Some(String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line)).into_owned())),
        }
    }

    /// Waits for its end, which must be a good one.
    fn end(mut self) -> Result<(), Failure> {
        // It may have more to say than anybody wants to hear.
        drop(self.output);
        let status = self.child.wait().map_err(Failure::new)?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "the history of {} was not searched: git ended with {status}, and says why above; --git is for repositories",
            self.path
        )))
    }

    fn failed(&self, why: &str) -> Failure {
        Failure::new(format!("the history of {} was not searched: {why}", self.path))
    }
}
