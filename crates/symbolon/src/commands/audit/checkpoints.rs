//! Checkpoints: made, and read back to verify against.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use symbolon_api::client::Client;
use symbolon_api::{AuditCheckpoint, AuditKeyInfo};
use symbolon_core::audit::{Anchors, Checkpoint, Head, PublicKey};

use crate::commands::Context;
use crate::failure::Failure;

/// Prints a checkpoint of the last line.
pub(super) async fn sign(context: &Context) -> Result<(), Failure> {
    let signed = context.speak(async |client| Ok(client.audit_checkpoint().await?)).await?;
    // For people too: it is a line to be kept, and not to be read.
    let line = serde_json::to_string(&signed).map_err(Failure::new)?;
    context.output.print(&format!("{line}\n"))?;
    context.output.document(&signed)
}

/// Prints the public key.
pub(super) async fn key(context: &Context) -> Result<(), Failure> {
    let key = context.speak(async |client| Ok(client.audit_key().await?)).await?;
    context.output.print(&format!("{}\n", key.public_key))?;
    context.output.document(&key)
}

/// The public keys of whoever answers.
pub(super) async fn keys_of(client: &Client) -> Result<Vec<PublicKey>, Failure> {
    let AuditKeyInfo { public_key, former, .. } = client.audit_key().await?;
    let keys = std::iter::once(&public_key).chain(&former).map(|text| text.parse());
    keys.collect::<Result<_, _>>().map_err(Failure::new)
}

/// Reads a file of checkpoints. Refused: what is no checkpoint, and one that none of these keys has signed.
pub(super) fn read(path: &Path, keys: &[PublicKey], anchors: &mut Anchors) -> Result<(), Failure> {
    let file = File::open(path).map_err(|error| {
        Failure::new(format!("the checkpoints {} cannot be read: {error}", path.display()))
    })?;
    for (line, number) in BufReader::new(file).lines().zip(1..) {
        let fault = |why: String| Failure::new(format!("{}:{number}: {why}", path.display()));
        let line = line.map_err(|error| fault(error.to_string()))?;
        if line.trim().is_empty() {
            continue;
        }
        let signed = parse(&line).map_err(|why| fault(format!("this is no checkpoint: {why}")))?;
        signed.verify(keys).map_err(|why| fault(format!("this checkpoint vouches for nothing: {why}")))?;
        anchors.add(&signed).map_err(|seq| {
            fault(format!(
                "another checkpoint signs line {seq} otherwise: they are of two audits, or of one rewritten"
            ))
        })?;
    }
    Ok(())
}

fn parse(line: &str) -> Result<Checkpoint, String> {
    let AuditCheckpoint { seq, hash, at, key, signature } =
        serde_json::from_str(line).map_err(|error| error.to_string())?;
    Ok(Checkpoint {
        head: Head { seq, hash: hash.parse().map_err(|fault| format!("hash: {fault}"))? },
        at: at.parse().map_err(|_| "at: it is a time in RFC 3339".to_owned())?,
        key,
        signature: signature.parse().map_err(|fault| format!("signature: {fault}"))?,
    })
}
