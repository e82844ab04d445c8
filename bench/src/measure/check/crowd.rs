//! Many tokens that are asked about in turn.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use symbolon_core::Timestamp;
use symbolon_core::credential::Credentials;
use symbolon_core::decision::{Decision, Request};
use symbolon_core::digest::Pepper;
use symbolon_core::name::ServiceName;
use symbolon_core::store::{Change, Sink};
use symbolon_gate::{Gate, Service};
use symbolon_server::Clock;

use crate::clock::{self, SystemClock};
use crate::{Outcome, world};

/// Requests that `read:printers` opens, to be asked in turn.
const TARGETS: [&[u8]; 4] =
    [b"/api/printers", b"/api/printers/17", b"/api/v1/printers/17/slots", b"/api/printers/live-status"];

/// Tokens, in a gate and in a plain map. They are asked about in an order that has nothing to do with that in which
/// they came, nor with where a map puts them: what the caches hold is chance.
pub(in crate::measure) struct Crowd {
    gate: Arc<Gate>,
    service: ServiceName,
    map: Map,
    /// The secrets, one after the other, as a request's header would lie there: read already.
    secrets: Vec<u8>,
    length: usize,
    /// Their digests, in the same order.
    digests: Vec<[u8; 32]>,
    pepper: Pepper,
}

/// The least that anybody could keep of tokens: the digest of each and its id.
pub(in crate::measure) type Map = HashMap<[u8; 32], [u8; 16], BuildHasherDefault<FirstBytes>>;

impl Crowd {
    pub(super) fn gather(count: usize) -> Outcome<Self> {
        let service = world::service()?;
        let (catalog, pepper) = (service.catalog.clone(), world::keys().pepper);
        let owners = world::owners(&catalog)?;
        let gate = world::gate(service, &owners)?;
        let mut secrets = Vec::with_capacity(count);
        for owner in owners.iter().cycle().take(count) {
            let (token, secret) = world::token(&catalog, owner)?;
            gate.apply(&Change::TokenCreated(token));
            secrets.push((secret.reveal().to_owned(), *secret.text().digest(&pepper).as_bytes()));
        }
        gate.loaded();
        Ok(Self::of(Arc::new(gate), catalog.service.clone(), secrets))
    }

    /// Those that a gate knows of a service: each secret and its digest.
    pub(in crate::measure) fn of(
        gate: Arc<Gate>,
        service: ServiceName,
        mut secrets: Vec<(String, [u8; 32])>,
    ) -> Self {
        // Secrets are random, so their order is.
        secrets.sort_unstable();
        Self {
            gate,
            service,
            map: secrets.iter().map(|(_, digest)| (*digest, [1; 16])).collect(),
            length: secrets.first().map_or(1, |(secret, _)| secret.len()),
            secrets: secrets.iter().flat_map(|(secret, _)| secret.bytes()).collect(),
            digests: secrets.iter().map(|(_, digest)| *digest).collect(),
            pepper: world::keys().pepper,
        }
    }

    /// Puts a service in force, in place of the one before, of which it has the name.
    pub(super) fn serve(&self, service: &Service) -> Outcome<()> {
        self.gate.set_services(vec![service.clone()]).map_err(|why| why.to_string())
    }

    /// Nanoseconds of one check.
    pub(in crate::measure) fn check(&self, period: Duration) -> Outcome<f64> {
        // As housekeeping does each second: a first use since then costs more than the ones after it.
        while !self.gate.take_uses(10_000).is_empty() {}
        self.decide(period, |request, now| self.gate.check(&self.service, request, now))
    }

    /// Nanoseconds of one look.
    pub(super) fn look(&self, period: Duration) -> Outcome<f64> {
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
    pub(super) fn throughput(&self, threads: usize, period: Duration) -> Outcome<f64> {
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
    pub(super) fn digest(&self, period: Duration) -> f64 {
        nanos(period, self.secrets.chunks_exact(self.length).cycle(), |secret| {
            black_box(self.pepper.digest(black_box(secret)));
        })
    }

    /// Nanoseconds of one digest and then the lookup of it.
    pub(super) fn digest_and_lookup(&self, period: Duration) -> f64 {
        nanos(period, self.secrets.chunks_exact(self.length).cycle(), |secret| {
            let digest = self.pepper.digest(black_box(secret));
            black_box(self.map.get(black_box(digest.as_bytes())));
        })
    }

    /// Nanoseconds of one lookup.
    pub(super) fn lookup(&self, period: Duration) -> f64 {
        nanos(period, self.digests.iter().cycle(), |digest| {
            black_box(self.map.get(black_box(digest)));
        })
    }
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
pub(in crate::measure) struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
    }

    fn write_usize(&mut self, _: usize) {}
}
