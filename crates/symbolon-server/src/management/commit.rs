//! One mutation: the change, its audit line and, for a creation, the claim of its `Idempotency-Key`.

use axum::extract::FromRequestParts;
use bytes::Bytes;
use http::request::Parts;
use jiff::SignedDuration;
use serde_json::Value;
use symbolon_core::id::UserId;
use symbolon_core::name::ServiceName;
use symbolon_core::record::AuditLine;
use symbolon_core::store::{Change, Claim, Mutation, Room, StoreError};
use symbolon_core::{Code, Refusal, Timestamp};
use utoipa::IntoParams;

use super::caller::{By, Caller};
use super::settled;
use crate::answer::ApiError;
use crate::app::App;
use crate::idempotency;
use crate::metrics::{Stopwatch, Waiting};

const CLAIM_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// How often a change is tried again when another came first. Each try is a change that somebody else made.
pub(super) const TRIES: usize = 8;

/// Others kept changing the same thing.
pub(super) fn overtaken() -> ApiError {
    ApiError::new(Code::Conflict, "others kept changing it meanwhile, and nothing was changed; try again")
}

/// What the audit says of a mutation.
pub(super) struct Deed<'a> {
    pub(super) action: &'static str,
    pub(super) subject: String,
    pub(super) service: Option<&'a ServiceName>,
    pub(super) detail: Value,
}

/// On what terms a mutation is made; by default on none.
#[derive(Default)]
pub(super) struct Terms {
    /// The claim of a creation's `Idempotency-Key`.
    pub(super) claim: Option<Claim>,
    /// The limits that tokens more must keep.
    pub(super) room: Vec<Room>,
    /// Users by whom it was judged, and their revisions then.
    pub(super) judged_by: Vec<(UserId, u64)>,
}

impl App {
    /// Writes one mutation. When it returns, the record is durable and the gate has applied it.
    pub(super) async fn record(
        &self,
        by: By,
        deed: Deed<'_>,
        changes: Vec<Change>,
        terms: Terms,
    ) -> Result<(), StoreError> {
        self.record_all(by, vec![deed], changes, terms).await
    }

    /// Writes one mutation that is several deeds; the log has the first of them.
    pub(super) async fn record_all(
        &self,
        by: By,
        deeds: Vec<Deed<'_>>,
        changes: Vec<Change>,
        Terms { claim, room, judged_by }: Terms,
    ) -> Result<(), StoreError> {
        if room.iter().any(|room| room.idle_since.is_some()) {
            self.write_uses().await;
        }
        let now = self.now();
        let By { origin, standing } = by;
        let (actor, count) = (origin.actor, changes.len());
        let first = deeds.first().map(|deed| (deed.action, deed.subject.clone()));
        let (action, subject) = first.unwrap_or_default();
        let line = |deed: Deed<'_>| AuditLine {
            at: now,
            origin: origin.clone(),
            action: deed.action,
            subject: deed.subject,
            service: deed.service.cloned(),
            detail: deed.detail,
        };
        let audit = deeds.into_iter().map(line).collect();
        let mutation = Mutation { standing, changes, audit, claim, room, judged_by, now };
        let (metrics, watch) = (self.metrics(), Stopwatch::start());
        let waiting = Waiting::new(&metrics.commits_waiting);
        let outcome = self.store().commit(mutation).await;
        drop(waiting);
        match &outcome {
            Ok(()) => metrics.commits.observe(watch.read()),
            Err(StoreError::Unavailable(_)) => metrics.commits_failed.add(),
            Err(_) => {}
        }
        outcome?;
        settled::written();
        self.audit_has_grown();
        tracing::info!(%actor, action, subject, count, "changed");
        Ok(())
    }
}

/// The header that makes a repeated creation or rotation harmless, if it is there. It is bound to caller, place and body for
/// 24 hours.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct IdempotencyKey {
    /// Makes a repetition harmless for 24 hours.
    #[param(rename = "Idempotency-Key", value_type = Option<String>, nullable = false)]
    key: Option<String>,
}

impl FromRequestParts<App> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let key =
            idempotency::key(&parts.headers).map_err(|fault| Refusal::field("Idempotency-Key", fault))?;
        Ok(Self { key: key.map(str::to_owned) })
    }
}

/// A creation's claim before anything was made.
pub(super) struct Claiming(Option<Claim>);

impl IdempotencyKey {
    /// Looks whether the same creation was made before: then that is the answer.
    pub(super) async fn begin(
        self,
        app: &App,
        caller: &Caller,
        place: &str,
        body: &Bytes,
        now: Timestamp,
    ) -> Result<Claiming, ApiError> {
        let Some(key) = self.key else { return Ok(Claiming(None)) };
        let scope = format!("{}/{place}", caller.origin().actor);
        let (keys, text) = (app.keys(), [b"idempotency\0", body.as_ref()].concat());
        if let Some(before) = app.store().claim(&scope, &key, now).await? {
            let same = keys.peppers().any(|pepper| pepper.digest(&text) == before.body);
            return Err(replay(before, same));
        }
        let digest = keys.pepper.digest(&text);
        let expires_at = now.saturating_add(CLAIM_LIFE).unwrap_or(Timestamp::MAX);
        Ok(Claiming(Some(Claim { scope, key, body: digest, made: String::new(), expires_at })))
    }
}

fn replay(before: Claim, same_body: bool) -> ApiError {
    if same_body {
        return ApiError::already_created(before.made);
    }
    ApiError::new(
        Code::IdempotencyMismatch,
        "this Idempotency-Key was used for another body within the last 24 hours; use a new one",
    )
}

impl Claiming {
    /// None: for what may be done twice.
    pub(super) const NONE: Self = Self(None);

    /// The claim for what is about to be made, among its terms.
    pub(super) fn of(&self, made: &impl ToString) -> Terms {
        let claim = self.0.clone().map(|claim| Claim { made: made.to_string(), ..claim });
        Terms { claim, ..Terms::default() }
    }

    /// The answer to a commit that failed: where somebody else made the same claim in between, theirs counts.
    pub(super) fn failed(&self, error: StoreError) -> ApiError {
        match (error, &self.0) {
            (StoreError::Claimed(before), Some(mine)) => {
                let same = before.body == mine.body;
                replay(before, same)
            }
            (error, _) => error.into(),
        }
    }
}
