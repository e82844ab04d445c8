//! What the gate knows and the record does not any more: whoever wrote to the database, it is not to go on after a
//! revocation was answered.

use std::sync::Arc;

use symbolon_core::id::{KeyId, TokenId};
use symbolon_core::record::{Key, Token};

use crate::Gate;

impl Gate {
    /// The token of this id, in whatever state, as it was last written, but to be shown alone: it has no digest.
    pub fn token(&self, id: TokenId) -> Option<Arc<Token>> {
        self.index.record(id).map(Arc::new).or_else(|| self.index.foreign().token(id))
    }

    /// The key of this id, as it was last written.
    pub fn key(&self, id: KeyId) -> Option<Key> {
        self.index.key(id)
    }

    /// Forgets a token of which the record says that it is revoked, or says nothing.
    pub fn forget_token(&self, id: TokenId) {
        self.index.remove_token(id);
    }

    /// Forgets a key of which the record says nothing.
    pub fn forget_key(&self, id: KeyId) {
        self.index.remove_key(id);
    }
}
