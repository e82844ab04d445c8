//! What is done to the fleet, by a seed: a lane for each node and one for the database, each with one fault at a time.

use std::sync::Arc;
use std::time::Duration;

use super::database::Database;
use super::relay::Cut;
use super::world::World;
use crate::clock::{self, Moment};
use crate::history::{Event, Fault, Silence};
use crate::random::SplitMix;

/// Does things to one node until all is to end, and leaves it well.
pub(crate) async fn of_a_node(world: Arc<World>, seed: u64, number: usize) {
    let mut random = SplitMix::of(seed, number);
    let node = Arc::clone(&world.nodes[number]);
    while world.pause(random.millis(1_500, 9_000)).await {
        let begin = clock::now();
        let kind = match random.below(100) {
            0..35 => {
                let which = [Cut::Asking, Cut::Answering, Cut::Both, Cut::Broken][random.below(4)];
                silent(&world, number, which, random.millis(200, 7_000), None).await;
                format!("cut {which:?}").to_lowercase()
            }
            35..50 => {
                node.pause();
                world.pause(random.millis(100, 8_000)).await;
                node.go_on();
                "stopped".to_owned()
            }
            50..62 => {
                // It wakes up with a lease that has ended, and cannot have another.
                let (length, asleep) = (random.millis(4_500, 6_000), random.millis(2_800, 4_000));
                silent(&world, number, Cut::Both, length, Some(asleep)).await;
                "stopped in a cut".to_owned()
            }
            62..76 => {
                node.kill();
                world.pause(random.millis(0, 5_000)).await;
                start(&world, number).await;
                "killed".to_owned()
            }
            76..84 => {
                node.relay.delay(random.millis(5, 200));
                world.pause(random.millis(2_000, 6_000)).await;
                node.relay.delay(Duration::ZERO);
                "slow network".to_owned()
            }
            84..90 => {
                node.relay.break_once();
                "connections broken".to_owned()
            }
            _ if node.plan.faketime.is_some() => {
                let step = i64::try_from(random.below(7_200)).unwrap_or_default() - 3_600;
                node.step(step);
                world.pause(random.millis(3_000, 10_000)).await;
                node.step(0);
                format!("wall clock {step:+} s")
            }
            _ => continue,
        };
        tell(&world, kind, node.name(), begin);
    }
}

/// Cuts a node off, and perhaps has it sleep meanwhile.
async fn silent(world: &World, number: usize, which: Cut, length: Duration, asleep: Option<Duration>) {
    let node = &world.nodes[number];
    let cut = node.relay.cut(which).await;
    // After the cut: whatever was asked before is the older.
    let begin = clock::now();
    if let Some(asleep) = asleep {
        node.pause();
        world.pause(asleep).await;
        node.go_on();
    }
    world.pause(length.saturating_sub(asleep.unwrap_or_default())).await;
    // And before its end.
    let end = clock::now();
    drop(cut);
    world.history.write(Event::Silence(Silence { node: node.name().to_owned(), begin, end }));
}

/// Starts a node that was killed; while the database is away it may take several tries.
pub(crate) async fn start(world: &World, number: usize) {
    loop {
        let node = Arc::clone(&world.nodes[number]);
        let started = tokio::task::spawn_blocking(move || node.start()).await;
        let Ok(Err(why)) = started else { return };
        world.history.note(clock::now(), why);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// Does things to the database until all is to end, and leaves it well.
pub(crate) async fn of_the_database(world: Arc<World>, seed: u64) -> Result<(), String> {
    let mut random = SplitMix::of(seed, 999);
    while world.pause(random.millis(10_000, 40_000)).await {
        let (begin, database) = (clock::now(), Arc::clone(&world.database));
        let kind = match random.below(4) {
            0 | 1 => {
                let gently = random.percent(50);
                let stopped = beside(&database, move |database| database.stop(gently)).await;
                let begin = clock::now();
                world.pause(random.millis(50, 6_000)).await;
                let end = clock::now();
                beside(&database, Database::start_again).await?;
                stopped?;
                for node in &world.nodes {
                    world.history.write(Event::Silence(Silence { node: node.name().to_owned(), begin, end }));
                }
                if gently { "restarted" } else { "crashed" }
            }
            2 => {
                let by = random.millis(5, 100);
                beside(&database, move |database| database.slow(by)).await?;
                world.pause(random.millis(2_000, 8_000)).await;
                beside(&database, |database| database.slow(Duration::ZERO)).await?;
                "slow commits"
            }
            _ => {
                database.hold_writers(true);
                world.pause(random.millis(300, 3_000)).await;
                database.hold_writers(false);
                "writers stopped"
            }
        };
        tell(&world, kind.to_owned(), "database", begin);
    }
    Ok(())
}

/// Does something with the database beside the runtime.
pub(crate) async fn beside<T: Send + 'static>(
    database: &Arc<Database>,
    work: impl FnOnce(&Database) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let database = Arc::clone(database);
    let done = tokio::task::spawn_blocking(move || work(&database)).await;
    done.map_err(|why| why.to_string())?
}

fn tell(world: &World, kind: String, of: &str, begin: Moment) {
    let fault = Fault { kind, of: of.to_owned(), begin, end: clock::now() };
    world.history.write(Event::Fault(fault));
}
