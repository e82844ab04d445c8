//! What becomes of a decision, and what it leaves behind.

use std::net::IpAddr;

use symbolon_core::Timestamp;
use symbolon_core::decision::{DecidedRoute, Decision, Directory as _, LiveToken, Principal};
use symbolon_core::rotation::Which;
use symbolon_core::usage::Outcome;

use crate::Gate;
use crate::index::View;
use crate::services::Served;
use crate::tally::{Event, Place};

impl Gate {
    /// Asks the limits, counts the check, and notes what it says of a token. `without` is what was asked for where it was no
    /// route.
    pub(crate) fn settle<'r>(
        &self,
        served: &Served,
        view: &View<'_>,
        decision: Decision<'r>,
        without: Place,
        client_ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Decision<'r> {
        let token = match &decision {
            Decision::Allow(grant) => grant.principal().token(),
            Decision::Deny(_) | Decision::Unavailable => None,
        };
        let live = token.and_then(|token| token.digest).and_then(|(digest, _)| view.token(&digest));
        // Its digest may have been moved to another pepper since, or it may have another secret.
        let moved = token.filter(|_| live.is_none()).and_then(|token| self.index.token(token.id));
        let live = live.or(moved.as_ref());
        let decision = decision.metered(live, served.limit(), now);
        self.note(served, live, &decision, without, client_ip, now);
        decision
    }

    fn note(
        &self,
        served: &Served,
        live: Option<&LiveToken>,
        decision: &Decision<'_>,
        without: Place,
        client_ip: Option<IpAddr>,
        now: Timestamp,
    ) {
        let route = match decision {
            Decision::Allow(grant) => grant.route_index(),
            Decision::Deny(denial) => denial.route.as_ref().map(DecidedRoute::index),
            Decision::Unavailable => None,
        };
        served.count(route, decision.code());
        let (token, outcome) = match decision {
            Decision::Allow(grant) => {
                let Principal::Token { token, which, .. } = grant.principal() else { return };
                if let Some(live) = live {
                    self.uses.note(token.id, &live.last_use, now);
                    // Not where it was given another secret since: that one was not used.
                    if *which == Which::Present && live.token.rotation.at == token.rotation.at {
                        self.untold.used(live, now);
                    }
                }
                (token.id, Outcome::Allowed)
            }
            Decision::Deny(denial) => {
                let Some(token) = denial.about() else { return };
                self.note_reuse((denial.reason, Some(token)), client_ip, now);
                (token, Outcome::Refused(denial.reason))
            }
            Decision::Unavailable => return,
        };
        let generation = served.service.catalog.generation();
        let place = route.map_or(without, Place::Route);
        self.tally.note(Event { token, now, generation, place, outcome, client_ip });
    }
}
