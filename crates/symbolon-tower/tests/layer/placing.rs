//! The application reads the path that was decided about, wherever the layer stands.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;

use crate::stage::{Server, in_process};
use crate::world::World;
use tower::Layer;

fn application() -> Router {
    async fn one(Path(id): Path<String>) -> String {
        format!("one: {id}")
    }
    async fn all() -> &'static str {
        "all"
    }
    Router::new().route("/api/things", get(all)).route("/api/{any}", get(one))
}

#[tokio::test]
async fn around_a_router_the_canonical_path_is_routed() {
    let world = World::new().await;
    let owner = world.user("vera", "viewer").await;
    let secret = world.token(&owner, &["read:things"]).await;
    let key = [("X-API-Key", secret.as_str())];
    let around = Server::new(in_process(&world).layer(application())).await;
    assert_eq!(around.ask("GET /api/%74hings", &key).await.body, b"all");
    // Without the layer the application reads it as something else: this is what is prevented.
    let bare = Server::new(application()).await;
    assert_eq!(bare.ask("GET /api/%74hings", &key).await.body, b"one: things");
}

#[tokio::test]
async fn behind_a_router_only_a_canonical_path_passes() {
    let world = World::new().await;
    let owner = world.user("vera", "viewer").await;
    let secret = world.token(&owner, &["read:things"]).await;
    let key = [("X-API-Key", secret.as_str())];
    let behind = Server::new(application().layer(in_process(&world))).await;
    assert_eq!(behind.ask("GET /api/things", &key).await.body, b"all");
    assert_eq!(behind.ask("GET /api/%74hings", &key).await.code(), "invalid_request");
}

#[tokio::test]
async fn within_a_nest_the_whole_path_is_decided_about() {
    let world = World::new().await;
    let owner = world.user("vera", "viewer").await;
    let secret = world.token(&owner, &["read:things"]).await;
    let key = [("X-API-Key", secret.as_str())];
    let inner = Router::new().route("/things", get(async || "things")).route("/secret", get(async || "no"));
    let nested = Server::new(Router::new().nest("/api", inner.layer(in_process(&world)))).await;
    assert_eq!(nested.ask("GET /api/things", &key).await.body, b"things");
    assert_eq!(nested.ask("GET /api/secret", &key).await.code(), "no_route");
}

#[tokio::test]
async fn the_credential_is_left_where_that_is_asked_for() {
    let world = World::new().await;
    let owner = world.user("vera", "viewer").await;
    let secret = world.token(&owner, &["read:things"]).await;
    let key = [("X-API-Key", secret.as_str()), ("X-Symbolon-Owner", "root")];
    let keeping = in_process(&world).keep_credentials();
    let door = Server::new(keeping.layer(crate::stage::application())).await;
    let told = String::from_utf8(door.ask("GET /api/things", &key).await.body).unwrap();
    assert!(told.ends_with("kept [0, 1, 0, 0]"), "{told}");
}

#[tokio::test]
async fn what_a_caller_says_of_itself_stays_here() {
    let world = World::new().await;
    let owner = world.user("vera", "viewer").await;
    let secret = world.token(&owner, &["read:things"]).await;
    let names = async |headers: http::HeaderMap| {
        let told = headers.keys().map(http::HeaderName::as_str).filter(|name| name.contains("symbolon"));
        told.collect::<Vec<_>>().join(" ")
    };
    let application = Router::new().route("/api/things", get(names));
    let forged = [
        ("X-API-Key", secret.as_str()),
        ("X-Symbolon-Owner", "root"),
        ("X_Symbolon_Role", "admin"),
        ("X-Symbolon-Tomorrow", "1"),
    ];
    for layer in [in_process(&world), in_process(&world).keep_credentials()] {
        let door = Server::new(application.clone().layer(layer)).await;
        let answer = door.ask("GET /api/things", &forged).await;
        assert_eq!((answer.status(), answer.body), (200, Vec::new()));
    }
}
