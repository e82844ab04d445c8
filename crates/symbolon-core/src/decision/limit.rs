//! The limits on how many requests tokens make. They are asked when every rule has said yes, and what they refuse has taken
//! nothing.

use jiff::Timestamp;

use super::identity::LiveToken;
use super::outcome::{Decision, Denial, Reason};
use crate::rate::{Meter, Metered, Quota, Rate};

impl Decision<'_> {
    /// What becomes of a request by `live` at `now`: by the token's own limit, and by that of its service, which all tokens
    /// share. What was refused stays refused, and nothing else than a token has a limit.
    #[inline]
    pub fn metered(self, live: Option<&LiveToken>, service: Option<(Rate, &Meter)>, now: Timestamp) -> Self {
        let Some(live) = live else { return self };
        let Self::Allow(mut grant) = self else { return self };
        let refused = |reason, quota, route| {
            Self::Deny(Box::new(Denial {
                token: Some(live.token.clone()),
                route,
                quota: Some(quota),
                ..Denial::new(reason)
            }))
        };
        if let Some(rate) = live.rate() {
            match live.last_use.meter.take(rate, now) {
                Metered::Admitted(quota) => grant.quota = Some(quota),
                Metered::Refused(quota) => return refused(Reason::TokenLimit, quota, grant.decided_route()),
            }
        }
        if let Some((rate, meter)) = service
            && let Metered::Refused(quota) = meter.take(rate, now)
        {
            // The token has made no request.
            if let Some(Quota { rate, .. }) = grant.quota {
                live.last_use.meter.give_back(rate);
            }
            return refused(Reason::ServiceLimit, quota, grant.decided_route());
        }
        Self::Allow(grant)
    }
}
