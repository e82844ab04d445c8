//! Where a person is asked for what was refused: the link in refusals, and in notices.

use std::net::IpAddr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use symbolon_api::AskLink;
use symbolon_core::audit::Line;
use symbolon_core::code::scope_list;
use symbolon_core::decision::{Denial, Reason};
use symbolon_core::name::{ScopeName, ServiceName};

use crate::app::App;

impl App {
    /// Where can be asked for what this refusal says is missing. `None` where it says so of nobody's token, where no such token
    /// may ask, and where it is not known under which name the caller, who is at this address, reaches the management API. It
    /// will send its token there.
    pub(crate) fn ask_link(
        &self,
        service: &ServiceName,
        denial: &Denial,
        client_ip: Option<IpAddr>,
    ) -> Option<AskLink> {
        if denial.reason != Reason::InsufficientScope {
            return None;
        }
        let token = self.gate().token(denial.token?).filter(|token| token.parent.is_none())?;
        let catalog = self.gate().service(service.as_str())?.catalog;
        catalog.policy.max_loan?;
        let role = self.gate().user(token.owner).and_then(|owner| catalog.role_of(&owner));
        let origin = self.reached_at(client_ip)?;
        // What the owner's role does not reach, nobody can lend.
        let within = |scopes: &Vec<ScopeName>| {
            let wanted = catalog.set(scopes);
            wanted.is_subset(&catalog.effective(wanted, role))
        };
        let scopes = denial.needs().into_iter().find(within).map(|scopes| scope_list(&scopes))?;
        let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        Some(AskLink {
            url: format!("{origin}/v1/asks"),
            page: format!(
                "{origin}/asks/new?service={}&token={}&scope={}",
                escaped(service.as_str()),
                token.id,
                escaped(&scopes)
            ),
        })
    }

    /// Where a person answers the ask that a line of the audit is about.
    pub(crate) fn page_of_ask(&self, line: &Line) -> Option<String> {
        let detail: Value = serde_json::from_str(&line.detail).ok()?;
        Some(format!("{}/asks/{}", self.reached_at(None)?, detail.get("ask")?.as_str()?))
    }

    /// The origin of the management API: as the operator says, or for who calls from this very machine where it listens there.
    fn reached_at(&self, client_ip: Option<IpAddr>) -> Option<String> {
        if let Some(said) = &self.shared().parts.issuer {
            return Some(said.to_string());
        }
        client_ip.filter(|ip| ip.to_canonical().is_loopback()).and_then(|_| self.pulse().at_this_machine())
    }
}
