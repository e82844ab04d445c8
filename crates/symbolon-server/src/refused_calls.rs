//! Management calls that were refused, on their way into the audit. They must be no way to fill the disk, or to keep
//! mutations waiting: alike ones within a minute are one line, there is place for so many and no more, and they are written
//! together, beside mutations. What had no place is counted, and the audit says how much that was.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use serde_json::json;
use symbolon_core::id::RequestId;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{ActorId, AuditLine, Origin};
use symbolon_core::store::Mutation;
use symbolon_core::{Code, Timestamp};

use crate::app::App;
use crate::throttle::Source;

/// How many different ones are held at most.
const CAPACITY: usize = 256;
/// How many of these may be by nobody who is known: a crowd of strangers does not push out what a user or a token tried, and
/// is no more than so many lines a minute.
const OF_STRANGERS: usize = 32;
/// How many may be failed sign-ins, which other strangers do not push out either.
const OF_SIGN_INS: usize = 64;
/// A sign-in, among the actions.
pub(crate) const SIGN_IN: &str = "session.refuse";
/// For how long alike ones are one line.
const PERIOD: SignedDuration = SignedDuration::from_mins(1);

/// A call that was refused, but for when. Two that are equal are told as one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RefusedCall {
    /// `session.refuse` for a sign-in, and `call.refuse`.
    pub(crate) action: &'static str,
    pub(crate) actor: ActorId,
    pub(crate) client_ip: Option<IpAddr>,
    /// Method and pattern, never the path: people paste secrets where an id belongs. Of a sign-in the user's id, where
    /// there is one of the name.
    pub(crate) subject: String,
    pub(crate) service: Option<ServiceName>,
    pub(crate) code: Code,
    /// Of a bad credential: what is wrong with it.
    pub(crate) reason: Option<&'static str>,
    /// Of a bad credential: the token that it is, if it is one. Of a sign-in the user's name.
    pub(crate) about: Option<(&'static str, String)>,
}

/// What is told of calls that are alike.
#[derive(Debug, Default)]
struct Tally {
    /// Not written yet.
    count: u64,
    first: Option<Timestamp>,
    last: Option<(Timestamp, RequestId)>,
    /// When the last line about such calls was written.
    written: Option<Timestamp>,
}

#[derive(Default)]
pub(crate) struct RefusedCalls(Mutex<Table>);

#[derive(Default)]
struct Table {
    tallies: HashMap<RefusedCall, Tally>,
    /// That had no place, since the start.
    dropped: u64,
    /// How many of these the audit has been told of, and when.
    told: u64,
    told_at: Option<Timestamp>,
}

/// Whether a minute has gone by since then; where the clock was set back, whether it is a minute off.
fn over(since: Option<Timestamp>, now: Timestamp) -> bool {
    since.is_none_or(|since| now.duration_since(since).abs() >= PERIOD)
}

impl RefusedCalls {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call. It waits for nothing but others who note one.
    pub(crate) fn note(&self, call: RefusedCall, request: RequestId, now: Timestamp) {
        // One who has a whole network is one place, and not as many as it has addresses.
        let grouped =
            call.client_ip.map(|ip| if call.actor == ActorId::Anonymous { Source::network(ip) } else { ip });
        let call = RefusedCall { client_ip: grouped, ..call };
        let mut table = self.table();
        if !table.tallies.contains_key(&call) && !table.has_place(&call) {
            table.dropped += 1;
            return;
        }
        let tally = table.tallies.entry(call).or_default();
        tally.count += 1;
        tally.first.get_or_insert(now);
        tally.last = Some((now, request));
    }

    /// How many had no place, or could not be written.
    pub(crate) fn dropped(&self) -> u64 {
        self.table().dropped
    }

    /// The lines that are to be written at `now`: of each kind one a minute, or all that there is at the `end`.
    fn take(&self, now: Timestamp, end: bool) -> Vec<(AuditLine, u64)> {
        let mut table = self.table();
        let mut lines = Vec::new();
        for (call, tally) in &mut table.tallies {
            if end || over(tally.written, now) {
                lines.extend(tally.take(now).map(|told| (call.line(&told), told.count)));
            }
        }
        table.tallies.retain(|_, tally| tally.count > 0 || !over(tally.written, now));
        lines.sort_by_key(|(line, _)| line.at);
        let dropped = table.dropped - table.told;
        if dropped > 0 && (end || over(table.told_at, now)) {
            (table.told, table.told_at) = (table.dropped, Some(now));
            lines.push((dropped_line(dropped, now), 0));
        }
        lines
    }

    /// Counts what could not be written.
    fn lost(&self, count: u64) {
        self.table().dropped += count;
    }
}

impl Table {
    fn has_place(&self, call: &RefusedCall) -> bool {
        let stranger = |call: &RefusedCall| call.actor == ActorId::Anonymous;
        let alike =
            |other: &&RefusedCall| stranger(other) && (other.action == SIGN_IN) == (call.action == SIGN_IN);
        let most = if call.action == SIGN_IN { OF_SIGN_INS } else { OF_STRANGERS };
        self.tallies.len() < CAPACITY && (!stranger(call) || self.tallies.keys().filter(alike).count() < most)
    }
}

/// What is told in one line.
struct Told {
    count: u64,
    first: Timestamp,
    last: Timestamp,
    request: RequestId,
}

impl Tally {
    fn take(&mut self, now: Timestamp) -> Option<Told> {
        let (Some(first), Some((last, request))) = (self.first.take(), self.last.take()) else { return None };
        self.written = Some(now);
        Some(Told { count: std::mem::take(&mut self.count), first, last, request })
    }
}

impl RefusedCall {
    fn line(&self, told: &Told) -> AuditLine {
        let mut detail = json!({ "code": self.code.as_str(), "count": told.count });
        if told.count > 1 {
            detail["since"] = told.first.to_string().into();
        }
        if let Some(reason) = self.reason {
            detail["reason"] = reason.into();
        }
        if let Some((name, value)) = &self.about {
            detail[*name] = value.as_str().into();
        }
        AuditLine {
            at: told.last,
            origin: Origin { actor: self.actor, client_ip: self.client_ip, request: Some(told.request) },
            action: self.action,
            subject: self.subject.clone(),
            service: self.service.clone(),
            detail,
        }
    }
}

fn dropped_line(count: u64, now: Timestamp) -> AuditLine {
    AuditLine {
        at: now,
        origin: Origin { actor: ActorId::Local, client_ip: None, request: None },
        action: "audit.drop",
        subject: "call.refuse".to_owned(),
        service: None,
        detail: json!({ "count": count }),
    }
}

impl App {
    /// Writes refused calls into the audit; to be called every second or so. Nothing is written where nothing was
    /// refused. What the record does not take is counted as dropped.
    pub async fn write_refused_calls(&self) {
        self.write_refused(false).await;
    }

    /// The same, with all that there is.
    pub(crate) async fn write_refused(&self, end: bool) {
        let now = self.now();
        let (lines, counts): (Vec<_>, Vec<_>) = self.refused_calls().take(now, end).into_iter().unzip();
        if lines.is_empty() {
            return;
        }
        if let Err(error) = self.store().commit(Mutation::given(Vec::new(), lines, now)).await {
            let count = counts.into_iter().sum();
            tracing::warn!(%error, count, "refused calls were not written into the audit");
            self.refused_calls().lost(count);
        }
        self.audit_has_grown();
    }
}

#[cfg(test)]
mod tests;
