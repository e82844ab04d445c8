//! Whether a service is enforced, what was seen while it was not, and the switch. For platform administrators.

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse, Redirect, Response};
use symbolon_api::{EditService, Observed};

use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::moment::Moment;
use crate::console::page::{self, Frame, Section};
use crate::console::posted::Posted;
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, fill, notice, number};

/// How many rows are shown, so that the page stays small.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "catalog/enforcement.html")]
struct EnforcementPage {
    t: &'static Text,
    frame: Frame,
    service: String,
    form_token: String,
    enforced: bool,
    /// What says so.
    by: &'static str,
    since: Moment,
    seen: Vec<Seen>,
    /// Where there is more than is shown.
    more: Option<String>,
}

struct Seen {
    operation: String,
    reason: String,
    count: String,
    last: Moment,
}

fn enforcement_page(frame: Frame, form_token: String, observed: Observed) -> EnforcementPage {
    let t = &EN;
    let rows = observed.sights.len();
    let seen = observed.sights.into_iter().take(SHOWN).map(|sight| Seen {
        operation: format!("{} {}", sight.method, sight.path),
        reason: sight
            .reason
            .map_or_else(|| t.observed_not_refused.to_owned(), |reason| reason.replace('_', " ")),
        count: number(sight.count),
        last: Moment::read(&sight.last_at),
    });
    let more = rows.saturating_sub(SHOWN).try_into().unwrap_or(u64::MAX);
    EnforcementPage {
        t,
        frame,
        form_token,
        enforced: observed.enforced,
        by: if observed.decided_by == "record" { t.enforcement_switched } else { t.enforcement_configured },
        since: Moment::read(&observed.since),
        seen: seen.collect(),
        more: (more > 0)
            .then(|| fill(t.observed_more, &[("n", &number(more)), ("service", &observed.service)])),
        service: observed.service,
    }
}

/// Shows it.
pub(super) async fn show(
    reader: Reader,
    Path(service): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let observed = reader.api.observed(&service).await?;
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let frame = Frame::of(&reader, EN.enforcement_title, Section::Catalog, Some(&service));
    let frame = frame.noting(notice(asked.text("done")));
    Ok(page::show(&enforcement_page(frame, reader.form_token.as_str().to_owned(), observed)))
}

/// Switches. The answer comes when it holds.
pub(super) async fn switch(
    Path(service): Path<String>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    let enforce = fields.text("enforce") == "true";
    let info = reader.api.edit_service(&service, &EditService { enforce: Some(enforce) }).await?;
    let done = if info.enforced { "enforced" } else { "not_enforced" };
    Ok(Redirect::to(&format!("/services/{}/enforcement?done={done}", info.service)).into_response())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_page_stays_small_and_what_was_sent_is_text() {
        let sight = json!({
            "method": "GET", "path": "/a/<b>", "in_catalog": false, "under_mount": true, "reason": null, "count": 7,
            "last_at": "2026-11-26T10:05:09Z",
        });
        let observed = json!({
            "service": "odin", "enforced": false, "decided_by": "record", "switched_at": null,
            "since": "2026-11-26T10:00:00Z", "sights": vec![sight; 2_000], "left_out": 0,
        });
        let observed: Observed = serde_json::from_value(observed).unwrap();
        let html = enforcement_page(Frame::outside("x"), "word".to_owned(), observed).render().unwrap();
        assert!(html.len() < 60_000, "{} bytes", html.len());
        assert!(html.contains("1,900") && html.contains(EN.observed_not_refused), "{html}");
        assert!(!html.contains("<b>"));
    }
}
