//! In which order tokens are listed.

use std::str::FromStr;

/// The order of a list of tokens; those that are equal in it are in the order of their ids. What is used, renamed or
/// given another end between two pages may be on both, or on neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenSort {
    /// By what.
    pub by: TokenOrder,
    /// From the last to the first.
    pub descending: bool,
}

/// What tokens are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenOrder {
    /// When they were made.
    Created,
    /// Their name, letter case ignored (ASCII).
    Name,
    /// Their last use that the record knows; never used is before all.
    LastUsed,
    /// When they end; no end is after all.
    Expires,
}

impl TokenSort {
    /// Every order.
    pub const ALL: [Self; 8] = [
        Self { by: TokenOrder::Created, descending: false },
        Self { by: TokenOrder::Created, descending: true },
        Self { by: TokenOrder::Name, descending: false },
        Self { by: TokenOrder::Name, descending: true },
        Self { by: TokenOrder::LastUsed, descending: false },
        Self { by: TokenOrder::LastUsed, descending: true },
        Self { by: TokenOrder::Expires, descending: false },
        Self { by: TokenOrder::Expires, descending: true },
    ];

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match (self.by, self.descending) {
            (TokenOrder::Created, false) => "created",
            (TokenOrder::Created, true) => "-created",
            (TokenOrder::Name, false) => "name",
            (TokenOrder::Name, true) => "-name",
            (TokenOrder::LastUsed, false) => "last_used",
            (TokenOrder::LastUsed, true) => "-last_used",
            (TokenOrder::Expires, false) => "expires",
            (TokenOrder::Expires, true) => "-expires",
        }
    }
}

/// A word that is no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("created, name, last_used or expires; with - before it from the last to the first")]
pub struct SortFault;

impl FromStr for TokenSort {
    type Err = SortFault;

    fn from_str(text: &str) -> Result<Self, SortFault> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == text).ok_or(SortFault)
    }
}

impl Default for TokenSort {
    /// Newest first.
    fn default() -> Self {
        Self { by: TokenOrder::Created, descending: true }
    }
}
