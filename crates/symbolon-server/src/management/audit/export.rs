//! The whole audit as it was written, piece by piece. Between two pieces nothing of the record is held, however slowly the
//! caller reads and however long it waits for more.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body::Frame;
use serde::Deserialize;
use serde_json::value::RawValue;
use symbolon_api::{ExportedLine, UnreadableLine};
use symbolon_core::audit::Line;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::answer::ApiError;
use crate::app::App;
use crate::listen::Tunnels;
use crate::management::caller::Caller;
use crate::management::parameters::QueryOf;

/// Lines read and sent at a time.
const PIECE: usize = 200;
/// How often a caller who waits is sent an empty line. One who is gone, or may no longer, is found by it at the latest.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// JSON lines (<https://github.com/ndjson/ndjson-spec>).
const NDJSON: &str = "application/x-ndjson";

/// Query of an export.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::management) struct ExportAudit {
    /// From behind the line of this number; 0, and so all, if left out.
    after: Option<u64>,
    /// Whether to go on with lines as they are written. Then an empty line comes every 15 seconds.
    follow: Option<bool>,
}

/// Export the audit, oldest line first, a JSON object a line. With `follow` the answer ends when the server does, or the
/// caller's right to it.
#[utoipa::path(
    get, path = "/v1/audit/export", tag = "audit",
    params(ExportAudit),
    responses((status = 200, description = "The lines", body = ExportedLine, content_type = "application/x-ndjson")),
)]
pub(in crate::management) async fn export(
    State(app): State<App>,
    caller: Caller,
    QueryOf(query): QueryOf<ExportAudit>,
    tunnels: Option<Extension<Tunnels>>,
    parts: Parts,
) -> Result<Response, ApiError> {
    caller.administrator()?;
    // The record is asked before the answer begins: from then on it cannot become a refusal.
    app.store().ping().await?;
    let (pieces, sent) = mpsc::channel(1);
    let grown = query.follow.unwrap_or_default().then(|| app.audit_growth());
    let stop = tunnels.map(|Extension(tunnels)| tunnels.stop()).unwrap_or_default();
    let export = Export { app, parts, pieces, after: query.after.unwrap_or_default() };
    tokio::spawn(export.run(grown, stop));
    Ok(([(CONTENT_TYPE, NDJSON)], Body::new(Pieces(sent))).into_response())
}

struct Export {
    app: App,
    /// Of the request: by them it is asked again who calls, and whether they may.
    parts: Parts,
    pieces: mpsc::Sender<Result<Bytes, io::Error>>,
    after: u64,
}

/// Why it goes on no further.
enum Over {
    /// Nobody reads any more.
    Unread,
    /// The caller may no longer, or the record does not answer.
    Broken(&'static str),
}

impl Export {
    async fn run(mut self, grown: Option<watch::Receiver<()>>, stop: CancellationToken) {
        match grown {
            // This has an end of its own; what ends it before must not be taken for that.
            None => {
                if let Err(Over::Broken(why)) = self.send_lines().await {
                    let _ = self.send(Err(io::Error::other(why))).await;
                }
            }
            Some(grown) => {
                // However it ends, so does the answer.
                let _ = stop.run_until_cancelled(self.follow(grown)).await;
            }
        }
    }

    async fn follow(&mut self, mut grown: watch::Receiver<()>) -> Result<(), Over> {
        loop {
            grown.mark_unchanged();
            self.send_lines().await?;
            tokio::select! {
                _ = grown.changed() => {}
                () = tokio::time::sleep(HEARTBEAT) => self.send(Ok(Bytes::from_static(b"\n"))).await?,
                () = self.pieces.closed() => return Err(Over::Unread),
            }
        }
    }

    /// Sends all lines that there are.
    async fn send_lines(&mut self) -> Result<(), Over> {
        loop {
            self.still_may().await?;
            let lines = self.app.store().audit_after(self.after, PIECE).await.map_err(|error| {
                tracing::warn!(%error, "an export of the audit was broken off");
                Over::Broken("the record does not answer")
            })?;
            let last = lines.last().map(|line| line.as_ref().map_or_else(|bad| bad.seq, |line| line.seq));
            let more = lines.len() == PIECE;
            if let Some(last) = last {
                self.after = last;
                let text: Vec<u8> = lines.into_iter().flat_map(written).collect();
                self.send(Ok(text.into())).await?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    async fn still_may(&mut self) -> Result<(), Over> {
        let no_longer = Over::Broken("the caller may read the audit no longer");
        match Caller::from_request_parts(&mut self.parts, &self.app).await {
            Ok(caller) if caller.administrator().is_ok() => Ok(()),
            _ => Err(no_longer),
        }
    }

    async fn send(&self, piece: Result<Bytes, io::Error>) -> Result<(), Over> {
        self.pieces.send(piece).await.map_err(|_| Over::Unread)
    }
}

/// A line as it is exported.
fn written(line: Result<Line, symbolon_core::store::UnreadableLine>) -> Vec<u8> {
    let text = match line {
        Ok(line) => {
            let seq = line.seq;
            exported(line)
                .map_or_else(|| unreadable(seq, "its detail is no JSON"), |line| serde_json::to_vec(&line))
        }
        Err(bad) => unreadable(bad.seq, "it cannot be read"),
    };
    let mut text = text.unwrap_or_else(|_| unreachable!("texts and numbers are JSON"));
    text.push(b'\n');
    text
}

fn unreadable(seq: u64, fault: &str) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&UnreadableLine { seq, fault: fault.to_owned() })
}

/// `None` where the detail is no JSON, which nothing of ours has written.
fn exported(line: Line) -> Option<ExportedLine> {
    // A line is a line, whatever somebody put into the file: JSON allows a break between two values. The chain is broken
    // by either.
    let detail = RawValue::from_string(line.detail.replace(['\n', '\r'], " ")).ok()?;
    Some(ExportedLine {
        seq: line.seq,
        at: line.at.to_string(),
        actor: line.actor,
        session: line.session,
        client_ip: line.client_ip,
        request_id: line.request_id,
        action: line.action,
        subject: line.subject,
        service: line.service,
        detail,
        hash: line.hash.to_string(),
    })
}

/// A body that is made piece by piece by somebody else.
struct Pieces(mpsc::Receiver<Result<Bytes, io::Error>>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
