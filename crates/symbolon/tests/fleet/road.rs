//! The address under which nodes know their database, whichever server is behind it.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use symbolon_postgres_server::Server as Postgres;

use crate::database;

/// A port of the loopback that leads to a server, or to none. It is closed with the value.
pub(crate) struct Road {
    address: SocketAddr,
    way: Arc<Mutex<Way>>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Way {
    /// The server's socket.
    to: Option<PathBuf>,
    open: Vec<(TcpStream, UnixStream)>,
    closed: bool,
}

impl Road {
    pub(crate) fn to(server: &Postgres) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let way = Arc::new(Mutex::new(Way::default()));
        let of = way.clone();
        let accepting = thread::spawn(move || {
            for from in listener.incoming() {
                let mut way = of.lock().unwrap();
                if way.closed {
                    return;
                }
                // One that leads nowhere is hung up on.
                let _ = from.and_then(|from| way.open(from));
            }
        });
        let road = Self { address, way, accepting: Some(accepting) };
        road.lead_to(server);
        road
    }

    /// The URL of the database of `url`, by this address.
    pub(crate) fn url(&self, url: &str) -> String {
        let (user, _) = url.split_once('@').unwrap();
        format!("{user}@{}/{}?sslmode=disable", self.address, database(url))
    }

    /// Ends what leads to another server, and leads to this one from now on.
    pub(crate) fn lead_to(&self, server: &Postgres) {
        self.lead(Some(server.directory().join(".s.PGSQL.5432")));
    }

    /// Ends everything; whoever comes is hung up on.
    pub(crate) fn cut(&self) {
        self.lead(None);
    }

    fn lead(&self, to: Option<PathBuf>) {
        let mut way = self.way.lock().unwrap();
        for (from, there) in way.open.drain(..) {
            // Either may have ended by itself.
            let _ = (from.shutdown(Shutdown::Both), there.shutdown(Shutdown::Both));
        }
        way.to = to;
    }
}

impl Way {
    fn open(&mut self, from: TcpStream) -> io::Result<()> {
        let Some(to) = &self.to else { return Ok(()) };
        let there = UnixStream::connect(to)?;
        from.set_nodelay(true)?;
        let (mut asked, mut asks) = (from.try_clone()?, there.try_clone()?);
        let (mut answers, mut answered) = (there.try_clone()?, from.try_clone()?);
        // Whichever side ends, both are over.
        thread::spawn(move || (io::copy(&mut asked, &mut asks), asks.shutdown(Shutdown::Both)));
        thread::spawn(move || (io::copy(&mut answers, &mut answered), answered.shutdown(Shutdown::Both)));
        self.open.push((from, there));
        Ok(())
    }
}

impl Drop for Road {
    fn drop(&mut self) {
        self.cut();
        self.way.lock().unwrap().closed = true;
        // Wakes the one that accepts.
        let _ = TcpStream::connect(self.address);
        let _ = self.accepting.take().map(JoinHandle::join);
    }
}
