//! Signing in costs the caller nothing and the server a body and a hash: neither is to be had without end.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use bytes::Bytes;
use http::Request;
use http_body::Frame;
use serde_json::json;
use tower::ServiceExt;

use crate::world::{Answer, PASSWORD, World};

/// A body that never comes.
struct Never;

impl http_body::Body for Never {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Pending
    }
}

fn slow(world: &World) -> Pin<Box<dyn Future<Output = Answer>>> {
    let request = Request::post("/v1/sessions").header("content-type", "application/json");
    let call = world.router.clone().oneshot(request.body(Body::new(Never)).unwrap());
    Box::pin(async { Answer::read(call.await.unwrap_or_else(|never| match never {})).await })
}

#[tokio::test]
async fn who_sends_slowly_takes_one_of_few_places() {
    let world = World::new().await;
    world.person("ann", &[]).await;
    let mut waiting: Vec<_> = (0..32).map(|_| slow(&world)).collect();
    let mut context = Context::from_waker(Waker::noop());
    for call in &mut waiting {
        assert!(call.as_mut().poll(&mut context).is_pending());
    }
    let body = json!({ "username": "ann", "password": PASSWORD });
    world.post("/v1/sessions", &body).send().await.refused(503, "unavailable");
    // The other calls are not concerned.
    world.get("/healthz").send().await.expect(200);
    waiting.pop();
    world.post("/v1/sessions", &body).send().await.expect(201);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let world = World::new().await;
    // From here on the clock of the timers jumps to whatever is waited for.
    tokio::time::pause();
    slow(&world).await.refused(400, "invalid_request");
}
