//! The way from a node to the database: a relay of TCP that can be cut.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};
use tokio::task::JoinHandle;

/// Which way nothing passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// What the node says is held back.
    Asking,
    /// What the database says is held back.
    Answering,
    /// Both are.
    Both,
    /// Connections are broken, and new ones are refused.
    Broken,
}

/// A relay to one database.
#[derive(Debug)]
pub(crate) struct Relay {
    /// Where the node finds the database.
    pub(crate) address: SocketAddr,
    ways: Arc<Ways>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Ways {
    database: SocketAddr,
    /// Whoever passes a piece on holds these for reading, and whoever cuts holds them for writing, for as long as it is
    /// cut: when the cut has begun nothing is on its way past it.
    asking: Arc<RwLock<()>>,
    answering: Arc<RwLock<()>>,
    /// By how much each piece is late, in microseconds.
    delay: AtomicU64,
    connections: Mutex<Connections>,
}

#[derive(Debug, Default)]
struct Connections {
    refused: bool,
    open: Vec<JoinHandle<()>>,
}

/// A cut. It ends with this value.
#[derive(Debug)]
pub(crate) struct Cutting {
    ways: Arc<Ways>,
    _held: Vec<OwnedRwLockWriteGuard<()>>,
}

impl Relay {
    /// Begins to listen.
    pub(crate) async fn to(database: SocketAddr) -> Result<Self, String> {
        let fault = |why| format!("a relay cannot listen: {why}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(fault)?;
        let address = listener.local_addr().map_err(fault)?;
        let ways = Arc::new(Ways {
            database,
            asking: Arc::default(),
            answering: Arc::default(),
            delay: AtomicU64::new(0),
            connections: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&ways)));
        Ok(Self { address, ways, accepting })
    }

    /// Cuts. When this returns nothing passes any more that way.
    pub(crate) async fn cut(&self, which: Cut) -> Cutting {
        let ways = Arc::clone(&self.ways);
        if which == Cut::Broken {
            ways.break_all(true);
        }
        let mut held = Vec::new();
        if which != Cut::Answering {
            held.push(Arc::clone(&ways.asking).write_owned().await);
        }
        if which != Cut::Asking {
            held.push(Arc::clone(&ways.answering).write_owned().await);
        }
        Cutting { ways, _held: held }
    }

    /// Breaks every connection once; new ones pass.
    pub(crate) fn break_once(&self) {
        self.ways.break_all(false);
    }

    /// Makes each piece late by so much; by nothing, it passes at once.
    pub(crate) fn delay(&self, by: Duration) {
        self.ways.delay.store(u64::try_from(by.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
        self.ways.break_all(true);
    }
}

impl Drop for Cutting {
    fn drop(&mut self) {
        self.ways.connections.lock().unwrap_or_else(PoisonError::into_inner).refused = false;
    }
}

impl Ways {
    fn break_all(&self, refused: bool) {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.refused = refused;
        for open in connections.open.drain(..) {
            open.abort();
        }
    }
}

async fn accept(listener: TcpListener, ways: Arc<Ways>) {
    loop {
        let Ok((node, _)) = listener.accept().await else { continue };
        let mut connections = ways.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if connections.refused {
            continue;
        }
        connections.open.retain(|open| !open.is_finished());
        connections.open.push(tokio::spawn(carry(node, Arc::clone(&ways))));
    }
}

/// Carries one connection until either end closes it, or it is broken.
async fn carry(node: TcpStream, ways: Arc<Ways>) {
    let Ok(database) = TcpStream::connect(ways.database).await else { return };
    // A piece that waits for more would be late by 40 ms.
    let _ = (node.set_nodelay(true), database.set_nodelay(true));
    let ((from_node, to_node), (from_database, to_database)) = (node.into_split(), database.into_split());
    tokio::select! {
        () = pass(from_node, to_database, &ways.asking, &ways.delay) => {}
        () = pass(from_database, to_node, &ways.answering, &ways.delay) => {}
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    way: &RwLock<()>,
    delay: &AtomicU64,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let late = delay.load(Ordering::Relaxed);
        if late > 0 {
            tokio::time::sleep(Duration::from_micros(late)).await;
        }
        let _open = way.read().await;
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database that says everything back, and a relay to it.
    async fn echo() -> Relay {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut reader, mut writer) = stream.split();
                    tokio::io::copy(&mut reader, &mut writer).await
                });
            }
        });
        Relay::to(address).await.unwrap()
    }

    async fn said(stream: &mut TcpStream) -> Option<u8> {
        let read = tokio::time::timeout(Duration::from_millis(100), stream.read_u8()).await;
        read.ok()?.ok()
    }

    #[tokio::test]
    async fn what_is_held_back_comes_when_the_cut_ends() {
        let relay = echo().await;
        for which in [Cut::Asking, Cut::Answering, Cut::Both] {
            let mut node = TcpStream::connect(relay.address).await.unwrap();
            node.write_u8(1).await.unwrap();
            assert_eq!(node.read_u8().await.unwrap(), 1);
            let cut = relay.cut(which).await;
            node.write_u8(2).await.unwrap();
            assert_eq!(said(&mut node).await, None, "{which:?}");
            drop(cut);
            assert_eq!(node.read_u8().await.unwrap(), 2, "{which:?}");
        }
    }

    #[tokio::test]
    async fn what_is_broken_stays_so_and_new_connections_are_refused_until_the_end() {
        let relay = echo().await;
        let mut node = TcpStream::connect(relay.address).await.unwrap();
        node.write_u8(1).await.unwrap();
        assert_eq!(node.read_u8().await.unwrap(), 1);
        let cut = relay.cut(Cut::Broken).await;
        assert!(node.read_u8().await.is_err());
        let mut other = TcpStream::connect(relay.address).await.unwrap();
        assert!(other.read_u8().await.is_err());
        drop(cut);
        let mut other = TcpStream::connect(relay.address).await.unwrap();
        other.write_u8(3).await.unwrap();
        assert_eq!(other.read_u8().await.unwrap(), 3);
        relay.break_once();
        assert!(other.read_u8().await.is_err());
    }
}
