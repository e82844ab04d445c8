//! `symbolon audit verify`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use symbolon_api::client::Client;
use symbolon_api::{Exported, ExportedLine};
use symbolon_core::Timestamp;
use symbolon_core::audit::{Anchors, Chain, Flaw, Line, PublicKey, Verdict};

use super::checkpoints;
use crate::commands::Context;
use crate::failure::Failure;
use crate::output::Output;

/// After how many lines a terminal is told how far it is.
const STEP: u64 = 10_000;

/// What is looked at, and against what
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Look at this export (`-`: standard input) and not at the record; this takes no server and no data directory
    #[arg(long, value_name = "EXPORT")]
    file: Option<PathBuf>,
    /// Checkpoints that were kept, a line each [default: the file that the settings name, where the record is this
    /// machine's]
    #[arg(long, value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// The public key that has signed them, as `symbolon audit key` prints it [default: those of whoever answers]
    #[arg(long, value_name = "KEY")]
    public_key: Vec<PublicKey>,
}

/// What came of it.
type Outcome = Result<Verdict, Flaw>;

impl Verify {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let outcome = match &self.file {
            Some(path) => self.of_file(path, context.output)?,
            None => context.speak(async |client| self.of_record(client, context).await).await?,
        };
        report(&outcome, context.output)?;
        Ok(ExitCode::from(u8::from(outcome.is_err())))
    }

    fn of_file(&self, path: &Path, output: Output) -> Result<Outcome, Failure> {
        if self.public_key.is_empty() && !self.checkpoints.is_empty() {
            return Err(Failure::usage(
                "of an export nobody says which key its checkpoints were signed with; give it with --public-key",
            ));
        }
        let anchors = anchors(&self.checkpoints, &self.public_key)?;
        let failure =
            |error: io::Error| Failure::new(format!("the export {} cannot be read: {error}", path.display()));
        let reader: Box<dyn BufRead> = match path.to_str() {
            Some("-") => Box::new(io::stdin().lock()),
            _ => Box::new(BufReader::new(File::open(path).map_err(failure)?)),
        };
        let mut following = Following::new(Chain::of_part(anchors), output);
        for (text, number) in reader.lines().zip(1_u64..) {
            let text = text.map_err(failure)?;
            // A stream that was kept has empty lines in it.
            if text.is_empty() {
                continue;
            }
            let line = Exported::read(&text).map_err(|error| {
                Failure::new(format!("{}:{number}: this is no line of an export: {error}", path.display()))
            })?;
            if let Err(flaw) = following.follow(line) {
                return Ok(Err(flaw));
            }
        }
        Ok(following.end())
    }

    async fn of_record(&self, client: &Client, context: &Context) -> Result<Outcome, Failure> {
        let files = if self.checkpoints.is_empty() && context.url().is_none() {
            configured(context)?
        } else {
            self.checkpoints.clone()
        };
        let keys = if self.public_key.is_empty() {
            checkpoints::keys_of(client).await?
        } else {
            self.public_key.clone()
        };
        follow(client, anchors(&files, &keys)?, context.output).await
    }
}

/// Looks at the record of whoever answers, for `symbolon doctor`.
pub(in crate::commands) async fn doctor(client: &Client, context: &Context) -> Result<Outcome, Failure> {
    let verify = Verify { file: None, checkpoints: Vec::new(), public_key: Vec::new() };
    verify.of_record(client, context).await
}

/// The outcome in a sentence.
pub(in crate::commands) fn sentence(outcome: &Outcome) -> String {
    match outcome {
        Err(flaw) => flaw.to_string(),
        Ok(Verdict { first: 0, .. }) => "whole; it has no lines yet".to_owned(),
        Ok(Verdict { first, head, signed: 0 }) => format!(
            "whole from line {first} to line {}; no checkpoint was compared, so lines that were cut off its end would not \
             be missed",
            head.seq
        ),
        Ok(Verdict { first, head, signed }) => {
            format!(
                "whole from line {first} to line {}; checkpoints vouch for it up to line {signed}",
                head.seq
            )
        }
    }
}

/// The file of checkpoints that the settings name, if it is there.
fn configured(context: &Context) -> Result<Vec<PathBuf>, Failure> {
    Ok(context.settings()?.audit.checkpoints.into_iter().filter(|path| path.exists()).collect())
}

fn anchors(files: &[PathBuf], keys: &[PublicKey]) -> Result<Anchors, Failure> {
    let mut anchors = Anchors::default();
    for file in files {
        checkpoints::read(file, keys, &mut anchors)?;
    }
    Ok(anchors)
}

async fn follow(client: &Client, anchors: Anchors, output: Output) -> Result<Outcome, Failure> {
    let mut following = Following::new(Chain::new(anchors), output);
    let mut lines = client.audit_export(0, false).await?;
    while let Some(line) = lines.next().await? {
        if let Err(flaw) = following.follow(line) {
            return Ok(Err(flaw));
        }
    }
    Ok(following.end())
}

/// A chain that is followed, before the eyes of whoever waits at a terminal.
struct Following {
    chain: Chain,
    shown: bool,
    count: u64,
}

impl Following {
    fn new(chain: Chain, output: Output) -> Self {
        Self { chain, shown: !output.json() && io::stderr().is_terminal(), count: 0 }
    }

    fn follow(&mut self, line: Exported) -> Result<(), Flaw> {
        self.count += 1;
        if self.shown && self.count.is_multiple_of(STEP) {
            // Where the terminal has gone there is nobody to tell.
            let _ = write!(io::stderr(), "\r{} lines", self.count);
        }
        let (seq, line) = match line {
            Exported::Line(line) => (line.seq, kept(*line)),
            Exported::Unreadable(bad) => (bad.seq, None),
        };
        match line {
            Some(line) => self.chain.follow(&line),
            None => Err(self.chain.unreadable(seq)),
        }
    }

    fn end(self) -> Outcome {
        if self.shown && self.count >= STEP {
            let _ = writeln!(io::stderr());
        }
        self.chain.end()
    }
}

/// An exported line as the record had it; `None` where its time or its hash is none, in the one spelling that there is.
fn kept(line: ExportedLine) -> Option<Line> {
    Some(Line {
        seq: line.seq,
        at: line.at.parse().ok().filter(|at: &Timestamp| at.to_string() == line.at)?,
        actor: line.actor,
        session: line.session,
        client_ip: line.client_ip,
        request_id: line.request_id,
        action: line.action,
        subject: line.subject,
        service: line.service,
        detail: line.detail.get().to_owned(),
        hash: line.hash.parse().ok()?,
    })
}

fn report(outcome: &Outcome, output: Output) -> Result<(), Failure> {
    output.print(&format!(
        "The audit is {}\n",
        match outcome {
            Ok(_) => format!("{}.", sentence(outcome)),
            Err(flaw) => format!("not whole: {flaw}."),
        }
    ))?;
    output.document(&match outcome {
        Ok(Verdict { first, head, signed }) => json!({
            "whole": true, "first": first, "last": head.seq, "hash": head.hash.to_string(), "signed": signed,
        }),
        Err(flaw) => json!({
            "whole": false, "line": flaw.line(), "flaw": flaw.word(), "detail": flaw.to_string(),
        }),
    })
}
