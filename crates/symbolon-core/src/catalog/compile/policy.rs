//! `[tokens]`: what tokens may be at the most.

use super::super::fault::Faults;
use super::super::source::TokenSource;
use super::super::{OnReuse, Policy};
use super::parse;
use crate::ask::LONGEST;
use crate::lifetime::Lifetime;

/// Without a default the lifetime is the longest, which is the most that a creator may ask for anyway.
pub(super) fn compile(source: &TokenSource, faults: &mut Faults<'_>) -> Policy {
    let max = source.max_lifetime.as_ref().and_then(|text| parse(text, faults)).unwrap_or(Lifetime::Never);
    let default = source.default_lifetime.as_ref().and_then(|text| parse(text, faults)).unwrap_or(max);
    if let Some(text) = source.default_lifetime.as_ref().filter(|_| default > max) {
        faults.error(text.span().start, format!("default_lifetime is longer than max_lifetime ({max})"));
    }
    let never_expires = source.never_expires.as_ref().is_none_or(|never| *never.as_ref());
    if let Some(never) =
        source.never_expires.as_ref().filter(|_| !never_expires && default == Lifetime::Never)
    {
        let message = "without tokens that never expire there must be a default_lifetime or a max_lifetime";
        faults.error(never.span().start, message);
    }
    let idle_expiry =
        source.idle_expiry.as_ref().and_then(|text| parse(text, faults)).unwrap_or(Lifetime::Never);
    if let Some(live) = source.max_live.as_ref().filter(|live| *live.as_ref() == 0) {
        faults.error(live.span().start, "max_live is at least 1; for no limit, leave it out");
    }
    let max_live = source.max_live.as_ref().map(|live| *live.as_ref());
    let max_loan = match &source.max_loan {
        None => Some(LONGEST),
        Some(text) if text.as_ref() == "off" => None,
        Some(text) => parse(text, faults).inspect(|lasts: &Lifetime| {
            if *lasts > LONGEST {
                let message = format!("max_loan is at most {LONGEST}, or \"off\" where no token may ask");
                faults.error(text.span().start, message);
            }
        }),
    };
    let on_reuse = source.on_reuse.as_ref().map_or(OnReuse::Record, |text| match text.as_ref().as_str() {
        "record" => OnReuse::Record,
        "quarantine" => OnReuse::Quarantine,
        _ => {
            faults.error(text.span().start, "on_reuse is \"record\" or \"quarantine\"");
            OnReuse::Quarantine
        }
    });
    Policy {
        default_lifetime: default,
        max_lifetime: max,
        never_expires,
        idle_expiry,
        max_live,
        max_loan,
        on_reuse,
    }
}
