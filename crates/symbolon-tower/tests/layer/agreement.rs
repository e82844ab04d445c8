//! The proxy, the layer with the gate in it and the layer that asks a server give one verdict and one answer.

use serde_json::Value;
use symbolon_core::record::Token;
use symbolon_core::store::Change;

use crate::front::Front;
use crate::stage::{Server, ask, behind_proxy, guarded, in_process, management, remote};
use crate::wire::Message;
use crate::world::World;

/// What the caller gets, without what differs from answer to answer.
fn seen(message: &Message) -> (u16, [Option<String>; 4], String) {
    let names = ["content-type", "www-authenticate", "allow", "retry-after"];
    let headers = names.map(|name| message.header(name).map(str::to_owned));
    let body = match serde_json::from_slice::<Value>(&message.body) {
        Ok(mut problem) => {
            let id = problem.as_object_mut().unwrap().remove("request_id").unwrap();
            assert!(id.as_str().unwrap().starts_with("req_"), "{id}");
            problem.to_string()
        }
        Err(_) => String::from_utf8_lossy(&message.body).into_owned(),
    };
    (message.status(), headers, body)
}

const LINES: [&str; 18] = [
    "GET /api/things",
    "GET /api/things/7?a=%2F&b",
    "GET /api/%74hings/%41",
    "POST /api/things",
    "DELETE /api/things/7",
    "PATCH /api/things/7",
    "GET /api/health",
    "GET /api/settings",
    "GET /api/metrics",
    "GET /nowhere",
    "GET /api/things/",
    "GET /API/things",
    "GET /api/../api/things",
    "GET /api//things",
    "GET /api/things%2f7",
    "GET /api/things/caf%c3%a9",
    "GET /api/things?_method=DELETE",
    "BREW /api/things",
];

#[tokio::test]
async fn every_door_gives_one_verdict_and_one_answer() {
    let world = World::new().await;
    let (viewer, operator) = (world.user("vera", "viewer").await, world.user("otto", "operator").await);
    let (revoked, record) = world.token_of("shop", &viewer, &["read:things"]).await;
    let ended = Token {
        revoked_at: Some(symbolon_server::Clock::now(&*world.clock)),
        digest: None,
        revision: record.revision + 1,
        ..record
    };
    world.commit(vec![Change::TokenChanged(ended)]).await;
    let read = world.token(&operator, &["read:things"]).await;
    let secrets = [
        read.clone(),
        world.token(&viewer, &["read:things", "write:things"]).await,
        world.token(&operator, &["write:things"]).await,
        world.token_of("bank", &viewer, &["read:things"]).await.0,
        revoked,
        world.session(&operator).await,
        world.system_key().await,
        "shop_nothing".to_owned(),
    ];
    let bearer = format!("Bearer {read}");
    let mut questions: Vec<(&str, Vec<(&str, &str)>)> =
        LINES.iter().map(|line| (*line, Vec::new())).collect();
    for secret in &secrets {
        questions.extend(LINES.iter().map(|line| (*line, vec![("X-API-Key", secret.as_str())])));
    }
    let own = ("Authorization", bearer.as_str());
    for tricks in [
        vec![own],
        vec![own, own],
        vec![own, ("X-API-Key", "x")],
        vec![("X-API-Key", read.as_str()), ("X-API-Key", read.as_str())],
        vec![("X_API_Key", read.as_str())],
        vec![own, ("X-HTTP-Method-Override", "DELETE")],
        vec![own, ("X_HTTP_Method", "DELETE")],
        vec![own, ("X-Symbolon-Owner", "root"), ("X_Symbolon_Principal", "system")],
        vec![own, ("Cookie", "symbolon_session=x; theme=dark")],
        vec![own, ("Cookie", "theme=dark"), ("Cookie", "__Host-symbolon_device=x")],
        vec![("Authorization", "Basic eDp4")],
        vec![("Authorization", "Bearer")],
        vec![("Authorization", "bearer x, Bearer y")],
        vec![("Authorization", "Bearer caf\u{e9}")],
        vec![("Cookie", "symbolon_session=x")],
        vec![("Upgrade", "websocket"), ("Connection", "close"), ("Cookie", "symbolon_session=x")],
    ] {
        questions.extend(["GET /api/things", "GET /api/health"].map(|line| (line, tricks.clone())));
    }

    let upstream = Server::new(behind_proxy()).await;
    let proxy = Front::of(&world, upstream.address).await;
    let local = guarded(&in_process(&world)).await;
    let management = management(&world).await;
    let remote = guarded(&remote(&world, &management).await).await;
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for (line, headers) in &questions {
        let expected = seen(&ask(proxy.address, line, headers).await);
        for (door, address) in [("in process", local.address), ("remote", remote.address)] {
            assert_eq!(seen(&ask(address, line, headers).await), expected, "{door}: {line} {headers:?}");
        }
        *statuses.entry(expected.0).or_default() += 1;
    }
    // The table would prove little if all of it were refused.
    assert_eq!(statuses.keys().copied().collect::<Vec<_>>(), [200, 400, 401, 403, 404, 405]);
    assert!(statuses[&200] > 20, "{statuses:?}");
    proxy.stop.cancel();
}

#[tokio::test]
async fn a_revoked_token_is_refused_on_the_very_next_request() {
    let world = World::new().await;
    let owner = world.user("vera", "viewer").await;
    let management = management(&world).await;
    for layer in [in_process(&world), remote(&world, &management).await] {
        let door = guarded(&layer).await;
        let (secret, record) = world.token_of("shop", &owner, &["read:things"]).await;
        assert_eq!(door.ask("GET /api/things", &[("X-API-Key", &secret)]).await.status(), 200);
        let revoked_at = Some(symbolon_server::Clock::now(&*world.clock));
        let ended = Token { revoked_at, digest: None, revision: record.revision + 1, ..record };
        world.commit(vec![Change::TokenChanged(ended)]).await;
        assert_eq!(door.ask("GET /api/things", &[("X-API-Key", &secret)]).await.code(), "invalid_token");
    }
}
