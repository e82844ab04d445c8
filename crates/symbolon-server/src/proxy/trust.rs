//! Whom an application has to prove itself to be, where it is reached over TLS.

use std::sync::Arc;
use std::{fmt, io};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// What HTTP/2 is called in a handshake (RFC 9113 section 3.2).
const HTTP2: &[u8] = b"h2";

/// Bytes to and from an application.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Socket for S {}

/// The name that an application's certificate must have, and who may have signed it. There is no way to take any.
#[derive(Clone)]
pub(crate) struct Trust {
    name: ServerName<'static>,
    http1: Arc<ClientConfig>,
    http2: Arc<ClientConfig>,
}

impl Trust {
    /// What browsers trust; `None` where `host` can be no certificate's.
    pub(crate) fn public(host: &str) -> Option<Self> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self::new(host, roots)
    }

    /// The certificates of this PEM text alone; `None` where there is none in it.
    pub(crate) fn only(host: &str, pem: &[u8]) -> Option<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.ok()?).ok()?;
        }
        if roots.is_empty() { None } else { Self::new(host, roots) }
    }

    fn new(host: &str, roots: RootCertStore) -> Option<Self> {
        let name = ServerName::try_from(host.to_owned()).ok()?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        let speaking = |protocol: &[u8]| {
            let mut config = config.clone();
            config.alpn_protocols = vec![protocol.to_vec()];
            Arc::new(config)
        };
        Some(Self { name, http1: speaking(b"http/1.1"), http2: speaking(HTTP2) })
    }

    /// The handshake. Fails where the other end does not prove itself, or does not speak HTTP/2 where it has to. Without
    /// ALPN it is taken to speak HTTP/1.1.
    pub(crate) async fn connect(&self, socket: TcpStream, http2: bool) -> io::Result<Box<dyn Socket>> {
        let config = if http2 { &self.http2 } else { &self.http1 };
        let connector = TlsConnector::from(config.clone());
        let stream = connector.connect(self.name.clone(), socket).await?;
        if http2 && stream.get_ref().1.alpn_protocol() != Some(HTTP2) {
            return Err(io::Error::other("the application does not speak HTTP/2 over TLS"));
        }
        Ok(Box::new(stream))
    }
}

impl PartialEq for Trust {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.http1, &other.http1)
    }
}

impl Eq for Trust {}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Trust").field(&self.name).finish()
    }
}
