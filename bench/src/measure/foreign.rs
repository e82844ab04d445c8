//! Tokens that were taken over with their application's hashes: once used they are to cost what others do, and who
//! guesses at one that is not is to cost no more than who guesses at nothing.

use std::sync::Arc;

use serde_json::json;

use super::rate_among;
use crate::Outcome;
use crate::load::{Load, Wire};
use crate::rounds::{Comparison, Quantity, alternate};
use crate::stage::{CONNECTIONS, Side, Stage, gets, posts, quantities};

/// The cost that both applications hash at.
const COST: u32 = 12;

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let (used, resting) = (format!("odin_{:a<43}", "used"), format!("odin_{:a<43}", "rests"));
    let row = |secret: &String| {
        let hash = bcrypt::hash(secret, COST).map_err(|why| why.to_string())?;
        Ok::<_, String>(json!({ "prefix": secret[..10], "hash": hash, "name": "old", "owner": "system",
            "scopes": ["read:printers"] }))
    };
    let body = json!({ "rows": [row(&used)?, row(&resting)?] }).to_string();
    let import = posts("/v1/services/odin/tokens/import", &stage.world.system_key, std::iter::once(body));
    let (management, proxy) = (stage.symbolon.addresses[0], stage.symbolon.addresses[1]);
    stage.runtime.block_on(async {
        let mut wire = Wire::connect(management).await?;
        let answer = wire.exchange(&import[0]).await?;
        let text = String::from_utf8_lossy(answer.body);
        if text.matches(r#""outcome":"imported""#).count() == 2 {
            Ok(())
        } else {
            Err(format!("not imported: {text}"))
        }
    })?;

    let allowed = |requests: Arc<[Vec<u8>]>| Load {
        address: proxy,
        connections: CONNECTIONS,
        requests,
        statuses: &[200],
    };
    let native = allowed(gets("/api/printers", stage.world.tokens.iter().map(String::as_str)));
    let one = allowed(gets("/api/printers", stage.world.tokens[..1].iter().map(String::as_str)));
    let upgraded = allowed(gets("/api/printers", std::iter::once(used.as_str())));
    let side = |load| Side { load, servers: vec![&stage.symbolon] };
    let turns = stage.alternate(&[side(upgraded), side(one)])?;

    let wrong = |start: &str| {
        let secrets: Vec<_> = (0..1_000)
            .map(|number| format!("odin_{start}{number:a>width$}", width = 43 - start.len()))
            .collect();
        Load {
            statuses: &[401, 429, 503],
            ..allowed(gets("/api/printers", secrets.iter().map(String::as_str)))
        }
    };
    let (known, unknown) = (wrong(&resting[5..10]), wrong("nobody"));
    let floods = [known, unknown];
    let flooded = alternate(stage.plan.rounds, 2, |side| rate_among(stage, &native, &floods[side]))?;
    Ok(vec![
        Comparison {
            subject: "GET through the proxy with an imported token that was used before".to_owned(),
            baseline: "with one of Symbolon's own",
            quantities: quantities(&turns[0], &turns[1], |turn| turn.cpu),
        },
        Comparison {
            subject: "GET with others' tokens while wrong secrets come at an unused imported token's prefix"
                .to_owned(),
            baseline: "while as many callers present secrets that nothing is known of",
            quantities: vec![Quantity::of("requests/s (more is better)", &flooded[0], &flooded[1])],
        },
    ])
}
