//! What a record is worth under its keys.

use std::path::PathBuf;
use std::sync::Arc;

use symbolon_core::id::UserId;
use symbolon_core::store::{BrokenSeal, Change, Sealing, Sink, Store, StoreError};

use super::CopyError;
use crate::{OpenError, SqliteStore};

/// Which rows of a record count as not there, for they are not what was written. Refused where that is so of all, and where
/// there is nobody in it; `place` is what the record is called then.
pub(crate) async fn broken(store: &SqliteStore, place: &str) -> Result<Vec<BrokenSeal>, CopyError> {
    let failed = |error: StoreError| {
        CopyError::from(OpenError::Failed { path: PathBuf::from(place), reason: error.to_string() })
    };
    match store.user(UserId::SYSTEM).await {
        Ok(Some(_)) => {}
        Ok(None) => return Err(CopyError::NoRecord(place.to_owned())),
        Err(StoreError::SealBroken(_)) => return Err(CopyError::OtherKeys(place.to_owned())),
        Err(error) => return Err(failed(error)),
    }
    store.attach(Arc::new(Nobody)).await.map_err(failed)?;
    Ok(store.broken_seals())
}

/// Hears of all that lives, so that each row is looked at.
struct Nobody;

impl Sink for Nobody {
    fn apply(&self, _: &Change) {}

    fn loaded(&self) {}
}
