//! `[tokens.old_form]`: how the application's own tokens look, and until when they count.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use toml::Spanned;
use toml::value::Datetime;

use super::super::fault::Faults;
use super::super::source::OldFormSource;
use super::parse;
use crate::old_form::{Alphabet, OldForm};
use crate::token::Prefix;

/// The longest prefix and the longest rest, in characters.
const MAX_PREFIX: usize = 32;
const MAX_LENGTH: usize = 256;
/// The least of a token that its row must not have in clear, and the least that must find it: with fewer, one guess
/// would be checked against many rows.
const LEAST_SECRET: usize = 16;
const LEAST_LOOKUP: usize = 4;

pub(super) fn compile(
    source: &Spanned<OldFormSource>,
    native: Option<&Prefix>,
    faults: &mut Faults<'_>,
) -> Option<OldForm> {
    let (at, source) = (source.span().start, source.as_ref());
    let alphabet = parse::<Alphabet>(&source.alphabet, faults);
    let hashed = parse(&source.hashed, faults);
    let until = day(source.until.as_ref());
    if until.is_none() {
        faults.error(source.until.span().start, "until is a date without a time, such as 2027-06-30");
    }
    let prefix = source.prefix.as_ref();
    let usual = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if prefix.len() > MAX_PREFIX || !prefix.bytes().all(usual) {
        let message = format!("prefix is at most {MAX_PREFIX} of a-z, A-Z, 0-9, -, _ and .");
        faults.error(source.prefix.span().start, message);
    } else if prefix.starts_with("eyJ") || prefix.starts_with("symkey_") {
        faults.error(source.prefix.span().start, "so begin JWTs, and keys of Symbolon; no old token may");
    }
    let (length, lookup) = (usize::from(*source.length.as_ref()), usize::from(*source.lookup.as_ref()));
    if length > MAX_LENGTH {
        faults.error(source.length.span().start, format!("length is at most {MAX_LENGTH}"));
    }
    if lookup < LEAST_LOOKUP || length < lookup + LEAST_SECRET {
        let message = format!(
            "lookup is at least {LEAST_LOOKUP}, and leaves at least {LEAST_SECRET} of the length to the secret"
        );
        faults.error(source.lookup.span().start, message);
    }
    let form = OldForm {
        prefix: prefix.clone(),
        length,
        alphabet: alphabet?,
        lookup,
        hashed: hashed?,
        until: until?,
    };
    if native.is_some_and(|native| form.is_mistakable(native)) {
        faults.error(
            at,
            "an old token could not be told from one of Symbolon's: it has the same prefix and length",
        );
    }
    Some(form)
}

/// The first moment of a day, in UTC.
fn day(written: &Datetime) -> Option<jiff::Timestamp> {
    let Datetime { date: Some(date), time: None, offset: None } = written else { return None };
    let (year, month, day) =
        (i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?);
    Some(Date::new(year, month, day).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
