//! The queue: asking for a job, reviewing it, changing it, cancelling it.

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use serde::Deserialize;
use sqlx::SqlitePool;

use super::{OPERATORS, models, printers};
use crate::{
    choice::choice,
    database::{begin, find, refer, rows},
    error::ApiError,
    identity::Identity,
    input::{Body, Filter, Id, Moment, Patch, Text, Whole},
    json::Answer,
};

const SHOW: &str = "SELECT body FROM job_json WHERE id = ?";

choice! {
    /// Where a job stands.
    JobStatus {
        Submitted = "submitted",
        Pending = "pending",
        Scheduled = "scheduled",
        Queued = "queued",
        Printing = "printing",
        Completed = "completed",
        Failed = "failed",
        Cancelled = "cancelled",
        Rejected = "rejected",
    }
}

choice! {
    /// What comes before what in the queue.
    Priority {
        Low = "low",
        Normal = "normal",
        High = "high",
        Urgent = "urgent",
    }
}

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new()
        .route("/jobs", get(list).post(create))
        .route("/jobs/{id}", get(show).patch(update))
        .route("/jobs/{id}/cancel", post(cancel))
        .route("/jobs/{id}/approve", post(approve))
        .route("/jobs/{id}/reject", post(reject))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    status: Option<JobStatus>,
    limit: Option<Whole<1, 500>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewJob {
    model_id: i64,
    printer_id: Option<i64>,
    quantity: Option<Whole<1, 100>>,
    priority: Option<Urgency>,
    notes: Option<Text<500>>,
    /// What the caller calls it, as O.D.I.N.'s own client always says. The model has a name, and that is shown.
    #[serde(rename = "item_name")]
    _item_name: Option<Text<200>>,
}

/// A priority in a word, or in a number from 1 to 10 as O.D.I.N.'s own client has it.
#[derive(Deserialize)]
#[serde(untagged, expecting = "low, normal, high or urgent, or a number from 1 to 10")]
enum Urgency {
    Word(Priority),
    Number(Whole<1, 10>),
}

impl From<Urgency> for Priority {
    fn from(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Word(word) => word,
            Urgency::Number(Whole(..=2)) => Self::Low,
            // The client's own default is 3.
            Urgency::Number(Whole(..=5)) => Self::Normal,
            Urgency::Number(Whole(..=8)) => Self::High,
            Urgency::Number(_) => Self::Urgent,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JobChange {
    printer_id: Option<i64>,
    quantity: Option<Whole<1, 100>>,
    priority: Option<Priority>,
    notes: Option<Text<500>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    reason: Option<Text<500>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remark {
    notes: Option<Text<500>>,
}

async fn list(State(db): State<SqlitePool>, Filter(wanted): Filter<Wanted>) -> Answer {
    let query = sqlx::query_scalar(
        "SELECT body FROM job_json WHERE ?1 IS NULL OR status = ?1 ORDER BY id DESC LIMIT ?2",
    );
    rows(&db, query.bind(wanted.status.map(JobStatus::word)).bind(wanted.limit.map_or(100, |limit| limit.0)))
        .await
}

async fn show(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    find(&db, SHOW, "job", id).await
}

/// An operator's job goes into the queue; anybody else's waits for an operator's approval.
async fn create(State(db): State<SqlitePool>, identity: Identity, Body(new): Body<NewJob>) -> Answer {
    let status = if identity.has_role(OPERATORS) { JobStatus::Pending } else { JobStatus::Submitted };
    let mut transaction = begin(&db).await?;
    refer(&mut *transaction, models::SHOW, "model_id", new.model_id).await?;
    if let Some(printer) = new.printer_id {
        refer(&mut *transaction, printers::SHOW, "printer_id", printer).await?;
    }
    let id = sqlx::query(
        "INSERT INTO jobs (model_id, printer_id, quantity, priority, status, notes, submitted_by, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(new.model_id)
    .bind(new.printer_id)
    .bind(new.quantity.map_or(1, |quantity| quantity.0))
    .bind(new.priority.map_or(Priority::Normal, Into::into).word())
    .bind(status.word())
    .bind(new.notes.as_ref().map(Text::as_str))
    .bind(identity.actor())
    .bind(Moment::now().to_string())
    .execute(&mut *transaction)
    .await?
    .last_insert_rowid();
    let created = find(&mut *transaction, SHOW, "job", id).await?;
    transaction.commit().await?;
    Ok(created.created())
}

async fn update(State(db): State<SqlitePool>, Id(id): Id, Patch(change): Patch<JobChange>) -> Answer {
    let mut transaction = begin(&db).await?;
    if let Some(printer) = change.printer_id {
        refer(&mut *transaction, printers::SHOW, "printer_id", printer).await?;
    }
    let changed = sqlx::query(
        "UPDATE jobs SET printer_id = coalesce(?2, printer_id), quantity = coalesce(?3, quantity),
             priority = coalesce(?4, priority), notes = coalesce(?5, notes)
         WHERE id = ?1 AND status IN ('submitted', 'pending', 'scheduled', 'queued')",
    )
    .bind(id)
    .bind(change.printer_id)
    .bind(change.quantity.map(|quantity| quantity.0))
    .bind(change.priority.map(Priority::word))
    .bind(change.notes.as_ref().map(Text::as_str))
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    let job = find(&mut *transaction, SHOW, "job", id).await?;
    if changed == 0 {
        return Err(ApiError::conflict("a job that has begun or ended cannot be changed"));
    }
    transaction.commit().await?;
    Ok(job)
}

async fn cancel(State(db): State<SqlitePool>, Id(id): Id, Body(body): Body<Reason>) -> Answer {
    let mut transaction = begin(&db).await?;
    // While the job still says that it is printing: its printer lets go of it and cools down.
    sqlx::query(
        "UPDATE printers SET status = 'idle', nozzle_target = 0, bed_target = 0, progress = NULL, minutes_left = NULL
         WHERE status IN ('printing', 'paused')
           AND id = (SELECT printer_id FROM jobs WHERE id = ? AND status = 'printing')",
    )
    .bind(id)
    .execute(&mut *transaction)
    .await?;
    let cancelled = sqlx::query(
        "UPDATE jobs SET status = 'cancelled', reason = ?2, finished_at = ?3
         WHERE id = ?1 AND status IN ('submitted', 'pending', 'scheduled', 'queued', 'printing')",
    )
    .bind(id)
    .bind(body.reason.as_ref().map(Text::as_str))
    .bind(Moment::now().to_string())
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    let job = find(&mut *transaction, SHOW, "job", id).await?;
    if cancelled == 0 {
        return Err(ApiError::conflict("the job has ended already"));
    }
    transaction.commit().await?;
    Ok(job)
}

async fn approve(
    State(db): State<SqlitePool>,
    identity: Identity,
    Id(id): Id,
    Body(body): Body<Remark>,
) -> Answer {
    let approved = sqlx::query(
        "UPDATE jobs SET status = 'pending', reviewed_by = ?2, notes = coalesce(?3, notes)
         WHERE id = ?1 AND status = 'submitted'",
    )
    .bind(id)
    .bind(identity.actor())
    .bind(body.notes.as_ref().map(Text::as_str))
    .execute(&db)
    .await?
    .rows_affected();
    reviewed(&db, id, approved).await
}

async fn reject(
    State(db): State<SqlitePool>,
    identity: Identity,
    Id(id): Id,
    Body(body): Body<Reason>,
) -> Answer {
    let rejected = sqlx::query(
        "UPDATE jobs SET status = 'rejected', reviewed_by = ?2, reason = ?3, finished_at = ?4
         WHERE id = ?1 AND status = 'submitted'",
    )
    .bind(id)
    .bind(identity.actor())
    .bind(body.reason.as_ref().map(Text::as_str))
    .bind(Moment::now().to_string())
    .execute(&db)
    .await?
    .rows_affected();
    reviewed(&db, id, rejected).await
}

async fn reviewed(db: &SqlitePool, id: i64, rows: u64) -> Answer {
    let job = find(db, SHOW, "job", id).await?;
    if rows == 0 {
        return Err(ApiError::conflict("only a submitted job can be approved or rejected"));
    }
    Ok(job)
}
