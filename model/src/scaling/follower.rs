//! A node as it follows what others commit, and renews its lease.

use super::costs;
use super::world::{Event, Statement, World};

#[derive(Debug, Default)]
pub(super) struct Follower {
    /// Through which mutation it knows everything, and has said so.
    applied: usize,
    said: Option<usize>,
    /// Through which it has to know everything.
    wanted: usize,
    /// When it asked for its lease.
    asked: u64,
    at_work: bool,
    woken: bool,
    /// Which turn it is, so that a time that was set in an earlier one begins none.
    turns: u64,
}

impl World {
    pub(super) fn woken(&mut self, node: usize) {
        if self.followers[node].at_work {
            self.followers[node].woken = true;
        } else {
            self.begin_turn(node);
        }
    }

    pub(super) fn due(&mut self, node: usize, turn: u64) {
        let follower = &self.followers[node];
        if !follower.at_work && follower.turns == turn {
            self.begin_turn(node);
        }
    }

    fn begin_turn(&mut self, node: usize) {
        let follower = &mut self.followers[node];
        (follower.at_work, follower.said) = (true, None);
        follower.turns += 1;
        self.read_on(node);
    }

    fn read_on(&mut self, node: usize) {
        let after = self.followers[node].applied;
        self.send(node, Statement::Feed { after, last: 0, count: 0 });
    }

    pub(super) fn renewed(&mut self, node: usize, seq: usize) {
        self.followers[node].wanted = seq;
        self.read_on(node);
    }

    pub(super) fn rows_read(&mut self, node: usize, last: usize) {
        self.followers[node].applied = last;
        if last < self.followers[node].wanted { self.read_on(node) } else { self.caught_up(node) }
    }

    pub(super) fn fed(&mut self, node: usize, last: usize, count: usize) {
        if last > self.followers[node].applied {
            self.send(node, Statement::Rows { last, count });
        } else {
            self.caught_up(node);
        }
    }

    fn caught_up(&mut self, node: usize) {
        let now = self.now;
        let follower = &mut self.followers[node];
        let applied = follower.applied;
        if follower.said != Some(applied) {
            (follower.said, follower.asked) = (Some(applied), now);
            return self.send(node, Statement::Renew { applied, seq: 0 });
        }
        follower.at_work = false;
        if std::mem::take(&mut follower.woken) {
            self.begin_turn(node);
        } else {
            let (due, turn) = (follower.asked + costs::PACE, follower.turns);
            self.after(due.saturating_sub(now), Event::Due(node, turn));
        }
    }
}
