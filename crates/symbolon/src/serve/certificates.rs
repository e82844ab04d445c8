//! Certificates that change while they are in force.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use symbolon_core::Timestamp;
use symbolon_server::listen::Tls;

use crate::failure::Failure;
use crate::settings::{Settings, TlsFiles};

/// The certificates of all doors.
#[derive(Clone)]
pub(super) struct Certificates(Vec<Certificate>);

#[derive(Clone)]
struct Certificate {
    files: TlsFiles,
    tls: Tls,
    seen: Seen,
}

/// What a file looks like from outside: it is not kept in memory to be compared, for it may hold a key.
type Seen = [Option<(i64, i64, u64, u64)>; 2];

impl Certificates {
    /// Reads them all, or says all that is wrong with them.
    pub(super) fn open(settings: &Settings) -> Result<Self, Failure> {
        let (mut certificates, mut faults) = (Vec::new(), Vec::new());
        for (_, files) in settings.certificates() {
            // Looked at before it is read: what changes from here on is a change.
            let seen = seen(files);
            match files.open() {
                Ok(tls) => certificates.push(Certificate { files: files.clone(), tls, seen }),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Self(certificates)) } else { Err(Failure::faults(&faults)) }
    }

    /// What the door with these files proves itself with.
    pub(super) fn of(&self, files: Option<&TlsFiles>) -> Option<Tls> {
        let files = files?;
        self.0
            .iter()
            .find(|certificate| certificate.files == *files)
            .map(|certificate| certificate.tls.clone())
    }

    /// Puts them in force as they are now. A pair that is none leaves the one before in force.
    pub(super) fn reload(&mut self, now: Timestamp) {
        self.0.iter_mut().for_each(|one| one.reload(now));
    }

    /// As [`Certificates::reload`], of those whose files have changed since they were last looked at. What was wrong
    /// is told once.
    pub(super) async fn reload_if_changed(&mut self, now: Timestamp) {
        let mut looking = self.clone();
        // A file may lie on a disk that is far away, or gone.
        let looked = tokio::task::spawn_blocking(move || {
            let changed = looking.0.iter_mut().filter(|one| one.seen != seen(&one.files));
            changed.for_each(|one| one.reload(now));
            looking
        });
        if let Ok(looked) = looked.await {
            *self = looked;
        }
    }
}

impl Certificate {
    fn reload(&mut self, now: Timestamp) {
        self.seen = seen(&self.files);
        let path = self.files.certificate.1.display();
        match self.files.reopen(&self.tls) {
            Ok(()) => tracing::info!(certificate = %path, "the certificate is reloaded"),
            Err(fault) => {
                self.tls.note_unusable(&fault.to_string(), now);
                tracing::error!(%fault, "the certificate was not reloaded; the one before stays in force");
            }
        }
    }
}

fn seen(files: &TlsFiles) -> Seen {
    let look = |path: &Path| {
        let shape = |meta: Metadata| (meta.mtime(), meta.mtime_nsec(), meta.len(), meta.ino());
        std::fs::metadata(path).ok().map(shape)
    };
    [look(&files.certificate.1), look(&files.key.1)]
}
