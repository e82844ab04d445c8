//! An ask: who wants what and why, and what was said to it or is to be said.

use askama::Template;
use axum::extract::{Path, RawQuery, State as FromState};
use axum::response::Response;
use jiff::Timestamp;
use symbolon_api::{AskRecord, ServiceInfo};

use super::{State, answered_by, written};
use crate::console::Site;
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::moment::{Moment, left};
use crate::console::page::{self, Frame, Section};
use crate::console::problems::Problems;
use crate::console::reader::Reader;
use crate::console::summary::{Ending, sentence};
use crate::console::text::{EN, Text, fill, notice};
use crate::console::tokens::choice::{ScopeBox, groups};

#[derive(Template)]
#[template(path = "asks/show.html")]
pub(super) struct AskPage {
    t: &'static Text,
    frame: Frame,
    title: String,
    /// What it would be able to do.
    says: String,
    form_token: String,
    id: String,
    state: State,
    token_name: String,
    token_href: String,
    begins: String,
    owner: String,
    owner_linked: bool,
    service: String,
    asked_for: String,
    asked: Moment,
    /// Who asked, where it was not the token itself.
    asked_by: Option<String>,
    /// Until when an answer is of use.
    lapses: Option<Moment>,
    reason: String,
    scopes: Vec<Scope>,
    /// What is typed into the form of an answer; `None` where there is none to be given, or not by the reader.
    answering: Option<Answering>,
    /// Whether an answer of somebody else's is to come.
    waiting: bool,
    said: Option<Said>,
    /// Whether something is lent now.
    lent: bool,
    /// Whether the reader may take it back.
    withdrawing: bool,
    problems: Problems,
}

/// A scope that is asked for.
struct Scope {
    asked: ScopeBox,
    lent: bool,
}

/// An answer under way.
struct Answering {
    /// Whether the reader could lend anything to this token.
    lends: bool,
    duration: String,
    duration_hint: String,
    note: String,
}

/// What was said.
struct Said {
    by: String,
    at: Option<Moment>,
    /// Until when what was lent is lent, and how much of that is left.
    until: Option<(Moment, Option<String>)>,
    note: String,
}

impl Said {
    fn of(ask: &AskRecord, now: Timestamp) -> Option<Self> {
        let by = answered_by(ask.answered_by.as_ref()?);
        let until = ask.lent_until.as_ref().map(|end| {
            let left = end.parse().ok().filter(|_| ask.state == "approved").map(|end| left(end, now));
            (Moment::read(end), left)
        });
        let at = ask.answered_at.as_ref().map(|at| Moment::read(at));
        Some(Self { by, at, until, note: ask.note.clone().unwrap_or_default() })
    }
}

/// The scopes that are asked for, as they are ticked, and with what the catalog says of each.
fn scopes(catalog: &ServiceInfo, grantable: &[String], ask: &AskRecord, ticked: &[String]) -> Vec<Scope> {
    // One that the catalog has dropped since is in no group unless it is ticked.
    let all = groups(catalog, grantable, &ask.scopes).into_iter().flat_map(|group| group.boxes);
    let asked = all.filter(|one| ask.scopes.contains(&one.name));
    let lent = ask.lent.as_deref().unwrap_or_default();
    asked
        .map(|one| Scope {
            lent: lent.contains(&one.name),
            asked: ScopeBox { ticked: ticked.contains(&one.name) && one.barred.is_none(), ..one },
        })
        .collect()
}

/// What the form shows before anything is typed: everything, for as long as is asked for.
fn filled(ask: &AskRecord) -> Fields {
    let fields = Fields::default().with("duration", &ask.duration);
    ask.scopes.iter().fold(fields, |fields, scope| fields.with("scope", scope))
}

/// The page, with what was typed.
pub(super) fn of(
    site: &Site,
    reader: &Reader,
    catalog: &ServiceInfo,
    ask: AskRecord,
    fields: &Fields,
    problems: Problems,
) -> AskPage {
    let t = &EN;
    let (service, begins) = written(reader, &ask);
    let own = reader.me.services.iter().find(|known| known.service == ask.service);
    let owns = ask.token.owner == reader.name();
    let answers = ask.may_deny;
    let grantable = own.map(|own| own.grantable_scopes.as_slice()).unwrap_or_default();
    let ticked: Vec<String> = fields.all("scope").map(str::to_owned).collect();
    let title = fill(t.ask_title, &[("name", &ask.token.name)]);
    let open = ask.state == "open";
    AskPage {
        t,
        frame: Frame::of(reader, &title, Section::Asks, None),
        title,
        says: fill(t.ask_says, &[("says", &sentence(catalog, &ask.scopes, Ending::Unsaid))]),
        form_token: reader.form_token.as_str().to_owned(),
        state: State::of(&ask.state),
        token_href: format!("/services/{}/tokens/{}", ask.service, ask.token.id),
        begins,
        owner_linked: reader.me.platform_admin,
        service,
        asked: Moment::read(&ask.asked_at),
        asked_by: Some(ask.asked_by.clone()).filter(|by| *by != ask.token.id),
        lapses: open.then(|| Moment::read(&ask.lapses_at)),
        scopes: scopes(catalog, grantable, &ask, &ticked),
        answering: (open && answers).then(|| Answering {
            duration: fields.raw("duration").to_owned(),
            duration_hint: fill(t.ask_duration_hint, &[("most", &ask.duration)]),
            note: fields.raw("note").to_owned(),
            lends: ask.may_lend,
        }),
        waiting: open && !answers,
        said: Said::of(&ask, site.app.now()),
        lent: ask.state == "approved",
        // What a token has asked for itself, it alone takes back.
        withdrawing: open && owns && ask.asked_by == reader.name(),
        token_name: ask.token.name,
        owner: ask.token.owner,
        asked_for: ask.duration,
        reason: ask.reason,
        id: ask.id,
        problems,
    }
}

impl AskPage {
    fn noting(mut self, notice: Option<&'static str>) -> Self {
        self.frame = self.frame.noting(notice);
        self
    }
}

/// The page of one ask.
pub(super) async fn show(
    FromState(site): FromState<Site>,
    reader: Reader,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    let ask = reader.api.get_ask(&id, None).await?;
    let catalog = reader.api.service(&ask.service).await?;
    let fields = filled(&ask);
    let page = of(&site, &reader, &catalog, ask, &fields, Problems::default());
    Ok(page::show(&page.noting(notice(asked.text("done")))))
}
