//! Tokens that are made one by one and are on the disk when that is answered, beside what the disk can do one by one.
//! Above 1, creations that came together shared a write.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use serde_json::json;

use crate::load::Load;
use crate::rounds::{Comparison, Quantity, alternate};
use crate::stage::{Side, Stage, posts};
use crate::{Outcome, clock};

/// Clients at once.
const CLIENTS: usize = 32;
/// A page of the record.
const PAGE: usize = 4_096;
/// The pages of the baseline's file: about as long as SQLite's log becomes before it begins again.
const PAGES: u64 = 1_000;

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let body = json!({ "name": "bench", "scopes": ["read:printers"] }).to_string();
    let load = Load {
        address: stage.symbolon.addresses[0],
        connections: CLIENTS,
        requests: posts("/v1/services/odin/tokens", &stage.world.system_key, std::iter::once(body)),
        statuses: &[201],
    };
    let side = Side { load, servers: vec![&stage.symbolon] };
    let disk = Disk::new(stage).map_err(|why| format!("the disk: {why}"))?;
    let turns = alternate(stage.plan.rounds, 2, |which| match which {
        0 => stage.turn(&side).map(|turn| turn.rate),
        _ => disk.syncs(stage.plan.round).map_err(|why| format!("the disk: {why}")),
    })?;
    Ok(vec![Comparison {
        subject: format!("POST /v1/services/odin/tokens, {CLIENTS} clients, each creation durable"),
        baseline: "a page written and an fsync, one after the other, on the same disk",
        quantities: vec![Quantity::of("a second (more is better)", &turns[0], &turns[1])],
    }])
}

/// A file on the disk that holds the record.
struct Disk(File);

impl Disk {
    fn new(stage: &Stage) -> io::Result<Self> {
        let file = File::create(stage.folder.path().join("disk"))?;
        // Written once before: a file that does not grow is the cheapest to sync.
        (0..PAGES).try_for_each(|page| file.write_all_at(&[0; PAGE], page * PAGE as u64))?;
        file.sync_all()?;
        Ok(Self(file))
    }

    /// How many pages reach the disk in a second. `sync_all` is the call that SQLite makes here.
    fn syncs(&self, period: Duration) -> io::Result<f64> {
        let (start, mut done) = (clock::instant(), 0);
        for page in (0..PAGES).cycle() {
            self.0.write_all_at(&[1; PAGE], page * PAGE as u64)?;
            self.0.sync_all()?;
            done += 1;
            if clock::instant().duration_since(start) >= period {
                break;
            }
        }
        Ok(f64::from(done) / clock::instant().duration_since(start).as_secs_f64())
    }
}
