//! What a transaction does, piece by piece. Each guard is part of the statement that it guards; only when a statement has
//! found nothing to change is the row looked at, to say why. After an error the caller rolls back.

mod apply;
mod asks;
mod claims;
mod enforcement;
mod keys;
mod prune;
mod seals;
mod tokens;
mod users;
mod webhooks;

use sqlx::PgConnection;
use symbolon_core::seal::Sealer;
use symbolon_core::store::{Mutation, Standing, StoreError};

use super::chain::{Done, Ledger, NO_TEXT};
use super::codes::is_no_text;
use super::fault::Fault;
use super::writer::{Upkeep, Work};
use crate::fault::conflict;
use crate::seals::{Seals, Walk};

/// Does one piece of work that others are to hear of, and notes in the ledger what it was.
pub(super) async fn work(
    db: &mut PgConnection,
    work: &mut Work,
    seals: &Seals,
    ledger: &mut Ledger,
) -> Result<(), Fault> {
    match work {
        Work::Commit(mutation) => {
            let done = commit(db, mutation, &seals.sealer()).await.map_err(unkept)?;
            ledger.note(done, &mutation.audit)
        }
        Work::Redigest { secrets, now, changes } => {
            let done;
            (*changes, done) = self::seals::redigest(db, seals, secrets, *now).await?;
            ledger.note(done, &[])
        }
        Work::Upkeep(upkeep) => self::upkeep(db, upkeep, seals).await.map(drop),
    }
}

/// Says of a text that the database cannot keep that it is not the database that failed.
fn unkept(fault: Fault) -> Fault {
    match fault {
        Fault::Failed(error) if is_no_text(&error) => conflict(NO_TEXT),
        other => other,
    }
}

/// Does one piece of upkeep; where a walk goes on.
pub(super) async fn upkeep(
    db: &mut PgConnection,
    upkeep: &Upkeep,
    seals: &Seals,
) -> Result<Option<Walk>, Fault> {
    match upkeep {
        Upkeep::Prune(asked) => prune::prune(db, asked).await?,
        Upkeep::Reseal(at) => return Ok(self::seals::reseal(db, &seals.sealer(), *at).await?),
        Upkeep::BeginWebhooks(names, own) => webhooks::begin(db, names, *own).await?,
        Upkeep::SaveWebhook(state) => webhooks::save(db, state).await?,
    }
    Ok(None)
}

async fn commit(db: &mut PgConnection, mutation: &Mutation, sealer: &Sealer) -> Result<Done, Fault> {
    if !stands(db, mutation.standing).await? {
        return Err(Fault::Refused(StoreError::CallerChanged));
    }
    // The claim first: a repeated request hears that it was made before, and not that its name is taken.
    if let Some(claim) = &mutation.claim {
        claims::make(db, claim, mutation.now).await?;
    }
    for (user, revision) in &mutation.judged_by {
        if !users::is_at(db, *user, *revision).await? {
            return Err(conflict("a user by whom it was judged was changed meanwhile"));
        }
    }
    for room in &mutation.room {
        if !tokens::has_room(db, room, mutation.now).await? {
            return Err(Fault::Refused(StoreError::NoRoom));
        }
    }
    let mut done = Done::default();
    for one in &mutation.changes {
        let revoked = apply::change(db, one, sealer, mutation.now, &mut done).await?;
        if let Some(said) = mutation.audit.first() {
            done.lines.extend(revoked.into_iter().map(|token| token.line(said)));
        }
    }
    Ok(done)
}

/// Whether what the caller's right rests on is as it was.
async fn stands(db: &mut PgConnection, standing: Standing) -> Result<bool, Fault> {
    let found: Option<i32> = match standing {
        Standing::Given => return Ok(true),
        Standing::Session { session, user, revision } => {
            sqlx::query_scalar(
                "SELECT 1 FROM sessions JOIN users ON users.id = sessions.\"user\"
                 WHERE sessions.id = $1 AND users.id = $2 AND users.revision = $3 AND users.removed_at IS NULL",
            )
            .bind(session.to_string())
            .bind(user.to_string())
            .bind(i64::try_from(revision).unwrap_or(i64::MAX))
            .fetch_optional(db)
            .await?
        }
        Standing::Key(id) => {
            sqlx::query_scalar("SELECT 1 FROM keys WHERE id = $1")
                .bind(id.to_string())
                .fetch_optional(db)
                .await?
        }
    };
    Ok(found.is_some())
}
