//! The access log: a line of JSON for each request to a guarded service. Requests leave what there is to say in a queue and
//! go on; a thread writes. Where the queue is full a line is dropped, and counted.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use symbolon_core::Timestamp;
use symbolon_core::id::RequestId;
use symbolon_core::name::ServiceName;
use symbolon_core::random::Entropy;
use symbolon_gate::Gate;
use tokio::sync::oneshot;

use crate::app::App;
use crate::refusals::{looked_at, shown_method, shown_path};
use crate::verdict::Verdict;

/// How many lines may wait to be written.
const QUEUE: usize = 8_192;
/// How long the end waits for what is still to be written.
const AT_THE_END: Duration = Duration::from_secs(3);
/// How long the end waits for a place in a full queue before it tries again.
const BREATHER: Duration = Duration::from_millis(10);

/// Stands for the status where the caller was gone before there was an answer, as in the logs of nginx.
const NOT_WAITED_FOR: u16 = 499;

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
    known: Arc<OnceLock<Known>>,
    dropped: AtomicU64,
}

enum Said {
    Line(Box<Entry>),
    Reopen,
    Flush(oneshot::Sender<()>),
}

/// What is to be written of a request, as the door had it. The writer makes the line of it.
#[derive(Debug)]
struct Entry {
    at: Timestamp,
    door: &'static str,
    service: ServiceName,
    method: String,
    /// As [`looked_at`] has it; the line has less, or nothing.
    path: Option<Box<[u8]>>,
    client_ip: Option<IpAddr>,
    status: u16,
    verdict: Verdict,
    took: Duration,
}

/// What the writer needs of the server.
struct Known {
    gate: Arc<Gate>,
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").finish_non_exhaustive()
    }
}

/// One line. No query, no header and no body is in it.
#[derive(Debug, Serialize)]
struct Line<'a> {
    time: Timestamp,
    request_id: String,
    door: &'static str,
    service: &'a str,
    method: &'a str,
    /// The catalog's pattern; `null` where nothing was decided about a route.
    route: Option<String>,
    /// `null` where it holds what could be a secret.
    path: Option<String>,
    status: u16,
    code: &'static str,
    reason: Option<&'static str>,
    principal: Option<&'static str>,
    token: Option<String>,
    client_ip: Option<IpAddr>,
    /// Milliseconds, to the beginning of the answer.
    ms: f64,
}

/// A request to a service, as a door was shown it.
pub(crate) struct Request<'a> {
    pub(crate) door: &'static str,
    pub(crate) service: &'a ServiceName,
    pub(crate) method: &'a str,
    pub(crate) target: &'a [u8],
    pub(crate) client_ip: Option<IpAddr>,
    pub(crate) at: Timestamp,
}

impl AccessLog {
    /// Opens the target and begins to write.
    pub fn open(target: AccessTarget) -> io::Result<Self> {
        let known = Arc::new(OnceLock::new());
        let writer = Writer { sink: sink(&target)?, target, known: known.clone() };
        let (queue, said) = sync_channel(QUEUE);
        std::thread::Builder::new().name("access-log".to_owned()).spawn(move || writer.run(&said))?;
        Ok(Self { queue, known, dropped: AtomicU64::new(0) })
    }

    /// Tells the writer by what it knows a secret; to be called before the first request.
    pub(crate) fn introduce(&self, gate: Arc<Gate>, entropy: Arc<dyn Entropy>) {
        // A second server would share what one has opened, which cannot be.
        let _ = self.known.set(Known { gate, entropy });
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

    /// Returns when all that was said before has been written, or has had its time: what is written to need not take it.
    pub(crate) async fn flush(&self) {
        let flushed = async {
            let (written, done) = oneshot::channel();
            let mut order = Said::Flush(written);
            while let Err(TrySendError::Full(again)) = self.queue.try_send(order) {
                order = again;
                tokio::time::sleep(BREATHER).await;
            }
            // The thread ends only after this value.
            let _ = done.await;
        };
        if tokio::time::timeout(AT_THE_END, flushed).await.is_err() {
            tracing::warn!("the last lines of the access log were not written in time");
        }
    }

    fn write(&self, entry: Entry) {
        if self.queue.try_send(Said::Line(Box::new(entry))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl App {
    /// Writes a line about an answer, or about a caller who did not wait for one, if there is an access log.
    pub(crate) fn log_access(
        &self,
        request: &Request<'_>,
        status: Option<StatusCode>,
        verdict: Verdict,
        took: Duration,
    ) {
        let Some(log) = self.access_log() else { return };
        log.write(Entry {
            at: request.at,
            door: request.door,
            service: request.service.clone(),
            method: shown_method(request.method),
            path: looked_at(request.target).map(Box::from),
            client_ip: request.client_ip,
            status: status.map_or(NOT_WAITED_FOR, |status| status.as_u16()),
            verdict,
            took,
        });
    }
}

impl Entry {
    fn line(&self, known: &Known) -> Line<'_> {
        let verdict = &self.verdict;
        let id = verdict.id.unwrap_or_else(|| RequestId::new(self.at, &*known.entropy));
        Line {
            time: self.at,
            request_id: id.to_string(),
            door: self.door,
            service: self.service.as_str(),
            method: &self.method,
            route: verdict.route.as_ref().map(ToString::to_string),
            path: self.path.as_ref().and_then(|path| shown_path(&known.gate, path, self.at)),
            status: self.status,
            code: verdict.code.as_str(),
            reason: verdict.reason,
            principal: verdict.principal,
            token: verdict.token.map(|token| token.to_string()),
            client_ip: self.client_ip,
            ms: self.took.as_secs_f64() * 1_000.0,
        }
    }
}

struct Writer {
    target: AccessTarget,
    sink: BufWriter<Box<dyn Write + Send>>,
    known: Arc<OnceLock<Known>>,
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
        let Some(known) = self.known.get() else { return Ok(()) };
        serde_json::to_writer(&mut self.sink, &entry.line(known))?;
        self.sink.write_all(b"\n")
    }

    /// What is open stays so, if the file cannot be opened anew.
    fn reopen(&mut self) -> io::Result<()> {
        self.sink.flush()?;
        self.sink = sink(&self.target)?;
        Ok(())
    }
}
