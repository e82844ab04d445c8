//! How long a mutation takes to be acknowledged: by a healthy fleet, and by one with a dead node.

use std::sync::Arc;
use std::time::Duration;

use super::faults;
use super::operator::{Done, Operator, Wish};
use super::steps::Steps;
use super::world::World;
use crate::clock;
use crate::history::{self, Event, Latency};

/// How many mutations are made at once, of as many tokens.
const AT_ONCE: usize = 100;
/// How many follow the first one after a node's death.
const NEXT: usize = 50;
const HEALTHY: &str = "healthy, one after another";

/// Measures everything; `count` mutations one after another.
pub(crate) async fn measure(world: &Arc<World>, seed: u64, count: usize) -> Result<(), String> {
    let mut operator = Operator::new(world, seed, 900);
    let fault = || "no token could be made to measure with".to_owned();
    operator.settle_in().await;
    let mut tokens = Vec::new();
    for _ in 0..AT_ONCE {
        tokens.push(operator.make_token().await.ok_or_else(fault)?.subject.clone());
    }
    let mut healthy = Vec::new();
    let before = Steps::ask(world).await?;
    for number in 0..count {
        healthy.push(one(&mut operator, world, &tokens[0], number % 2 == 0).await?);
    }
    let steps = Steps::ask(world).await?.since(&before);
    world.history.write(Event::Steps(history::Steps { of: HEALTHY.to_owned(), steps }));
    tell(world, HEALTHY, healthy);
    let last = world.nodes.len() - 1;
    // Through those that live.
    operator.leave(last);
    world.nodes[last].kill();
    let first = one(&mut operator, world, &tokens[1], true).await?;
    tell(world, "one node dead, the first", vec![first]);
    let mut next = Vec::new();
    for number in 0..NEXT {
        next.push(one(&mut operator, world, &tokens[1], number % 2 != 0).await?);
    }
    tell(world, "one node dead, the next ones", next);
    faults::start(world, last).await;
    super::healthy(world).await?;
    world.nodes[last].kill();
    let begin = clock::now();
    let mut at_once = tokio::task::JoinSet::new();
    for (number, token) in tokens.iter().enumerate().skip(2) {
        let (world, token) = (Arc::clone(world), token.clone());
        let mut operator = Operator::new(&world, seed, 10_000 + number);
        operator.leave(last);
        at_once.spawn(async move { one(&mut operator, &world, &token, true).await });
    }
    let mut took = Vec::new();
    while let Some(one) = at_once.join_next().await {
        took.push(one.map_err(|why| why.to_string())??);
    }
    tell(world, "one node dead, a hundred at once, each", took);
    tell(world, "one node dead, a hundred at once, all", vec![millis(clock::between(begin, clock::now()))]);
    faults::start(world, last).await;
    super::healthy(world).await
}

async fn one(operator: &mut Operator, world: &World, token: &str, take: bool) -> Result<f64, String> {
    let (kind, held) = if take { ("disable", Vec::new()) } else { ("enable", vec!["*".to_owned()]) };
    let request = world.request("POST", format!("/v1/services/odin/tokens/{token}/{kind}"));
    let wish = Wish { kind, subject: token.to_owned(), request, aspects: vec![("enabled", held)] };
    let begin = clock::now();
    match operator.wish(&wish).await {
        Done::Cleanly => Ok(millis(clock::between(begin, clock::now()))),
        done => Err(format!("a mutation to be measured was not acknowledged at once: {done:?}")),
    }
}

fn millis(wait: Duration) -> f64 {
    wait.as_secs_f64() * 1_000.0
}

fn tell(world: &World, of: &str, millis: Vec<f64>) {
    world.history.write(Event::Latency(Latency { of: of.to_owned(), millis }));
}
