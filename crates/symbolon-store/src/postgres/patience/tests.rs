//! A line that goes silent: connections stay, and nothing comes by them any more.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use symbolon_core::store::{AuditQuery, Change, Store, StoreError};
use symbolon_postgres_server::{Database, Version, shared};
use tokio::io::copy;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::{pause, resume, timeout};

use super::READING;
use crate::make;
use crate::postgres::PostgresStore;
use crate::postgres::testing::membership;

/// A way to the server that can go silent.
struct Way {
    url: String,
    silent: watch::Sender<bool>,
}

impl Way {
    async fn to(database: &Database) -> Self {
        let options: PgConnectOptions = database.url().parse().unwrap();
        let socket = options.get_socket().unwrap().join(format!(".s.PGSQL.{}", options.get_port()));
        let socket = Arc::new(socket);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("postgres://postgres@{address}/{}?sslmode=disable", database.name());
        let silent = watch::Sender::new(false);
        let told = silent.subscribe();
        tokio::spawn(async move {
            while let Ok((node, _)) = listener.accept().await {
                let (socket, told) = (socket.clone(), told.clone());
                tokio::spawn(async move {
                    let server = UnixStream::connect(&*socket).await.unwrap();
                    pass(node, server, told).await;
                });
            }
        });
        Self { url, silent }
    }
}

/// Passes everything on until it is told to be silent. What was open then is held, and never passes anything again.
async fn pass(mut node: TcpStream, mut server: UnixStream, mut told: watch::Receiver<bool>) {
    let (mut from_node, mut to_node) = node.split();
    let (mut from_server, mut to_server) = server.split();
    let passing = async {
        // An end that is gone is gone for the other one too.
        tokio::select! {
            _ = copy(&mut from_node, &mut to_server) => {}
            _ = copy(&mut from_server, &mut to_node) => {}
        }
    };
    tokio::select! {
        biased;
        // Nobody says it any more where the test has ended.
        Ok(_) = told.wait_for(|silent| *silent) => std::future::pending().await,
        () = passing => {}
    }
}

/// Waits until the connections that read lie idle, and nothing is under way on one of them.
async fn idle(store: &PostgresStore, connections: usize) {
    while store.readers.pool.num_idle() != connections {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_read_on_a_line_that_went_silent_ends_and_leaves_no_dead_connection_behind() {
    let database = shared(Version::Debian).unwrap().new_database().unwrap();
    let way = Way::to(&database).await;
    let store = PostgresStore::open(&way.url, None, &make::keys(), membership::node("test")).await.unwrap();
    store.commit(make::mutation(vec![Change::KeyCreated(make::key(1))])).await.unwrap();
    let query = AuditQuery { page: make::page(10), ..AuditQuery::default() };
    let (first, second) = tokio::join!(store.audit(&query), store.keys(&make::page(10)));
    assert_eq!((first.unwrap().items.len(), second.unwrap().items.len()), (1, 1));
    idle(&store, 2).await;

    way.silent.send_replace(true);
    // From here on time passes when there is nothing else to do.
    pause();
    let reads = async { tokio::join!(store.audit(&query), store.keys(&make::page(10))) };
    let (first, second) = timeout(2 * READING, reads).await.expect("a read hangs");
    for outcome in [first.map(drop), second.map(drop)] {
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    }
    let gone = async {
        while store.readers.pool.size() > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(READING, gone).await.expect("the pool keeps a connection that is dead");
    resume();

    way.silent.send_replace(false);
    assert_eq!(store.keys(&make::page(10)).await.unwrap().items.len(), 1);
    store.close().await;
}
