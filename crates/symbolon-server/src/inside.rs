//! The management API without a network: for whoever holds the data directory, and for the console.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Extensions, Request, Response};
use http_body_util::BodyExt;
use symbolon_api::client::{Reply, Transport};
use tower::ServiceExt;

/// Calls `router` in this process. `mark` puts into each request what a listener would have: where it comes from.
pub fn in_process(router: Router, mark: impl Fn(&mut Extensions) + Send + Sync + 'static) -> Transport {
    Transport::InProcess(Arc::new(move |request: Request<Bytes>| -> Reply {
        let mut request = request.map(Body::from);
        mark(request.extensions_mut());
        let answer = router.clone().oneshot(request);
        Box::pin(async move {
            let answer: Response<Body> = answer.await.unwrap_or_else(|never| match never {});
            Ok(answer.map(|body| body.map_err(io::Error::other).boxed_unsync()))
        })
    }))
}
