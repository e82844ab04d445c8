//! What a caller could reach, for lists of what can be done.

use std::net::IpAddr;

use symbolon_core::Timestamp;
use symbolon_core::catalog::RouteIndex;
use symbolon_core::credential::Credentials;
use symbolon_core::decision::Reach;
use symbolon_core::name::ServiceName;

use crate::{Gate, judge};

impl Gate {
    /// Who presents something to a service, and which of these routes they could reach; `None` if there is no such service.
    /// It is no use of a token, counts as nothing and asks no limit.
    pub fn reach(
        &self,
        service: &ServiceName,
        credentials: Credentials<'_>,
        client_ip: Option<IpAddr>,
        routes: impl IntoIterator<Item = RouteIndex>,
        now: Timestamp,
    ) -> Option<Reach> {
        let (services, keys) = (self.services.load(), self.keys.load());
        let view = self.view();
        let served = services.get(service.as_str())?;
        let reach = judge(served, &view, &keys, now).reach(credentials, client_ip, routes);
        if let Reach::Deny(denial) = &reach {
            self.note_reuse(&view, (denial.reason, denial.about()), client_ip, now);
        }
        let sure = view.held().is_some_and(|held| self.lease.holds(held));
        Some(if sure { reach } else { Reach::Unavailable })
    }
}
