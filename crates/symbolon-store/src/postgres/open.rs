//! Opening: the right server, the right database, the right schema; each step that can fail has its sentence.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::{Connection, PgConnection, PgPool};
use symbolon_core::decision::Keys;
use symbolon_core::lease::LeaseTerms;
use tokio::time::timeout;

use super::connect::Server;
use super::durability::switched_off;
use super::fault::cannot_open;
use super::fleet::{compare, create};
use super::planted::planted;
use crate::OpenError;

/// In order. One that was released is never changed: databases that have it do not run it again. Each writes its number into
/// `symbolon_schema`, and the oldest one that a program may know which goes on working beside it.
const MIGRATIONS: [&str; 6] = [
    include_str!("../../migrations/postgres/0001_initial.sql"),
    include_str!("../../migrations/postgres/0002_webhooks_of_nodes.sql"),
    include_str!("../../migrations/postgres/0003_keys_of_fleets.sql"),
    include_str!("../../migrations/postgres/0004_derived.sql"),
    include_str!("../../migrations/postgres/0005_answers.sql"),
    include_str!("../../migrations/postgres/0006_asks.sql"),
];

/// The last number known here.
pub(super) const KNOWN: usize = MIGRATIONS.len();

/// Whoever migrates holds this lock ("SYMBOLON" in bytes), for several nodes may start at once.
const MIGRATING: i64 = 0x5359_4d42_4f4c_4f4e;

/// How long a look at a database may take.
const REACHING: Duration = Duration::from_secs(5);

/// The first version whose words are all understood that are used here.
const OLDEST_SERVER: i32 = 15;

/// An open database: the parts that the store and its writer share out.
pub(super) struct Opened {
    pub(super) server: Server,
    pub(super) readers: PgPool,
    pub(super) usage: PgPool,
    pub(super) answers: PgPool,
}

/// Opens the database of a URL, and brings its schema up to date.
pub(super) async fn open(
    url: &str,
    password: Option<&str>,
    keys: &Keys,
    terms: LeaseTerms,
) -> Result<Opened, OpenError> {
    let (server, mut db) = enter(url, password).await?;
    migrate(&mut db, &server, &MIGRATIONS).await?;
    create(&mut db, &server, terms).await?;
    compare(&mut db, &server, keys).await?;
    db.close().await.map_err(|error| cannot_open(server.place(), &error))?;
    let (readers, usage, answers) = (server.readers(), server.usage(), server.answers());
    Ok(Opened { server, readers, usage, answers })
}

/// The server of a URL, which will do, and a connection to its database.
pub(super) async fn enter(url: &str, password: Option<&str>) -> Result<(Server, PgConnection), OpenError> {
    let server = Server::parse(url, password)?;
    check_server(&server).await?;
    let db = server.connect().await.map_err(|error| cannot_open(server.place(), &error))?;
    Ok((server, db))
}

/// Whether the database of a URL can be reached and would do, as far as can be told without a change to it. What keeps a node from
/// it is the error; `password` as in [`super::PostgresStore::open`]. It takes some seconds at most.
pub async fn reach(url: &str, password: Option<&str>) -> Result<(), OpenError> {
    let looked = async {
        let (_, db) = enter(url, password).await?;
        // Nothing rests on how it ends.
        drop(db.close().await);
        Ok(())
    };
    let silent = |_| {
        let server = Server::parse(url, password)?;
        Err(cannot_open(server.place(), &sqlx::Error::PoolTimedOut))
    };
    timeout(REACHING, looked).await.unwrap_or_else(silent)
}

/// Refuses a server on which an acknowledged mutation is not one.
async fn check_server(server: &Server) -> Result<(), OpenError> {
    let open_fault = |error: sqlx::Error| cannot_open(server.place(), &error);
    let place = || server.place().to_owned();
    let mut db = server.connect_plainly().await.map_err(|error| server.unreachable(&error))?;
    let (version, standby, encoding, commit): (i32, bool, String, String) = sqlx::query_as(
        "SELECT current_setting('server_version_num')::int / 10000, pg_is_in_recovery(),
             current_setting('server_encoding'), current_setting('synchronous_commit')",
    )
    .fetch_one(&mut db)
    .await
    .map_err(open_fault)?;
    let off = switched_off(&mut db).await.map_err(open_fault)?;
    db.close().await.map_err(open_fault)?;
    if version < OLDEST_SERVER {
        return Err(OpenError::OldServer { place: place(), found: version, needed: OLDEST_SERVER });
    }
    if standby {
        return Err(OpenError::Standby(place()));
    }
    if encoding != "UTF8" {
        return Err(OpenError::Encoding { place: place(), encoding });
    }
    // Ours would say otherwise; but who set this does not expect commits to last, and has perhaps set more.
    if commit == "off" {
        return Err(OpenError::NotDurable(place()));
    }
    // No session can say otherwise, and a trial may want it so.
    if !off.is_empty() {
        tracing::warn!(
            place = server.place(),
            off = off.join(", "),
            "the database server is set so that a crash of its machine may undo what was acknowledged, revocations among it"
        );
    }
    Ok(())
}

/// Brings the schema up to date, in one transaction, in which others that start at once wait.
async fn migrate(
    db: &mut PgConnection,
    server: &Server,
    migrations: &[&'static str],
) -> Result<(), OpenError> {
    let open_fault = |error: sqlx::Error| cannot_open(server.place(), &error);
    let mut transaction = db.begin().await.map_err(open_fault)?;
    migrate_in(&mut transaction, server, migrations).await?;
    transaction.commit().await.map_err(open_fault)
}

/// Brings the schema up to date in a transaction that is the caller's.
async fn migrate_in(
    transaction: &mut PgConnection,
    server: &Server,
    migrations: &[&'static str],
) -> Result<(), OpenError> {
    let open_fault = |error: sqlx::Error| cannot_open(server.place(), &error);
    let place = || PathBuf::from(server.place());
    // Of a large record a migration takes its time, for the one who migrates and for those who wait.
    sqlx::raw_sql("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        .execute(&mut *transaction)
        .await
        .map_err(open_fault)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(MIGRATING)
        .execute(&mut *transaction)
        .await
        .map_err(open_fault)?;
    let found = schema(&mut *transaction).await.map_err(open_fault)?;
    // Before the migrations: they write too.
    let stranger = planted(&mut *transaction).await.map_err(open_fault)?;
    let done = match found {
        Schema::Strange => return Err(OpenError::NotOurs(place())),
        Schema::Empty => 0,
        Schema::Ours { version, oldest } => {
            let (version, oldest) = (number(version), number(oldest));
            if oldest > migrations.len() {
                return Err(OpenError::Newer { path: place(), found: version, known: migrations.len() });
            }
            version
        }
    };
    if let Some(name) = stranger {
        return Err(OpenError::PlantedIn { place: server.place().to_owned(), name });
    }
    for migration in migrations.get(done..).unwrap_or_default() {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await.map_err(open_fault)?;
    }
    Ok(())
}

/// Brings a schema that is ours up to date.
pub(super) async fn migrate_known(db: &mut PgConnection, server: &Server) -> Result<(), OpenError> {
    migrate(db, server, &MIGRATIONS).await
}

/// The same in a transaction that is the caller's, or makes it where there is none.
pub(super) async fn migrate_known_in(
    transaction: &mut PgConnection,
    server: &Server,
) -> Result<(), OpenError> {
    migrate_in(transaction, server, &MIGRATIONS).await
}

/// The number of the schema, if it is ours.
pub(super) async fn version(db: &mut PgConnection) -> Result<Option<usize>, sqlx::Error> {
    Ok(match schema(db).await? {
        Schema::Ours { version, .. } => Some(number(version)),
        Schema::Empty | Schema::Strange => None,
    })
}

/// No Symbolon writes a negative number; with such a one the first migration fails, as it should.
fn number(found: i32) -> usize {
    usize::try_from(found).unwrap_or(0)
}

/// What a database is.
enum Schema {
    Empty,
    Ours {
        version: i32,
        /// The oldest number that a program may know.
        oldest: i32,
    },
    /// Another program's.
    Strange,
}

async fn schema(db: &mut PgConnection) -> Result<Schema, sqlx::Error> {
    let (ours, tables): (bool, i64) = sqlx::query_as(
        "SELECT to_regclass('public.symbolon_schema') IS NOT NULL,
             (SELECT count(*) FROM pg_class
              WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
                AND NOT EXISTS (SELECT 1 FROM pg_depend
                                WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'))",
    )
    .fetch_one(&mut *db)
    .await?;
    if !ours {
        return Ok(if tables == 0 { Schema::Empty } else { Schema::Strange });
    }
    let found: Option<(i32, i32)> =
        sqlx::query_as("SELECT version, oldest FROM symbolon_schema").fetch_optional(db).await?;
    Ok(found.map_or(Schema::Strange, |(version, oldest)| Schema::Ours { version, oldest }))
}

#[cfg(test)]
mod tests {
    use symbolon_postgres_server::{Database, Version, shared};

    use super::*;

    const SECOND: &str = "ALTER TABLE users ADD COLUMN more TEXT; UPDATE symbolon_schema SET version = 2";
    const THIRD: &str =
        "ALTER TABLE users DROP COLUMN more; UPDATE symbolon_schema SET version = 3, oldest = 3";

    async fn open_knowing(database: &Database, migrations: &[&'static str]) -> Result<(), OpenError> {
        let server = Server::parse(&database.url(), None)?;
        let mut db = server.connect().await.unwrap();
        migrate(&mut db, &server, migrations).await
    }

    #[tokio::test]
    async fn an_older_schema_is_brought_up_to_date_at_once_or_not_at_all() {
        let database = shared(Version::Debian).unwrap().new_database().unwrap();
        let schema = || database.sql("SELECT version, oldest FROM symbolon_schema").unwrap();
        let first = MIGRATIONS[0];
        open_knowing(&database, &[first]).await.unwrap();
        assert!(open_knowing(&database, &[first, SECOND, "SELECT 1 / 0"]).await.is_err());
        assert_eq!(schema(), "1|1");
        open_knowing(&database, &[first, SECOND]).await.unwrap();
        assert_eq!(schema(), "2|1");
        open_knowing(&database, &[first]).await.unwrap();
        assert_eq!(schema(), "2|1", "the older program goes on beside it");
        open_knowing(&database, &[first, SECOND, THIRD]).await.unwrap();
        let refusal = open_knowing(&database, &[first, SECOND]).await.unwrap_err();
        assert!(matches!(refusal, OpenError::Newer { found: 3, known: 2, .. }), "{refusal}");
    }
}
