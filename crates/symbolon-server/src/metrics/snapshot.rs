//! Everything that is told of the process, by name. Names and labels are a contract: somebody's alarm rests on each.

use std::fmt;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use symbolon_core::Timestamp;
use symbolon_core::seal::Kind;
use symbolon_core::store::{CommitSteps, FleetStatus};
use symbolon_gate::RouteChecks;

use super::exposition::{Family, Labels, Value, text};
use crate::app::App;
use crate::traces::Traces;

/// What stands for a route where there was none. No pattern is so: they begin with a slash.
const NO_ROUTE: &str = "-";

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float; what is above 2^53 is far above what is here"
)]
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

pub(super) fn family(name: &'static str, help: &'static str, series: Vec<(Labels, Value)>) -> Family {
    Family { name, help, series }
}

fn gauge(name: &'static str, help: &'static str, value: f64) -> Family {
    family(name, help, vec![(Vec::new(), Value::Gauge(value))])
}

fn counter(name: &'static str, help: &'static str, value: u64) -> Family {
    family(name, help, vec![(Vec::new(), Value::Counter(value))])
}

fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

impl App {
    /// The metrics as Prometheus reads them. Asks the record how large it is, and says so if it does not answer.
    pub(crate) async fn metrics_text(&self) -> Result<String, fmt::Error> {
        // Asked first, for it is soon known; whoever reads this gives up before a line that has gone silent does.
        let answers = self.store().ping().await.is_ok();
        let size = if answers { self.store().size().await.ok() } else { None };
        let up = size.is_some();
        let fleet = if up { self.store().fleet().await.ok().flatten() } else { None };
        let mut families = self.of_checks();
        families.extend(self.of_process());
        families.extend(self.of_store(size, up, fleet.as_ref()));
        families.extend(self.of_webhooks(up).await);
        text(families)
    }

    fn of_checks(&self) -> Vec<Family> {
        let series = |checks: RouteChecks| {
            let RouteChecks { service, route, counts } = checks;
            let (method, path) = route.unwrap_or_else(|| (NO_ROUTE.to_owned(), NO_ROUTE.to_owned()));
            counts.into_iter().map(move |(code, count)| {
                let labels = vec![
                    ("service", service.to_string()),
                    ("method", method.clone()),
                    ("route", path.clone()),
                    ("code", code.as_str().to_owned()),
                ];
                (labels, Value::Counter(count))
            })
        };
        let checks = self.gate().route_checks().into_iter().flat_map(series).collect();
        let metrics = self.metrics();
        let doors =
            [("proxy", &metrics.proxy), ("gateway", &metrics.gateway), ("management", &metrics.management)];
        let doors =
            doors.map(|(door, took)| (vec![("door", door.to_owned())], Value::Durations(took.read())));
        vec![
            family(
                "symbolon_checks",
                "Decisions, by service, route of the catalog (- for none) and code of the answer.",
                checks,
            ),
            family(
                "symbolon_request_seconds",
                "Time from a request to the beginning of its answer; at a proxy with the application's part.",
                doors.into(),
            ),
            counter(
                "symbolon_usage_dropped",
                "Checks that were not counted as use of their token, because there was no place.",
                self.gate().usage_dropped(),
            ),
            counter(
                "symbolon_credentials_limited",
                "Bad credentials that were answered with rate_limited: too many came from one source.",
                metrics.credentials_limited.read(),
            ),
        ]
    }

    fn of_process(&self) -> Vec<Family> {
        let metrics = self.metrics();
        let (users, sessions) = self.gate().people();
        let entries = [("tokens", self.gate().tokens()), ("users", users), ("sessions", sessions)];
        let entries =
            entries.map(|(kind, count)| (vec![("kind", kind.to_owned())], Value::Gauge(float(count as u64))));
        let reloads = [("loaded", &metrics.catalogs_loaded), ("refused", &metrics.catalogs_refused)];
        let reloads = reloads
            .map(|(outcome, count)| (vec![("outcome", outcome.to_owned())], Value::Counter(count.read())));
        let upstreams = metrics.upstreams.lock().unwrap_or_else(PoisonError::into_inner);
        let faults = upstreams.iter().flat_map(|(service, faults)| {
            faults.read().map(|(code, count)| {
                (
                    vec![("service", service.to_string()), ("code", code.as_str().to_owned())],
                    Value::Counter(count),
                )
            })
        });
        let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
        let pulse = self.pulse();
        let certificates = pulse.doors().into_iter().filter_map(|door| {
            let ends = door.tls?.ends()?;
            let service = door.service.map_or_else(String::new, |service| service.to_string());
            Some((vec![("door", door.name.to_owned()), ("service", service)], Value::Gauge(seconds(ends))))
        });
        let mut families = vec![
            family("symbolon_build_info", "Always 1.", vec![(version, Value::Gauge(1.0))]),
            gauge("symbolon_start_time_seconds", "When the process began.", seconds(pulse.started_at)),
            gauge(
                "symbolon_ready",
                "1 where everything live is known and decisions can be made.",
                if self.gate().ready() { 1.0 } else { 0.0 },
            ),
            family(
                "symbolon_certificate_expires_timestamp_seconds",
                "When the certificate that a door proves itself with ends.",
                certificates.collect(),
            ),
            family("symbolon_index_entries", "What is live, in memory.", entries.into()),
            family("symbolon_catalog_reloads", "Reloads of the catalogs, by outcome.", reloads.into()),
            gauge(
                "symbolon_catalogs_loaded_timestamp_seconds",
                "When the catalogs in force were loaded.",
                seconds(pulse.catalogs().loaded_at),
            ),
            family(
                "symbolon_upstream_faults",
                "Requests that were let pass and not answered by the application, by service and code.",
                faults.collect(),
            ),
        ];
        families.push(counter(
            "symbolon_audit_dropped",
            "Refused management calls that are not in the audit, because there was no place or no record.",
            self.refused_calls().dropped(),
        ));
        families.extend(self.access_log().map(|log| {
            counter(
                "symbolon_access_log_dropped",
                "Lines of the access log that had no place.",
                log.dropped(),
            )
        }));
        if let Some([sent, dropped]) = self.traces().map(Traces::counts) {
            families.push(counter("symbolon_spans_sent", "Spans that the collector has taken.", sent));
            let help = "Spans that had no place, or that the collector has not taken.";
            families.push(counter("symbolon_spans_dropped", help, dropped));
        }
        families
    }

    fn of_store(&self, size: Option<u64>, up: bool, fleet: Option<&FleetStatus>) -> Vec<Family> {
        let metrics = self.metrics();
        let commits = Value::Durations(metrics.commits.read());
        let waiting = u64::try_from(metrics.commits_waiting.load(Ordering::Relaxed)).unwrap_or(0);
        let mut families = vec![
            gauge("symbolon_store_up", "1 where the record answers.", if up { 1.0 } else { 0.0 }),
            family("symbolon_store_commit_seconds", "Mutations that were made.", vec![(Vec::new(), commits)]),
            counter(
                "symbolon_store_commit_failures",
                "Mutations that the record could not take.",
                metrics.commits_failed.read(),
            ),
            gauge("symbolon_store_commits_waiting", "Mutations that wait for the record.", float(waiting)),
        ];
        let steps = self.store().commit_steps().into_iter().flat_map(CommitSteps::read);
        families.push(family(
            "symbolon_store_commit_step_seconds",
            "What mutations waited for that were made, by step.",
            steps
                .map(|(step, took)| (vec![("step", step.as_str().to_owned())], Value::Durations(took)))
                .collect(),
        ));
        let broken = self.store().broken_seals();
        let broken = Kind::ALL.map(|kind| {
            let count = broken.iter().filter(|one| one.kind == kind).count() as u64;
            (vec![("kind", kind.as_str().to_owned())], Value::Gauge(float(count)))
        });
        families.push(family(
            "symbolon_seal_failures",
            "Rows of the record that were changed outside Symbolon and count as not there, by what they are of.",
            broken.into(),
        ));
        if let Some(left) = self.gate().lease().left() {
            let help = "How long this node still answers without a word from the database.";
            families.push(gauge("symbolon_lease_left_seconds", help, left.as_secs_f64()));
        }
        if let Some(fleet) = fleet {
            let nodes = fleet.nodes.len() as u64;
            families.push(gauge("symbolon_fleet_nodes", "Nodes that share the record.", float(nodes)));
            let own = fleet.nodes.iter().find(|node| Some(node.id) == fleet.own);
            families.extend(own.map(|own| {
                let help = "Mutations that this node has not said it knows of.";
                gauge("symbolon_fleet_behind", help, float(fleet.seq.saturating_sub(own.applied)))
            }));
        }
        families.extend(
            size.map(|bytes| gauge("symbolon_store_bytes", "How large the record is.", float(bytes))),
        );
        families
    }
}
