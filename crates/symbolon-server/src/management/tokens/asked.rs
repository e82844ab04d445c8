//! From the wire's texts to what the rules take.

use jiff::{RoundMode, TimestampRound, Unit};
use symbolon_api::Restrictions;
use symbolon_core::lifetime::Lifetime;
use symbolon_core::manage::{End, RateLimit};
use symbolon_core::name::ScopeName;
use symbolon_core::rate::Rate;
use symbolon_core::restriction;
use symbolon_core::{Refusal, Timestamp};

use crate::management::parameters::parsed;

/// Scopes by name; a fault names its place.
pub(in crate::management) fn scopes(listed: Option<&[String]>) -> Result<Option<Vec<ScopeName>>, Refusal> {
    listed.map(|listed| scopes_at("scopes", listed)).transpose()
}

/// The same at another place.
pub(in crate::management) fn scopes_at(place: &str, listed: &[String]) -> Result<Vec<ScopeName>, Refusal> {
    let scope = |(index, text): (usize, &String)| parsed(&format!("{place}[{index}]"), text);
    listed.iter().enumerate().map(scope).collect()
}

/// `expires_at` or `expires_in`; `None` where neither is given.
pub(super) fn end(at: Option<&str>, within: Option<&str>) -> Result<Option<End>, Refusal> {
    match (at, within) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Refusal::field("expires_in", "give expires_at or expires_in, not both")),
        (None, Some(text)) => Ok(Some(match parsed("expires_in", text)? {
            Lifetime::Never => End::Never,
            lifetime @ Lifetime::Seconds(_) => End::In(lifetime),
        })),
        (Some(text), None) => moment("expires_at", text).map(|moment| Some(End::At(moment))),
    }
}

/// A token's limit; `None` where nothing is said.
pub(super) fn rate_limit(asked: Option<&str>) -> Result<Option<RateLimit>, Refusal> {
    match asked {
        None => Ok(None),
        Some("default") => Ok(Some(RateLimit::Default)),
        Some(text) => parsed("rate_limit", text).map(RateLimit::Own).map(Some),
    }
}

/// A rate of a token's own; `None` where nothing is said, or `none`.
pub(super) fn own_rate(field: &str, asked: Option<&str>) -> Result<Option<Rate>, Refusal> {
    asked.filter(|text| *text != "none").map(|text| parsed(field, text)).transpose()
}

/// Restrictions that restrict something. The faults name their places.
pub(super) fn restrictions(given: Restrictions) -> Result<restriction::Restrictions, Refusal> {
    if given.is_empty() {
        let detail = "name networks, methods, paths or parameters, or leave restrictions out; an edit takes all away with null";
        return Err(Refusal::field("restrictions", detail));
    }
    let Restrictions { networks, methods, paths, parameters } = given;
    restriction::Given { networks, methods, paths, parameters }.try_into()
}

/// A moment, cut to the record's precision: never later than was asked for.
pub(super) fn moment(field: &str, text: &str) -> Result<Timestamp, Refusal> {
    let wrong = || {
        let detail = "a moment such as 2027-01-31T12:00:00Z (RFC 3339); for no end give expires_in \"none\"";
        Refusal::field(field, detail)
    };
    let moment: Timestamp = text.parse().map_err(|_| wrong())?;
    let round = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Floor);
    moment.round(round).map_err(|_| wrong())
}
