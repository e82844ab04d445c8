//! A line that goes silent: connections stay, and nothing comes by them any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::postgres::PgConnectOptions;
use symbolon_postgres_server::Database;
use tokio::io::copy;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// A way to the server that can go silent.
pub(crate) struct Way {
    pub(crate) url: String,
    /// How many came by it.
    came: Arc<AtomicUsize>,
    /// Those that came before so many others are silent, for ever.
    silent: watch::Sender<usize>,
}

impl Way {
    pub(crate) async fn to(database: &Database) -> Self {
        let options: PgConnectOptions = database.url().parse().unwrap();
        let socket = options.get_socket().unwrap().join(format!(".s.PGSQL.{}", options.get_port()));
        let socket = Arc::new(socket);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("postgres://postgres@{address}/{}?sslmode=disable", database.name());
        let (silent, came) = (watch::Sender::new(0), Arc::new(AtomicUsize::new(0)));
        let (told, count) = (silent.subscribe(), came.clone());
        tokio::spawn(async move {
            while let Ok((node, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let (socket, told) = (socket.clone(), told.clone());
                tokio::spawn(async move {
                    let server = UnixStream::connect(&*socket).await.unwrap();
                    pass(node, server, number, told).await;
                });
            }
        });
        Self { url, came, silent }
    }

    /// Whatever is open goes silent, and whatever comes from now on.
    pub(crate) fn end(&self) {
        self.silent.send_replace(usize::MAX);
    }

    /// Whatever is open goes silent, and what comes from now on passes.
    pub(crate) fn renew(&self) {
        self.silent.send_replace(self.came.load(Ordering::SeqCst));
    }
}

/// Passes everything on until it is to be silent. Then it is held, and never passes anything again.
async fn pass(mut node: TcpStream, mut server: UnixStream, number: usize, mut told: watch::Receiver<usize>) {
    let (mut from_node, mut to_node) = node.split();
    let (mut from_server, mut to_server) = server.split();
    let passing = async {
        // An end that is gone is gone for the other one too.
        tokio::select! {
            _ = copy(&mut from_node, &mut to_server) => {}
            _ = copy(&mut from_server, &mut to_node) => {}
        }
    };
    let silence = async {
        if told.wait_for(|first| number < *first).await.is_err() {
            // The test has ended, and nobody says it any more.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        () = silence => std::future::pending().await,
        () = passing => {}
    }
}
