//! Which tokens were derived from which, so that none is kept whose parent is gone.

use std::collections::HashMap;

use symbolon_core::id::TokenId;
use symbolon_core::record::Token;

/// For the one writer. No check asks it: each looks up the tokens that its own comes from.
#[derive(Default)]
pub(super) struct Children(HashMap<TokenId, Vec<TokenId>>);

impl Children {
    /// Notes what a token was derived from, if it was.
    pub(super) fn put(&mut self, token: &Token) {
        if let Some(parent) = token.parent {
            let all = self.0.entry(parent.id).or_default();
            if !all.contains(&token.id) {
                all.push(token.id);
            }
        }
    }

    /// Forgets a token that has gone from here.
    pub(super) fn forget(&mut self, token: &Token) {
        let Some(parent) = token.parent else { return };
        if let Some(all) = self.0.get_mut(&parent.id) {
            all.retain(|id| *id != token.id);
            if all.is_empty() {
                self.0.remove(&parent.id);
            }
        }
    }

    /// Those that were derived from this one, which are not known any more.
    pub(super) fn take(&mut self, parent: TokenId) -> Vec<TokenId> {
        self.0.remove(&parent).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
