//! What the doors prove themselves with.

use symbolon_api::CertificateState;
use symbolon_api::client::Client;
use symbolon_core::Timestamp;

use super::Findings;
use crate::failure::Failure;
use crate::settings::Settings;

const CHECK: &str = "certificate";

/// The pairs that the files hold, which a server would take up if it were started now.
pub(super) fn in_files(settings: &Settings, now: Timestamp, findings: &mut Findings) {
    for (door, files) in settings.certificates() {
        match files.open() {
            Ok(tls) => tell(&door, &tls.state(now), findings),
            Err(fault) => findings.bad(CHECK, format!("{door}: no server will start with it: {fault}")),
        }
    }
}

/// The pairs with which a server's doors are open.
pub(super) async fn in_force(client: &Client, findings: &mut Findings) -> Result<(), Failure> {
    for door in client.status().await?.doors {
        let name = match door.service {
            Some(service) => format!("{} of {service}", door.name),
            None => door.name,
        };
        if let Some(state) = door.certificate {
            tell(&name, &state, findings);
        }
    }
    Ok(())
}

fn tell(door: &str, state: &CertificateState, findings: &mut Findings) {
    let end = state.ends_at.as_deref().unwrap_or("a moment that it does not say");
    if let (Some(fault), Some(since)) = (&state.fault, &state.fault_since) {
        let detail = format!(
            "{door}: what the files hold since {since} is not in force, and no server will start with it: {fault}; the \
             one before is in force, until {end}"
        );
        findings.bad(CHECK, detail);
    }
    match state.state.as_str() {
        "ended" => findings.warn(CHECK, format!("{door}: it ended at {end}; renew it, callers refuse it")),
        "ends_soon" => findings.warn(CHECK, format!("{door}: it ends at {end}; renew it")),
        _ => findings.ok(CHECK, format!("{door}: until {end}")),
    }
}
