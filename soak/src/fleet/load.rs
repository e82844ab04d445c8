//! Who asks all the time, and the application behind the proxy.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::world::{RIGHTS, World};
use crate::http::Wire;
use crate::random::SplitMix;

/// Between two questions of a client.
const PACE: Duration = Duration::from_millis(10);

/// Asks one node about those who were changed lately until all is to end: by questions, or through its proxy.
pub(crate) async fn client(world: Arc<World>, seed: u64, number: usize, proxy: Option<SocketAddr>) {
    let node = number % world.nodes.len();
    let mut random = SplitMix::of(seed, 2_000 + number);
    let mut wire = Wire::to(proxy.unwrap_or(world.nodes[node].management));
    while world.pause(PACE).await {
        let right = RIGHTS[random.below(RIGHTS.len())];
        let Some(held) = world.one_recent(random.below(usize::MAX)) else { continue };
        match proxy {
            None => world.ask(node, &mut wire, &held, right).await,
            Some(_) if !held.session => world.pass(node, &mut wire, &held, right).await,
            Some(_) => {}
        }
    }
}

/// An application that answers everything alike. It ends with the runtime.
pub(crate) async fn application() -> Result<SocketAddr, String> {
    let fault = |why| format!("the application cannot listen: {why}");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = Vec::new();
                while let Ok(1..) = stream.read_buf(&mut buffer).await {
                    // Requests without a body, one after another.
                    while let Some(end) = buffer.windows(4).position(|end| end == b"\r\n\r\n") {
                        buffer.drain(..end + 4);
                        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                        if stream.write_all(answer).await.is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    Ok(address)
}
