//! The access log: a line of JSON for each request to a guarded service. Requests leave what there is to say in a queue and
//! go on; a thread writes. Where the queue is full a line is dropped, and counted.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use axum::response::Response;
use http::HeaderValue;
use serde::Serialize;
use symbolon_core::id::{RequestId, TokenId};
use symbolon_core::name::ServiceName;
use symbolon_core::{Code, Timestamp};
use tokio::sync::oneshot;

use crate::app::App;
use crate::refusals::{route, shown_method, shown_path};

/// How many lines may wait to be written.
const QUEUE: usize = 8_192;

/// Where the lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessTarget {
    /// To standard output.
    Stdout,
    /// To the end of this file, which is made for its owner and group.
    File(PathBuf),
}

/// The access log. Its thread ends with it, when it has written what was there.
#[derive(Debug)]
pub struct AccessLog {
    queue: SyncSender<Said>,
    dropped: AtomicU64,
}

enum Said {
    Line(Box<Entry>),
    Reopen,
    Flush(oneshot::Sender<()>),
}

/// One line. No query, no header and no body is in it.
#[derive(Debug, Serialize)]
struct Entry {
    time: Timestamp,
    request_id: String,
    door: &'static str,
    service: String,
    method: String,
    /// The catalog's pattern; `null` where there is none.
    route: Option<String>,
    /// `null` where it holds what could be a secret.
    path: Option<String>,
    status: u16,
    code: &'static str,
    reason: Option<&'static str>,
    principal: Option<String>,
    token: Option<String>,
    client_ip: Option<String>,
    /// Milliseconds, to the beginning of the answer.
    ms: f64,
}

/// What a door knows of its answer. It goes along in the answer's extensions.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) id: Option<RequestId>,
    pub(crate) code: Code,
    pub(crate) reason: Option<&'static str>,
    pub(crate) principal: Option<HeaderValue>,
    pub(crate) token: Option<TokenId>,
}

/// A request to a service, as a door was shown it.
pub(crate) struct Request<'a> {
    pub(crate) door: &'static str,
    pub(crate) service: &'a ServiceName,
    pub(crate) method: &'a str,
    pub(crate) target: &'a [u8],
    pub(crate) client_ip: Option<std::net::IpAddr>,
    pub(crate) at: Timestamp,
}

impl AccessLog {
    /// Opens the target and begins to write.
    pub fn open(target: AccessTarget) -> io::Result<Self> {
        let writer = Writer { sink: sink(&target)?, target };
        let (queue, said) = sync_channel(QUEUE);
        std::thread::Builder::new().name("access-log".to_owned()).spawn(move || writer.run(&said))?;
        Ok(Self { queue, dropped: AtomicU64::new(0) })
    }

    /// How many lines had no place.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Opens the file anew, for it may have been moved away.
    pub(crate) fn reopen(&self) {
        // A full queue is being written; the next order finds a place.
        let _ = self.queue.try_send(Said::Reopen);
    }

    /// Returns when all that was said before has been written.
    pub(crate) async fn flush(&self) {
        let (written, done) = oneshot::channel();
        if self.queue.try_send(Said::Flush(written)).is_ok() {
            // The thread ends only after this value.
            let _ = done.await;
        }
    }

    fn write(&self, entry: Entry) {
        if self.queue.try_send(Said::Line(Box::new(entry))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl App {
    /// Writes a line about an answer, if there is an access log.
    pub(crate) fn log_access(&self, request: &Request<'_>, answer: &Response, took: Duration) {
        let Some(log) = self.access_log() else { return };
        let verdict = answer.extensions().get::<Verdict>();
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let known = |text: Option<&str>| text.filter(|text| *text != "-").map(str::to_owned);
        // A gateway is told of who was let through in headers, an application behind a proxy beside them.
        let of_gateway = |name| if request.door == "gateway" { known(header(name)) } else { None };
        let principal =
            verdict.and_then(|verdict| verdict.principal.as_ref()).and_then(|value| value.to_str().ok());
        let token = verdict.and_then(|verdict| verdict.token);
        let id = verdict.and_then(|verdict| verdict.id).unwrap_or_else(|| self.request_id(request.at));
        log.write(Entry {
            time: request.at,
            request_id: id.to_string(),
            door: request.door,
            service: request.service.to_string(),
            method: shown_method(request.method),
            route: route(self, request.service, request.method, request.target)
                .map(|(method, path)| format!("{method} {path}")),
            path: self.path_of(request),
            status: answer.status().as_u16(),
            code: verdict.map_or(Code::Allowed, |verdict| verdict.code).as_str(),
            reason: verdict.and_then(|verdict| verdict.reason),
            principal: known(principal).or_else(|| of_gateway("x-symbolon-principal")),
            token: token.map(|token| token.to_string()).or_else(|| of_gateway("x-symbolon-token-id")),
            client_ip: request.client_ip.map(|ip| ip.to_string()),
            ms: took.as_secs_f64() * 1_000.0,
        });
    }

    /// The path without its query. People paste secrets where an id belongs: such a path is not written.
    fn path_of(&self, request: &Request<'_>) -> Option<String> {
        let path = request.target.split(|b| *b == b'?').next().unwrap_or_default();
        let secret = path.split(|b| *b == b'/').any(|part| self.gate().claims(part, request.at));
        (!secret).then(|| shown_path(path).into_owned())
    }
}

struct Writer {
    target: AccessTarget,
    sink: BufWriter<Box<dyn Write + Send>>,
}

fn sink(target: &AccessTarget) -> io::Result<BufWriter<Box<dyn Write + Send>>> {
    let sink: Box<dyn Write + Send> = match target {
        AccessTarget::Stdout => Box::new(io::stdout()),
        AccessTarget::File(path) => Box::new(append(path)?),
    };
    Ok(BufWriter::new(sink))
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o640).open(path)
}

impl Writer {
    fn run(mut self, said: &Receiver<Said>) {
        while let Ok(first) = said.recv() {
            let mut next = Ok(first);
            let outcome = loop {
                let outcome = match next {
                    Ok(Said::Line(entry)) => self.line(&entry),
                    Ok(Said::Reopen) => self.reopen(),
                    Ok(Said::Flush(written)) => self.sink.flush().map(|()| {
                        // Whoever asked may have given up.
                        let _ = written.send(());
                    }),
                    // Nothing waits: what was written is to be seen.
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => break self.sink.flush(),
                };
                if outcome.is_err() {
                    break outcome;
                }
                next = said.try_recv();
            };
            if let Err(error) = outcome {
                tracing::error!(%error, "the access log cannot be written");
            }
        }
    }

    fn line(&mut self, entry: &Entry) -> io::Result<()> {
        serde_json::to_writer(&mut self.sink, entry)?;
        self.sink.write_all(b"\n")
    }

    /// What is open stays so, if the file cannot be opened anew.
    fn reopen(&mut self) -> io::Result<()> {
        self.sink.flush()?;
        self.sink = sink(&self.target)?;
        Ok(())
    }
}
