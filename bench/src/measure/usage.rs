//! Use that reaches the record, each token's with every count it may have of a day and a route, beside the least that
//! a record of use could be: the moment of each token's last use.

use symbolon_core::id::TokenId;
use symbolon_core::store::Store;
use symbolon_core::usage::{Day, Outcome as Became, UsageCount};
use symbolon_server::Clock;
use symbolon_store::SqliteStore;

use crate::clock::{self, SystemClock};
use crate::rounds::{Comparison, Quantity, alternate};
use crate::stage::Stage;
use crate::{Outcome, world};

/// What each token is used for. A token has a row of every route that it was used for on a day, so these many make as
/// many rows as there are tokens in the largest index, in a fraction of the time that making as many tokens takes: of
/// a million, with their places in every list, that is minutes, and what is measured here is rows.
const ROUTES: [&str; 10] = [
    "/api/printers",
    "/api/printers/{printer_id}",
    "/api/printers/{printer_id}/live-status",
    "/api/printers/{printer_id}/slots",
    "/api/printers/live-status",
    "/api/printers/tags",
    "/api/filaments",
    "/api/filaments/combined",
    "/api/cameras",
    "/api/cameras/{printer_id}/stream",
];

/// Rows that are written in one transaction, as the server does.
const BATCH: usize = 1_000;

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let record = stage.folder.path().join("used.db");
    let count = stage.plan.many / ROUTES.len();
    let (store, tokens) = stage.runtime.block_on(async {
        let tokens = world::make(&record, count).await?.ids;
        let store = SqliteStore::open(&record, &world::keys()).await.map_err(|why| why.to_string())?;
        Ok::<_, String>((store, tokens))
    })?;
    let turns =
        alternate(stage.plan.rounds, 2, |side| stage.runtime.block_on(rows(&store, &tokens, side == 0)))?;
    stage.runtime.block_on(store.close());
    Ok(vec![Comparison {
        subject: format!(
            "use of each of {count} tokens on {} routes counted in the record, {BATCH} rows a transaction",
            ROUTES.len()
        ),
        baseline: "the last use of each noted there, and nothing else",
        quantities: vec![Quantity::of("rows a second (more is better)", &turns[0], &turns[1])],
    }])
}

/// How many rows are written in a second.
async fn rows(store: &SqliteStore, tokens: &[TokenId], counted: bool) -> Outcome<f64> {
    let (start, now) = (clock::instant(), SystemClock.now());
    let routes = if counted { &ROUTES[..] } else { &ROUTES[..1] };
    for route in routes {
        for some in tokens.chunks(BATCH) {
            let done = if counted {
                store.record_usage(some.iter().map(|&token| count(token, route, now)).collect()).await
            } else {
                store.note_used(some.iter().map(|&token| (token, now)).collect()).await
            };
            done.map_err(|why| format!("use cannot be recorded: {why}"))?;
        }
    }
    let all = u32::try_from(routes.len() * tokens.len()).map_err(|why| why.to_string())?;
    Ok(f64::from(all) / clock::instant().duration_since(start).as_secs_f64())
}

fn count(token: TokenId, route: &str, now: symbolon_core::Timestamp) -> UsageCount {
    UsageCount {
        token,
        day: Day::of(now),
        method: "GET".into(),
        path: route.into(),
        outcome: Became::Allowed,
        count: 1,
        last_at: now,
        last_ip: None,
    }
}
