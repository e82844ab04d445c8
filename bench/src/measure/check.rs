//! A check in process, beside the two things that none can do without: digesting what was presented, and looking the
//! digest up.
//!
//! There are two baselines. In the one, both are done one after the other, as a check must: where to look is what the
//! digest says. In the other each is timed by itself and the times are added; then the processor has several lookups
//! under way at once, which no check could have. That is a floor, and out of reach.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::hint::black_box;
use std::time::Duration;

use symbolon_core::Timestamp;
use symbolon_core::credential::Credentials;
use symbolon_core::decision::{Decision, Request};
use symbolon_core::digest::Pepper;
use symbolon_core::name::ServiceName;
use symbolon_core::store::{Change, Sink};
use symbolon_gate::Gate;
use symbolon_server::Clock;

use crate::clock::{self, SystemClock};
use crate::rounds::{Comparison, Quantity, alternate};
use crate::stage::Stage;
use crate::{Outcome, world};

/// Requests that `read:printers` opens, to be asked in turn.
const TARGETS: [&[u8]; 4] =
    [b"/api/printers", b"/api/printers/17", b"/api/v1/printers/17/slots", b"/api/printers/live-status"];

/// More than the length of a secret.
const SECRET: usize = 128;

pub(super) fn measure(stage: &Stage) -> Outcome<Vec<Comparison>> {
    let each: Outcome<Vec<_>> =
        [stage.plan.tokens, stage.plan.many].map(|count| among(count, stage)).into_iter().collect();
    Ok(each?.into_iter().flatten().collect())
}

fn among(count: usize, stage: &Stage) -> Outcome<Vec<Comparison>> {
    let crowd = Crowd::gather(count)?;
    let each = f64::from(u32::try_from(count).map_err(|_| format!("{count} tokens are too many"))?);
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
    let mut found = vec![
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
    ];
    // Of fewer, it would be less than what the allocator had left over.
    if count == stage.plan.many {
        found.push(Comparison {
            subject: format!("the memory of {count} tokens in a gate, used once each"),
            baseline: "a HashMap of as many digests and ids",
            quantities: vec![Quantity::of(
                "bytes a token (less is better)",
                &[crowd.memory.0 / each],
                &[crowd.memory.1 / each],
            )],
        });
    }
    Ok(found)
}

/// Tokens, in a gate and in a plain map. They are asked about in an order that has nothing to do with that in which
/// they came, nor with where a map puts them: what the caches hold is chance.
struct Crowd {
    gate: Gate,
    service: ServiceName,
    map: HashMap<[u8; 32], [u8; 16], BuildHasherDefault<FirstBytes>>,
    /// The secrets, one after the other, as a request's header would lie there: read already.
    secrets: Vec<u8>,
    length: usize,
    /// Their digests, in the same order.
    digests: Vec<[u8; 32]>,
    pepper: Pepper,
    /// What the gate and what the map took, in bytes.
    memory: (f64, f64),
}

impl Crowd {
    fn gather(count: usize) -> Outcome<Self> {
        let service = world::service()?;
        let (catalog, pepper) = (service.catalog.clone(), world::keys().pepper);
        // Written to already, so that only the gate and the map grow from here.
        let mut secrets = vec![([1; SECRET], [1; 32]); count];
        let mut length = 0;
        let start = resident()?;
        let gate = Gate::new(world::keys());
        gate.set_services(vec![service]).map_err(|why| why.to_string())?;
        let owners = world::owners(&catalog)?;
        owners.iter().cloned().for_each(|owner| gate.apply(&Change::UserCreated(owner)));
        for (owner, (text, digest)) in owners.iter().cycle().zip(&mut secrets) {
            let (token, secret) = world::token(&catalog, owner)?;
            gate.apply(&Change::TokenCreated(token));
            length = secret.reveal().len();
            text[..length].copy_from_slice(secret.reveal().as_bytes());
            *digest = *secret.text().digest(&pepper).as_bytes();
        }
        gate.loaded();
        let filled = resident()?;
        let map = secrets.iter().map(|(_, digest)| (*digest, [1; 16])).collect();
        let mapped = resident()?;
        // Secrets are random, so their order is.
        secrets.sort_unstable();
        let mut crowd = Self {
            gate,
            service: catalog.service.clone(),
            map,
            length,
            secrets: secrets.iter().flat_map(|(text, _)| &text[..length]).copied().collect(),
            digests: secrets.iter().map(|(_, digest)| *digest).collect(),
            pepper,
            memory: (0.0, mapped - filled),
        };
        let unused = resident()?;
        let now = SystemClock.now();
        crowd.asked().for_each(|request| drop(crowd.gate.check(&crowd.service, &request, now)));
        crowd.memory.0 = filled - start + resident()? - unused;
        Ok(crowd)
    }

    /// Nanoseconds of one check.
    fn check(&self, period: Duration) -> Outcome<f64> {
        // As housekeeping does each second: a first use since then costs more than the ones after it.
        while !self.gate.take_uses(10_000).is_empty() {}
        self.decide(period, |request, now| self.gate.check(&self.service, request, now))
    }

    /// Nanoseconds of one look.
    fn look(&self, period: Duration) -> Outcome<f64> {
        self.decide(period, |request, now| self.gate.look(&self.service, request, now, &mut ()))
    }

    /// Nanoseconds of one decision, every one of which is to allow.
    fn decide<'s>(
        &'s self,
        period: Duration,
        decide: impl Fn(&Request<'s>, Timestamp) -> Option<Decision<'s>>,
    ) -> Outcome<f64> {
        let (now, mut refused) = (SystemClock.now(), 0);
        let nanos = nanos(period, self.asked().cycle(), |request| {
            refused +=
                u32::from(!matches!(black_box(decide(black_box(&request), now)), Some(Decision::Allow(_))));
        });
        if refused > 0 { Err(format!("{refused} checks were refused")) } else { Ok(nanos) }
    }

    /// A request with each secret.
    fn asked(&self) -> impl Iterator<Item = Request<'_>> + Clone {
        self.secrets.chunks_exact(self.length).zip(TARGETS.iter().cycle()).map(|(secret, target)| Request {
            method: "GET",
            target,
            credentials: Credentials::of_secret(secret),
            method_override: false,
            client_ip: None,
        })
    }

    /// Checks in a second, by so many threads together.
    fn throughput(&self, threads: usize, period: Duration) -> Outcome<f64> {
        while !self.gate.take_uses(10_000).is_empty() {}
        let each = self.secrets.len() / self.length / threads;
        let nanos = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..threads)
                .map(|thread| {
                    let own = self.asked().cycle().skip(thread * each);
                    scope.spawn(move || {
                        let now = SystemClock.now();
                        nanos(period, own, |request| {
                            let _ = black_box(self.gate.check(&self.service, black_box(&request), now));
                        })
                    })
                })
                .collect();
            runs.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Result<Vec<_>, _>>()
        });
        let nanos = nanos.map_err(|_| "a thread of checks has ended".to_owned())?;
        Ok(nanos.iter().map(|nanos| 1e9 / nanos).sum())
    }

    /// Nanoseconds of one digest, by a key that is prepared.
    fn digest(&self, period: Duration) -> f64 {
        nanos(period, self.secrets.chunks_exact(self.length).cycle(), |secret| {
            black_box(self.pepper.digest(black_box(secret)));
        })
    }

    /// Nanoseconds of one digest and then the lookup of it.
    fn digest_and_lookup(&self, period: Duration) -> f64 {
        nanos(period, self.secrets.chunks_exact(self.length).cycle(), |secret| {
            let digest = self.pepper.digest(black_box(secret));
            black_box(self.map.get(black_box(digest.as_bytes())));
        })
    }

    /// Nanoseconds of one lookup.
    fn lookup(&self, period: Duration) -> f64 {
        nanos(period, self.digests.iter().cycle(), |digest| {
            black_box(self.map.get(black_box(digest)));
        })
    }
}

/// The memory of this process, in bytes.
fn resident() -> Outcome<f64> {
    let status =
        std::fs::read_to_string("/proc/self/status").map_err(|why| format!("/proc/self/status: {why}"))?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    let kilobytes: Option<u32> = kilobytes.and_then(|text| text.trim().parse().ok());
    kilobytes
        .map(|kilobytes| f64::from(kilobytes) * 1_024.0)
        .ok_or_else(|| "no VmRSS of this process".to_owned())
}

/// The time that `work` takes for one of `items`, an endless number, over a `period`.
fn nanos<T>(period: Duration, mut items: impl Iterator<Item = T>, mut work: impl FnMut(T)) -> f64 {
    /// Few enough to end in time, and enough that the clock costs nothing.
    const BATCH: u32 = 1_000;
    let (start, mut done) = (clock::instant(), 0);
    loop {
        items.by_ref().take(BATCH as usize).for_each(&mut work);
        done += BATCH;
        let took = clock::instant().duration_since(start);
        if took >= period {
            return took.as_secs_f64() * 1e9 / f64::from(done);
        }
    }
}

/// A digest is random: its first bytes are a hash that costs nothing.
#[derive(Default)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
    }

    fn write_usize(&mut self, _: usize) {}
}
