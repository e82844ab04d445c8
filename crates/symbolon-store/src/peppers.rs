//! What rests on which pepper, as it is counted from rows of whichever database.

use std::collections::BTreeMap;
use std::str::FromStr;

use symbolon_core::store::PepperUse;

use crate::rows::{Columns, get};

/// The parts of each pepper, of which one may come several times, in one.
pub(crate) fn summed(parts: Vec<PepperUse>) -> Vec<PepperUse> {
    let mut uses: BTreeMap<u32, PepperUse> = BTreeMap::new();
    for part in parts {
        let one =
            uses.entry(part.pepper).or_insert(PepperUse { pepper: part.pepper, ..PepperUse::default() });
        one.tokens += part.tokens;
        one.keys += part.keys;
        one.seals += part.seals;
    }
    uses.into_values().collect()
}

/// Counts of tokens and keys by the number of their pepper. What no pepper can be called was not written by us.
pub(crate) fn counted(rows: &[impl Columns]) -> Vec<PepperUse> {
    let read = |row| {
        let pepper = u32::try_from(get::<i64>(row, "pepper").ok()?).ok()?;
        let count = |column| get(row, column).ok().map(i64::cast_unsigned);
        Some(PepperUse { pepper, tokens: count("tokens")?, keys: count("keys")?, seals: 0 })
    };
    rows.iter().filter_map(read).collect()
}

/// Counts of seals by their first four bytes, which are the number of their pepper.
pub(crate) fn sealed_under(rows: &[impl Columns]) -> Vec<PepperUse> {
    let read = |row| {
        let pepper = u32::from_be_bytes(*get::<&[u8]>(row, "pepper").ok()?.first_chunk()?);
        let seals = get(row, "seals").ok().map(i64::cast_unsigned)?;
        Some(PepperUse { pepper, seals, ..PepperUse::default() })
    };
    rows.iter().filter_map(read).collect()
}

/// These ids. One that is none was not written by us, and nothing loads it.
pub(crate) fn ids_of<T: FromStr>(ids: &[String]) -> Vec<T> {
    ids.iter().filter_map(|id| id.parse().ok()).collect()
}
