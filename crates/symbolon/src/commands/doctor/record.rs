//! What is in the record: users, tokens, and when it was last changed.

use symbolon_api::client::{AuditFilter, Client, PageOf, SessionFilter, TokenFilter};
use symbolon_api::{BrokenSeal, PepperInfo, ServiceInfo, TokenRecord, UserRecord};
use symbolon_core::Timestamp;
use symbolon_server::Clock;

use super::Findings;
use crate::clock::SystemClock;
use crate::commands::list::collect;
use crate::failure::Failure;

/// The most users, and tokens of a service, that are looked at.
const MOST: usize = 20_000;
/// The most names in one finding.
const NAMES: usize = 5;
/// In how many days an end is soon.
const SOON: i64 = 30;
/// How far the clock may be behind the record, in seconds: two machines' clocks differ a little.
const TOLERANCE: i64 = 60;
/// Before 2026 there was no Symbolon: 2026-01-01T00:00:00Z.
const BEGINNING: i64 = 1_767_225_600;

pub(super) async fn look(client: &Client, findings: &mut Findings) -> Result<(), Failure> {
    clock(client, SystemClock.now(), findings).await?;
    peppers(&client.server_keys().await?.peppers, findings);
    users(&collect(MOST, None, async |page| client.users(&page).await).await?.items, findings);
    let mut all = Vec::new();
    for service in client.services().await?.items {
        if !service.enforced {
            let name = &service.service;
            let detail = format!(
                "{name} is not enforced: what would be refused goes on to the application; look with `symbolon service \
                 report {name}`, and end it with `symbolon service enforce {name}`"
            );
            findings.warn("enforcement", detail);
        }
        let filter = TokenFilter::default();
        let tokens =
            collect(MOST, None, async |page| client.tokens(&service.service, &filter, &page).await).await?;
        let now = SystemClock.now();
        old_form(&service, &tokens.items, now, findings);
        all.extend(tokens.items);
    }
    tokens(&all, findings);
    // The node finds a row that was changed when it reads it: so last, and after what was not read yet.
    collect(MOST, None, async |page| client.keys(&page).await).await?;
    collect(MOST, None, async |page| client.sessions(&SessionFilter::default(), &page).await).await?;
    seals(&client.status().await?.broken_seals, findings);
    Ok(())
}

/// How many imported tokens nobody has used yet, and for how long they still can.
fn old_form(service: &ServiceInfo, tokens: &[TokenRecord], now: Timestamp, findings: &mut Findings) {
    let waiting = tokens.iter().filter(|token| token.imported.as_ref().is_some_and(|old| !old.upgraded));
    let (waiting, name) = (waiting.count(), &service.service);
    let until = service.old_form.as_ref().and_then(|form| form.until.parse::<Timestamp>().ok());
    if let Some(end) = until.filter(|end| *end > now) {
        let days = (end.as_second() - now.as_second()) / 86_400;
        let detail = format!(
            "{name}: {waiting} imported tokens were not used yet; old ones count for {days} more days"
        );
        if waiting > 0 && days < SOON {
            findings
                .warn("imports", format!("{detail}; tell their owners, or set a later until in the catalog"));
        } else {
            findings.ok("imports", detail);
        }
    } else if waiting > 0 {
        let detail = format!(
            "{name}: {waiting} imported tokens were not used while old ones counted, and keep their old hashes; take them \
             back: symbolon token revoke"
        );
        findings.warn("imports", detail);
    }
}

/// A clock that is behind lets expired tokens live; one that jumps back does so unseen.
async fn clock(client: &Client, now: Timestamp, findings: &mut Findings) -> Result<(), Failure> {
    let page = PageOf { cursor: None, limit: Some(1) };
    let newest = client.audit(&AuditFilter::default(), &page).await?.items.pop();
    let newest = newest.and_then(|line| line.at.parse::<Timestamp>().ok());
    if now.as_second() < BEGINNING {
        findings.bad("clock", format!("it says {now}, which cannot be; set the machine's clock"));
    } else if let Some(newest) = newest.filter(|at| at.as_second() > now.as_second() + TOLERANCE) {
        findings.bad(
            "clock",
            format!("it says {now}, and the record was last changed at {newest}; set the machine's clock"),
        );
    } else {
        findings.ok("clock", now.to_string());
    }
    Ok(())
}

/// Rows that somebody else has written.
fn seals(broken: &[BrokenSeal], findings: &mut Findings) {
    for one in broken {
        let take_back = match one.kind.as_str() {
            "token" => "symbolon token revoke --service SERVICE",
            "user" => "symbolon user remove",
            "key" => "symbolon key revoke",
            "session" => "symbolon session end",
            _ => "symbolon service enforce",
        };
        let detail = format!(
            "the record of the {} {} was changed outside Symbolon, and counts as not there; find out who writes to the \
             database, then: {take_back} {}",
            one.kind, one.id, one.id
        );
        findings.bad("seals", detail);
    }
    if broken.is_empty() {
        findings.ok("seals", "every record that is in force is what Symbolon wrote");
    }
}

/// What still rests on a pepper that was rotated.
fn peppers(peppers: &[PepperInfo], findings: &mut Findings) {
    for PepperInfo { id, tokens, keys, seals, .. } in peppers.iter().filter(|pepper| !pepper.current) {
        let detail = if tokens + keys == 0 {
            format!(
                "nothing that could be moved rests on pepper {id} any more; drop it: symbolon keys retire {id}"
            )
        } else {
            format!(
                "{tokens} tokens, {keys} keys and {seals} seals rest on the former pepper {id}; seals are made anew by \
                 themselves, a token or key is moved when it is next used"
            )
        };
        findings.warn("pepper", detail);
    }
}

fn users(users: &[UserRecord], findings: &mut Findings) {
    // The built-in user is not meant to sign in.
    let without: Vec<_> = users
        .iter()
        .filter(|user| !user.login && user.name != "system")
        .map(|user| user.name.as_str())
        .collect();
    let count = users.len();
    if !users.iter().any(|user| user.platform_admin && user.active && user.login) {
        findings.warn(
            "users",
            "no active platform administrator can sign in; make one: symbolon user create NAME --platform-admin",
        );
    }
    if without.is_empty() {
        findings.ok("users", count.to_string());
    } else {
        let detail = format!(
            "{count}, of whom {} cannot sign in ({}); where one should: symbolon user reset-password NAME",
            without.len(),
            some(&without)
        );
        findings.ok("users", detail);
    }
}

fn tokens(tokens: &[TokenRecord], findings: &mut Findings) {
    let name = |token: &TokenRecord| format!("{}:{}", token.service, token.token_prefix);
    let named = |wanted: &dyn Fn(&TokenRecord) -> bool| {
        tokens.iter().filter(|token| wanted(token)).map(name).collect::<Vec<_>>()
    };
    let inert = named(&|token| !token.inert_scopes.is_empty());
    if !inert.is_empty() {
        let detail = format!(
            "{} hold scopes that their catalog does not declare any more ({}); give them others: symbolon token edit",
            inert.len(),
            some(&inert)
        );
        findings.warn("tokens", detail);
    }
    let over = named(&|token| token.state == "expired");
    if !over.is_empty() {
        let detail = format!(
            "{} are past their end and do nothing ({}); take them back: symbolon token revoke",
            over.len(),
            some(&over)
        );
        findings.warn("tokens", detail);
    }
    findings.ok("tokens", tokens.len().to_string());
}

fn some(names: &[impl AsRef<str>]) -> String {
    let first: Vec<_> = names.iter().take(NAMES).map(AsRef::as_ref).collect();
    let more = if names.len() > NAMES { ", …" } else { "" };
    format!("{}{more}", first.join(", "))
}
