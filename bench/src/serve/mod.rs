//! What the measured processes do: Symbolon as it is run, and the least that could be there in its place.

mod bare;
mod relay;
mod symbolon;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Subcommand;
use tokio::net::TcpListener;

use crate::{Outcome, say};

/// One of the servers.
#[derive(Subcommand)]
pub(crate) enum Role {
    /// Reads each request whole and answers with a constant
    Bare {
        /// The length of the answer's body
        #[arg(long)]
        bytes: usize,
    },
    /// Passes requests on to an upstream, and its answers back
    Relay {
        #[arg(long)]
        upstream: SocketAddr,
    },
    /// Symbolon in front of an upstream: the management API and a proxy
    Symbolon {
        /// The record that it opens
        #[arg(long)]
        record: PathBuf,
        #[arg(long)]
        upstream: SocketAddr,
    },
}

/// Serves until standard input ends. The line on standard output is where.
pub(crate) fn run(role: Role) -> Outcome<()> {
    // As `symbolon serve` has it: as many threads as there are processors.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(io_fault)?;
    let addresses = runtime.block_on(async {
        match role {
            Role::Bare { bytes } => bare::start(bytes).await.map_err(io_fault).map(|address| vec![address]),
            Role::Relay { upstream } => {
                relay::start(upstream).await.map_err(io_fault).map(|address| vec![address])
            }
            Role::Symbolon { record, upstream } => symbolon::start(&record, upstream).await,
        }
    })?;
    let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    say(&addresses.join(" "));
    io::copy(&mut io::stdin(), &mut io::sink()).map_err(io_fault)?;
    Ok(())
}

async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn io_fault(error: io::Error) -> String {
    error.to_string()
}
