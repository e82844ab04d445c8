//! Places by hash: open addressing with linear probing, 4 bytes a bucket. A bucket holds a place and, in the bits that
//! places leave free, some of the hash, so that hardly any record is looked at in vain.

#![expect(clippy::cast_possible_truncation, reason = "of a hash these bits count")]

use std::sync::atomic::{AtomicU32, Ordering};

const EMPTY: u32 = 0;
/// Something was here: who looks for another goes on.
const GONE: u32 = 1;
const FEWEST: usize = 64;

pub(super) struct Buckets {
    held: Box<[AtomicU32]>,
    /// How many of the lower bits are the place.
    place_bits: u32,
    /// Buckets that are not empty, gone ones too. Known to the writer alone.
    taken: AtomicU32,
}

impl Buckets {
    /// The first place that a bucket can hold.
    pub(super) const FIRST_PLACE: usize = 2;

    /// Empty ones, with room for twice as many records as `live`, and for places up to twice `places`.
    pub(super) fn new(live: usize, places: usize) -> Self {
        let count = (live * 2).next_power_of_two().max(FEWEST);
        let place_bits = (usize::BITS - (places * 2).max(4096).leading_zeros()).min(u32::BITS);
        let buckets = (0..count).map(|_| AtomicU32::new(EMPTY)).collect();
        Self { held: buckets, place_bits, taken: AtomicU32::new(0) }
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    fn mask(&self) -> usize {
        self.held.len() - 1
    }

    /// What a bucket with this place holds, if the place is one of those that fit.
    fn bucket(&self, hash: u64, place: u32) -> Option<u32> {
        if self.place_bits == u32::BITS {
            return Some(place);
        }
        (place >> self.place_bits == 0).then(|| self.tag(hash) | place)
    }

    /// The bits beside the place: the upper ones of the hash, while the bucket is told by the lower.
    fn tag(&self, hash: u64) -> u32 {
        if self.place_bits == u32::BITS {
            0
        } else {
            (hash >> 32) as u32 >> self.place_bits << self.place_bits
        }
    }

    fn place(&self, bucket: u32) -> u32 {
        if self.place_bits == u32::BITS { bucket } else { bucket & ((1 << self.place_bits) - 1) }
    }

    /// The buckets from where this hash begins, each once.
    fn probe(&self, hash: u64) -> impl Iterator<Item = &AtomicU32> {
        // Only the lower bits count.
        let (begin, mask) = (hash as usize, self.mask());
        (0..self.held.len()).map(move |step| &self.held[begin.wrapping_add(step) & mask])
    }

    /// The places that a record of this hash may lie at.
    pub(super) fn candidates(&self, hash: u64) -> impl Iterator<Item = u32> {
        let tag = self.tag(hash);
        let filled = self.probe(hash).map(|bucket| bucket.load(Ordering::Acquire));
        filled.take_while(|bucket| *bucket != EMPTY).filter_map(move |bucket| {
            let place = self.place(bucket);
            (place as usize >= Self::FIRST_PLACE && self.tag_of(bucket) == tag).then_some(place)
        })
    }

    fn tag_of(&self, bucket: u32) -> u32 {
        bucket - self.place(bucket)
    }

    /// Has what a look for this hash begins with brought near. The value is of no use.
    pub(super) fn touch(&self, hash: u64) -> u32 {
        self.probe(hash).next().map_or(EMPTY, |bucket| bucket.load(Ordering::Relaxed))
    }

    /// Puts a place in, instead of another or as a new one. Whether there was room.
    pub(super) fn point(&self, hash: u64, place: u32, instead: Option<u32>) -> bool {
        let Some(bucket) = self.bucket(hash, place) else { return false };
        if let Some(old) = instead.and_then(|old| self.bucket(hash, old))
            && let Some(found) = self.holding(hash, old)
        {
            found.store(bucket, Ordering::Release);
            return true;
        }
        let free = self.probe(hash).find(|bucket| bucket.load(Ordering::Relaxed) <= GONE);
        let Some(free) = free else { return false };
        if free.load(Ordering::Relaxed) == EMPTY {
            // Three quarters: further on the ways grow long.
            let taken = self.taken.load(Ordering::Relaxed) + 1;
            if taken as usize > self.held.len() / 4 * 3 {
                return false;
            }
            self.taken.store(taken, Ordering::Relaxed);
        }
        free.store(bucket, Ordering::Release);
        true
    }

    /// Takes a place out, if it is in.
    pub(super) fn unpoint(&self, hash: u64, place: u32) {
        if let Some(found) = self.bucket(hash, place).and_then(|bucket| self.holding(hash, bucket)) {
            found.store(GONE, Ordering::Release);
        }
    }

    fn holding(&self, hash: u64, wanted: u32) -> Option<&AtomicU32> {
        self.probe(hash)
            .map(|bucket| (bucket, bucket.load(Ordering::Relaxed)))
            .take_while(|(_, held)| *held != EMPTY)
            .find_map(|(bucket, held)| (held == wanted).then_some(bucket))
    }

    /// Every place that is in.
    pub(super) fn places(&self) -> impl Iterator<Item = u32> {
        let all = self.held.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        all.filter(|bucket| *bucket > GONE).map(|bucket| self.place(bucket))
    }
}
