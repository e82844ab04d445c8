//! One token in words: what a check needs, and its name.
//!
//! | word | holds |
//! |---|---|
//! | 0 | the header: alive (1 bit), generation (15), units (8), bytes of the name (8), disabled (1), extra (1), revision (30) |
//! | 1, 2 | the first half of the present secret's digest |
//! | 3, 4 | the id |
//! | 5 | the last use: milliseconds and one (48), generation (15), whether it waits to be taken (1) |
//! | 6 | the owner's number (32), and that of what is granted (32) |
//! | 7 | when it ends, in milliseconds; `i64::MAX` is never |
//! | 8 | when it was made, in milliseconds |
//! | 9 | the token's prefix |
//! | 10… | the name |

#![expect(clippy::cast_possible_truncation, reason = "a word is cut into its fields")]

use std::sync::atomic::{AtomicU64, Ordering};

use symbolon_core::digest::Digest;
use symbolon_core::id::TokenId;
use symbolon_core::token::TokenPrefix;

use super::table::UNIT;

pub(super) const DIGEST: usize = 1;
pub(super) const ID: usize = 3;
pub(super) const LAST: usize = 5;
const NUMBERS: usize = 6;
const ENDS: usize = 7;
const MADE: usize = 8;
const PREFIX: usize = 9;
/// Words before the name.
const FIXED: usize = 10;
/// Units of a record whose name is not long.
pub(super) const USUAL_UNITS: usize = (FIXED + 2).div_ceil(UNIT);

const GENERATIONS: u64 = (1 << 15) - 1;
const MAX_REVISION: u64 = (1 << 30) - 1;

/// What the header says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) generation: u16,
    name: usize,
    disabled: bool,
    extra: bool,
    revision: u64,
}

impl Header {
    /// That of a record which is alive.
    pub(super) fn read(word: u64) -> Option<Self> {
        (word & 1 == 1).then(|| Self {
            generation: Self::generation_of(word),
            name: (word >> 24 & 0xff) as usize,
            disabled: word >> 32 & 1 == 1,
            extra: word >> 33 & 1 == 1,
            revision: word >> 34,
        })
    }

    pub(super) fn generation_of(word: u64) -> u16 {
        (word >> 1 & GENERATIONS) as u16
    }

    pub(super) fn units_of(word: u64) -> usize {
        (word >> 16 & 0xff) as usize
    }

    pub(super) fn next_generation(generation: u16) -> u16 {
        (generation + 1) & GENERATIONS as u16
    }

    /// The same as `word`, alive and of this generation.
    pub(super) fn alive(word: u64, generation: u16) -> u64 {
        word & !0xffff | u64::from(generation) << 1 | 1
    }

    /// What is left of it when it is dead.
    pub(super) fn dead(word: u64, generation: u16) -> u64 {
        word & 0xff_0000 | u64::from(generation) << 1
    }
}

/// The word of the last use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) millis: Option<i64>,
    pub(crate) waits: bool,
    pub(super) generation: u16,
}

impl Used {
    pub(super) fn read(word: u64) -> Self {
        let millis = word >> 16;
        Self {
            // Of 48 bits, so it always is one.
            millis: (millis > 0).then(|| i64::try_from(millis - 1).unwrap_or(0)),
            waits: word & 1 == 1,
            generation: Header::generation_of(word),
        }
    }

    pub(super) fn word(self) -> u64 {
        // Before 1970 nobody used anything, and 48 bits of milliseconds last for 8,900 years.
        let millis = self.millis.map_or(0, |millis| millis.max(0).unsigned_abs().min((1 << 48) - 2) + 1);
        millis << 16 | u64::from(self.generation) << 1 | u64::from(self.waits)
    }

    /// After a use at `millis`, which may come late.
    pub(super) fn noted(self, millis: i64) -> Self {
        Self { millis: self.millis.max(Some(millis.max(0))), waits: true, ..self }
    }
}

/// What is written down of a token.
#[derive(Debug)]
pub(crate) struct New<'a> {
    pub(crate) digest: Digest,
    pub(crate) id: TokenId,
    pub(crate) last_used: Option<i64>,
    pub(crate) owner: u32,
    pub(crate) granted: u32,
    pub(crate) ends: Option<i64>,
    pub(crate) made: i64,
    pub(crate) token_prefix: TokenPrefix,
    pub(crate) disabled: bool,
    pub(crate) extra: bool,
    pub(crate) revision: u64,
    pub(crate) name: &'a str,
}

impl New<'_> {
    /// Whether a name and a revision have room in a record.
    pub(crate) fn fits(name: &str, revision: u64) -> bool {
        name.len() <= 0xff && revision <= MAX_REVISION
    }

    /// The words; what does not fit is left out.
    pub(super) fn words(&self) -> Vec<u64> {
        let fits = Self::fits(self.name, self.revision);
        let (name, revision) = if fits { (self.name.as_bytes(), self.revision) } else { (&[][..], 0) };
        let units = (FIXED + name.len().div_ceil(8)).div_ceil(UNIT);
        let [digest, id] = [words_of_digest(&self.digest), words_of_id(self.id)];
        let used = Used { millis: self.last_used, waits: false, generation: 0 };
        let mut words = vec![
            (units as u64) << 16
                | (name.len() as u64) << 24
                | u64::from(self.disabled) << 32
                | u64::from(self.extra) << 33
                | revision << 34,
            digest[0],
            digest[1],
            id[0],
            id[1],
            used.word(),
            u64::from(self.owner) << 32 | u64::from(self.granted),
            self.ends.unwrap_or(i64::MAX).cast_unsigned(),
            self.made.cast_unsigned(),
            u64::from_le_bytes(self.token_prefix.to_bytes()),
        ];
        words.extend(name.chunks(8).map(|bytes| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        }));
        words.resize(units * UNIT, 0);
        words
    }
}

/// A token as it was copied out of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    header: Header,
    words: [u64; FIXED],
}

impl Record {
    pub(super) fn copy(header: Header, place: &[AtomicU64]) -> Option<Self> {
        let place = place.first_chunk::<FIXED>()?;
        Some(Self { header, words: place.each_ref().map(|word| word.load(Ordering::Relaxed)) })
    }

    pub(super) fn key(&self, begins: usize) -> [u64; 2] {
        [self.words[begins], self.words[begins + 1]]
    }

    /// Whether this is the digest of its present secret, as far as that is kept.
    pub(crate) fn has_digest(&self, digest: &Digest) -> bool {
        self.key(DIGEST) == words_of_digest(digest)
    }

    pub(super) fn digest(&self) -> [u64; 2] {
        self.key(DIGEST)
    }

    pub(crate) fn id(&self) -> TokenId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.words[ID].to_le_bytes());
        bytes[8..].copy_from_slice(&self.words[ID + 1].to_le_bytes());
        TokenId::from_bytes(bytes)
    }

    pub(crate) fn last_used(&self) -> Option<i64> {
        Used::read(self.words[LAST]).millis
    }

    pub(crate) fn owner(&self) -> u32 {
        (self.words[NUMBERS] >> 32) as u32
    }

    pub(crate) fn granted(&self) -> u32 {
        self.words[NUMBERS] as u32
    }

    pub(crate) fn ends(&self) -> Option<i64> {
        Some(self.words[ENDS].cast_signed()).filter(|end| *end != i64::MAX)
    }

    pub(crate) fn made(&self) -> i64 {
        self.words[MADE].cast_signed()
    }

    pub(crate) fn token_prefix(&self) -> TokenPrefix {
        TokenPrefix::from_bytes(self.words[PREFIX].to_le_bytes())
    }

    pub(crate) fn disabled(&self) -> bool {
        self.header.disabled
    }

    pub(crate) fn extra(&self) -> bool {
        self.header.extra
    }

    pub(crate) fn revision(&self) -> u64 {
        self.header.revision
    }

    pub(super) fn name(&self, place: &[AtomicU64]) -> Option<String> {
        let words = place.get(FIXED..FIXED + self.header.name.div_ceil(8))?;
        let bytes = words.iter().flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes());
        String::from_utf8(bytes.take(self.header.name).collect()).ok()
    }
}

pub(super) fn words_of_digest(digest: &Digest) -> [u64; 2] {
    let (halves, _) = digest.as_bytes().as_chunks::<8>();
    [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])]
}

pub(super) fn words_of_id(id: TokenId) -> [u64; 2] {
    let id = id.to_bytes();
    let (halves, _) = id.as_chunks::<8>();
    [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])]
}
