//! Which tokens: the filter that lists and changes of many share.

use std::str::FromStr;

use clap::Args;
use symbolon_api::BulkFilter;
use symbolon_core::Timestamp;
use symbolon_core::lifetime::Lifetime;
use symbolon_server::Clock;

use super::expires::Expires;
use crate::clock::SystemClock;

/// Which tokens; what is given must hold together
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Only those of this user
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// Only those to which this scope was granted
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// Only those whose name, description or prefix contains this
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,
    /// Only those whose first characters after the service's prefix are these
    #[arg(long, value_name = "CHARACTERS")]
    prefix: Option<String>,
    /// Only those that were neither used nor made since then: 90d ago, 2026-01-31 or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "WHEN")]
    unused_since: Option<Since>,
    /// Only those that were made before then, written alike
    #[arg(long, value_name = "WHEN")]
    created_before: Option<Since>,
    /// Only those that were derived from this token, by its id
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
    /// Only those that are active, disabled, expired or revoked [default: all but revoked]
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
}

impl Which {
    /// As it goes over the wire.
    pub(super) fn filter(self) -> BulkFilter {
        BulkFilter {
            owner: self.owner,
            scope: self.scope,
            query: self.query,
            prefix: self.prefix,
            unused_since: self.unused_since.map(Since::text),
            created_before: self.created_before.map(Since::text),
            parent: self.parent,
            state: self.state,
        }
    }
}

/// A moment in the past: so long ago, or as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Ago(Lifetime),
    At(Timestamp),
}

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(Expires::In(ago @ Lifetime::Seconds(_))) => Ok(Self::Ago(ago)),
            Ok(Expires::At(moment)) => Ok(Self::At(moment)),
            Ok(Expires::In(Lifetime::Never)) | Err(_) => {
                Err("such as 90d, 2026-01-31 or 2026-01-31T12:00:00Z")
            }
        }
    }
}

impl Since {
    fn text(self) -> String {
        match self {
            Self::Ago(ago) => ago.ago(SystemClock.now()).unwrap_or(Timestamp::MIN).to_string(),
            Self::At(moment) => moment.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_of_the_past_is_read_as_people_write_it() {
        assert_eq!("90d".parse(), Ok(Since::Ago(Lifetime::Seconds(7_776_000))));
        assert_eq!("2026-01-31".parse(), Ok(Since::At("2026-01-31T00:00:00Z".parse().unwrap())));
        for text in ["never", "none", "", "90", "yesterday"] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }
}
