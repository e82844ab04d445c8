//! Where tokens lie: small records of words, found by digest or by id. Read without a lock or an allocation by as many as
//! like; written by one at a time.
//!
//! A record is never changed where it lies, but for the word of its last use: what changes is written somewhere else and
//! put in its place by one store, and what is gone is marked dead before its place is taken again. A reader copies a
//! record and then looks whether it is still the one that it began to copy. A reader that finds nothing looks whether
//! anything was taken out meanwhile, and if so looks again. So a reader repeats only what a writer has overtaken, and
//! waits for nobody.
//!
//! Of a digest 16 bytes are kept: half of a keyed hash still cannot be met by trying (RFC 2104 section 5), and nobody
//! outside can make one. Two tokens whose halves are equal would be one in the index: at 2^64 tokens.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};

use arc_swap::ArcSwap;
use symbolon_core::id::TokenId;

use super::buckets::Buckets;
use super::record::{self, Header, LAST, Record, Used};

/// Two words are a unit: what places are counted in.
pub(super) const UNIT: usize = 2;
/// Units in one chunk of memory: a megabyte.
pub(super) const CHUNK: usize = 1 << 16;

/// Where a record lies, and which of those that lay there one after the other it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct At {
    pub(super) unit: u32,
    pub(super) generation: u16,
}

impl At {
    /// As one number, and back.
    pub(crate) fn pack(self) -> u64 {
        u64::from(self.unit) << 16 | u64::from(self.generation)
    }

    pub(crate) fn unpack(packed: u64) -> Self {
        let generation = u16::try_from(packed & 0xffff).unwrap_or(0);
        Self { unit: u32::try_from(packed >> 16).unwrap_or(0), generation }
    }
}

/// What a record is looked up by: two of its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(super) words: [u64; 2],
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digest,
    Id,
}

impl Key {
    pub(super) fn digest(words: [u64; 2]) -> Self {
        Self { words, kind: Kind::Digest }
    }

    pub(super) fn id(id: TokenId) -> Self {
        Self { words: record::words_of_id(id), kind: Kind::Id }
    }

    /// Where it begins in a record.
    fn begins(self) -> usize {
        match self.kind {
            Kind::Digest => record::DIGEST,
            Kind::Id => record::ID,
        }
    }

    /// A digest is its own hash; of an id the second half is random, and its last byte the most.
    fn hash(self) -> u64 {
        match self.kind {
            Kind::Digest => self.words[0],
            Kind::Id => self.words[1].swap_bytes(),
        }
    }
}

pub(super) struct Chunk {
    words: Box<[AtomicU64]>,
    /// A bit for each unit: at the record that begins there a use waits to be taken.
    pub(super) noted: Box<[AtomicU64]>,
}

/// The buckets, exchanged when they are too few.
struct Shape {
    digests: Buckets,
    ids: Buckets,
}

impl Shape {
    fn of(&self, key: Key) -> &Buckets {
        match key.kind {
            Kind::Digest => &self.digests,
            Kind::Id => &self.ids,
        }
    }
}

pub(crate) struct Table {
    pub(super) chunks: boxcar::Vec<Chunk>,
    shape: ArcSwap<Shape>,
    /// Counts what was taken out of a bucket, each before the record is marked dead.
    taken_out: AtomicU64,
    /// The chunk at which the next uses are looked for.
    pub(super) taken_to: AtomicUsize,
}

/// What the one writer knows.
pub(crate) struct Writer {
    /// The next unit that nothing has lain at.
    next: usize,
    /// Places of dead records, by their units.
    free: Vec<Vec<u32>>,
    /// Records that live.
    live: usize,
}

impl Default for Writer {
    fn default() -> Self {
        // Buckets have two numbers of their own.
        Self { next: Buckets::FIRST_PLACE, free: Vec::new(), live: 0 }
    }
}

impl Default for Table {
    fn default() -> Self {
        let shape = Shape { digests: Buckets::new(0, 0), ids: Buckets::new(0, 0) };
        Self {
            chunks: boxcar::Vec::new(),
            shape: ArcSwap::from_pointee(shape),
            taken_out: AtomicU64::new(0),
            taken_to: AtomicUsize::new(0),
        }
    }
}

impl Table {
    /// The words from this unit on to the end of its chunk.
    pub(super) fn words(&self, unit: u32) -> &[AtomicU64] {
        let unit = unit as usize;
        let chunk = self.chunks.get(unit / CHUNK).map_or(&[][..], |chunk| &chunk.words);
        chunk.get(unit % CHUNK * UNIT..).unwrap_or_default()
    }

    /// A copy of what lies at this unit, if that is alive and stays so while it is copied.
    pub(super) fn copy(&self, unit: u32) -> Option<(At, Record)> {
        let words = self.words(unit);
        let header = words.first()?.load(Ordering::Acquire);
        let read = Header::read(header)?;
        let copied = Record::copy(read, words)?;
        // What was copied was there before this look at the header.
        fence(Ordering::Acquire);
        let same = words[0].load(Ordering::Relaxed) == header;
        same.then_some((At { unit, generation: read.generation }, copied))
    }

    /// The record of this key, and where it lies.
    pub(crate) fn find(&self, key: Key) -> Option<(At, Record)> {
        loop {
            let taken_out = self.taken_out.load(Ordering::Acquire);
            let shape = self.shape.load();
            for unit in shape.of(key).candidates(key.hash()) {
                if let Some((at, record)) = self.copy(unit)
                    && record.key(key.begins()) == key.words
                {
                    return Some((at, record));
                }
            }
            // What was a candidate may have moved between two looks.
            fence(Ordering::Acquire);
            if self.taken_out.load(Ordering::Relaxed) == taken_out {
                return None;
            }
        }
    }

    /// What `look` makes of the record of this key. It answers `None` where the record has moved since it was copied, and then
    /// looks again; so does this until there is none.
    pub(crate) fn look<T>(&self, key: Key, look: impl Fn(At, &Record) -> Option<T>) -> Option<T> {
        loop {
            let (at, record) = self.find(key)?;
            if let Some(seen) = look(at, &record) {
                return Some(seen);
            }
        }
    }

    /// Has the buckets of many keys brought near at once, which takes hardly longer than one by one for each: no load waits
    /// for another.
    pub(crate) fn touch(&self, keys: impl Iterator<Item = Key>) {
        let shape = self.shape.load();
        black_box(keys.fold(0, |all, key| all ^ shape.of(key).touch(key.hash())));
    }

    /// What lies there still; `None` where it lies there no more.
    pub(crate) fn again(&self, at: At) -> Option<Record> {
        self.copy(at.unit).filter(|(same, _)| *same == at).map(|(_, record)| record)
    }

    /// The name that a found record has; `None` where it lies there no more.
    pub(crate) fn name(&self, at: At, record: &Record) -> Option<String> {
        let words = self.words(at.unit);
        let name = record.name(words)?;
        fence(Ordering::Acquire);
        let header = Header::read(words[0].load(Ordering::Relaxed))?;
        (header.generation == at.generation).then_some(name)
    }

    /// Writes a record down, where nobody finds it yet.
    pub(crate) fn write(&self, writer: &mut Writer, words: &[u64]) -> At {
        let unit = self.room(writer, words.len().div_ceil(UNIT));
        let place = self.words(unit);
        let before = Header::generation_of(place[0].load(Ordering::Relaxed));
        // The dead header was seen by now by whoever sees one of these words.
        fence(Ordering::Release);
        for (word, value) in place.iter().zip(words).skip(1) {
            word.store(*value, Ordering::Relaxed);
        }
        let used = Used { generation: before, ..Used::read(words[LAST]) };
        place[LAST].store(used.word(), Ordering::Relaxed);
        place[0].store(Header::alive(words[0], before), Ordering::Release);
        writer.live += 1;
        At { unit, generation: before }
    }

    fn room(&self, writer: &mut Writer, units: usize) -> u32 {
        if let Some(unit) = writer.free.get_mut(units).and_then(Vec::pop) {
            return unit;
        }
        // No record lies across two chunks.
        if writer.next % CHUNK + units > CHUNK {
            writer.next = writer.next.next_multiple_of(CHUNK);
        }
        if writer.next / CHUNK >= self.chunks.count() {
            let zeros = |count| (0..count).map(|_| AtomicU64::new(0)).collect();
            self.chunks.push(Chunk { words: zeros(CHUNK * UNIT), noted: zeros(CHUNK / 64) });
        }
        let unit = writer.next;
        writer.next += units;
        u32::try_from(unit).unwrap_or_else(|_| unreachable!("64 gigabytes of tokens"))
    }

    /// Lets a record be found by this key: in place of another, or as a new one.
    pub(crate) fn point(&self, writer: &Writer, key: Key, at: At, instead: Option<At>) {
        loop {
            let shape = self.shape.load_full();
            let instead = instead.map(|at| at.unit);
            if shape.of(key).point(key.hash(), at.unit, instead) {
                return;
            }
            self.widen(writer, &shape);
        }
    }

    /// Lets nothing be found by this key any more that lies there.
    pub(crate) fn unpoint(&self, key: Key, at: At) {
        self.shape.load().of(key).unpoint(key.hash(), at.unit);
    }

    /// Marks a record dead that nothing points to any more, and gives its place away. Returns its last use.
    pub(crate) fn bury(&self, writer: &mut Writer, at: At) -> Used {
        self.taken_out.fetch_add(1, Ordering::Release);
        let words = self.words(at.unit);
        let header = words[0].load(Ordering::Relaxed);
        let next = Header::next_generation(at.generation);
        // Whoever notes a use from here on sees that it is gone.
        let dead = Used { millis: None, waits: false, generation: next }.word();
        let last = Used::read(words[LAST].swap(dead, Ordering::AcqRel));
        words[0].store(Header::dead(header, next), Ordering::Release);
        let units = Header::units_of(header);
        if writer.free.len() <= units {
            writer.free.resize_with(units + 1, Vec::new);
        }
        writer.free[units].push(at.unit);
        writer.live -= 1;
        last
    }

    /// Every record, where it lies. For the writer: nothing moves meanwhile.
    pub(crate) fn all<'t>(&'t self, writer: &Writer) -> impl Iterator<Item = (At, Record)> + use<'t> {
        let (mut unit, end) = (Buckets::FIRST_PLACE, writer.next);
        std::iter::from_fn(move || {
            while unit < end {
                let here = unit;
                let words = self.words(u32::try_from(here).unwrap_or(0));
                let header = words.first().map_or(0, |word| word.load(Ordering::Relaxed));
                // What was skipped at the end of a chunk has no header.
                unit = match Header::units_of(header) {
                    0 => (here + 1).next_multiple_of(CHUNK),
                    units => here + units,
                };
                if let Some(found) = self.copy(u32::try_from(here).unwrap_or(0)) {
                    return Some(found);
                }
            }
            None
        })
    }

    pub(crate) fn live(writer: &Writer) -> usize {
        writer.live
    }

    /// Makes buckets for about so many records more, so that they are not exchanged again and again on the way there.
    pub(crate) fn expect(&self, writer: &Writer, records: usize) {
        let (live, next) = (writer.live + records, writer.next + records * record::USUAL_UNITS);
        if live * 2 > self.shape.load().ids.len() {
            self.exchange(&self.shape.load_full(), live, next);
        }
    }

    /// Makes as many buckets as there is need for.
    fn widen(&self, writer: &Writer, before: &Shape) {
        self.exchange(before, writer.live, writer.next);
    }

    /// Makes buckets for so many records and places, and puts all that is found into them.
    fn exchange(&self, before: &Shape, live: usize, places: usize) {
        let shape = Shape { digests: Buckets::new(live, places), ids: Buckets::new(live, places) };
        for (old, new, kind) in
            [(&before.digests, &shape.digests, Kind::Digest), (&before.ids, &shape.ids, Kind::Id)]
        {
            for unit in old.places() {
                let words = self.words(unit);
                let key = Key { words: [0; 2], kind };
                let word = |n: usize| words[key.begins() + n].load(Ordering::Relaxed);
                let hash = Key { words: [word(0), word(1)], kind }.hash();
                let fits = new.point(hash, unit, None);
                debug_assert!(fits, "there is room for all");
            }
        }
        self.shape.store(Arc::new(shape));
    }
}
