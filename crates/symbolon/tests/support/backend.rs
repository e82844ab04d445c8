//! An application behind the proxy, in this process.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use symbolon_backends::{BackendError, odin, odysseus};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A running application; it ends with the value.
pub struct Backend {
    pub address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Backend {
    /// O.D.I.N., with its rows in `directory`.
    pub fn odin(directory: &Path) -> Self {
        let file = directory.join("odin-backend.db");
        Self::start(async move { odin::app(&file).await })
    }

    /// Odysseus, with its rows in `directory`.
    pub fn odysseus(directory: &Path) -> Self {
        let file = directory.join("odysseus-backend.db");
        Self::start(async move { odysseus::app(&file).await })
    }

    /// An application of a test's own.
    pub fn of(app: Router) -> Self {
        Self::start(async move { Ok(app) })
    }

    fn start(app: impl Future<Output = Result<Router, BackendError>>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (app, listener) = runtime
            .block_on(async { (app.await.unwrap(), TcpListener::bind(("127.0.0.1", 0)).await.unwrap()) });
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { address, runtime: Some(runtime) }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        // A connection that a test keeps open is no reason to wait.
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}
