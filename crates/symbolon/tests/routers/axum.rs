//! An application on axum, in this process and on a socket of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

use ::axum::Router;
use ::axum::extract::RawPathParams;
use ::axum::routing::{MethodFilter, MethodRouter};
use http::Method;
use serde_json::json;
use tokio::runtime::Runtime;

use super::table::Table;

/// A running application. It is ended with this.
pub(crate) struct Application {
    _runtime: Runtime,
    pub(crate) address: SocketAddr,
}

impl Application {
    pub(crate) fn start(table: &Table) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let application = application(table);
        runtime.spawn(async move { ::axum::serve(listener, application).await });
        Self { _runtime: runtime, address }
    }
}

fn application(table: &Table) -> Router {
    // axum wants the methods of a path together.
    let mut paths: BTreeMap<String, MethodRouter> = BTreeMap::new();
    for (mount, (method, path)) in
        table.mounts().iter().flat_map(|mount| table.routes().iter().map(move |at| (mount, at)))
    {
        let filter = MethodFilter::try_from(method.parse::<Method>().unwrap()).unwrap();
        let route = format!("{method} {path}");
        let handler = |parameters: RawPathParams| async move {
            let values: Vec<&str> = parameters.iter().map(|(_, value)| value).collect();
            let picked = json!({ "route": route, "parameters": values }).to_string();
            [("x-picked", hex(picked.as_bytes()))]
        };
        let full = format!("{mount}{path}");
        let router = paths.remove(&full).unwrap_or_default().on(filter, handler);
        paths.insert(full, router);
    }
    paths.into_iter().fold(Router::new(), |router, (path, methods)| router.route(&path, methods))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
