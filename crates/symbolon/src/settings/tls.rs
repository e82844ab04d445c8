//! What is set for TLS at one door.

use std::path::PathBuf;

use symbolon_server::listen::{Tls, TlsFault};
use zeroize::Zeroizing;

use super::place::{Fault, Place, Said};
use super::resolve::fault;
use super::source::TlsDraft;

/// The files of a certificate chain and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: (Place, PathBuf),
    pub(crate) key: (Place, PathBuf),
}

impl TlsFiles {
    /// Reads both, and takes them for a door.
    pub(crate) fn open(&self) -> Result<Tls, Fault> {
        let (chain, key) = self.read()?;
        Tls::new(&chain, &key).map_err(|error| self.fault(&error))
    }

    /// Reads both again, for the connections that come.
    pub(crate) fn reopen(&self, tls: &Tls) -> Result<(), Fault> {
        let (chain, key) = self.read()?;
        tls.replace(&chain, &key).map_err(|error| self.fault(&error))
    }

    fn read(&self) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>), Fault> {
        let read = |(place, path): &(Place, PathBuf)| {
            std::fs::read(path)
                .map_err(|error| fault(place, format!("{} cannot be read: {error}", path.display())))
        };
        Ok((read(&self.certificate)?, Zeroizing::new(read(&self.key)?)))
    }

    fn fault(&self, error: &TlsFault) -> Fault {
        let (place, path) = if matches!(error, TlsFault::Key) { &self.key } else { &self.certificate };
        fault(place, format!("{}: {error}", path.display()))
    }
}

pub(super) fn resolve(draft: &TlsDraft, faults: &mut Vec<Fault>) -> Option<TlsFiles> {
    let file = |said: &Said<String>| (said.place.clone(), said.place.resolve(&said.value));
    if let (Some(certificate), Some(key)) = (&draft.certificate, &draft.key) {
        Some(TlsFiles { certificate: file(certificate), key: file(key) })
    } else {
        let message = "TLS needs a certificate and a key, each a PEM file; name both";
        faults.push(fault(&draft.place, message));
        None
    }
}
