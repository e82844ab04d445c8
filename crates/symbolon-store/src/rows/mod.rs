//! From rows to values. A row is not trusted: somebody may have edited the file by hand.

mod asks;
mod columns;
mod granting;
mod words;

use symbolon_core::audit::{Head, Line, LineHash};
use symbolon_core::id::TokenId;
use symbolon_core::imported::Source;
use symbolon_core::notice::Told;
use symbolon_core::store::{
    AnswerBefore, AnswerOutcome, BrokenSeal, Claim, Ending, KeptAnswer, StoreError, WebhookState,
};
use symbolon_core::usage::{Day, DayTotal, RouteUsage, UsedRoute};

use crate::seals::Seals;
use columns::{digest, maybe_parsed, maybe_time, number, parsed, time};

pub(crate) use asks::{ask, select_asks};
pub(crate) use columns::{Columns, get};
pub(crate) use granting::Row;
pub(crate) use granting::{select_enforcement, select_keys, select_sessions, select_tokens, select_users};
pub(crate) use words::Words;

/// A column whose value the domain refuses; `seal` where the row is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowFault(&'static str);

impl RowFault {
    /// Says which row it is, in the log.
    pub(crate) fn report(self, table: &'static str, row: &impl Columns) {
        // An audit line has a number and no id. Quoted: what is in a broken row may be anything.
        let id = get::<&str>(row, "id").ok();
        let seq = get::<i64>(row, "seq").ok();
        tracing::error!(
            table,
            id,
            seq,
            column = self.0,
            "a row of the record cannot be read; it is left out"
        );
    }
}

impl From<RowFault> for StoreError {
    fn from(_: RowFault) -> Self {
        Self::Unavailable("a row of the record cannot be read".to_owned())
    }
}

pub(crate) type Parsed<T> = Result<T, RowFault>;

/// A row that grants, if it is as it was written. One that cannot be read is not.
pub(crate) fn sealed<T: Row>(row: &impl Columns, seals: &Seals) -> Result<T, BrokenSeal> {
    sealed_in(row, seals, &mut Words::default())
}

/// The same of many rows, which have words in common.
pub(crate) fn sealed_in<T: Row>(
    row: &impl Columns,
    seals: &Seals,
    words: &mut Words,
) -> Result<T, BrokenSeal> {
    let value = T::read(row, words).and_then(|value| {
        if value.grants() { seals.checked(row, value).ok_or(RowFault("seal")) } else { Ok(value) }
    });
    value.map_err(|RowFault(column)| seals.broken(T::KIND, row, column))
}

/// The one row that was asked for, as it was written. Another is not passed off as absent.
pub(crate) fn only_sealed<T: Row>(row: Option<impl Columns>, seals: &Seals) -> Result<Option<T>, StoreError> {
    row.map(|row| sealed(&row, seals)).transpose().map_err(StoreError::SealBroken)
}

/// The one row that was asked for. One that cannot be read is not passed off as absent.
pub(crate) fn only<R: Columns, T>(
    row: Option<&R>,
    table: &'static str,
    parse: fn(&R) -> Parsed<T>,
) -> Result<Option<T>, StoreError> {
    let Some(row) = row else { return Ok(None) };
    parse(row).map(Some).map_err(|fault| {
        fault.report(table, row);
        fault.into()
    })
}

/// `SELECT` of all that [`audit`] reads.
macro_rules! select_audit {
    ($($rest:tt)*) => {
        concat!(
            "SELECT seq, at, actor, session, client_ip, request_id, action, subject, service, detail, hash FROM audit ",
            $($rest)*
        )
    };
}

pub(crate) use select_audit;

/// Which row a token was imported from.
pub(crate) fn imported_from(row: &impl Columns) -> Parsed<(Source, TokenId)> {
    Ok((Source(digest(row, "import_source")?), parsed(row, "id")?))
}

pub(crate) fn audit(row: &impl Columns) -> Parsed<Line> {
    Ok(Line {
        seq: number(row, "seq")?,
        at: time(row, "at")?,
        actor: get(row, "actor")?,
        session: get(row, "session")?,
        client_ip: get(row, "client_ip")?,
        request_id: get(row, "request_id")?,
        action: get(row, "action")?,
        subject: get(row, "subject")?,
        service: get(row, "service")?,
        detail: get(row, "detail")?,
        hash: hash(row, "hash")?,
    })
}

/// The end of the chain. Where somebody has changed its hash behind our back, that of nothing, which is found when the chain
/// is followed.
pub(crate) fn head(row: &impl Columns) -> Parsed<Head> {
    Ok(Head { seq: number(row, "seq")?, hash: hash(row, "hash").unwrap_or(LineHash::GENESIS) })
}

fn hash(row: &impl Columns, column: &'static str) -> Parsed<LineHash> {
    get::<&[u8]>(row, column)?.try_into().map(LineHash::from_bytes).map_err(|_| RowFault(column))
}

pub(crate) fn usage(row: &impl Columns) -> Parsed<(Day, RouteUsage)> {
    let route = RouteUsage {
        method: get(row, "method")?,
        path: get(row, "path")?,
        outcome: parsed(row, "outcome")?,
        count: number(row, "count")?,
        last_at: time(row, "last_at")?,
        last_ip: maybe_parsed(row, "last_ip")?,
    };
    Ok((Day(number(row, "day")?), route))
}

pub(crate) fn day_total(row: &impl Columns) -> Parsed<DayTotal> {
    Ok(DayTotal { token: parsed(row, "token")?, day: Day(number(row, "day")?), count: number(row, "count")? })
}

pub(crate) fn used_route(row: &impl Columns) -> Parsed<(TokenId, UsedRoute)> {
    Ok((parsed(row, "token")?, UsedRoute { method: get(row, "method")?, path: get(row, "path")? }))
}

pub(crate) fn claim(row: &impl Columns) -> Parsed<Claim> {
    Ok(Claim {
        scope: get(row, "scope")?,
        key: get(row, "key")?,
        body: digest(row, "body")?,
        made: get(row, "made")?,
        expires_at: time(row, "expires_at")?,
    })
}

pub(crate) fn answer(row: &impl Columns) -> Parsed<AnswerBefore> {
    let outcome = match get::<Option<&str>>(row, "outcome")? {
        None => None,
        Some("unknown") => Some(AnswerOutcome::Unknown),
        Some("not_kept") => Some(AnswerOutcome::NotKept),
        Some("kept") => Some(AnswerOutcome::Kept(KeptAnswer {
            status: number(row, "status")?,
            content_type: get(row, "content_type")?,
            location: get(row, "location")?,
            etag: get(row, "etag")?,
            body: get::<&[u8]>(row, "body")?.to_vec(),
        })),
        Some(_) => return Err(RowFault("outcome")),
    };
    Ok(AnswerBefore { fingerprint: digest(row, "fingerprint")?, at: time(row, "claimed_at")?, outcome })
}

/// A token that is as it was written, and what was told of its end. Why there is none is in the log.
pub(crate) fn ending(row: &impl Columns, seals: &Seals) -> Option<Ending> {
    let token = sealed(row, seals).ok()?;
    let told = told(row).map_err(|fault| fault.report("tokens", row)).ok()?;
    Some(Ending { token, told })
}

/// What was told of a token's end.
pub(crate) fn told(row: &impl Columns) -> Parsed<Option<Told>> {
    let Some(expires_at) = maybe_time(row, "told_end")? else { return Ok(None) };
    Ok(Some(Told { expires_at, days: number(row, "told_days")? }))
}

pub(crate) fn webhook(row: &impl Columns) -> Parsed<WebhookState> {
    Ok(WebhookState {
        name: parsed(row, "name")?,
        position: number(row, "position")?,
        attempts: number(row, "attempts")?,
        waiting_since: maybe_time(row, "waiting_since")?,
        next_at: maybe_time(row, "next_at")?,
        last_at: maybe_time(row, "last_at")?,
        last_answer: get(row, "last_answer")?,
        disabled_at: maybe_time(row, "disabled_at")?,
        revision: number(row, "revision")?,
    })
}
