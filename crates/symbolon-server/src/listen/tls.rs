//! TLS at the door: what a listener proves itself with, and the handshake.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use symbolon_api::CertificateState;
use symbolon_core::Timestamp;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::Socket;
use super::validity::{self, Standing};

/// What is agreed upon in the handshake (RFC 7301), best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A certificate chain and its key, which can be replaced while connections go on. It does not print.
#[derive(Clone)]
pub struct Tls(Arc<Held>);

struct Held {
    in_force: ArcSwap<Pair>,
    /// What was to replace it and could not, if that was the last that was tried.
    unusable: ArcSwapOption<Unusable>,
}

/// A pair that is not in force.
struct Unusable {
    since: Timestamp,
    why: String,
}

/// A chain and its key, ready for use.
struct Pair {
    config: Arc<ServerConfig>,
    /// The end of the chain's first certificate, the server's own.
    ends: Option<Timestamp>,
}

/// Why two files are no certificate and key.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// No chain.
    #[error(
        "there is no certificate in it: it is PEM text, with -----BEGIN CERTIFICATE-----, the server's own first"
    )]
    Certificate,
    /// No key. What is in its place is not repeated.
    #[error(
        "there is no private key in it: it is PEM text, such as -----BEGIN PRIVATE KEY-----, without a passphrase"
    )]
    Key,
    /// Two that do not belong together, or not to TLS.
    #[error("the key and the certificate cannot be used together: {0}")]
    Pair(rustls::Error),
}

impl Tls {
    /// Takes a chain and its key, both PEM; of other things in the texts no notice is taken.
    pub fn new(chain: &[u8], key: &[u8]) -> Result<Self, TlsFault> {
        let in_force = ArcSwap::from_pointee(pair(chain, key)?);
        Ok(Self(Arc::new(Held { in_force, unusable: ArcSwapOption::empty() })))
    }

    /// Takes another pair for the connections that come. If that fails, the one before stays in force.
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), TlsFault> {
        self.0.in_force.store(Arc::new(pair(chain, key)?));
        self.0.unusable.store(None);
        Ok(())
    }

    /// Notes that there is another pair which cannot be used, for whoever must see to it, until one can. Since when is
    /// told from the first of several such notes. `why` holds nothing of the key.
    pub fn note_unusable(&self, why: &str, now: Timestamp) {
        let since = self.0.unusable.load().as_ref().map_or(now, |before| before.since);
        self.0.unusable.store(Some(Arc::new(Unusable { since, why: why.to_owned() })));
    }

    /// How the pair is that is in force, and what became of the last attempt to replace it.
    pub fn state(&self, now: Timestamp) -> CertificateState {
        let (ends, unusable) = (self.ends(), self.0.unusable.load());
        CertificateState {
            ends_at: ends.map(|ends| ends.to_string()),
            state: Standing::of(ends, now).as_str().to_owned(),
            fault: unusable.as_ref().map(|unusable| unusable.why.clone()),
            fault_since: unusable.as_ref().map(|unusable| unusable.since.to_string()),
        }
    }

    /// When the server's own certificate, as it is in force, ends; `None` where it does not say so as certificates do.
    pub fn ends(&self) -> Option<Timestamp> {
        self.0.in_force.load().ends
    }

    /// The handshake, for as long as `patience` lasts, and whether HTTP/2 was agreed upon.
    pub(super) async fn accept<S: Socket>(
        &self,
        socket: S,
        patience: Duration,
    ) -> io::Result<(TlsStream<S>, bool)> {
        let handshake = TlsAcceptor::from(self.0.in_force.load().config.clone()).accept(socket);
        let stream = timeout(patience, handshake).await.map_err(|_| io::ErrorKind::TimedOut)??;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(PROTOCOLS[0]);
        Ok((stream, http2))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// TLS 1.2 and 1.3, by the library's choice of ciphers; early data, which can be replayed, is not taken (RFC 8446
/// section 8).
fn pair(chain: &[u8], key: &[u8]) -> Result<Pair, TlsFault> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, pem::Error>>()
        .map_err(|_| TlsFault::Certificate)?;
    let ends = validity::end(chain.first().ok_or(TlsFault::Certificate)?);
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsFault::Key)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsFault::Pair)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(Pair { config: Arc::new(config), ends })
}
