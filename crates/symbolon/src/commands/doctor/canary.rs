//! `symbolon doctor canary`: stands where the application stands, and reports what reaches it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::gateway::corpus::{HEADER_TRICKS, OWN_COOKIE};
use super::gateway::report::{QUESTION, Report, Word, folded, latin1};
use crate::clock::OsEntropy;
use crate::commands::Context;
use crate::failure::Failure;
use crate::serve::Signals;

/// How long it stays, so that nobody forgets it.
const STAY: Duration = Duration::from_hours(1);
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most connections at a time; the others wait.
const CONNECTIONS: usize = 64;
/// The longest head of a request, in bytes.
const LONGEST: usize = 64 * 1024;
/// Headers that carry a caller's credential, folded. Of these only the name is reported, and of cookies whether the
/// doctor's forged one is there.
const SECRET: [&str; 4] = ["authorization", "proxy-authorization", "x-api-key", "cookie"];

/// Stand where the application stands, and report what reaches it to `symbolon doctor gateway`
#[derive(Debug, Args)]
pub(crate) struct Canary {
    /// Where to listen: the address to which the gateway passes requests on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7079")]
    listen: SocketAddr,
}

impl Canary {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut signals = Signals::listen()?;
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|error| Failure::new(format!("{}: nothing can listen there: {error}", self.listen)))?;
        let address = listener.local_addr().map_err(Failure::new)?;
        let word = Word::generate(&OsEntropy);
        let output = context.output;
        output.document(&json!({ "listening": format!("http://{address}"), "word": word.reveal() }))?;
        output.print(&format!(
            "listening http://{address}, for an hour\n\nPass the gateway's requests on to it, and run where your callers \
             are:\n  symbolon doctor gateway http://GATEWAY --open PATH --word {}\n",
            word.reveal()
        ))?;
        tokio::select! {
            () = serve(listener, word) => {}
            () = sleep(STAY) => output.note("An hour is over; the canary has gone."),
            () = signals.stop() => {}
        }
        Ok(())
    }
}

async fn serve(listener: TcpListener, word: Word) {
    let word = Arc::new(word);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        // A connection that was given up before it was taken is nobody's loss.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let word = word.clone();
        tokio::spawn(async move {
            let _ = timeout(PATIENCE, answer(stream, &word)).await;
            drop(place);
        });
    }
}

/// Answers one request, and ends the connection.
async fn answer(mut stream: TcpStream, word: &Word) -> std::io::Result<()> {
    let mut read = Vec::new();
    let head = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break &read[..end];
        }
        if read.len() > LONGEST || stream.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
    };
    // A gateway's own question for its upstream's health is to be answered well.
    let body = reported(head, word).unwrap_or_else(|| "This is a canary of symbolon doctor.\n".to_owned());
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nContent-Length: {}\r\nConnection: \
         close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// The report about a request, for whoever has the word.
fn reported(head: &[u8], word: &Word) -> Option<String> {
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    // A target with a space in it is to be seen as it is.
    let line = lines.next()?;
    let first = line.iter().position(|byte| *byte == b' ')?;
    let last = line.iter().rposition(|byte| *byte == b' ').filter(|last| *last > first)?;
    let mut headers = Vec::new();
    let mut nonce = None;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let name = latin1(&line[..colon]).to_ascii_lowercase();
        let value = latin1(line.get(colon + 1..).unwrap_or_default().trim_ascii());
        if name.eq_ignore_ascii_case(QUESTION) {
            nonce = word.asked(&value);
        } else {
            let forged = name == "cookie" && value.contains(OWN_COOKIE);
            let told = is_told(&folded(&name)).then_some(value);
            headers.push((name, if forged { Some(OWN_COOKIE.to_owned()) } else { told }));
        }
    }
    let report = Report { method: latin1(&line[..first]), target: latin1(&line[first + 1..last]), headers };
    word.answer(&nonce?, &report).ok()
}

/// Whether a header's value is told: of what the doctor sends and a gateway says of the caller, and of no credential.
fn is_told(name: &str) -> bool {
    let sent = || HEADER_TRICKS.iter().flat_map(|trick| trick.headers).any(|(sent, _)| folded(sent) == name);
    !SECRET.contains(&name) && (name.starts_with("x-symbolon-") || sent())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrived_is_told_byte_by_byte_and_no_credential() {
        let (word, nonce) = (Word::typed("word"), [1; 16]);
        let question = word.question(&nonce);
        let head = [
            b"GET /a b\xff HTTP/1.1\r\nAuthorization: Bearer hush\r\nX_Symbolon_Owner: me\r\nX-Canary: ",
            question.as_bytes(),
        ]
        .concat();
        let body = reported(&head, &word).unwrap();
        let report = word.report(&nonce, body.as_bytes()).unwrap();
        assert_eq!((report.method.as_str(), report.target.as_str()), ("GET", "/a b\u{ff}"));
        let headers =
            [("authorization".to_owned(), None), ("x_symbolon_owner".to_owned(), Some("me".to_owned()))];
        assert_eq!(report.headers, headers);
        let cookies = ["app=hush", "app=hush; symbolon_session=forged-by-doctor; b=hush"];
        for (cookie, told) in cookies.into_iter().zip([None, Some(OWN_COOKIE.to_owned())]) {
            let head = format!("GET / HTTP/1.1\r\nCookie: {cookie}\r\nX-Canary: {question}");
            let report = word.report(&nonce, reported(head.as_bytes(), &word).unwrap().as_bytes()).unwrap();
            assert_eq!(report.headers, [("cookie".to_owned(), told)]);
        }
        assert_eq!(reported(&head, &Word::typed("another")), None);
        assert_eq!(reported(b"GET / HTTP/1.1\r\nHost: x", &word), None);
    }
}
