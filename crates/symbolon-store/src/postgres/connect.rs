//! Connections to the server, all of them as careful as each other.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use tokio::time::timeout;

use super::fault::{cannot_open, is_turned_away};
use super::patience::within;
use crate::OpenError;

/// How long a connection may take to come about, and a caller waits for one of a pool.
const ACQUIRE: Duration = Duration::from_secs(2);
/// A connection that was left alone for longer is asked whether it lives before somebody relies on it.
const TRUSTED: Duration = Duration::from_secs(1);
const READERS: u32 = 8;
/// Enough that a claim does not wait for the disk's answer to another.
const ANSWERS: u32 = 2;

/// What holds in every session, whatever server, database, role or URL say.
///
/// The times are upper bounds of what goes wrong: a node that stopped in the middle of a transaction holds the clock of the
/// whole fleet, and is let go of.
const SETTINGS: [(&str, &str); 17] = [
    ("application_name", "symbolon"),
    // Durable when acknowledged, and with a synchronous standby durable there too.
    ("synchronous_commit", "on"),
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "off"),
    // Nothing that somebody puts into another schema stands in for what is ours.
    ("search_path", "public,pg_temp"),
    // A policy that hides rows is an error, and not a shorter answer.
    ("row_security", "off"),
    ("timezone", "UTC"),
    ("client_min_messages", "warning"),
    ("jit", "off"),
    ("statement_timeout", "10s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "2s"),
    ("client_connection_check_interval", "2s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "2"),
    ("tcp_user_timeout", "20s"),
];

/// A mutation may have to wait for what is locked here, but is never the one that a deadlock costs: the server looks for
/// deadlocks after a second (`deadlock_timeout`), and by then this has given up.
const USAGE_LOCK: (&str, &str) = ("lock_timeout", "300ms");

/// Where the record is, and how to get there. Prints without what is secret of it.
#[derive(Clone)]
pub(super) struct Server {
    /// As the URL has it.
    plain: PgConnectOptions,
    place: String,
    /// Whether a password was given at all.
    has_password: bool,
}

impl Server {
    /// The server and the database of a `postgres://` URL.
    pub(super) fn parse(url: &str, password: Option<&str>) -> Result<Self, OpenError> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(OpenError::NoUrl("it does not begin with postgres://".to_owned()));
        }
        let plain = PgConnectOptions::from_str(url).map_err(|error| OpenError::NoUrl(error.to_string()))?;
        let plain = plain.disable_statement_logging();
        // Without one the driver would look for a file of passwords in somebody's home.
        let has_password = password.is_some() || has_password(url);
        let given = password.or_else(|| (!has_password).then_some(""));
        let plain = given.map_or(plain.clone(), |password| plain.password(password));
        let host = match plain.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => plain.get_host().to_owned(),
        };
        let database = plain.get_database().unwrap_or(plain.get_username());
        let place = format!("postgres://{host}:{}/{database}", plain.get_port());
        Ok(Self { plain, place, has_password })
    }

    /// What it is called in messages: host, port and database.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Why the first connection did not come about.
    pub(super) fn unreachable(&self, error: &sqlx::Error) -> OpenError {
        if is_turned_away(error) && !self.has_password {
            let reason = "the PostgreSQL server asks for a password, and none was given: name a file that holds it, as \
                          password_file of [database]";
            return OpenError::Unreachable { place: self.place.clone(), reason: reason.to_owned() };
        }
        cannot_open(&self.place, error)
    }

    /// How to connect with every setting of ours.
    pub(super) fn options(&self) -> PgConnectOptions {
        self.plain.clone().options(SETTINGS)
    }

    /// A connection with the settings that the server has by itself, to look at them.
    pub(super) async fn connect_plainly(&self) -> Result<PgConnection, sqlx::Error> {
        connect(&self.plain).await
    }

    /// A connection of one's own.
    pub(super) async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        connect(&self.options()).await
    }

    /// Connections that read. They come about when they are needed.
    pub(super) fn readers(&self) -> PgPool {
        pool(READERS).connect_lazy_with(self.options().options([("default_transaction_read_only", "on")]))
    }

    /// The one connection that hears of changes.
    pub(super) fn listener(&self) -> PgPool {
        pool(1).connect_lazy_with(self.options())
    }

    /// The one connection that notes uses.
    pub(super) fn usage(&self) -> PgPool {
        pool(1).connect_lazy_with(self.options().options([USAGE_LOCK]))
    }

    /// Connections that note which changes were sent on.
    pub(super) fn answers(&self) -> PgPool {
        pool(ANSWERS).connect_lazy_with(self.options())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.place).finish()
    }
}

/// Whether a URL has a password in it.
fn has_password(url: &str) -> bool {
    let (place, more) = url.split_once('?').unwrap_or((url, ""));
    let user = place.split_once("://").and_then(|(_, place)| Some(place.rsplit_once('@')?.0));
    user.is_some_and(|user| user.contains(':')) || more.split('&').any(|one| one.starts_with("password="))
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    timeout(ACQUIRE, options.connect()).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

fn pool(most: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        // Whoever gave up a statement leaves a connection behind on which its answer may still come, or none. The pool would
        // wait for that as long as the system does, and be a connection short meanwhile.
        .after_release(|connection, _| {
            Box::pin(async move { within(ACQUIRE, connection.ping()).await.map(|()| true) })
        })
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Says to the first who comes that this is not the password.
    async fn turn_away(listener: TcpListener) {
        let (mut caller, _) = listener.accept().await.unwrap();
        let mut length = [0; 4];
        caller.read_exact(&mut length).await.unwrap();
        let mut hello = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
        caller.read_exact(&mut hello).await.unwrap();
        let said = b"SFATAL\0VFATAL\0C28P01\0Mno\0\0";
        let length = u32::try_from(said.len() + 4).unwrap().to_be_bytes();
        caller.write_all(&[b"E", &length[..], said].concat()).await.unwrap();
    }

    #[tokio::test]
    async fn whoever_gave_no_password_is_told_so() {
        for (user, more, given, wanted) in [
            ("me", "", None, "none was given"),
            ("me:no", "", None, "does not accept"),
            ("me", "&password=no", None, "does not accept"),
            ("me", "", Some("no"), "does not accept"),
        ] {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let address = listener.local_addr().unwrap();
            let url = format!("postgres://{user}@{address}/record?sslmode=disable{more}");
            let (said, ()) = tokio::join!(crate::reach(&url, given), turn_away(listener));
            let said = said.unwrap_err().to_string();
            assert!(said.contains(wanted), "{url}: {said}");
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        let server =
            Server::parse("postgres://me:s3cr3t@db.example:5433/record?sslmode=require", None).unwrap();
        assert_eq!(server.place(), "postgres://db.example:5433/record");
        assert_eq!(format!("{server:?}"), r#"Server("postgres://db.example:5433/record")"#);
        for broken in ["postgres://me:s3cr3t@db:port/record", "mysql://me:s3cr3t@db", "s3cr3t", ""] {
            let refusal = Server::parse(broken, None).unwrap_err();
            assert!(!format!("{refusal} {refusal:?}").contains("s3cr3t"), "{refusal:?}");
        }
    }
}
