//! What is set for the endpoints that gateways ask.

use std::net::SocketAddr;

use symbolon_server::gateway::Peers;

use super::place::{Fault, Place};
use super::resolve::{address, fault};
use super::source::GatewayDraft;
use super::tls::{self, TlsFiles};

/// Where gateways ask, and which may.
#[derive(Debug)]
pub(crate) struct GatewayDoor {
    /// Where `listen` was said.
    pub(crate) place: Place,
    /// Where the endpoints listen.
    pub(crate) listen: SocketAddr,
    /// Who may ask.
    pub(crate) peers: Peers,
    /// What it proves itself with, where it speaks TLS.
    pub(crate) tls: Option<TlsFiles>,
}

pub(super) fn resolve(draft: &GatewayDraft, faults: &mut Vec<Fault>) -> Option<GatewayDoor> {
    let any = draft.any_peer.as_ref().is_some_and(|said| said.value);
    let mut peers = Peers::default();
    for said in &draft.peers {
        if let Err(error) = peers.add(&said.value, any) {
            faults.push(fault(&said.place, error));
        }
    }
    let Some(listen) = &draft.listen else {
        faults.push(fault(&draft.place, "the endpoints for gateways need a listen, such as 127.0.0.1:7072"));
        return None;
    };
    if draft.peers.is_empty() {
        let message =
            "without peers nobody may ask; name the gateway's address, such as peers = [\"127.0.0.1\"]";
        faults.push(fault(&listen.place, message));
    }
    let tls = draft.tls.as_ref().and_then(|draft| tls::resolve(draft, faults));
    Some(GatewayDoor { place: listen.place.clone(), listen: address(listen, faults)?, peers, tls })
}
