//! The limits on how many requests tokens make. They are asked when every rule has said yes, and what they refuse has taken
//! nothing.

use jiff::Timestamp;

use super::live::LiveToken;
use super::outcome::{Decision, Denial, Reason};
use crate::rate::{Meter, Metered, Rate};

impl Decision<'_> {
    /// What becomes of a token's request at `now`: by its own limit, where it is one that has an [`Extra`](super::Extra),
    /// and by that of its service, which all tokens share. What was refused stays refused, and nothing else than a token has
    /// a limit.
    pub fn metered(&mut self, live: Option<&LiveToken<'_>>, service: Option<(Rate, &Meter)>, now: Timestamp) {
        let Self::Allow(grant) = self else { return };
        let Some(token) = grant.principal().token() else { return };
        let own =
            live.and_then(|live| live.rate(Some(grant.catalog())).zip(live.extra.map(|extra| &extra.meter)));
        let refused = match own.map(|(rate, meter)| meter.take(rate, now)) {
            Some(Metered::Refused(quota)) => Some((Reason::TokenLimit, quota)),
            admitted => {
                if let Some(Metered::Admitted(quota)) = admitted {
                    grant.quota = Some(quota);
                }
                match service.map(|(rate, meter)| meter.take(rate, now)) {
                    Some(Metered::Refused(quota)) => {
                        // The token has made no request.
                        if let Some((rate, meter)) = own {
                            meter.give_back(rate);
                        }
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
