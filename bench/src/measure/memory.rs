//! What a token takes in a gate, beside the least that anybody could keep of it.

use std::hash::BuildHasherDefault;
use std::hint::black_box;
use std::process::Command;

use symbolon_core::credential::Credentials;
use symbolon_core::decision::{Decision, Request};
use symbolon_core::random::Entropy;
use symbolon_core::store::{Change, Sink};
use symbolon_server::Clock;

use super::check::Map;
use crate::clock::{OsEntropy, SystemClock};
use crate::rounds::{Comparison, Quantity};
use crate::{Outcome, say, world};

/// The memory of so many tokens, with all that comes with them: each is used once, for that is kept too. Measured once: it is
/// the same each time.
pub(super) fn of(count: usize) -> Outcome<Comparison> {
    let fault = |why: &dyn std::fmt::Display| format!("the memory of {count} tokens: {why}");
    // In a process of its own, where nothing has been freed that could be taken again.
    let program = std::env::current_exe().map_err(|why| fault(&why))?;
    let output = Command::new(program).args(["memory", "--tokens", &count.to_string()]).output();
    let output = output.map_err(|why| fault(&why))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let bytes: Vec<f64> = said.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [gate, map] = bytes[..] else { return Err(fault(&String::from_utf8_lossy(&output.stderr))) };
    Ok(Comparison {
        subject: format!("the memory of {count} tokens in a gate, used once each"),
        baseline: "a HashMap of as many digests and ids",
        quantities: vec![Quantity::of("bytes a token (less is better)", &[gate], &[map])],
    })
}

/// Says how many bytes a token takes in a gate, and how many in a map. In a process of its own.
pub(crate) fn run(count: u32) -> Outcome<()> {
    let (gate, map) = (in_a_gate(count)?, in_a_map(count)?);
    say(&format!("{} {}", gate / f64::from(count), map / f64::from(count)));
    Ok(())
}

/// Tokens as they come, of which nothing is kept but what the gate keeps.
fn in_a_gate(count: u32) -> Outcome<f64> {
    let service = world::service()?;
    let catalog = service.catalog.clone();
    let owners = world::owners(&catalog)?;
    let before = resident()?;
    let gate = world::gate(service, &owners)?;
    gate.loaded();
    let now = SystemClock.now();
    for owner in owners.iter().cycle().take(count as usize) {
        let (token, secret) = world::token(&catalog, owner)?;
        gate.apply(&Change::TokenCreated(token));
        let request = Request {
            method: "GET",
            target: b"/api/printers",
            credentials: Credentials::of_secret(secret.reveal().as_bytes()),
            method_override: false,
            client_ip: None,
        };
        if !matches!(gate.check(&catalog.service, &request, now), Some(Decision::Allow(_))) {
            return Err("a check was refused".to_owned());
        }
    }
    Ok(resident()? - before)
}

fn in_a_map(count: u32) -> Outcome<f64> {
    let before = resident()?;
    let mut map = Map::with_capacity_and_hasher(count as usize, BuildHasherDefault::default());
    let mut digest = [0; 32];
    for _ in 0..count {
        OsEntropy.fill(&mut digest);
        map.insert(digest, [1; 16]);
    }
    let after = resident()?;
    black_box(map);
    Ok(after - before)
}

/// The memory that this process has filled, in bytes, without the program itself.
fn resident() -> Outcome<f64> {
    let status =
        std::fs::read_to_string("/proc/self/status").map_err(|why| format!("/proc/self/status: {why}"))?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix(" kB"));
    let kilobytes: Option<u32> = kilobytes.and_then(|text| text.trim().parse().ok());
    kilobytes
        .map(|kilobytes| f64::from(kilobytes) * 1_024.0)
        .ok_or_else(|| "no RssAnon of this process".to_owned())
}
