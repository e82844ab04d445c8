//! What becomes of a decision, and what it leaves behind.

use std::net::IpAddr;

use symbolon_core::Timestamp;
use symbolon_core::decision::{DecidedRoute, Decision, LiveToken, Principal, limit};
use symbolon_core::rotation::Which;
use symbolon_core::usage::Outcome;

use crate::Gate;
use crate::index::View;
use crate::services::Served;
use crate::tally::{AskedFor, Event};

/// What is known of a request beside the decision.
pub(crate) struct About<'a> {
    /// What was asked for where it was no route.
    pub(crate) without: AskedFor,
    /// Its method; `None` where nobody says what was asked for is for.
    pub(crate) method: Option<&'a str>,
    pub(crate) client_ip: Option<IpAddr>,
    pub(crate) now: Timestamp,
}

impl About<'_> {
    /// Whether it changes something, or may.
    fn changes(&self) -> bool {
        self.method.is_none_or(limit::changes)
    }
}

impl Gate {
    /// Asks the limits, counts the check, and notes what it says of a token.
    pub(crate) fn settle<'r>(
        &self,
        served: &Served,
        view: &View<'_>,
        mut decision: Decision<'r>,
        about: &About<'_>,
    ) -> Decision<'r> {
        let token = match &decision {
            Decision::Allow(grant) => view.again(grant),
            Decision::Deny(_) | Decision::Unavailable => None,
        };
        let derived = token.as_ref().filter(|token| token.parent().is_some());
        let descent = derived.map(|token| view.descent(*token));
        let line = descent.as_deref().unwrap_or(token.as_slice());
        decision.metered(line, token.is_some() && about.changes(), served.limit(), about.now);
        self.note(served, view, line, &decision, about);
        decision
    }

    /// Notes a use of the tokens that one comes from: while a child is used, none of them lies unused.
    pub(crate) fn note_use_above(&self, above: &[LiveToken<'_>], now: Timestamp) {
        for live in above {
            self.index.note_use(live.id, &live.place, now);
        }
    }

    fn note(
        &self,
        served: &Served,
        view: &View<'_>,
        line: &[LiveToken<'_>],
        decision: &Decision<'_>,
        &About { without, client_ip, now, .. }: &About<'_>,
    ) {
        let route = match decision {
            Decision::Allow(grant) => grant.route_index(),
            Decision::Deny(denial) => denial.route.as_ref().map(DecidedRoute::index),
            Decision::Unavailable => None,
        };
        served.count(route, decision.code());
        let (token, outcome) = match decision {
            Decision::Allow(grant) => {
                let Principal::Token { id, which, place, rotated_at, .. } = grant.principal() else { return };
                self.index.note_use(*id, place, now);
                if let Some((live, above)) = line.split_first() {
                    self.note_use_above(above, now);
                    // Not where it was given another secret since: that one was not used.
                    if *which == Which::Present && live.rotated_at() == *rotated_at {
                        self.untold.used(live, now);
                    }
                }
                (*id, Outcome::Allowed)
            }
            Decision::Deny(denial) => {
                let Some(token) = denial.about() else { return };
                self.note_reuse(view, (denial.reason, Some(token)), client_ip, now);
                (token, Outcome::Refused(denial.reason))
            }
            Decision::Unavailable => return,
        };
        let generation = served.service.catalog.generation();
        let place = route.map_or(without, AskedFor::Route);
        self.tally.note(Event { token, now, generation, place, outcome, client_ip });
    }
}
