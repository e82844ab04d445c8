//! The application behind the gateways: it remembers what reached it, byte by byte.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::wire::{Message, Wire};

/// What an upload is made of, again and again: a length that no buffer has.
pub(crate) const PIECE: usize = 65_521;

/// One period of an upload.
pub(crate) fn piece() -> Vec<u8> {
    (0..PIECE).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

/// A running application. Its threads end with the process.
pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Message>>>,
    go_on: Sender<()>,
}

impl Application {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<Message>>>::default();
        let (go_on, waits) = channel();
        let (seen_by, waits) = (seen.clone(), Arc::new(Mutex::new(waits)));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, waits) = (seen_by.clone(), waits.clone());
                // A connection that breaks off is the gateway's business.
                thread::spawn(move || drop(serve(stream, &seen, &waits)));
            }
        });
        Self { address, seen, go_on }
    }

    /// What reached it since this was last asked.
    pub(crate) fn seen(&self) -> Vec<Message> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// Lets a stream of events go on.
    pub(crate) fn go_on(&self) {
        self.go_on.send(()).unwrap();
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<Message>>, waits: &Mutex<Receiver<()>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut wire = Wire(io::BufReader::new(stream));
    loop {
        let mut request = wire.head()?;
        let asks = request.asks().to_owned();
        if !asks.ends_with("health") {
            seen.lock().unwrap().push(request.clone());
        }
        if asks.contains("?websocket") {
            wire.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            )?;
            return echo(&mut wire);
        }
        if asks.contains("?events") {
            events(&mut wire, waits)?;
            continue;
        }
        let body = read_body(&mut wire, &mut request)?;
        let connection = if request.header("connection") == Some("close") { "close" } else { "keep-alive" };
        let body = if asks.starts_with("HEAD ") { String::new() } else { body };
        let length = body.len();
        wire.send(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: {connection}\r\n\r\n{body}"
        ))?;
        if connection == "close" {
            return Ok(());
        }
    }
}

fn echo(wire: &mut Wire) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let count = wire.0.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        wire.0.get_mut().write_all(&buffer[..count])?;
    }
}

fn events(wire: &mut Wire, waits: &Mutex<Receiver<()>>) -> io::Result<()> {
    wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    wire.send("d\r\ndata: first\n\n\r\n")?;
    waits.lock().unwrap().recv().map_err(io::Error::other)?;
    wire.send("e\r\ndata: second\n\n\r\n0\r\n\r\n")
}

/// Reads a body of the periods of [`piece`] and says how long it was and whether it was that.
fn read_body(wire: &mut Wire, request: &mut Message) -> io::Result<String> {
    let (piece, mut length, mut whole) = (piece(), 0_usize, true);
    let mut check = |bytes: &[u8]| {
        let mut rest = bytes;
        while !rest.is_empty() {
            let at = length % PIECE;
            let count = rest.len().min(PIECE - at);
            whole &= rest[..count] == piece[at..at + count];
            length += count;
            rest = &rest[count..];
        }
    };
    if request.header("transfer-encoding") == Some("chunked") {
        while let Some(chunk) = wire.chunk()? {
            check(&chunk);
        }
    } else if let Some(announced) = request.header("content-length") {
        let mut left: usize = announced.parse().map_err(io::Error::other)?;
        let mut buffer = vec![0; 64 * 1024];
        while left > 0 {
            let end = left.min(buffer.len());
            let count = wire.0.read(&mut buffer[..end])?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            check(&buffer[..count]);
            left -= count;
        }
    }
    Ok(format!("{{\"length\":{length},\"whole\":{whole}}}"))
}
