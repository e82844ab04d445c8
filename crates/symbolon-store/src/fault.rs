//! Why a piece of work was not written, whichever database was to keep it.

use symbolon_core::seal::Sealer;
use symbolon_core::store::StoreError;

/// Why one mutation was not written; `E` is the driver's error.
#[derive(Debug)]
pub(crate) enum Fault<E> {
    /// The record's rules refuse it; the database is well.
    Refused(StoreError),
    /// The database failed.
    Failed(E),
}

impl<E> From<E> for Fault<E> {
    fn from(error: E) -> Self {
        Self::Failed(error)
    }
}

/// A conflict with what is stored.
pub(crate) fn conflict<E>(sentence: &'static str) -> Fault<E> {
    Fault::Refused(StoreError::Conflict(sentence))
}

/// Refuses a digest under a pepper that nobody looks under any more.
pub(crate) fn known<E>(sealer: &Sealer, pepper: u32) -> Result<(), Fault<E>> {
    if sealer.knows(pepper) { Ok(()) } else { Err(conflict("the pepper was retired meanwhile; try again")) }
}

/// What was to be changed is not there.
pub(crate) fn missing<E>(what: &'static str) -> Fault<E> {
    Fault::Refused(StoreError::NotFound(what))
}

/// What a store that was closed answers.
pub(crate) fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}
