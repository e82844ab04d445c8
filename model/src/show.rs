//! A state on one line, for whoever reads a run.

use std::fmt;

use crate::state::{Check, Node, Renewal, RenewalStage, Standing, State, Wait, WaitStage};

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seq {}", self.db.seq)?;
        if self.db.pruned > 0 {
            write!(f, ", pruned to {}", self.db.pruned)?;
        }
        if self.db.foreign {
            write!(f, ", another primary")?;
        }
        for (id, row) in self.db.rows.iter().enumerate() {
            if let Some(row) = row {
                write!(f, ", row {id} (renewals {}, applied {})", row.renewals, row.applied)?;
            }
        }
        for (n, node) in self.nodes.iter().enumerate().filter(|(_, node)| **node != Node::default()) {
            write!(f, " | node {n} {node}")?;
        }
        for (number, wait) in self.waits.iter().enumerate().filter(|(_, wait)| wait.stage != WaitStage::Idle)
        {
            write!(f, " | mutator {number} {wait}")?;
        }
        match self.check {
            Check::Idle => {}
            Check::Begun { node, left } => write!(f, " | check on node {node}: lease for {left}")?,
            Check::Loaded { node, left, stale } => {
                write!(f, " | check on node {node}: lease for {left}, {}", by(stale))?;
            }
            Check::Admitted { stale } => write!(f, " | check: admitted {}", by(stale))?,
            Check::Unavailable => write!(f, " | check: unavailable")?,
        }
        if let Some(adoption) = self.adoption {
            write!(f, " | adoption in {}", adoption.left)?;
        }
        if let Some(late) = self.late {
            write!(f, " | a renewal of row {} on its way", late.id)?;
        }
        write!(f, " | acknowledged {}", self.acknowledged)
    }
}

fn by(stale: bool) -> &'static str {
    if stale {
        "by an index that lacks what is acknowledged"
    } else {
        "by an index that has all that is acknowledged"
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.standing {
            Standing::Out => write!(f, "out")?,
            Standing::Inserted(id) => write!(f, "inserted as {id}")?,
            Standing::In(id) => write!(f, "in as {id}")?,
        }
        match self.index {
            Some(seq) => write!(f, ", index {seq}")?,
            None => write!(f, ", no index")?,
        }
        if self.lease > 0 {
            write!(f, ", lease for {}", self.lease)?;
        }
        if let Some(Renewal { stage, left, applied, seq }) = self.renewal {
            let stage = match stage {
                RenewalStage::Sent => format!("sent with applied {applied}"),
                RenewalStage::Committed => "executed".to_owned(),
                RenewalStage::NoRow => "found no row".to_owned(),
                RenewalStage::Arrived => "answered".to_owned(),
            };
            write!(f, ", renewal {stage} (seq {seq}, lease for {left})")?;
        }
        if let Some(seq) = self.reload {
            write!(f, ", reloading {seq}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stage {
            WaitStage::Idle => write!(f, "idle")?,
            WaitStage::Open => write!(f, "open, timer {}", self.left)?,
            WaitStage::Committed => write!(f, "committed {}, timer {}", self.seq, self.left)?,
            WaitStage::Waiting => write!(f, "waits for {}, timer {}", self.seq, self.left)?,
            WaitStage::Removing => write!(f, "removes")?,
        }
        for (id, count) in self.observed.iter().enumerate() {
            if let Some(count) = count {
                write!(f, ", row {id} at {count}")?;
            }
        }
        Ok(())
    }
}
