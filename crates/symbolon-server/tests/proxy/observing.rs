//! A service that is not enforced: what would be refused goes on as if Symbolon were not there, and with nothing of it.

use std::time::Duration;

use symbolon_api::Observed;
use symbolon_api::client::Client;
use symbolon_core::decision::ServiceRules;
use symbolon_core::record::{Enforcement, Token};
use symbolon_core::store::Change;
use symbolon_server::listen::Limits;
use symbolon_server::proxy::{ProxySettings, Timeouts, UpstreamHeaders};
use symbolon_server::{AtTheMachine, Clock};

use crate::support::backend::{Backend, Recorder};
use crate::support::front::{Front, request, settings};
use crate::support::wire::Message;
use crate::support::world::World;

const FOREIGN: &str = "Basic dTpw";

async fn observed() -> World {
    World::with(ServiceRules { enforce: false, ..ServiceRules::default() }).await
}

/// The shop with a credential of the proxy's own.
async fn front(world: &World, recorder: &Recorder) -> Front {
    let upstream_headers = UpstreamHeaders::parse([("X-Own", "the-static-key")]).unwrap();
    Front::by(
        world,
        ProxySettings { upstream_headers, ..settings(recorder.backend.address) },
        Limits::default(),
    )
    .await
}

async fn switch(world: &World, enforce: bool) {
    let switched = Enforcement { service: "shop".parse().unwrap(), enforce, since: world.clock.now() };
    world.commit(vec![Change::EnforcementSwitched(switched)]).await;
}

/// What could let somebody in, or say who is calling.
fn telling(seen: &Message) -> Vec<(&str, &str)> {
    let pairs = seen.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let ours = |name: &str| name.starts_with("x-symbolon") || name.starts_with("x_symbolon");
    pairs
        .filter(|(name, _)| ours(name) || ["authorization", "x-api-key", "x-own", "cookie"].contains(name))
        .collect()
}

#[tokio::test]
async fn what_would_be_refused_goes_on_without_anything_of_ours() {
    let world = observed().await;
    let ann = world.user("ann", "viewer").await;
    let good = format!("Bearer {}", world.token(&ann, &["read:things"]).await);
    let key = world.system_key().await;
    let session = format!("symbolon_session={}; app=1", world.session(&ann).await);
    let mut recorder = Recorder::new().await;
    let front = front(&world, &recorder).await;
    for (line, headers, expected) in [
        // Nobody, somebody else's, a token without the scope, one that is broken, on no route, and on one for people.
        ("GET /api/things", vec![], vec![]),
        ("GET /api/things", vec![("authorization", FOREIGN)], vec![("authorization", FOREIGN)]),
        ("POST /api/things", vec![("authorization", good.as_str())], vec![]),
        ("GET /api/things", vec![("authorization", "Bearer shop_x")], vec![]),
        ("GET /api/nothing?a=/b", vec![("authorization", &good), ("x-symbolon-owner", "root")], vec![]),
        ("DELETE /api/settings", vec![("x-api-key", &key)], vec![]),
        // Two credentials, of which one is ours.
        (
            "GET /api/things",
            vec![("authorization", FOREIGN), ("x-api-key", &key)],
            vec![("authorization", FOREIGN)],
        ),
        (
            "POST /api/things",
            vec![("cookie", &session), ("X_Symbolon_Owner", "root")],
            vec![("cookie", "app=1")],
        ),
        // What is not canonical goes on as it came.
        ("GET /api/../x//y;z", vec![("authorization", &good)], vec![]),
    ] {
        assert_eq!(front.ask(line, &headers).await.status(), 200, "{line} {headers:?}");
        let seen = recorder.seen().await;
        assert_eq!((seen.asks(), telling(&seen)), (line, expected), "{line} {headers:?}");
    }
}

#[tokio::test]
async fn what_is_allowed_goes_on_as_ever() {
    let world = observed().await;
    let ann = world.user("ann", "viewer").await;
    let token = world.token(&ann, &["read:things"]).await;
    let mut recorder = Recorder::new().await;
    let front = front(&world, &recorder).await;
    front.ask_as(&token, "GET /api/things", &[]).await;
    let seen = recorder.seen().await;
    let told = telling(&seen);
    assert!(
        told.contains(&("x-own", "the-static-key")) && told.contains(&("x-symbolon-owner", "ann")),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_is_no_path_and_what_can_be_read_in_two_ways_goes_nowhere() {
    let world = observed().await;
    let recorder = Recorder::new().await;
    let front = front(&world, &recorder).await;
    assert_eq!(front.ask("OPTIONS *", &[]).await.status(), 400);
    assert_eq!(front.ask("GET /api/things", &[("connection", "host")]).await.status(), 400);
}

#[tokio::test]
async fn before_the_record_is_loaded_nothing_goes_on() {
    let world = World::unloaded(ServiceRules { enforce: false, ..ServiceRules::default() }).await;
    let recorder = Recorder::new().await;
    let front = front(&world, &recorder).await;
    assert_eq!(front.ask("GET /api/things", &[]).await.status(), 503);
}

#[tokio::test]
async fn a_switch_is_in_force_for_the_very_next_request() {
    let world = World::new().await;
    let mut recorder = Recorder::new().await;
    let front = front(&world, &recorder).await;
    for _ in 0..20 {
        assert_eq!(front.ask("GET /api/things", &[]).await.status(), 401);
        switch(&world, false).await;
        assert_eq!(front.ask("GET /api/things", &[]).await.status(), 200);
        recorder.seen().await;
        switch(&world, true).await;
    }
}

/// What the management API tells of the shop: path, method, reason, how often.
async fn told(world: &World) -> Observed {
    let transport = symbolon_server::in_process(symbolon_server::router(world.app.clone()), |extensions| {
        extensions.insert(AtTheMachine);
    });
    Client::new(transport).observed("shop").await.unwrap()
}

#[tokio::test]
async fn what_would_be_refused_is_told_by_route_and_by_drafted_pattern() {
    let world = observed().await;
    let ann = world.user("ann", "viewer").await;
    let token = world.token(&ann, &["read:things"]).await;
    let recorder = Recorder::new().await;
    let front = front(&world, &recorder).await;
    let secret_path = format!("GET /api/reset/{token}");
    for line in [
        "PUT /api/things/7",
        "PUT /api/things/8",
        "GET /api/orders/17/lines/3?secret=hush",
        "GET /api/orders/18/lines/4",
        "GET /elsewhere",
        "DELETE /api/settings",
        "GET /api/a//b",
        "GET /api/things",
        &secret_path,
    ] {
        front.ask_as(&token, line, &[]).await;
    }
    front.ask("GET /api/things", &[]).await;
    let told = told(&world).await;
    assert_eq!((told.enforced, told.decided_by.as_str(), told.left_out), (false, "configuration", 0));
    let mut sights: Vec<_> = told
        .sights
        .iter()
        .map(|sight| {
            (sight.method.as_str(), sight.path.as_str(), sight.reason.as_deref().unwrap(), sight.count)
        })
        .collect();
    assert_eq!(sights[..2].iter().map(|sight| sight.3).collect::<Vec<_>>(), [2, 2], "the most often first");
    sights.sort_unstable();
    let expected = [
        ("DELETE", "/settings", "method_not_allowed", 1),
        ("GET", "-", "target", 1),
        ("GET", "/elsewhere", "no_route", 1),
        ("GET", "/orders/{id}/lines/{id2}", "no_route", 2),
        ("GET", "/reset/{id}", "no_route", 1),
        ("GET", "/things", "credential_required", 1),
        ("PUT", "/things/{id}", "insufficient_scope", 2),
    ];
    assert_eq!(sights, expected);
    let routed = told.sights.iter().filter(|sight| sight.in_catalog).map(|sight| sight.path.as_str());
    assert_eq!(routed.collect::<std::collections::BTreeSet<_>>().len(), 2);
    assert!(!format!("{told:?}").contains("hush") && !format!("{told:?}").contains(&token));
}

#[tokio::test]
async fn in_passthrough_only_what_has_no_route_is_told_of_others() {
    let world = observed().await;
    let recorder = Recorder::new().await;
    let front = Front::passthrough(&world, recorder.backend.address).await;
    for line in ["GET /api/things", "GET /api/pages/7", "POST /api/things/9"] {
        front.ask(line, &[("authorization", FOREIGN)]).await;
    }
    let sights = told(&world).await.sights;
    let mut sights: Vec<_> =
        sights.iter().map(|sight| (sight.path.as_str(), sight.reason.as_deref())).collect();
    sights.sort_unstable();
    assert_eq!(sights, [("/pages/{id}", None), ("/things/{id}", None)]);
}

#[tokio::test]
async fn what_is_kept_is_bounded_and_what_is_known_goes_on_counting() {
    let world = observed().await;
    let recorder = Recorder::new().await;
    let front = front(&world, &recorder).await;
    let mut wire = front.connect().await;
    for n in 0..2_003 {
        // In letters, for numbers would be one and the same.
        let letters: String = n.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
        wire.send(request(&format!("GET /api/{letters}"), &[])).await;
        wire.message().await.unwrap();
    }
    front.ask("GET /api/a", &[]).await;
    let told = told(&world).await;
    assert_eq!((told.sights.len(), told.left_out, told.sights[0].count), (2_000, 3, 2));
}

#[tokio::test]
async fn nothing_is_noted_of_a_service_that_is_enforced() {
    let world = World::new().await;
    let recorder = Recorder::new().await;
    let front = front(&world, &recorder).await;
    front.ask("GET /api/things", &[]).await;
    assert_eq!(told(&world).await.sights, []);
}

/// A stream that has begun is cut by the switch, if it would be refused; and one that was allowed is cut by a
/// revocation although nothing is enforced, for it had been given something of ours.
#[tokio::test]
async fn streams_end_with_the_switch_and_with_the_revocation() {
    let world = observed().await;
    let ann = world.user("ann", "viewer").await;
    let (token, record) = world.token_of("shop", &ann, &["read:things"]).await;
    let backend = Backend::new(|_, mut wire| async move {
        wire.message().await;
        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n".to_owned()).await;
        assert!(wire.ends().await);
    })
    .await;
    let timeouts = Timeouts { recheck: Duration::from_millis(20), ..Timeouts::default() };
    let proxied = ProxySettings { timeouts, ..settings(backend.address) };
    let front = Front::by(&world, proxied, Limits::default()).await;
    let begin = async |headers: &[(&str, &str)]| {
        let mut wire = front.connect().await;
        wire.send(request("GET /api/things", headers)).await;
        assert!(wire.head().await.unwrap().start.contains("200"));
        wire
    };
    let bearer = format!("Bearer {token}");
    let (mut refused, mut allowed) = (begin(&[]).await, begin(&[("authorization", &bearer)]).await);
    let revoked = Token { revoked_at: Some(world.clock.now()), digest: None, revision: 2, ..record };
    world.commit(vec![Change::TokenChanged(revoked)]).await;
    assert_eq!(allowed.chunk().await.unwrap(), b"ok");
    assert!(allowed.ends().await);
    switch(&world, true).await;
    assert_eq!(refused.chunk().await.unwrap(), b"ok");
    assert!(refused.ends().await);
}
