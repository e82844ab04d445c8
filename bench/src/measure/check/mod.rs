//! A check in process, beside the two things that none can do without: digesting what was presented, and looking the
//! digest up. There are two such baselines; [`TWO_BASELINES`] says why, here and on the page of the results.

mod crowd;

use crate::rounds::{Comparison, Quantity, alternate};
use crate::stage::Stage;
use crate::{Outcome, world};

use super::memory;

pub(super) use crowd::{Crowd, Map};

/// For whoever reads the results.
pub(crate) const TWO_BASELINES: &str = "A check in process stands beside two baselines of the same two things, a digest of what was presented and the lookup of \
     that digest. In the one they are done one after the other, as a check must: where to look is what the digest says, so \
     memory is waited for each time. That is the least that a check can cost. In the other each is timed by itself, over and \
     over, and the times are added: then the processor has several lookups under way at once, which the check of one request \
     cannot have. That is a floor that nothing reaches. The goal is set against both, and so against the floor.";

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let mut found = Vec::new();
    for count in [stage.plan.tokens, stage.plan.many] {
        let crowd = Crowd::gather(count)?;
        found.extend(among(count, &crowd, stage)?);
        // Of many, a check waits for memory, and the catalog is the smaller part of it.
        if count == stage.plan.tokens {
            found.push(under_routes(count, &crowd, stage)?);
        }
    }
    found.push(memory::of(stage.plan.many)?);
    Ok(found)
}

fn among(count: usize, crowd: &Crowd, stage: &Stage) -> Outcome<Vec<Comparison>> {
    let turns = alternate(stage.plan.rounds, 3, |side| match side {
        0 => crowd.check(stage.plan.round),
        1 => Ok(crowd.digest_and_lookup(stage.plan.round)),
        _ => Ok(crowd.digest(stage.plan.round / 2) + crowd.lookup(stage.plan.round / 2)),
    })?;
    let threads = alternate(stage.plan.rounds, 2, |side| crowd.throughput(2 - side, stage.plan.round))?;
    let recorded = alternate(stage.plan.rounds, 2, |side| match side {
        0 => crowd.check(stage.plan.round),
        _ => crowd.look(stage.plan.round),
    })?;
    Ok(vec![
        Comparison {
            subject: format!("Gate::check of a random one of {count} tokens, whole"),
            baseline: "one HMAC-SHA-256, and then the lookup of what it gives in a HashMap of as many",
            quantities: vec![Quantity::of("ns (less is better)", &turns[0], &turns[1])],
        },
        Comparison {
            subject: format!("Gate::check of a random one of {count} tokens, whole"),
            baseline: "the times of one HMAC-SHA-256 and of one lookup in a HashMap of as many, each by itself",
            quantities: vec![Quantity::of("ns (less is better)", &turns[0], &turns[2])],
        },
        Comparison {
            subject: format!("Gate::check of random ones of {count} tokens, on two threads"),
            baseline: "on one",
            quantities: vec![Quantity::of("checks a second (more is better)", &threads[0], &threads[1])],
        },
        Comparison {
            subject: format!("Gate::check of a random one of {count} tokens, its use noted and counted"),
            baseline: "the same decision by Gate::look, which records nothing",
            quantities: vec![Quantity::of("ns (less is better)", &recorded[0], &recorded[1])],
        },
    ])
}

/// The same requests by the same tokens under two catalogs, which take turns in the gate: what many routes cost.
fn under_routes(count: usize, crowd: &Crowd, stage: &Stage) -> Outcome<Comparison> {
    let (whole, few) = (world::service()?, world::service_of_few_routes()?);
    let routes = whole.catalog.routes.len();
    let turns = alternate(stage.plan.rounds, 2, |side| {
        crowd.serve(if side == 0 { &whole } else { &few })?;
        crowd.check(stage.plan.round)
    })?;
    crowd.serve(&whole)?;
    Ok(Comparison {
        subject: format!("Gate::check of a random one of {count} tokens, under {routes} routes"),
        baseline: "the same requests under 12 of these routes",
        quantities: vec![Quantity::of("ns (less is better)", &turns[0], &turns[1])],
    })
}
