//! The audit's chain, followed through the rows as they are on one side.

use jiff::Timestamp;
use symbolon_core::audit::{Anchors, Chain, Flaw, Line, LineHash, Verdict};

use super::value::{Value, Values};

/// A chain that is followed to its end, or to its first flaw.
#[derive(Debug)]
pub(super) struct Following(Result<Chain, Flaw>);

impl Following {
    pub(super) fn new() -> Self {
        Self(Ok(Chain::new(Anchors::default())))
    }

    /// Follows it by rows of the table `audit`.
    pub(super) fn follow(&mut self, rows: Vec<Values>) {
        for row in rows {
            let Ok(chain) = &mut self.0 else { return };
            let seq = row.first().cloned().and_then(Value::number).and_then(|seq| u64::try_from(seq).ok());
            let followed = match line(row) {
                Some(line) => chain.follow(&line),
                None => Err(chain.unreadable(seq.unwrap_or(0))),
            };
            if let Err(flaw) = followed {
                self.0 = Err(flaw);
            }
        }
    }

    pub(super) fn end(self) -> Result<Verdict, Flaw> {
        self.0?.end()
    }
}

/// The line of a row, in the order of its columns.
fn line(row: Values) -> Option<Line> {
    let row: [Value; 11] = row.try_into().ok()?;
    let [seq, at, actor, session, client_ip, request_id, action, subject, service, detail, hash] = row;
    Some(Line {
        seq: u64::try_from(seq.number()?).ok()?,
        at: Timestamp::from_millisecond(at.number()?).ok()?,
        actor: actor.text()?,
        session: session.text(),
        client_ip: client_ip.text(),
        request_id: request_id.text(),
        action: action.text()?,
        subject: subject.text()?,
        service: service.text(),
        detail: detail.text()?,
        hash: LineHash::from_bytes(hash.bytes()?.try_into().ok()?),
    })
}
