//! What was changed, and what follows for rights.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::clock::Moment;
use crate::history::{Check, Found, Mutation, Outcome, Rights};

/// One aspect of a subject, put to something.
#[derive(Debug)]
struct Put {
    rights: Rights,
    sent: Moment,
    /// When it is over, whatever came of it; `None`: it may take effect at any time after it was sent.
    over: Option<Moment>,
    acknowledged: bool,
    line: u64,
    what: String,
}

impl Put {
    fn admits(&self, right: &str) -> bool {
        self.rights.iter().any(|held| held == "*" || held == right)
    }

    /// Whether this may take effect after the other one has.
    fn may_follow(&self, other: &Put) -> bool {
        self.over.is_none_or(|over| over > other.sent)
    }
}

#[derive(Debug, Default)]
struct Subject {
    under: Option<String>,
    aspects: BTreeMap<String, Vec<Put>>,
}

/// Every subject.
#[derive(Debug, Default)]
pub(super) struct Known {
    subjects: HashMap<String, Subject>,
    acknowledged: u64,
    /// Who has read what back.
    found: HashMap<String, HashSet<String>>,
}

impl Known {
    /// Takes a mutation in.
    pub(super) fn add(&mut self, line: u64, mutation: Mutation) {
        let over = match mutation.outcome {
            Outcome::Refused => return,
            Outcome::Acknowledged => Some(mutation.answered),
            Outcome::Unknown => None,
        };
        let acknowledged = over.is_some();
        self.acknowledged += u64::from(acknowledged);
        let what = format!("{} through {}", mutation.kind, mutation.node);
        let subject = self.subjects.entry(mutation.subject).or_default();
        subject.under = mutation.under.or(subject.under.take());
        for (aspect, rights) in mutation.aspects {
            let (sent, what) = (mutation.sent, what.clone());
            let put = Put { rights, sent, over, acknowledged, line, what };
            subject.aspects.entry(aspect).or_default().push(put);
        }
    }

    /// How many were acknowledged.
    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// The subject and all that it is under.
    fn line_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, &'a Subject)> {
        let first = self.subjects.get(name).map(|subject| (name, subject));
        std::iter::successors(first, |(_, subject)| {
            let above = subject.under.as_deref()?;
            self.subjects.get(above).map(|subject| (above, subject))
        })
    }

    /// Why the right was not there any more when the check was sent, if that is certain.
    ///
    /// It is, where a mutation that took it was acknowledged before, and none that gives it can have come after that one and
    /// before the answer.
    pub(super) fn taken(&self, check: &Check) -> Option<String> {
        for (name, subject) in self.line_of(&check.subject) {
            for (aspect, puts) in &subject.aspects {
                // Most have never been taken anything.
                let taking = puts.iter().filter(|put| {
                    put.acknowledged
                        && put.over.is_some_and(|over| over < check.sent)
                        && !put.admits(&check.right)
                });
                for take in taking {
                    let mut giving =
                        puts.iter().filter(|put| put.admits(&check.right) && put.sent < check.answered);
                    if !giving.any(|give| give.may_follow(take)) {
                        return Some(format!(
                            "{} let {} have {}, which {} of {name} had taken, acknowledged {} µs before it was asked \
                             (line {}, {aspect})",
                            check.node,
                            check.subject,
                            check.right,
                            take.what,
                            (check.sent - take.over.unwrap_or_default()) / 1_000,
                            take.line,
                        ));
                    }
                }
            }
        }
        None
    }

    /// Why the right was there all the time from when the check was sent until it was answered, if that is certain.
    pub(super) fn given(&self, check: &Check) -> Option<String> {
        let mut any = false;
        for (_, subject) in self.line_of(&check.subject) {
            any = true;
            for puts in subject.aspects.values() {
                let stands = |give: &Put| {
                    let mut taking =
                        puts.iter().filter(|put| !put.admits(&check.right) && put.sent < check.answered);
                    !taking.any(|take| take.may_follow(give))
                };
                let mut giving = puts.iter().filter(|put| {
                    put.acknowledged
                        && put.over.is_some_and(|over| over < check.sent)
                        && put.admits(&check.right)
                });
                if !giving.any(stands) {
                    return None;
                }
            }
        }
        // A subject under another that is not known may lack anything.
        let whole = self
            .line_of(&check.subject)
            .all(|(_, subject)| subject.under.as_ref().is_none_or(|above| self.subjects.contains_key(above)));
        (any && whole).then(|| {
            format!(
                "{} refused {} {}, which it was given before it was asked and nobody took",
                check.node, check.subject, check.right
            )
        })
    }

    /// What is wrong with what was read back.
    pub(super) fn found(&mut self, found: &Found) -> Vec<String> {
        self.found.entry(found.reader.clone()).or_default().insert(found.subject.clone());
        let Some(subject) = self.subjects.get(&found.subject) else { return Vec::new() };
        let mut wrong = Vec::new();
        for (aspect, rights) in &found.aspects {
            let Some(puts) = subject.aspects.get(aspect) else { continue };
            let last = |put: &Put| {
                !puts.iter().any(|later| later.acknowledged && put.over.is_some_and(|over| later.sent > over))
            };
            if !puts.iter().any(|put| last(put) && set(&put.rights) == set(rights)) {
                let latest = puts.iter().filter(|put| put.acknowledged).max_by_key(|put| put.over);
                wrong.push(format!(
                    "{} finds {aspect} of {} to be {rights:?}, which the last mutation of it was not: {}",
                    found.reader,
                    found.subject,
                    latest.map_or("none was acknowledged".to_owned(), |put| format!(
                        "{} to {:?} was acknowledged (line {})",
                        put.what, put.rights, put.line
                    ))
                ));
            }
        }
        wrong
    }

    /// Subjects of acknowledged mutations that a reader has not found at all.
    pub(super) fn missing(&self, readers: &[String]) -> Vec<String> {
        let of = |subject: &Subject| subject.aspects.values().flatten().any(|put| put.acknowledged);
        let wanted: BTreeSet<&str> =
            self.subjects.iter().filter(|(_, subject)| of(subject)).map(|(name, _)| name.as_str()).collect();
        let mut missing = Vec::new();
        for reader in readers {
            let found = self.found.get(reader);
            let lost = wanted.iter().filter(|name| found.is_none_or(|found| !found.contains(**name)));
            missing.extend(lost.map(|name| format!("{reader} does not find {name}, which was acknowledged")));
        }
        missing
    }
}

fn set(rights: &Rights) -> BTreeSet<&str> {
    rights.iter().map(String::as_str).collect()
}
