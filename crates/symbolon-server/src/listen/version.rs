//! Which version of HTTP a connection begins with.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

/// What a connection begins with on which HTTP/2 is spoken without having been negotiated (RFC 9113 section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Reads until it is known whether a connection begins as HTTP/2 does. What was read comes back with it, for whoever
/// reads on. Fails when that takes longer than `patience`.
pub(super) async fn begins_as_http2(
    socket: &mut (impl AsyncRead + Unpin),
    patience: Duration,
) -> io::Result<(bool, Vec<u8>)> {
    let reading = async {
        let mut read = Vec::with_capacity(PREFACE.len());
        while PREFACE.starts_with(&read) && read.len() < PREFACE.len() {
            let rest = PREFACE.len() - read.len();
            // Nothing more comes: HTTP/1.1, which knows what to make of that.
            if socket.take(rest as u64).read_buf(&mut read).await? == 0 {
                break;
            }
        }
        Ok((read == PREFACE, read))
    };
    timeout(patience, reading).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_whole_preface_is_http2() {
        for (sent, http2) in [
            (&PREFACE[..], true),
            (&PREFACE[..23], false),
            (b"PRI * HTTP/1.1\r\nHost: a\r\n\r\n", false),
            (b"POST / HTTP/1.1\r\n\r\n", false),
            (b"", false),
        ] {
            let mut socket = sent;
            let (found, read) = begins_as_http2(&mut socket, Duration::from_secs(5)).await.unwrap();
            assert_eq!(found, http2, "{sent:?}");
            assert_eq!([&read, socket].concat(), sent);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_begins_and_says_no_more_is_not_waited_for() {
        let (mut socket, mut other) = tokio::io::duplex(64);
        tokio::io::AsyncWriteExt::write_all(&mut other, b"PRI").await.unwrap();
        let error = begins_as_http2(&mut socket, Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
