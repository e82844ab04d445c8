//! What it costs to say no, beside an allowed request: whoever has no token must not be the dearest caller.

use super::rate_among;
use crate::load::Load;
use crate::rounds::{Comparison, Quantity, alternate};
use crate::stage::{CONNECTIONS, Side, Stage, gets, quantities};
use crate::{Outcome, world};

/// Of bad credentials: so many from one address are answered shortly, but for one a second.
const BAD: &[u16] = &[401, 429];

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let tokens = &stage.world.tokens;
    let allowed = Load {
        address: stage.symbolon.addresses[1],
        connections: CONNECTIONS,
        requests: gets("/api/printers", tokens.iter().map(String::as_str)),
        statuses: &[200],
    };
    let unknown = unknown(tokens.len())?;
    let mistyped: Vec<String> = tokens.iter().map(|token| mistyped(token)).collect();
    let refused = [
        ("an unknown token, 429", gets("/api/printers", unknown.iter().map(String::as_str)), BAD),
        ("a wrong checksum, 429", gets("/api/printers", mistyped.iter().map(String::as_str)), BAD),
        ("a missing scope, 403", gets("/api/orders", tokens.iter().map(String::as_str)), &[403_u16][..]),
    ];
    let side = |load| Side { load, servers: vec![&stage.symbolon] };
    let mut sides = vec![side(allowed.clone())];
    for (_, requests, statuses) in &refused {
        sides.push(side(Load { requests: requests.clone(), statuses, ..allowed.clone() }));
    }
    let turns = stage.alternate(&sides)?;
    let crowds = [0, 1].map(|side| sides[side].load.clone());
    // The crowd is of good ones, or of ones that nobody has issued.
    let flooded = alternate(stage.plan.rounds, 2, |side| rate_among(stage, &allowed, &crowds[1 - side]))?;
    let compare = |(index, (subject, ..)): (usize, &(&str, _, _))| Comparison {
        subject: format!("GET through the proxy: {subject}; CPU of the proxy"),
        baseline: "an allowed request",
        quantities: quantities(&turns[index + 1], &turns[0], |turn| turn.cpu),
    };
    let flood = Comparison {
        subject: "GET through the proxy with good tokens, while unknown ones come".to_owned(),
        baseline: "while as many good ones come",
        quantities: vec![Quantity::of("requests/s (more is better)", &flooded[0], &flooded[1])],
    };
    Ok(refused.iter().enumerate().map(compare).chain([flood]).collect())
}

/// Tokens of the right form that nobody has issued.
fn unknown(count: usize) -> Outcome<Vec<String>> {
    let catalog = world::service()?.catalog;
    let owners = world::owners(&catalog)?;
    let secret = |_| world::token(&catalog, &owners[0]).map(|(_, secret)| secret.reveal().to_owned());
    (0..count).map(secret).collect()
}

/// The token with its last character changed.
fn mistyped(token: &str) -> String {
    let (start, last) = token.split_at(token.len() - 1);
    format!("{start}{}", if last == "0" { "1" } else { "0" })
}
