//! When tokens were used last: noted in their records without waiting, and taken in batches to be written down.

use std::sync::atomic::{AtomicU64, Ordering};

use symbolon_core::id::TokenId;

use super::record::{LAST, Used};
use super::table::{At, CHUNK, Table};

impl Table {
    /// Notes a use at `millis`. Whether it found its record there: if not, that is somewhere else now, or gone.
    pub(crate) fn note(&self, at: At, millis: i64) -> bool {
        let Some(last) = self.words(at.unit).get(LAST) else { return false };
        // All that is decided by is in this word, and a record that is gone has another generation in it.
        let mut known = last.load(Ordering::Relaxed);
        loop {
            let used = Used::read(known);
            if used.generation != at.generation {
                return false;
            }
            let next = used.noted(millis).word();
            if next == known {
                return true;
            }
            match last.compare_exchange_weak(known, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if used.waits => return true,
                Ok(_) => break,
                Err(other) => known = other,
            }
        }
        if let Some((bits, bit)) = self.noted(at.unit) {
            bits.fetch_or(bit, Ordering::Release);
        }
        true
    }

    fn noted(&self, unit: u32) -> Option<(&AtomicU64, u64)> {
        let unit = unit as usize;
        let bits = self.chunks.get(unit / CHUNK)?.noted.get(unit % CHUNK / 64)?;
        Some((bits, 1 << (unit % 64)))
    }

    /// Takes at most `limit` of the uses that wait: the id, and when.
    pub(crate) fn take_noted(&self, limit: usize) -> Vec<(TokenId, i64)> {
        let mut taken = Vec::new();
        let count = self.chunks.count();
        let begin = self.taken_to.load(Ordering::Relaxed);
        for number in (0..count).map(|step| (begin + step) % count) {
            let Some(chunk) = self.chunks.get(number) else { continue };
            for (index, bits) in chunk.noted.iter().enumerate() {
                let mut waiting = bits.load(Ordering::Relaxed);
                while waiting != 0 {
                    if taken.len() == limit {
                        self.taken_to.store(number, Ordering::Relaxed);
                        return taken;
                    }
                    let bit = waiting.trailing_zeros();
                    waiting &= waiting - 1;
                    // First the bit and then the word: a use that comes between sets it again.
                    bits.fetch_and(!(1 << bit), Ordering::AcqRel);
                    let unit = number * CHUNK + index * 64 + bit as usize;
                    taken.extend(self.take_at(u32::try_from(unit).unwrap_or(0)));
                }
            }
        }
        taken
    }

    fn take_at(&self, unit: u32) -> Option<(TokenId, i64)> {
        // One that moves meanwhile takes what waits along.
        let (at, record) = self.copy(unit)?;
        let last = self.words(unit).get(LAST)?;
        let mut known = last.load(Ordering::Relaxed);
        loop {
            let used = Used::read(known);
            if used.generation != at.generation || !used.waits {
                return None;
            }
            let next = Used { waits: false, ..used }.word();
            match last.compare_exchange_weak(known, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Some((record.id(), used.millis?)),
                Err(other) => known = other,
            }
        }
    }
}
