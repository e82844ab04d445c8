//! Sending spans to the collector, beside the requests: they leave what there is to say in a queue and go on. Where the
//! queue is full, or the collector does not take them, spans are dropped and counted. None is sent twice.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use prost::Message;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::messages::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use super::told::{Ended, told};
use super::{Collector, TraceSettings};

/// How many spans may wait to be sent.
const QUEUE: usize = 2_048;
/// How many are sent at once.
const BATCH: usize = 512;
/// How long the first of them may wait for the others.
const GATHERING: Duration = Duration::from_secs(1);
/// How long the collector may take with them.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the end waits for what is still to be sent.
const AT_THE_END: Duration = Duration::from_secs(3);
/// The longest answer that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// The traces of a server. Their task ends with them.
#[derive(Debug)]
pub struct Traces {
    queue: Queue,
    sample: f64,
    trust_parent: bool,
}

/// Where ended spans go.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    places: mpsc::Sender<Said>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    dropped: AtomicU64,
}

#[derive(Debug)]
enum Said {
    Ended(Box<Ended>),
    Flush(oneshot::Sender<()>),
}

impl Traces {
    /// Begins to send, on the runtime that this is called on. Nothing is sent before the first span.
    pub fn start(settings: TraceSettings) -> Self {
        let (places, said) = mpsc::channel(QUEUE);
        let counts = Arc::new(Counts::default());
        tokio::spawn(Sender { collector: settings.collector, counts: counts.clone(), heard: true }.run(said));
        let queue = Queue { places, counts };
        Self { queue, sample: settings.sample, trust_parent: settings.trust_parent }
    }

    pub(super) fn queue(&self) -> &Queue {
        &self.queue
    }

    pub(super) fn sample(&self) -> f64 {
        self.sample
    }

    pub(super) fn trust_parent(&self) -> bool {
        self.trust_parent
    }

    /// How many spans were taken by the collector, and how many dropped.
    pub(crate) fn counts(&self) -> [u64; 2] {
        let Counts { sent, dropped } = &*self.queue.counts;
        [sent, dropped].map(|count| count.load(Ordering::Relaxed))
    }

    /// Returns when all that was said before has been sent or dropped, or has had its time.
    pub(crate) async fn flush(&self) {
        let flushed = async {
            let (sent, done) = oneshot::channel();
            if self.queue.places.send(Said::Flush(sent)).await.is_ok() {
                // The task ends only after this value.
                let _ = done.await;
            }
        };
        if timeout(AT_THE_END, flushed).await.is_err() {
            tracing::warn!("the last spans were not taken by the collector in time");
        }
    }
}

impl Queue {
    pub(super) fn put(&self, ended: Ended) {
        if self.places.try_send(Said::Ended(Box::new(ended))).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Sender {
    collector: Collector,
    counts: Arc<Counts>,
    /// Whether the last message was taken: what goes on failing is logged once.
    heard: bool,
}

impl Sender {
    async fn run(mut self, mut said: mpsc::Receiver<Said>) {
        let mut batch = Batch::default();
        while let Some(first) = said.recv().await {
            batch.take(first);
            // The first has been waited for, and the others are not for long.
            let gathering = async {
                while !batch.is_due() {
                    let Some(next) = said.recv().await else { break };
                    batch.take(next);
                }
            };
            let _ = timeout(GATHERING, gathering).await;
            let Batch { spans, flushed } = std::mem::take(&mut batch);
            self.send(&spans).await;
            if let Some(flushed) = flushed {
                // Whoever asked may have given up.
                let _ = flushed.send(());
            }
        }
    }

    async fn send(&mut self, batch: &[Ended]) {
        let all = batch.len() as u64;
        if all == 0 {
            return;
        }
        let message = ExportTraceServiceRequest { resource_spans: vec![told(batch)] }.encode_to_vec();
        let outcome = timeout(PATIENCE, self.post(message.into())).await;
        let outcome = outcome.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let rejected = match &outcome {
            Ok(rejected) => all.min(*rejected),
            Err(_) => all,
        };
        self.counts.sent.fetch_add(all - rejected, Ordering::Relaxed);
        self.counts.dropped.fetch_add(rejected, Ordering::Relaxed);
        let (heard, collector) = (rejected == 0, &self.collector);
        match outcome {
            _ if heard == self.heard => {}
            Ok(0) => tracing::info!(%collector, "the collector takes spans again"),
            Ok(_) => tracing::warn!(%collector, rejected, "the collector does not take all spans"),
            Err(error) => {
                tracing::warn!(%collector, %error, "spans are dropped: the collector does not take them");
            }
        }
        self.heard = heard;
    }

    /// Sends one message; how many of its spans the collector has rejected.
    async fn post(&self, message: Bytes) -> io::Result<u64> {
        let socket = TcpStream::connect(self.collector.address()).await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(socket)).await.map_err(io::Error::other)?;
        let request = Request::post("/v1/traces")
            .header(HOST, self.collector.authority())
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(Full::new(message))
            .map_err(io::Error::other)?;
        let exchange = async {
            let answer = sender.send_request(request).await.map_err(io::Error::other)?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), LONGEST).collect().await.map_err(io::Error::other)?;
            if status != StatusCode::OK {
                return Err(io::Error::other(format!("it answers {status}")));
            }
            let body = ExportTraceServiceResponse::decode(body.to_bytes()).map_err(io::Error::other)?;
            let rejected = body.partial_success.map_or(0, |part| part.rejected_spans);
            Ok(u64::try_from(rejected).unwrap_or(0))
        };
        tokio::pin!(exchange);
        tokio::select! {
            outcome = &mut exchange => outcome,
            // What was read before it ended may be all of the answer.
            ended = connection => match ended {
                Ok(()) => exchange.await,
                Err(error) => Err(io::Error::other(error)),
            },
        }
    }
}

/// What is sent at once, and who waits for it.
#[derive(Default)]
struct Batch {
    spans: Vec<Ended>,
    flushed: Option<oneshot::Sender<()>>,
}

impl Batch {
    fn take(&mut self, said: Said) {
        match said {
            Said::Ended(ended) => self.spans.push(*ended),
            Said::Flush(flushed) => self.flushed = Some(flushed),
        }
    }

    fn is_due(&self) -> bool {
        self.flushed.is_some() || self.spans.len() >= BATCH
    }
}
