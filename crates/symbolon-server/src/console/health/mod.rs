//! How the installation is: what it decides now, what it holds, and what it refused last.

mod certificate;
mod line;
mod nodes;
mod size;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use symbolon_api::{BrokenSeal, CatalogState, DoorInfo, RecentRefusal, ServiceChecks, Status, WebhookInfo};

use super::Site;
use super::chart::Share;
use super::fault::Fault;
use super::moment::Moment;
use super::page::{self, Frame, Section};
use super::reader::Reader;
use super::text::{EN, Text, fill, number};
use certificate::Certificate;
use line::RateLine;
use nodes::Nodes;
use size::size;
use webhook::Told;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/health", get(show))
}

/// The code of what was let through.
const ALLOWED: &str = "allowed";

#[derive(Template)]
#[template(path = "health.html")]
struct HealthPage {
    t: &'static Text,
    frame: Frame,
    form_token: String,
    version: String,
    started: Moment,
    /// Why catalogs that were to be loaded are not in force.
    faults: Vec<String>,
    /// Rows that are not what was written.
    broken_seals: Vec<BrokenSeal>,
    /// Doors whose certificate needs somebody's hand.
    certificates: Vec<Certificate>,
    now: String,
    most: String,
    line: RateLine,
    checks: String,
    services: Vec<(String, String)>,
    refused: Vec<Refused>,
    tokens: String,
    people: String,
    sessions: String,
    reachable: bool,
    store_kind: String,
    store_size: Option<String>,
    dropped: String,
    doors: Vec<Door>,
    catalogs: Vec<InForce>,
    refusals: Vec<Refusal>,
    webhooks: Vec<Told>,
    fleet: Option<Nodes>,
}

/// How often was refused with this code.
struct Refused {
    code: String,
    count: String,
    share: Share,
}

struct Door {
    name: String,
    address: String,
    service: Option<String>,
}

/// A catalog.
struct InForce {
    title: String,
    href: String,
    since: Moment,
    outdated: bool,
    enforced: bool,
}

/// A refusal that can still be explained.
struct Refusal {
    at: Moment,
    service: String,
    title: String,
    method: String,
    path: String,
    code: String,
    reason: String,
    token: Option<(String, String)>,
    request_id: String,
}

/// A service's name for people.
fn title_of(services: &[ServiceChecks], name: &str) -> String {
    services.iter().find(|known| known.service == name).map_or(name, |known| &known.title).to_owned()
}

/// How many were let through, and how many were not.
fn outcomes(checks: &BTreeMap<String, u64>) -> (u64, u64) {
    let allowed = checks.get(ALLOWED).copied().unwrap_or_default();
    let refused = checks.iter().filter(|(code, _)| *code != ALLOWED).map(|(_, count)| *count);
    (allowed, refused.fold(0, u64::saturating_add))
}

/// Refusals of all services by code, the most first.
fn refused(services: &[ServiceChecks]) -> Vec<Refused> {
    let mut by_code: BTreeMap<&str, u64> = BTreeMap::new();
    for (code, count) in services.iter().flat_map(|service| &service.checks) {
        if code != ALLOWED && *count > 0 {
            let all = by_code.entry(code).or_default();
            *all = all.saturating_add(*count);
        }
    }
    let mut by_code: Vec<(&str, u64)> = by_code.into_iter().collect();
    by_code.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let most = by_code.first().map(|(_, count)| *count).unwrap_or_default();
    let of = |(code, count): (&str, u64)| Refused {
        code: code.to_owned(),
        count: number(count),
        share: Share::of(count, most),
    };
    by_code.into_iter().map(of).collect()
}

fn in_force(services: &[ServiceChecks], catalog: &CatalogState) -> InForce {
    InForce {
        title: title_of(services, &catalog.service),
        href: format!("/services/{}/catalog", catalog.service),
        since: Moment::read(&catalog.loaded_at),
        outdated: catalog.fault.is_some(),
        enforced: catalog.enforced,
    }
}

fn door(services: &[ServiceChecks], door: DoorInfo) -> Door {
    Door {
        service: door.service.map(|name| title_of(services, &name)),
        name: door.name,
        address: door.address,
    }
}

fn refusal(services: &[ServiceChecks], refusal: RecentRefusal) -> Refusal {
    let of_token = |id: String| (format!("/services/{}/tokens/{id}", refusal.service), id);
    Refusal {
        at: Moment::read(&refusal.at),
        title: title_of(services, &refusal.service),
        token: refusal.token.map(of_token),
        reason: refusal.reason.replace('_', " "),
        service: refusal.service,
        method: refusal.method,
        path: refusal.path,
        code: refusal.code,
        request_id: refusal.request_id,
    }
}

fn health_page(frame: Frame, form_token: String, status: Status, webhooks: Vec<WebhookInfo>) -> HealthPage {
    let t = &EN;
    let services = &status.services;
    let line = RateLine::of(&status.rates);
    let told = services.iter().map(|service| {
        let (allowed, refused) = outcomes(&service.checks);
        let counts = [("allowed", number(allowed)), ("refused", number(refused))];
        let counts = counts.each_ref().map(|(name, count)| (*name, count.as_str()));
        (service.title.clone(), fill(t.health_of_service, &counts))
    });
    let checks = services.iter().flat_map(|service| service.checks.values()).copied();
    // The catalogs are loaded together, and so the same fault is said of each.
    let faults: BTreeSet<&String> =
        status.catalogs.iter().filter_map(|catalog| catalog.fault.as_ref()).collect();
    HealthPage {
        t,
        fleet: Nodes::of(&status),
        frame,
        form_token,
        started: Moment::read(&status.started_at),
        faults: faults.into_iter().cloned().collect(),
        broken_seals: status.broken_seals,
        certificates: status.doors.iter().filter_map(|known| Certificate::of(services, known)).collect(),
        now: number(line.now),
        most: fill(t.health_rate_now, &[("most", &number(line.most))]),
        line,
        checks: number(checks.fold(0, u64::saturating_add)),
        services: told.collect(),
        refused: refused(services),
        tokens: number(status.index.tokens),
        people: number(status.index.users),
        sessions: number(status.index.sessions),
        reachable: status.store.available,
        store_kind: status.store.kind,
        store_size: status.store.bytes.map(size),
        dropped: number(status.usage_dropped),
        doors: status.doors.into_iter().map(|known| door(services, known)).collect(),
        catalogs: status.catalogs.iter().map(|catalog| in_force(services, catalog)).collect(),
        refusals: status.refusals.into_iter().map(|known| refusal(services, known)).collect(),
        webhooks: webhooks.into_iter().map(Told::of).collect(),
        version: status.version,
    }
}

async fn show(reader: Reader) -> Result<Response, Fault> {
    let status = reader.api.status().await?;
    let webhooks = reader.api.webhooks().await?.items;
    let frame = Frame::of(&reader, EN.health_title, Section::Health, None);
    Ok(page::show(&health_page(frame, reader.form_token.as_str().to_owned(), status, webhooks)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status() -> Status {
        let certificate = json!({
            "ends_at": "2026-12-01T00:00:00Z", "state": "ends_soon", "fault": "<p> is no certificate",
            "fault_since": "2026-11-26T10:04:00Z",
        });
        let door = json!({ "name": "proxy", "address": "http://127.0.0.1:1", "service": "odin", "certificate": certificate });
        let refusal = json!({
            "request_id": "req_1", "at": "2026-11-26T10:05:09Z", "service": "odin", "method": "POST",
            "path": "/api/<b>", "code": "insufficient_scope", "reason": "insufficient_scope", "token": "tok_1",
        });
        let catalog = json!({ "service": "odin", "enforced": false, "loaded_at": "2026-11-26T10:00:00Z", "fault": "line 41: no <scope>" });
        let status = json!({
            "version": "0.1.0", "started_at": "2026-11-26T10:00:00Z", "now": "2026-11-26T10:05:09Z",
            "doors": [door],
            "services": [
                { "service": "odin", "title": "O.D.I.N.", "checks": { "allowed": 1_000, "human_only": 5 } },
                { "service": "ody", "title": "Odysseus", "checks": { "invalid_token": 7, "human_only": 5 } },
            ],
            "rates": [{ "at": "2026-11-26T10:05:09Z", "allowed": 3, "refused": 2, "unavailable": 0 }],
            "index": { "tokens": 4, "users": 2, "sessions": 1 },
            "store": { "kind": "sqlite", "available": false, "bytes": 1_950_000 },
            "usage_dropped": 0, "catalogs": [catalog, catalog], "refusals": [refusal],
        });
        serde_json::from_value(status).unwrap()
    }

    #[test]
    fn what_needs_a_look_stands_out() {
        let html =
            health_page(Frame::outside("Health"), "word".to_owned(), status(), Vec::new()).render().unwrap();
        assert_eq!(html.matches(EN.health_catalog_fault).count(), 1, "{html}");
        for part in [
            EN.health_unreachable,
            "1,017",
            "1,000 allowed, 5 refused",
            "1.9 MB",
            "data-live",
            EN.health_not_enforced,
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(html.contains("action=\"/services/odin/catalog/try\"") && html.contains("value=\"req_1\""));
        assert!(!html.contains("<b></code>") && !html.contains("no <scope>"));
    }

    #[test]
    fn a_certificate_that_needs_a_hand_stands_out() {
        let shown = |state: &str, fault: Option<&str>| {
            let mut status = status();
            let certificate = status.doors[0].certificate.as_mut().unwrap();
            (certificate.state, certificate.fault) = (state.to_owned(), fault.map(str::to_owned));
            health_page(Frame::outside("Health"), "word".to_owned(), status, Vec::new()).render().unwrap()
        };
        let html = shown("ends_soon", Some("<p> is none"));
        let parts =
            [EN.health_certificate_fault, "proxy · O.D.I.N.", "2026-12-01T00:00:00Z", "2026-11-26T10:04:00Z"];
        assert!(parts.iter().all(|part| html.contains(part)) && !html.contains("<p> is none"), "{html}");
        assert!(shown("ends_soon", None).contains(EN.health_certificate_ends_soon));
        assert!(shown("ended", None).contains(EN.health_certificate_ended));
        assert!(!shown("valid", None).contains(EN.health_certificate_end));
    }

    #[test]
    fn refusals_are_counted_by_code() {
        let counted: Vec<(String, String)> =
            refused(&status().services).into_iter().map(|one| (one.code, one.count)).collect();
        let want = [("human_only", "10"), ("invalid_token", "7")];
        assert_eq!(counted, want.map(|(code, count)| (code.to_owned(), count.to_owned())));
    }
}
