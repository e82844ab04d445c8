//! What was found, where, and what could not be read.

use std::collections::BTreeMap;
use std::io::{self, Read};

use secrecy::ExposeSecret;
use serde::Serialize;
use sha2::{Digest, Sha256};
use symbolon_core::leak::{Find, Scan, redacted};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// How much is read at once, in bytes.
const PIECE: usize = 256 * 1024;
/// How many places of one token are kept; the others are counted.
const PLACES: usize = 100;
/// How many different tokens are kept. With more there is something else wrong.
const TOKENS: usize = 100_000;

/// Where a token was found. No secret is in it: a path may have one in itself, which is then shortened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    /// A file as it was named; in a repository's history as it was called there, or empty where no commit has it.
    pub(crate) path: String,
    /// The line, from 1.
    pub(crate) line: u64,
    /// The oldest commit that has it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<String>,
    /// The object of the repository that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) object: Option<String>,
}

impl Place {
    /// A line of a file.
    pub(crate) fn file(path: &str, line: u64) -> Self {
        Self { path: redacted(path), line, commit: None, object: None }
    }

    /// As it is printed: `path:line`, `commit:path:line`, or `object:line`.
    pub(crate) fn shown(&self) -> String {
        let short = |id: &String| id.chars().take(12).collect::<String>();
        let line = self.line;
        match (&self.commit, &self.object) {
            (Some(commit), _) if self.path.is_empty() => format!("{}:{line}", short(commit)),
            (Some(commit), _) => format!("{}:{}:{line}", short(commit), self.path),
            (None, Some(object)) => format!("object {}:{line}", short(object)),
            (None, None) => format!("{}:{line}", self.path),
        }
    }
}

/// One token or key, and where it was found.
pub(crate) struct Found {
    pub(crate) find: Find,
    pub(crate) places: Vec<Place>,
    /// How many more places there are.
    pub(crate) more: u64,
}

/// Everything that was found.
#[derive(Default)]
pub(crate) struct Finds {
    /// By the digest of the secret, so that none is compared.
    tokens: BTreeMap<[u8; 32], Found>,
    /// What could not be read, with the reason.
    pub(crate) unread: Vec<(String, String)>,
    /// What was left out on purpose, a sentence each.
    pub(crate) left_out: Vec<String>,
    /// How much was searched, in bytes.
    pub(crate) bytes: u64,
    /// Where each piece is read to.
    piece: Zeroizing<Vec<u8>>,
}

impl Finds {
    /// The tokens and keys, by what is shown of them.
    pub(crate) fn into_found(self) -> Vec<Found> {
        let mut all: Vec<_> = self.tokens.into_values().collect();
        all.sort_by_cached_key(|found| found.find.shown());
        all
    }

    /// What is there of objects whose commit is not known yet.
    pub(crate) fn places_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        self.tokens.values_mut().flat_map(|found| &mut found.places)
    }

    /// Searches all that `source` gives; `place` says where a line of it is.
    pub(crate) fn search(
        &mut self,
        mut source: impl Read,
        place: impl Fn(u64) -> Place,
    ) -> Result<(), SearchFault> {
        let (mut scan, mut piece) = (Scan::default(), std::mem::take(&mut self.piece));
        piece.resize(PIECE, 0);
        let outcome = self.search_by(&mut scan, &mut source, &mut piece, &place);
        self.piece = piece;
        outcome
    }

    fn search_by(
        &mut self,
        scan: &mut Scan,
        source: &mut impl Read,
        piece: &mut [u8],
        place: &impl Fn(u64) -> Place,
    ) -> Result<(), SearchFault> {
        let mut full = false;
        loop {
            let read = match source.read(piece) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // What was found until then is kept.
                Err(error) => return Err(SearchFault::Read(error)),
            };
            self.bytes += read as u64;
            let mut note = |line, find| full |= !self.add(find, place(line));
            if read == 0 {
                scan.end(&mut note);
            } else {
                scan.push(&piece[..read], &mut note);
            }
            if full {
                return Err(SearchFault::TooMany);
            }
            if read == 0 {
                return Ok(());
            }
        }
    }

    /// Whether there was place for it.
    fn add(&mut self, find: Find, place: Place) -> bool {
        let digest = Sha256::digest(find.secret().expose_secret()).into();
        if self.tokens.len() >= TOKENS && !self.tokens.contains_key(&digest) {
            return false;
        }
        let found = self.tokens.entry(digest).or_insert_with(|| Found { find, places: Vec::new(), more: 0 });
        if found.places.len() < PLACES {
            found.places.push(place);
        } else {
            found.more += 1;
        }
        true
    }
}

/// Why a search did not come to its end.
pub(crate) enum SearchFault {
    Read(io::Error),
    TooMany,
}

impl SearchFault {
    /// Of what cannot be read it is noted; anything else ends the whole search.
    pub(crate) fn noted(self, finds: &mut Finds, path: &str) -> Result<(), Failure> {
        match self {
            Self::Read(error) => {
                finds.unread.push((redacted(path), error.to_string()));
                Ok(())
            }
            Self::TooMany => Err(Failure::new(format!(
                "there are more than {TOKENS} different tokens; search in parts, each with a PATH of its own"
            ))),
        }
    }
}
