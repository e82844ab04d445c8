use std::time::Duration;

use bytes::{Buf, BytesMut};
use http_body_util::BodyExt;

use super::ClientError;
use super::transport::{AnswerBody, Transport};
use crate::Exported;

/// The longest wait for a sign of life: a server that has nothing to say says an empty line every 15 seconds.
const PATIENCE: Duration = Duration::from_mins(1);
/// The longest line that is read, in bytes.
const MAX_LINE: usize = 16 * 1024 * 1024;

/// Lines of an export, as they come.
#[derive(Debug)]
pub struct Lines {
    body: AnswerBody,
    transport: Transport,
    read: BytesMut,
}

impl Lines {
    pub(super) fn new(body: AnswerBody, transport: Transport) -> Self {
        Self { body, transport, read: BytesMut::new() }
    }

    /// The next line; `None` at the end. An end within a line is an error, and so is a line that is none.
    pub async fn next(&mut self) -> Result<Option<Exported>, ClientError> {
        loop {
            while let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line = self.read.split_to(end + 1);
                if line.len() > 1 {
                    return self.parse(&line[..end]).map(Some);
                }
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await;
            let silent = || self.transport.broken(format!("nothing came for {} seconds", PATIENCE.as_secs()));
            match frame.map_err(|_| silent())? {
                Some(Ok(frame)) => {
                    let Ok(mut data) = frame.into_data() else { continue };
                    if self.read.len() + data.len() > MAX_LINE {
                        return Err(self.transport.broken("a line of the export is too long"));
                    }
                    self.read.extend_from_slice(&data.copy_to_bytes(data.remaining()));
                }
                Some(Err(reason)) => return Err(self.transport.broken(reason)),
                None if self.read.is_empty() => return Ok(None),
                None => return Err(self.transport.broken("the export ended within a line")),
            }
        }
    }

    fn parse(&self, line: &[u8]) -> Result<Exported, ClientError> {
        let text = std::str::from_utf8(line).map_err(|error| self.transport.broken(error))?;
        Exported::read(text)
            .map_err(|error| self.transport.broken(format!("a line of the export is none: {error}")))
    }
}
