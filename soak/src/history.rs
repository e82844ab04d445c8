//! What a run writes down, and all that its checker knows: one event a line, as JSON.
//!
//! A token, a user or a session is a *subject*. What decides whether it may do something are its *aspects*, such as whether
//! it is enabled or which scopes it has; each has a set of *rights* that it admits, `*` being all. Something is allowed
//! where every aspect admits it, of the subject and of the one that it is under, as a token is under its owner. So the
//! checker needs no rule of Symbolon's: what a mutation means for rights stands in the history.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use serde::{Deserialize, Serialize};

use crate::clock::Moment;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// What is run; the first line.
    Run(Run),
    /// A try to change something.
    Mutation(Mutation),
    /// A question whether somebody may do something.
    Check(Check),
    /// The database was out of a node's reach.
    Silence(Silence),
    /// Something that was done to the fleet.
    Fault(Fault),
    /// How long a node said that its lease still runs.
    Lease(Lease),
    /// What is in the record at the end.
    Found(Found),
    /// What the fleet takes of the machine.
    Resources(Resources),
    /// How long something took.
    Latency(Latency),
    /// What of it each step took.
    Steps(Steps),
    /// Something that whoever reads the history should know.
    Note { at: Moment, text: String },
    /// Nothing is left out; the last line.
    End { at: Moment },
}

/// What is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) at: Moment,
    pub(crate) seed: u64,
    /// For how long a node may answer after it asked for its lease, in nanoseconds: the lease less the margin.
    pub(crate) answers_for: u64,
    /// Who reads everything back at the end.
    pub(crate) readers: Vec<String>,
}

/// How a try to change something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It is done, and holds everywhere.
    Acknowledged,
    /// It is not done and never will be.
    Refused,
    /// It may be done, or be done later.
    Unknown,
}

/// The rights that an aspect admits.
pub(crate) type Rights = Vec<String>;

/// A try to change something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mutation {
    pub(crate) node: String,
    /// What the operator did, such as `revoke`.
    pub(crate) kind: String,
    pub(crate) subject: String,
    /// Which other subject it is under; said where it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) under: Option<String>,
    /// What the aspects are to admit.
    pub(crate) aspects: BTreeMap<String, Rights>,
    pub(crate) sent: Moment,
    pub(crate) answered: Moment,
    pub(crate) outcome: Outcome,
    /// The HTTP status; 0 where there was no answer.
    pub(crate) status: u16,
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Allowed,
    Denied,
    /// It cannot be known.
    Unavailable,
    /// Something else that says nothing of rights, such as that there are too many.
    Other,
    /// None came.
    Nothing,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Check {
    pub(crate) node: String,
    pub(crate) subject: String,
    pub(crate) right: String,
    pub(crate) sent: Moment,
    pub(crate) answered: Moment,
    pub(crate) answer: Answer,
}

/// A time in which nothing that a node asked reached the database and came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Silence {
    pub(crate) node: String,
    pub(crate) begin: Moment,
    pub(crate) end: Moment,
}

/// Something that was done to the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    pub(crate) kind: String,
    /// The node, or the database.
    pub(crate) of: String,
    pub(crate) begin: Moment,
    pub(crate) end: Moment,
}

/// What a node said of its lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    pub(crate) node: String,
    pub(crate) sent: Moment,
    pub(crate) answered: Moment,
    /// How long it still runs, in milliseconds.
    pub(crate) left: u64,
}

/// What a reader found in the record when nothing changed any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) reader: String,
    pub(crate) subject: String,
    pub(crate) aspects: BTreeMap<String, Rights>,
}

/// What something takes of the machine at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Resources {
    pub(crate) at: Moment,
    /// A node or a table.
    pub(crate) of: String,
    /// Which life of it: a node that was started again begins anew.
    pub(crate) life: u32,
    /// By name, such as `memory_kib`.
    pub(crate) amounts: BTreeMap<String, f64>,
}

/// How long something took, each time that it was done, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) of: String,
    pub(crate) millis: Vec<f64>,
}

/// What the nodes told of the steps of what took so long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Steps {
    pub(crate) of: String,
    pub(crate) steps: Vec<Step>,
}

/// One step of acknowledgements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) name: String,
    /// Of the time of all steps together, from 0 to 1.
    pub(crate) share: f64,
    /// In milliseconds, as this and the next are within their classes.
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

/// Where events are written from anywhere.
#[derive(Debug, Clone)]
pub(crate) struct History(mpsc::Sender<Event>);

/// The thread that writes.
#[derive(Debug)]
pub(crate) struct Writing {
    thread: JoinHandle<std::io::Result<()>>,
    path: PathBuf,
}

impl History {
    /// Begins a file.
    pub(crate) fn begin(path: &Path) -> Result<(Self, Writing), String> {
        let file = File::create(path).map_err(|why| format!("{} cannot be made: {why}", path.display()))?;
        let (sender, events) = mpsc::channel::<Event>();
        let thread = thread::spawn(move || {
            let mut file = BufWriter::new(file);
            for event in events {
                serde_json::to_writer(&mut file, &event)?;
                file.write_all(b"\n")?;
            }
            file.flush()
        });
        Ok((Self(sender), Writing { thread, path: path.to_owned() }))
    }

    /// Writes an event. If it cannot be written, the end of the writing tells why.
    pub(crate) fn write(&self, event: Event) {
        let _ = self.0.send(event);
    }

    /// Tells something.
    pub(crate) fn note(&self, at: Moment, text: impl Into<String>) {
        self.write(Event::Note { at, text: text.into() });
    }
}

impl Writing {
    /// Waits until everything is written; nobody may have a [`History`] any more.
    pub(crate) fn end(self) -> Result<(), String> {
        let done = self.thread.join().map_err(|_| "the history was not written to its end".to_owned())?;
        done.map_err(|why| format!("{} cannot be written: {why}", self.path.display()))
    }
}

/// Reads a history line by line. Each comes with its number.
pub(crate) fn read(path: &Path) -> Result<impl Iterator<Item = Result<(u64, Event), String>>, String> {
    let file = File::open(path).map_err(|why| format!("{} cannot be read: {why}", path.display()))?;
    let path = path.display().to_string();
    Ok((1..).zip(BufReader::new(file).lines()).map(move |(number, line)| {
        let event = line.map_err(|why| why.to_string());
        let event = event.and_then(|line| serde_json::from_str(&line).map_err(|why| why.to_string()));
        event.map(|event| (number, event)).map_err(|why| format!("{path}, line {number}: {why}"))
    }))
}
