//! `symbolon audit export`.

use std::io::{self, BufWriter, ErrorKind, Write};

use clap::Args;
use symbolon_api::Exported;
use symbolon_api::client::Lines;

use crate::commands::Context;
use crate::connect::Connection;
use crate::failure::Failure;
use crate::output::complain;

/// Which lines
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// From behind the line of this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: u64,
    /// Go on with lines as they are written, until it is stopped; this takes a running server
    #[arg(long)]
    follow: bool,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let connection = Connection::open(context).await?;
        let result = self.print(&connection).await;
        connection.close().await;
        result
    }

    async fn print(&self, connection: &Connection) -> Result<(), Failure> {
        if self.follow && connection.node().is_some() {
            return Err(Failure::new(
                "no server is running, so nothing is written that could be followed; start one with `symbolon serve`, or \
                 leave --follow out",
            ));
        }
        let lines = connection.client().audit_export(self.after, self.follow).await?;
        match self.copy(lines).await? {
            Some(last) if self.follow => Err(Failure::new(format!(
                "the server has ended the stream: it stopped, or the key may not read the audit any more; go on with \
                 --after {last}"
            ))),
            _ => Ok(()),
        }
    }

    /// Prints all lines that come; the last one's number, or `None` where nobody reads any more.
    async fn copy(&self, mut lines: Lines) -> Result<Option<u64>, Failure> {
        let mut out = BufWriter::new(io::stdout());
        let mut last = self.after;
        while let Some(line) = lines.next().await? {
            let (seq, text) = match &line {
                Exported::Line(line) => (line.seq, serde_json::to_vec(line)),
                Exported::Unreadable(bad) => {
                    complain(&format!("line {}: {}; see `symbolon audit verify`", bad.seq, bad.fault));
                    (bad.seq, serde_json::to_vec(bad))
                }
            };
            last = seq;
            let text = text.map_err(Failure::new)?;
            let written = out.write_all(&text).and_then(|()| out.write_all(b"\n"));
            let written = written.and_then(|()| if self.follow { out.flush() } else { Ok(()) });
            if !heard(written)? {
                return Ok(None);
            }
        }
        heard(out.flush()).map(|heard| heard.then_some(last))
    }
}

/// Whether somebody reads still. Who has read enough, such as `head`, has what they wanted.
fn heard(written: io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(format!("the audit cannot be printed: {error}"))),
    }
}
