//! Where GitHub's public keys come from, and for how long they are believed.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HOST, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use symbolon_core::Timestamp;
use tokio::net::TcpStream;
use tokio::sync::OwnedMutexGuard;

use super::signature::{KeySet, PublicKey};
use crate::proxy::trust::Trust;

/// For how long what was fetched is believed: so long a key may still pass that GitHub has put out of use.
const BELIEVED: SignedDuration = SignedDuration::from_hours(1);
/// How long to wait between two questions, whatever came of the first: identifiers that nobody knows are free to send.
const BETWEEN: SignedDuration = SignedDuration::from_mins(1);
/// How long GitHub may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const LONGEST: usize = 256 * 1024;

/// The keys with which GitHub signs, from a file or over HTTPS.
#[derive(Debug)]
pub struct PublicKeys(Source);

#[derive(Debug)]
enum Source {
    /// As they were read at the start.
    File(KeySet),
    Server(Arc<Server>),
}

/// A server that is asked for them.
#[derive(Debug)]
struct Server {
    address: Address,
    fetched: Mutex<Fetched>,
    /// Held while it is asked.
    asking: Arc<tokio::sync::Mutex<()>>,
}

/// What came of the last questions.
#[derive(Debug, Default)]
struct Fetched {
    keys: Option<(KeySet, Timestamp)>,
    asked: Option<Timestamp>,
}

/// Why keys cannot be had from there. It says what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeysFault {
    /// No such URL.
    #[error("public_keys is https://, a host and a path, or a file of the same JSON")]
    Url,
    /// Not what GitHub answers.
    #[error(
        "it has no current key on P-256; save there what https://api.github.com/meta/public_keys/secret_scanning answers"
    )]
    Document,
    /// Nobody who could have signed the certificate.
    #[error("it has no certificate in PEM by which the server of public_keys could be known")]
    Authority,
}

/// Which keys there are cannot be known now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unknowable;

impl PublicKeys {
    /// Those of GitHub's document, which was read from a file.
    pub fn of_document(json: &[u8]) -> Result<Self, PublicKeysFault> {
        KeySet::read(json).map(|keys| Self(Source::File(keys))).ok_or(PublicKeysFault::Document)
    }

    /// Those that `url` tells, whose server browsers trust, or with `authority` one that has signed with a certificate of
    /// this PEM text. Nothing is fetched before the first alert.
    pub fn at(url: &str, authority: Option<&[u8]>) -> Result<Self, PublicKeysFault> {
        let mut address: Address = url.parse()?;
        if let Some(pem) = authority {
            address.trust = Trust::only(&address.host, pem).ok_or(PublicKeysFault::Authority)?;
        }
        let server = Server { address, fetched: Mutex::default(), asking: Arc::default() };
        Ok(Self(Source::Server(Arc::new(server))))
    }

    /// The current key of this identifier; `None` where there is none.
    pub(crate) async fn find(&self, id: &str, now: Timestamp) -> Result<Option<PublicKey>, Unknowable> {
        match &self.0 {
            Source::File(keys) => Ok(keys.key(id)),
            Source::Server(server) => server.find(id, now).await,
        }
    }
}

impl Server {
    async fn find(self: &Arc<Self>, id: &str, mut now: Timestamp) -> Result<Option<PublicKey>, Unknowable> {
        loop {
            if let Some(known) = self.fetched().answer(id, now) {
                return known;
            }
            if let Ok(alone) = self.asking.clone().try_lock_owned()
                && self.fetched().answer(id, now).is_none()
            {
                // It goes on when its caller has hung up: others wait for it, and do not ask again for a minute.
                tokio::spawn(self.clone().ask(now, alone));
            }
            // Whoever waits for another's question looks at what came of it.
            drop(self.asking.lock().await);
            // The other may have read the clock later.
            now = self.fetched().asked.map_or(now, |asked| asked.max(now));
        }
    }

    async fn ask(self: Arc<Self>, now: Timestamp, _alone: OwnedMutexGuard<()>) {
        self.fetched().asked = Some(now);
        match self.address.fetch().await {
            Ok(keys) => self.fetched().keys = Some((keys, now)),
            Err(error) => {
                let url = &self.address;
                tracing::warn!(%url, %error, "GitHub's public keys could not be fetched; its alerts are not taken");
            }
        }
    }

    fn fetched(&self) -> MutexGuard<'_, Fetched> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetched {
    /// What can be said of a key without asking; `None` if it is to be asked.
    fn answer(&self, id: &str, now: Timestamp) -> Option<Result<Option<PublicKey>, Unknowable>> {
        let within = |since: Timestamp, span| since <= now && now.duration_since(since) < span;
        let known = self.keys.as_ref().filter(|(_, at)| within(*at, BELIEVED));
        let key = known.and_then(|(keys, _)| keys.key(id));
        let fresh = known.is_some_and(|(_, at)| within(*at, BETWEEN));
        if key.is_some() || fresh {
            return Some(Ok(key));
        }
        // The last question failed, and it is too soon for another.
        self.asked.is_some_and(|at| within(at, BETWEEN)).then_some(Err(Unknowable))
    }
}

/// Where keys are fetched from.
#[derive(Debug)]
struct Address {
    host: String,
    port: u16,
    /// As a request's `Host` has them.
    authority: String,
    path: String,
    trust: Trust,
}

impl FromStr for Address {
    type Err = PublicKeysFault;

    fn from_str(text: &str) -> Result<Self, PublicKeysFault> {
        let uri: Uri = text.parse().map_err(|_| PublicKeysFault::Url)?;
        let authority = uri.authority().filter(|authority| {
            let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
            let port_is_one = port.is_empty() || authority.port_u16().is_some_and(|port| port != 0);
            !authority.as_str().contains('@') && !authority.host().is_empty() && port_is_one
        });
        let authority = authority.filter(|_| uri.scheme_str() == Some("https") && !text.contains('#'));
        let authority = authority.ok_or(PublicKeysFault::Url)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self {
            trust: Trust::public(&host).ok_or(PublicKeysFault::Url)?,
            port: authority.port_u16().unwrap_or(443),
            authority: authority.as_str().to_owned(),
            path: uri.path_and_query().map_or("/", |rest| rest.as_str()).to_owned(),
            host,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}{}", self.authority, self.path)
    }
}

impl Address {
    async fn fetch(&self) -> io::Result<KeySet> {
        let answer = tokio::time::timeout(PATIENCE, self.get()).await;
        let body = answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
        KeySet::read(&body).ok_or_else(|| io::Error::other("the answer has no current key on P-256"))
    }

    /// One request over a connection of its own. No redirect is followed: keys come from where it was said.
    async fn get(&self) -> io::Result<Bytes> {
        let socket = TcpStream::connect((self.host.as_str(), self.port)).await?;
        let stream = self.trust.connect(socket, false).await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let request = Request::get(self.path.as_str())
            .header(HOST, &self.authority)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, concat!("symbolon/", env!("CARGO_PKG_VERSION")))
            .body(Empty::<Bytes>::new())
            .map_err(io::Error::other)?;
        let exchange = async {
            let answer = sender.send_request(request).await.map_err(io::Error::other)?;
            if answer.status() != StatusCode::OK {
                return Err(io::Error::other(format!("it answers {}", answer.status())));
            }
            let body = Limited::new(answer.into_body(), LONGEST).collect().await.map_err(io::Error::other)?;
            Ok(body.to_bytes())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_https_alone() {
        for url in [
            "https://api.github.com/meta/public_keys/secret_scanning",
            "https://[::1]:8443/keys?x",
            "https://a",
        ] {
            assert!(PublicKeys::at(url, None).is_ok(), "{url}");
        }
        for url in [
            "",
            "http://api.github.com/keys",
            "https://",
            "https://u:p@a/",
            "https://a:0/",
            "https://a/#x",
            "a",
        ] {
            assert_eq!(PublicKeys::at(url, None).unwrap_err(), PublicKeysFault::Url, "{url}");
        }
        let told = PublicKeys::at("https://a/", Some(b"no certificate")).unwrap_err();
        assert_eq!(told, PublicKeysFault::Authority);
        assert_eq!(PublicKeys::of_document(b"{}").unwrap_err(), PublicKeysFault::Document);
    }
}
