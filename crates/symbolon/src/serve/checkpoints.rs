//! Checkpoints of the audit, signed while the server runs: into the log, and into a file that had best be somewhere else.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use symbolon_api::AuditCheckpoint;
use symbolon_server::App;
use tokio::sync::Mutex;

use crate::failure::Failure;
use crate::settings::AuditSettings;

/// Where checkpoints go, and which was the last.
pub(super) struct Checkpoints {
    file: Option<PathBuf>,
    /// The line of the last checkpoint that this process has signed; held while one is.
    last: Mutex<Option<u64>>,
}

impl Checkpoints {
    /// Looks whether the file that is named can be appended to.
    pub(super) fn open(settings: &AuditSettings) -> Result<Self, Failure> {
        if let Some(path) = &settings.checkpoints {
            append(path).map_err(|error| {
                Failure::new(format!(
                    "the audit's checkpoints cannot be appended to {}: {error}; name another file as checkpoints in [audit]",
                    path.display()
                ))
            })?;
        }
        Ok(Self { file: settings.checkpoints.clone(), last: Mutex::default() })
    }

    /// Signs one, if the audit has grown since the last. One that is not written is signed again the next time.
    pub(super) async fn sign(&self, app: &App) {
        let mut last = self.last.lock().await;
        let signed = match app.audit_checkpoint().await {
            Ok(signed) => signed,
            Err(error) => return tracing::warn!(%error, "no checkpoint of the audit was signed"),
        };
        if *last == Some(signed.seq) || signed.seq == 0 {
            return;
        }
        let AuditCheckpoint { seq, hash, at, key, signature } = &signed;
        tracing::info!(seq, hash, at, key, signature, "a checkpoint of the audit");
        if let Some(path) = self.file.clone() {
            let line = signed.clone();
            // The file may be on another machine, and that may be slow.
            let written = tokio::task::spawn_blocking(move || write(&path, &line)).await;
            if let Err(error) = written.unwrap_or_else(|failed| Err(io::Error::other(failed))) {
                tracing::error!(%error, file = ?self.file, "a checkpoint of the audit was not written");
                return;
            }
        }
        *last = Some(signed.seq);
    }
}

/// The file is opened anew each time: it may have been moved away.
fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o640).open(path)
}

fn write(path: &Path, signed: &AuditCheckpoint) -> io::Result<()> {
    let mut line = serde_json::to_vec(signed)?;
    line.push(b'\n');
    let mut file = append(path)?;
    // In one piece: a line is whole or not there.
    file.write_all(&line)?;
    file.sync_data()
}
