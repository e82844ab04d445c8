//! Following the chain, line by line, to the first one that is wrong.

use std::collections::BTreeMap;
use std::fmt;

use super::{Checkpoint, Head, Line, LineHash};

/// What is wrong, at the first line where something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The line does not carry the hash of what it says after the line before.
    Changed {
        /// The line.
        seq: u64,
    },
    /// Another line stands where this one belongs: it was removed or moved.
    Misplaced {
        /// The line that is not there.
        seq: u64,
        /// The one that is.
        found: u64,
    },
    /// The line cannot be read at all.
    Unreadable {
        /// The line.
        seq: u64,
    },
    /// The chain fits together and is not the one that was signed: it was computed anew, from a line between the two.
    Rewritten {
        /// The last line that is as it was signed, plus one.
        first: u64,
        /// The line that a checkpoint signs otherwise.
        seq: u64,
    },
    /// A checkpoint signs a line beyond the end: the end was cut off, or an older state was put back.
    Truncated {
        /// The first line that is missing.
        seq: u64,
        /// The last one that was signed.
        signed: u64,
    },
    /// A part of the audit, and no checkpoint vouches for the line before it.
    Unanchored {
        /// Where it begins.
        found: u64,
    },
}

impl Flaw {
    /// The first line that is bad.
    pub fn line(&self) -> u64 {
        match *self {
            Self::Changed { seq }
            | Self::Misplaced { seq, .. }
            | Self::Unreadable { seq }
            | Self::Rewritten { first: seq, .. }
            | Self::Truncated { seq, .. } => seq,
            Self::Unanchored { .. } => 1,
        }
    }

    /// What kind of flaw it is, as a word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Misplaced { .. } => "misplaced",
            Self::Unreadable { .. } => "unreadable",
            Self::Rewritten { .. } => "rewritten",
            Self::Truncated { .. } => "truncated",
            Self::Unanchored { .. } => "unanchored",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Changed { seq } => write!(
                f,
                "line {seq} is not what was written: it, or the hash of the line before, was changed"
            ),
            Self::Misplaced { seq, found } => {
                write!(f, "line {seq} is not there, line {found} is in its place: it was removed or moved")
            }
            Self::Unreadable { seq } => write!(f, "line {seq} cannot be read: it was changed, or is damaged"),
            Self::Rewritten { first, seq } if first == seq => {
                write!(
                    f,
                    "line {seq} is not the one that a checkpoint signs: it was changed, and its hash too"
                )
            }
            Self::Rewritten { first, seq } => write!(
                f,
                "line {seq} is not the one that a checkpoint signs: one of the lines {first} to {seq} was changed, and the \
                 hashes from there on"
            ),
            Self::Truncated { seq, signed } => write!(
                f,
                "line {seq} is missing, for a checkpoint signs line {signed}: the end was cut off, or an older state was \
                 put back"
            ),
            Self::Unanchored { found } => write!(
                f,
                "line 1 is not there, it begins with line {found}: give it from line 1, or with a checkpoint of line {}",
                found.saturating_sub(1)
            ),
        }
    }
}

/// Lines that were signed: number and hash of each.
#[derive(Debug, Clone, Default)]
pub struct Anchors(BTreeMap<u64, LineHash>);

impl Anchors {
    /// Adds a line that was signed. The error is the number of one that two checkpoints sign differently: then there
    /// were two audits under one key.
    pub fn add(&mut self, checkpoint: &Checkpoint) -> Result<(), u64> {
        let Head { seq, hash } = checkpoint.head;
        match self.0.insert(seq, hash) {
            Some(before) if before != hash => Err(seq),
            _ => Ok(()),
        }
    }
}

/// How far the audit is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The first line that was followed; 0 where there is none.
    pub first: u64,
    /// The last of them.
    pub head: Head,
    /// The last line that a checkpoint vouches for; 0 where none does. What comes after it can have been cut off
    /// unseen.
    pub signed: u64,
}

/// The chain as far as it was followed. It holds one hash, however many lines there are, and the anchors.
#[derive(Debug)]
pub struct Chain {
    anchors: Anchors,
    part: bool,
    first: u64,
    head: Option<Head>,
    signed: u64,
}

impl Chain {
    /// Of an audit that has to begin with line 1.
    pub fn new(anchors: Anchors) -> Self {
        Self { anchors, part: false, first: 0, head: None, signed: 0 }
    }

    /// Of a part of one, which may begin behind any line that a checkpoint vouches for.
    pub fn of_part(anchors: Anchors) -> Self {
        Self { part: true, ..Self::new(anchors) }
    }

    /// Follows it by one line.
    pub fn follow(&mut self, line: &Line) -> Result<(), Flaw> {
        let before = self.before(line.seq)?;
        if line.hash_after(before) != line.hash {
            return Err(Flaw::Changed { seq: line.seq });
        }
        if self.head.is_none() {
            self.first = line.seq;
        }
        self.head = Some(Head { seq: line.seq, hash: line.hash });
        if let Some(signed) = self.anchors.0.get(&line.seq) {
            if *signed != line.hash {
                return Err(Flaw::Rewritten { first: self.signed + 1, seq: line.seq });
            }
            self.signed = line.seq;
        }
        Ok(())
    }

    /// What is wrong where the next line is this one and cannot be read.
    pub fn unreadable(&mut self, seq: u64) -> Flaw {
        self.before(seq).err().unwrap_or(Flaw::Unreadable { seq })
    }

    /// The hash of the line before, which has to be the last that was followed.
    fn before(&mut self, seq: u64) -> Result<LineHash, Flaw> {
        match self.head {
            Some(head) if head.seq.checked_add(1) == Some(seq) => Ok(head.hash),
            Some(head) => Err(Flaw::Misplaced { seq: head.seq.saturating_add(1), found: seq }),
            None if seq == 1 => Ok(LineHash::GENESIS),
            None if self.part && seq > 1 => {
                let before = seq - 1;
                let signed = self.anchors.0.get(&before).ok_or(Flaw::Unanchored { found: seq })?;
                self.signed = before;
                Ok(*signed)
            }
            None => Err(Flaw::Misplaced { seq: 1, found: seq }),
        }
    }

    /// What becomes of it where it ends here.
    pub fn end(self) -> Result<Verdict, Flaw> {
        let head = self.head.unwrap_or(Head::EMPTY);
        match self.anchors.0.last_key_value() {
            Some((&signed, _)) if signed > head.seq => Err(Flaw::Truncated { seq: head.seq + 1, signed }),
            _ => Ok(Verdict { first: self.first, head, signed: self.signed }),
        }
    }

    /// The last line that was followed.
    pub fn head(&self) -> Head {
        self.head.unwrap_or(Head::EMPTY)
    }
}
