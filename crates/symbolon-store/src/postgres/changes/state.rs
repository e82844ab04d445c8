//! What holds now of that which some records are of: one statement for each table.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::postgres::PgRow;
use symbolon_core::notice::Told;
use symbolon_core::record::{Enforcement, Key, Session, Token, User};
use symbolon_core::store::{BrokenSeal, Change};

use super::record::{Happened, Of, Record};
use crate::loading::enforced;
use crate::postgres::line::Line;
use crate::rows::{
    self, Row, Words, get, select_enforcement, select_keys, select_sessions, select_tokens, select_users,
};
use crate::seals::Seals;

/// How many rows are read at once.
const AT_ONCE: usize = 1_000;

/// Rows by their ids, those among them that are not what was written.
type Found<T> = HashMap<String, Result<T, BrokenSeal>>;

pub(super) struct State {
    tokens: Found<Token>,
    told: HashMap<String, Told>,
    users: Found<User>,
    sessions: Found<Session>,
    keys: Found<Key>,
    enforcement: Found<Enforcement>,
}

impl State {
    /// Reads what these records are of.
    pub(super) async fn of<'r>(
        line: &Line,
        seals: &Seals,
        records: impl Iterator<Item = &'r Record>,
    ) -> Result<Self, sqlx::Error> {
        let mut asked: [Vec<String>; 5] = Default::default();
        for record in records {
            let (table, id) = match &record.of {
                Of::Token(id, _) | Of::Ending(id) => (0, id.to_string()),
                Of::User(id, _) => (1, id.to_string()),
                Of::Session(id) => (2, id.to_string()),
                Of::Key(id, _) => (3, id.to_string()),
                Of::Enforcement(service) => (4, service.to_string()),
                Of::Sessions(_) | Of::Webhook(_) | Of::Nothing => continue,
            };
            asked[table].push(id);
        }
        let [tokens, users, sessions, keys, enforcement] = asked;
        let tokens = rows_of(line, select_tokens!("WHERE id = ANY ($1)"), tokens).await?;
        let users = rows_of(line, select_users!("WHERE id = ANY ($1) AND removed_at IS NULL"), users).await?;
        let sessions = rows_of(line, select_sessions!("WHERE id = ANY ($1)"), sessions).await?;
        let keys = rows_of(line, select_keys!("WHERE id = ANY ($1)"), keys).await?;
        let enforcement = rows_of(line, select_enforcement!("WHERE service = ANY ($1)"), enforcement).await?;
        let told = |row: &PgRow| Some((id_of(row), rows::told(row).ok()??));
        Ok(Self {
            told: tokens.iter().filter_map(told).collect(),
            tokens: checked(&tokens, seals),
            users: checked(&users, seals),
            sessions: checked(&sessions, seals),
            keys: checked(&keys, seals),
            enforcement: checked(&enforcement, seals),
        })
    }

    /// The change that a record stands for, if anybody is to hear of it.
    pub(super) fn change(&self, record: Record, seals: &Seals) -> Option<Change> {
        let at = record.at;
        let (change, whole) = match record.of {
            Of::Token(id, happened) => {
                let (token, whole) = holds(&self.tokens, &id);
                (token.map_or(Change::TokenErased(id, at), |token| of_token(token, happened, at)), whole)
            }
            Of::User(id, happened) => {
                let (user, whole) = holds(&self.users, &id);
                let change = user.map_or(Change::UserRemoved(id, at), |user| match happened {
                    Happened::Created => Change::UserCreated(user),
                    _ => Change::UserChanged(user),
                });
                (change, whole)
            }
            Of::Session(id) => {
                let (session, whole) = holds(&self.sessions, &id);
                (session.map_or(Change::SessionEnded(id), Change::SessionStarted), whole)
            }
            Of::Key(id, happened) => {
                let (key, whole) = holds(&self.keys, &id);
                let change = key.map_or(Change::KeyRemoved(id), |key| match happened {
                    Happened::Created => Change::KeyCreated(key),
                    _ => Change::KeyChanged(key),
                });
                (change, whole)
            }
            Of::Enforcement(service) => {
                let (switched, whole) = holds(&self.enforcement, &service);
                (Change::EnforcementSwitched(switched.unwrap_or_else(|| enforced(service))), whole)
            }
            Of::Sessions(user) => (Change::SessionsEnded(user), true),
            Of::Ending(id) => (Change::EndingTold(id, *self.told.get(&id.to_string())?), true),
            Of::Webhook(name) => (Change::WebhookRetried(name), true),
            Of::Nothing => return None,
        };
        // What is broken still is no more an alarm that has ended than it was.
        if whole {
            seals.mend(&change);
        }
        Some(change)
    }
}

fn of_token(token: Token, happened: Happened, at: Timestamp) -> Change {
    match happened {
        Happened::Removed if token.revoked_at.is_some() => Change::TokenErased(token.id, at),
        Happened::Created => Change::TokenCreated(token),
        Happened::Owned => Change::TokenOwned(token),
        Happened::Changed | Happened::Removed => Change::TokenChanged(token),
    }
}

/// What is there under an id, and whether that is as it was written: nothing may be, too.
fn holds<T: Clone>(found: &Found<T>, id: &impl ToString) -> (Option<T>, bool) {
    match found.get(&id.to_string()) {
        Some(Ok(value)) => (Some(value.clone()), true),
        Some(Err(_)) => (None, false),
        None => (None, true),
    }
}

/// A mutation may have more of them than a read is to have.
async fn rows_of(line: &Line, select: &'static str, ids: Vec<String>) -> Result<Vec<PgRow>, sqlx::Error> {
    let mut rows = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        rows.extend(line.try_ask(async |db| sqlx::query(select).bind(ids).fetch_all(db).await).await?);
    }
    Ok(rows)
}

fn checked<T: Row>(rows: &[PgRow], seals: &Seals) -> Found<T> {
    let mut words = Words::default();
    rows.iter().map(|row| (id_of(row), rows::sealed_in(row, seals, &mut words))).collect()
}

fn id_of(row: &PgRow) -> String {
    get(row, "id").unwrap_or_default()
}
