//! Bytes that come a piece at a time.

use zeroize::Zeroizing;

use super::{Find, found_at};
use crate::token::{MAX_PREFIX, RANDOM_AND_CHECKSUM};

/// How many bytes there can be of a token before its `_`, in UTF-16.
const BEFORE: usize = MAX_PREFIX * 2;
/// How many bytes there can be of it from its `_` on.
const AFTER: usize = (1 + RANDOM_AND_CHECKSUM) * 2;

/// A search through bytes that come a piece at a time, however they are cut. It takes time in proportion to them, and
/// keeps no more than a piece and a token's length.
#[derive(Debug)]
pub struct Scan {
    /// What may be part of a token, and what has just come.
    pub(super) kept: Zeroizing<Vec<u8>>,
    /// Where in `kept` nobody has looked for a `_` yet.
    looked: usize,
    /// Where in `kept` lines have not been counted yet.
    counted: usize,
    /// The line there, from 1.
    line: u64,
}

impl Default for Scan {
    fn default() -> Self {
        Self { kept: Zeroizing::default(), looked: 0, counted: 0, line: 1 }
    }
}

impl Scan {
    /// Takes the next piece. `found` is told of each token or key and of the line that it begins in, from 1, as soon as
    /// it is whole.
    pub fn push(&mut self, piece: &[u8], found: &mut impl FnMut(u64, Find)) {
        self.kept.extend_from_slice(piece);
        // What ends with the piece may go on in the next one, and is then another prefix or none.
        let end = self.kept.len().saturating_sub(AFTER);
        self.look(end, found);
        let keep_from = self.looked.saturating_sub(BEFORE);
        self.count(keep_from);
        self.kept.drain(..keep_from);
        self.looked -= keep_from;
        self.counted -= keep_from;
    }

    /// Says that there are no more, and begins anew.
    pub fn end(&mut self, found: &mut impl FnMut(u64, Find)) {
        self.look(self.kept.len(), found);
        *self = Self::default();
    }

    fn look(&mut self, end: usize, found: &mut impl FnMut(u64, Find)) {
        while let Some(mark) = self
            .kept
            .get(self.looked..end)
            .and_then(|rest| memchr::memchr(b'_', rest))
            .map(|at| self.looked + at)
        {
            self.looked = mark + 1;
            if let Some((start, find)) = found_at(&self.kept, mark) {
                self.count(start);
                found(self.line, find);
            }
        }
        self.looked = self.looked.max(end);
    }

    /// Counts the lines that end before `to`.
    fn count(&mut self, to: usize) {
        let ends =
            self.kept.get(self.counted..to).map_or(0, |lines| memchr::memchr_iter(b'\n', lines).count());
        self.line += ends as u64;
        self.counted = self.counted.max(to);
    }
}
