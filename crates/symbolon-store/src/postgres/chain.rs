//! A transaction's beginning and its end: the clock and the audit's last line, and what is written behind them.

use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use symbolon_core::audit::{Head, Line, LineHash};
use symbolon_core::record::AuditLine;

use super::fault::Fault;
use super::identity::same_server;
use super::open::KNOWN;
use crate::fault::conflict;

/// Where those listen who want to hear of changes at once. What is sent is the number; it may get lost.
pub(super) const CHANNEL: &str = "symbolon_changes";

/// The kind of a record of what no node has in memory.
pub(super) const NOTHING: &str = "none";

/// What nobody can write: no text of the database has a zero byte in it.
pub(super) const NO_TEXT: &str = "a text with a zero byte in it cannot be kept";

/// Where the audit ends, as [`head`] reads it. Of a query with [`join_head`].
macro_rules! select_head {
    () => {
        "coalesce(last.seq, 0) AS last, last.hash"
    };
}

/// The last line of the audit, if there is one.
macro_rules! join_head {
    () => {
        " LEFT JOIN (SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1) AS last ON true "
    };
}

pub(super) use {join_head, select_head};

/// Whether this is the server on which anything may be written, and the number of the schema that a program has to know.
macro_rules! state {
    () => {
        concat!("coalesce(", same_server!(), ", fleet.epoch IS NULL) AS same_server, symbolon_schema.oldest")
    };
}

/// The first statement moves the clock, and so waits until nobody else in the fleet writes. The second sees all that was
/// committed before: each has a snapshot of its own. Sent together, for every round trip is one that all others wait for.
const BEGIN: &str = concat!(
    "BEGIN;
     UPDATE fleet_clock SET seq = seq + 1 RETURNING seq;
     SELECT ",
    state!(),
    ", coalesce(fleet.epoch, 0) AS epoch, ",
    select_head!(),
    " FROM symbolon_schema LEFT JOIN fleet ON true",
    join_head!()
);

/// The same for what nobody has to hear of: it takes its turn, and the clock stays.
const BEGIN_UPKEEP: &str = concat!(
    "BEGIN;
     SELECT seq FROM fleet_clock FOR UPDATE;
     SELECT ",
    state!(),
    " FROM symbolon_schema LEFT JOIN fleet ON true"
);

/// Why a program that does not know of a newer one's schema may do nothing.
pub(super) const TOO_OLD: &str = "a newer Symbolon has changed the schema of the database: upgrade this one";

/// What no transaction can be begun for.
#[derive(Debug)]
pub(super) enum NoBeginning {
    Failed(sqlx::Error),
    /// Why nothing may be written here.
    Forbidden(&'static str),
}

impl From<sqlx::Error> for NoBeginning {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

/// What a transaction that moves the clock has to write at its end.
#[derive(Debug)]
pub(super) struct Ledger {
    /// Its place in the order of all.
    pub(super) seq: i64,
    /// Of which fleet: another server has taken over where it is another.
    pub(super) epoch: i64,
    head: Head,
    lines: Vec<Line>,
    records: Vec<Record>,
}

/// A change record: its kind, and the id of what was changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) at: Timestamp,
}

/// What one mutation has done.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) records: Vec<Record>,
    /// Lines of the audit besides the mutation's own, behind them.
    pub(super) lines: Vec<AuditLine>,
}

impl Ledger {
    /// Begins a transaction and takes its turn.
    pub(super) async fn begin(db: &mut PgConnection) -> Result<Self, NoBeginning> {
        let rows = sqlx::raw_sql(BEGIN).fetch_all(db).await?;
        let [clock, state] = rows.as_slice() else {
            return Err(NoBeginning::Forbidden("the database has no clock"));
        };
        may_write(state)?;
        Ok(Self {
            seq: clock.try_get("seq")?,
            epoch: state.try_get("epoch")?,
            head: head(state)?,
            lines: Vec::new(),
            records: Vec::new(),
        })
    }

    /// Whether there is nothing that anybody would have to hear of.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.records.is_empty()
    }

    /// Notes what one mutation has done and said; all of it or nothing.
    pub(super) fn note(&mut self, done: Done, said: &[AuditLine]) -> Result<(), Fault> {
        let (mut head, before) = (self.head, self.lines.len());
        for said in said.iter().chain(&done.lines) {
            let line = Line::after(head.hash, head.seq + 1, said);
            if !can_be_kept(&line) {
                self.lines.truncate(before);
                // Here and not at the end, where it would cost the neighbours theirs.
                return Err(conflict(NO_TEXT));
            }
            head = Head { seq: line.seq, hash: line.hash };
            self.lines.push(line);
        }
        self.head = head;
        self.records.extend(done.records);
        Ok(())
    }

    /// Writes it down, in one statement.
    pub(super) async fn write(mut self, db: &mut PgConnection, now: Timestamp) -> Result<(), sqlx::Error> {
        if self.records.is_empty() {
            self.records.push(Record { kind: NOTHING, id: String::new(), at: now });
        }
        let (lines, records) = (&self.lines, &self.records);
        let texts = |of: fn(&Line) -> &str| lines.iter().map(of).collect::<Vec<_>>();
        let maybe = |of: fn(&Line) -> Option<&str>| lines.iter().map(of).collect::<Vec<_>>();
        let written: i64 = sqlx::query_scalar(
            "WITH lines AS (
                 INSERT INTO audit (seq, at, actor, session, client_ip, request_id, action, subject, service, detail, hash)
                 SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::text[], $8::text[], $9::text[], $10::text[], $11::bytea[])
                 RETURNING 1),
             records AS (
                 INSERT INTO changes (seq, part, kind, id, at)
                 SELECT $12, one.part - 1, one.kind, one.id, one.at
                 FROM unnest($13::text[], $14::text[], $15::bigint[]) WITH ORDINALITY AS one (kind, id, at, part)
                 RETURNING 1),
             told AS (SELECT pg_notify($16, $12::text))
             SELECT (SELECT count(*) FROM lines) + (SELECT count(*) FROM records) + (SELECT 0 * count(told) FROM told)",
        )
        .bind(lines.iter().map(|line| i64::try_from(line.seq).unwrap_or(i64::MAX)).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.at.as_millisecond()).collect::<Vec<_>>())
        .bind(texts(|line| &line.actor))
        .bind(maybe(|line| line.session.as_deref()))
        .bind(maybe(|line| line.client_ip.as_deref()))
        .bind(maybe(|line| line.request_id.as_deref()))
        .bind(texts(|line| &line.action))
        .bind(texts(|line| &line.subject))
        .bind(maybe(|line| line.service.as_deref()))
        .bind(texts(|line| &line.detail))
        .bind(lines.iter().map(|line| line.hash.as_bytes().as_slice()).collect::<Vec<_>>())
        .bind(self.seq)
        .bind(records.iter().map(|record| record.kind).collect::<Vec<_>>())
        .bind(records.iter().map(|record| record.id.as_str()).collect::<Vec<_>>())
        .bind(records.iter().map(|record| record.at.as_millisecond()).collect::<Vec<_>>())
        .bind(CHANNEL)
        .fetch_one(db)
        .await?;
        // A trigger that somebody has planted can drop a line and call that success.
        if usize::try_from(written) == Ok(lines.len() + records.len()) {
            Ok(())
        } else {
            Err(sqlx::Error::Protocol("lines of the audit or change records were dropped".to_owned()))
        }
    }
}

/// Begins a transaction of upkeep and takes its turn.
pub(super) async fn begin_upkeep(db: &mut PgConnection) -> Result<(), NoBeginning> {
    let rows = sqlx::raw_sql(BEGIN_UPKEEP).fetch_all(db).await?;
    rows.last().map_or(Err(NoBeginning::Forbidden("the database has no clock")), may_write)
}

/// Refuses to write where this program must not.
fn may_write(state: &PgRow) -> Result<(), NoBeginning> {
    if !state.try_get::<bool, _>("same_server")? {
        return Err(NoBeginning::Forbidden(
            "the database is on another server than its fleet was made on, or was promoted: nobody can know what the nodes \
             have heard",
        ));
    }
    if usize::try_from(state.try_get::<i32, _>("oldest")?).is_ok_and(|oldest| oldest > KNOWN) {
        return Err(NoBeginning::Forbidden(TOO_OLD));
    }
    Ok(())
}

/// The last line. Where somebody has changed its hash behind our back, the next one follows from nothing, and is not refused
/// for that: it is found when the chain is.
pub(super) fn head(row: &PgRow) -> Result<Head, sqlx::Error> {
    let last: i64 = row.try_get("last")?;
    let seq = u64::try_from(last).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let hash = row.try_get::<Option<Vec<u8>>, _>("hash")?.and_then(|bytes| bytes.as_slice().try_into().ok());
    Ok(Head { seq, hash: hash.map_or(LineHash::GENESIS, LineHash::from_bytes) })
}

fn can_be_kept(line: &Line) -> bool {
    let needed = [&line.actor, &line.action, &line.subject, &line.detail];
    let others = [&line.session, &line.client_ip, &line.request_id, &line.service];
    !needed.into_iter().chain(others.into_iter().flatten()).any(|text| text.contains('\0'))
}
