//! HTTP/2 as it is on the wire (RFC 9113 section 4), for what no client library would send.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::wire::Wire;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

/// Of PING and SETTINGS.
pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// A frame that came.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// One end of a connection of HTTP/2.
pub(crate) struct Frames(pub(crate) Wire);

impl Frames {
    /// Begins: the preface, and settings that are all as they are by default.
    pub(crate) async fn begin(mut wire: Wire) -> Self {
        wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        let mut frames = Self(wire);
        frames.send(SETTINGS, 0, 0, b"").await;
        frames
    }

    /// Sends a frame; where the other end has closed, into nothing.
    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.0.0.get_mut().write_all(&frame).await.is_ok()
    }

    /// Sends a request of these fields; the first are pseudo-headers, in this order.
    pub(crate) async fn ask(&mut self, stream: u32, flags: u8, fields: &[(&str, &str)]) -> bool {
        self.send(HEADERS, flags | END_HEADERS, stream, &block(fields)).await
    }

    /// The next frame; `None` where the connection has ended.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.0.read_exact(&mut head).await.ok()?;
        let [a, b, c, kind, flags, rest @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.0.0.read_exact(&mut payload).await.ok()?;
        Some(Frame { kind, flags, stream: u32::from_be_bytes(rest), payload })
    }

    /// The next frame of this kind; `None` where the connection ends without.
    pub(crate) async fn next(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.frame().await?;
            if frame.kind == kind {
                return Some(frame);
            }
        }
    }

    /// Whether a stream is answered 200; otherwise it is answered something else, or reset, or the connection ends.
    pub(crate) async fn is_served(&mut self, stream: u32) -> bool {
        while let Some(frame) = self.frame().await {
            match frame.kind {
                // The static table's entry 8 is `:status 200` (RFC 7541 appendix A), perhaps after the table's size.
                HEADERS if frame.stream == stream => {
                    return frame.payload.iter().find(|byte| **byte >> 5 != 1) == Some(&0x88);
                }
                RST_STREAM if frame.stream == stream => return false,
                GOAWAY => return false,
                _ => {}
            }
        }
        false
    }
}

/// A header block of literals that are neither indexed nor compressed (RFC 7541 section 6.2.2).
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            // A length in seven bits, and where that does not do in more of them (RFC 7541 section 5.1).
            let mut rest = text.len();
            if rest < 127 {
                block.push(u8::try_from(rest).unwrap());
            } else {
                block.push(127);
                rest -= 127;
                while rest >= 128 {
                    block.push(u8::try_from(rest % 128).unwrap() | 128);
                    rest /= 128;
                }
                block.push(u8::try_from(rest).unwrap());
            }
            block.extend(text.as_bytes());
        }
    }
    block
}
