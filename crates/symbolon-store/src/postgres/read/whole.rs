//! What is asked of the database as a whole.

use sqlx::{PgConnection, PgPool};
use symbolon_core::store::StoreError;

use crate::postgres::again::read;
use crate::postgres::fault::unavailable;
use crate::postgres::planted::planted;

/// The bytes of our tables, with their indexes and what of them lies apart.
pub(in crate::postgres) async fn size(db: &PgPool) -> Result<u64, StoreError> {
    let bytes: i64 = read(db, async |db| {
        sqlx::query_scalar(
            "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
        )
        .fetch_one(db)
        .await
    })
    .await?;
    Ok(bytes.cast_unsigned())
}

/// Looks for damage that the server can tell of without an extension. However long that takes: of a large record it reads all.
pub(in crate::postgres) async fn check(db: &PgPool) -> Result<(), StoreError> {
    let failed = |error: sqlx::Error| unavailable(&error);
    // One transaction, for the setting that holds as long as it.
    let mut transaction = db.begin().await.map_err(failed)?;
    sqlx::raw_sql("SET LOCAL statement_timeout = 0").execute(&mut *transaction).await.map_err(failed)?;
    find_damage(&mut transaction).await?;
    transaction.rollback().await.map_err(failed)
}

/// Every row of a table, with all that belongs to it: a value that cannot be read is an error.
macro_rules! read_all {
    ($($table:literal)*) => {
        [$(concat!("SELECT count(*) FROM ", $table, " AS one WHERE one::text IS NULL")),*]
    };
}

const READ_ALL: [&str; 16] = read_all!(
    "symbolon_schema" "users" "tokens" "sessions" "keys" "enforcement" "audit" "claims" "answers" "asks" "usage"
    "webhooks" "fleet_clock" "fleet" "nodes" "changes"
);

async fn find_damage(db: &mut PgConnection) -> Result<(), StoreError> {
    let failed = |error: sqlx::Error| unavailable(&error);
    if let Some(name) = planted(&mut *db).await.map_err(failed)? {
        let detail = format!("somebody has put {name:?} into the database's schema, where it acts by itself");
        return Err(StoreError::Unavailable(detail));
    }
    let broken: Option<String> = sqlx::query_scalar(
        "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class AS indexed ON indexed.oid = indrelid
         WHERE indexed.relnamespace = 'public'::regnamespace AND indexed.relkind = 'r'
           AND NOT (indisvalid AND indisready AND indislive) LIMIT 1",
    )
    .fetch_optional(&mut *db)
    .await
    .map_err(failed)?;
    if let Some(index) = broken {
        let detail = format!("the index {index} is broken: REINDEX makes it anew");
        return Err(StoreError::Unavailable(detail));
    }
    for read in READ_ALL {
        sqlx::query(read).execute(&mut *db).await.map_err(failed)?;
    }
    let orphan: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM tokens WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.id = owner))
             OR EXISTS (SELECT 1 FROM sessions WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.id = \"user\"))",
    )
    .fetch_one(db)
    .await
    .map_err(failed)?;
    if orphan {
        return Err(StoreError::Unavailable("a row of the record names a user that is not there".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::testing::{make, place};
    use symbolon_core::store::Change;

    #[tokio::test]
    async fn a_check_finds_what_is_broken_and_what_was_planted() {
        let place = place().await;
        let user = make::user(1);
        place
            .commit(vec![Change::UserCreated(user.clone()), Change::TokenCreated(make::token(1, &user))])
            .await;
        check(place.pool()).await.unwrap();
        for (broken, mended, said) in [
            (
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'tokens_live'::regclass",
                "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'tokens_live'::regclass",
                "the index tokens_live is broken",
            ),
            ("CREATE VIEW shown AS SELECT * FROM users", "DROP VIEW shown", "\"shown\""),
            (
                "ALTER TABLE tokens DROP CONSTRAINT tokens_owner_fkey; UPDATE tokens SET owner = 'usr_gone'",
                "DELETE FROM tokens",
                "names a user that is not there",
            ),
            ("ALTER TABLE webhooks RENAME TO hooks", "ALTER TABLE hooks RENAME TO webhooks", "is missing"),
        ] {
            place.meddle(broken);
            let found = check(place.pool()).await.unwrap_err().to_string();
            assert!(found.contains(said), "{found}");
            place.meddle(mended);
            check(place.pool()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_record_has_a_size() {
        let place = place().await;
        let empty = size(place.pool()).await.unwrap();
        place.meddle(
            "INSERT INTO usage SELECT n, 'tok', 'GET', '/', 'allowed', 1, 1, NULL FROM generate_series(1, 10000) AS n",
        );
        let full = size(place.pool()).await.unwrap();
        assert!(empty > 8_192 && full > empty + 500_000, "{empty} {full}");
    }
}
