//! The limits on how many requests tokens make. They are asked when every rule has said yes, and what they refuse has taken
//! nothing.

use jiff::Timestamp;

use super::live::LiveToken;
use super::outcome::{Decision, Denial, Reason};
use crate::catalog::Catalog;
use crate::rate::{Meter, Metered, Quota, Rate};

/// Whether a request of this method changes something, as far as a method says that.
pub fn changes(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// Asks the limits of a token and of those that it comes from, which they share: all of `line` make one request at `now`,
/// or none of them does. The least that is left; `None` where there is no limit.
pub fn take(
    line: &[LiveToken<'_>],
    catalog: &Catalog,
    changes: bool,
    now: Timestamp,
) -> Result<Option<Quota>, (Reason, Quota)> {
    // Most tokens have none, and come from nobody.
    if line.first().is_none_or(|live| live.extra.is_none()) {
        return Ok(None);
    }
    let mut least: Option<Quota> = None;
    for (at, (reason, rate, meter)) in limits(line, catalog, changes).enumerate() {
        match meter.take(rate, now) {
            Metered::Admitted(quota) => {
                if least.is_none_or(|known| quota.remaining < known.remaining) {
                    least = Some(quota);
                }
            }
            Metered::Refused(quota) => {
                give_back(limits(line, catalog, changes).take(at));
                return Err((reason, quota));
            }
        }
    }
    Ok(least)
}

type Limit<'l> = (Reason, Rate, &'l Meter);

fn limits<'l>(
    line: &'l [LiveToken<'_>],
    catalog: &'l Catalog,
    changes: bool,
) -> impl Iterator<Item = Limit<'l>> {
    let all = line.iter().filter_map(|live| live.extra.map(|extra| (live, &*extra.meters)));
    all.flat_map(move |(live, meters)| {
        let requests = live.rate(Some(catalog)).map(|rate| (Reason::TokenLimit, rate, &meters.all));
        let changing = live.change_limit().filter(|_| changes);
        let changing = changing.map(|rate| (Reason::ChangeLimit, rate, &meters.changes));
        requests.into_iter().chain(changing)
    })
}

fn give_back<'l>(taken: impl Iterator<Item = Limit<'l>>) {
    for (_, rate, meter) in taken {
        meter.give_back(rate);
    }
}

impl Decision<'_> {
    /// What becomes of a token's request at `now`: by its own limits and those of the tokens that it comes from, which are
    /// behind it in `line`, and by that of its service, which all tokens share. A token without an
    /// [`Extra`](super::Extra) has no limit of its own, and need not be there. `changes` says whether the request changes
    /// something; one of which nobody knows that is taken for one that does. What was refused stays refused, and nothing
    /// else than a token has a limit.
    pub fn metered(
        &mut self,
        line: &[LiveToken<'_>],
        changes: bool,
        service: Option<(Rate, &Meter)>,
        now: Timestamp,
    ) {
        let Self::Allow(grant) = self else { return };
        let Some(token) = grant.principal().token() else { return };
        let refused = match take(line, grant.catalog(), changes, now) {
            Err(refused) => Some(refused),
            Ok(quota) => {
                grant.quota = quota;
                match service.map(|(rate, meter)| meter.take(rate, now)) {
                    Some(Metered::Refused(quota)) => {
                        // The token has made no request.
                        give_back(limits(line, grant.catalog(), changes));
                        Some((Reason::ServiceLimit, quota))
                    }
                    _ => None,
                }
            }
        };
        if let Some((reason, quota)) = refused {
            let (token, route) = (Some(token), grant.decided_route());
            *self = Self::Deny(Box::new(Denial { token, route, quota: Some(quota), ..Denial::new(reason) }));
        }
    }
}
