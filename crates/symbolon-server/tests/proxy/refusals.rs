//! Each refusal of the table of answers, through the proxy.

use symbolon_core::decision::ServiceRules;
use symbolon_core::derived::Parent;
use symbolon_core::id::TokenId;
use symbolon_core::record::{Token, User};
use symbolon_core::store::Change;
use symbolon_core::token::{NewSecret, Prefix};
use symbolon_server::{Clock as _, Door};

use crate::support::backend::Recorder;
use crate::support::front::Front;
use crate::support::world::World;

#[tokio::test]
async fn refusals_are_as_in_the_table() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let vic = world.user("vic", "viewer").await;
    let reader = format!("Bearer {}", world.token(&ann, &["read:things"]).await);
    let weak = format!("Bearer {}", world.token(&vic, &["write:things"]).await);
    let session = format!("Bearer {}", world.session(&vic).await);
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let bearer = |value| ("Authorization", value);
    let method = ("X-HTTP-Method-Override", "DELETE");
    let twin = ("X_Http_Method_Override", "DELETE");
    for (line, headers, status, code) in [
        ("GET /api/things", &[][..], 401, "credential_required"),
        ("GET /api/things?token=shop_x", &[], 401, "credential_required"),
        ("GET /api/things", &[bearer("Bearer shop_x")], 401, "invalid_token"),
        ("GET /api/things", &[bearer("Basic dTpw")], 401, "invalid_token"),
        ("GET /api/things", &[bearer("Bearer a, Bearer b")], 401, "invalid_token"),
        ("POST /api/things", &[bearer(&reader)], 403, "insufficient_scope"),
        ("POST /api/things", &[bearer(&weak)], 403, "insufficient_role"),
        ("GET /api/settings", &[bearer(&reader)], 403, "human_only"),
        ("GET /api/settings", &[bearer(&session)], 403, "insufficient_role"),
        ("GET /api/metrics", &[bearer(&session)], 403, "system_only"),
        ("GET /api/nothing", &[bearer(&reader)], 404, "no_route"),
        ("GET /api/things/", &[bearer(&reader)], 404, "no_route"),
        ("GET /things", &[bearer(&reader)], 404, "no_route"),
        ("get /api/things", &[bearer(&reader)], 405, "method_not_allowed"),
        ("PUT /api/things", &[bearer(&reader)], 405, "method_not_allowed"),
        ("GET /api/../api/things", &[bearer(&reader)], 400, "invalid_request"),
        ("GET //api/things", &[bearer(&reader)], 400, "invalid_request"),
        ("GET /api/%2e%2e/things", &[bearer(&reader)], 400, "invalid_request"),
        ("GET /api/things%2f7", &[bearer(&reader)], 400, "invalid_request"),
        ("GET /api/things;a=b", &[bearer(&reader)], 400, "invalid_request"),
        ("GET /api/things/\u{e4}", &[bearer(&reader)], 400, "invalid_request"),
        ("GET /api/things/%zz", &[bearer(&reader)], 400, "invalid_request"),
        ("GET /api/things", &[bearer(&reader), bearer(&reader)], 400, "invalid_request"),
        ("GET /api/things", &[bearer(&reader), ("X-API-Key", &reader[7..])], 400, "invalid_request"),
        ("GET /api/things", &[bearer(&reader), method], 400, "invalid_request"),
        ("GET /api/things", &[bearer(&reader), twin], 400, "invalid_request"),
        ("OPTIONS *", &[bearer(&reader)], 400, "invalid_request"),
        ("GET http://shop.example/api/things", &[bearer(&reader)], 400, "invalid_request"),
        ("CONNECT shop.example:80", &[bearer(&reader)], 400, "invalid_request"),
    ] {
        let answer = front.ask(line, headers).await;
        assert_eq!((answer.status(), answer.code().as_str()), (status, code), "{line} {headers:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(
            answer.header("www-authenticate").is_some(),
            status == 401 || code == "insufficient_scope"
        );
    }
    recorder.saw_nothing();
}

#[tokio::test]
async fn challenges_say_what_would_do_and_not_what_is_held() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let reader = world.token(&ann, &["read:things"]).await;
    let recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for (answer, challenge) in [
        (front.ask("GET /api/things", &[]).await, r#"Bearer realm="shop""#),
        (
            front.ask_as("shop_x", "GET /api/things", &[]).await,
            r#"Bearer realm="shop", error="invalid_token""#,
        ),
        (
            front.ask_as(&reader, "POST /api/things", &[]).await,
            r#"Bearer realm="shop", error="insufficient_scope", scope="write:things""#,
        ),
    ] {
        assert_eq!(answer.header("www-authenticate"), Some(challenge));
        assert!(!String::from_utf8_lossy(&answer.body).contains("read:things"));
    }
    let answer = front.ask_as(&reader, "PUT /api/things", &[]).await;
    assert_eq!(answer.header("allow"), Some("GET, HEAD, POST"));
}

#[tokio::test]
async fn a_refusal_of_a_head_has_no_body() {
    let world = World::new().await;
    let recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let mut wire = front.connect().await;
    wire.send("HEAD /api/things HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert_eq!(wire.head().await.unwrap().status(), 401);
    assert!(wire.ends().await);
}

#[tokio::test]
async fn before_the_record_is_read_nothing_is_decided() {
    let world = World::unloaded(ServiceRules::default()).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for line in ["GET /api/things", "GET /api/health"] {
        let answer = front.ask_as("shop_x", line, &[]).await;
        assert_eq!((answer.status(), answer.code().as_str()), (503, "unavailable"));
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    recorder.saw_nothing();
}

#[tokio::test]
async fn the_query_asks_for_no_other_method() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let token = world.token(&ann, &["read:things", "write:things"]).await;
    let mut recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    for query in [
        "_method=DELETE",
        "_method",
        "a=b&_method=PUT",
        "a=b;_method=PUT",
        "%5Fmethod=PUT",
        "%5fmethod=PUT",
        "_m%65tho%64=PUT",
        "_METHOD=PUT",
        "+_method=PUT",
        ".method=PUT",
        "_method[]=PUT",
        "_method%5b0%5d=PUT",
        "_method%00x=PUT",
    ] {
        for line in ["POST /api/things", "POST /api/login"] {
            let answer = front.ask_as(&token, &format!("{line}?{query}"), &[]).await;
            assert_eq!((answer.status(), answer.code().as_str()), (400, "invalid_request"), "{line} {query}");
        }
    }
    recorder.saw_nothing();
    for query in
        ["method=a", "x_method=a", "_methods=a", "a=_method", "a=b%26_method=c", "_meth%6", "", "&;="]
    {
        let line = format!("POST /api/things?{query}");
        assert_eq!(front.ask_as(&token, &line, &[]).await.status(), 200, "{query}");
        assert_eq!(recorder.seen().await.asks(), line);
    }
    // The application's own login also decides about its own ways.
    let passthrough = Front::passthrough(&world, recorder.backend.address).await;
    let line = "POST /api/things?_method=DELETE";
    assert_eq!(passthrough.ask(line, &[]).await.status(), 200);
    assert_eq!(recorder.seen().await.asks(), line);
    assert_eq!(passthrough.ask_as(&token, line, &[]).await.status(), 400);
}

#[tokio::test]
async fn a_refusal_for_want_of_a_scope_says_where_a_person_can_be_asked() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    let recorder = Recorder::new().await;
    let front = Front::of(&world, recorder.backend.address).await;
    let asked = async |line: &str| -> serde_json::Value {
        let answer = front.ask_as(&secret, line, &[]).await;
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        problem["ask"].clone()
    };
    let listens = |address: &str| {
        let door = |name, address: &str| Door { name, address: address.to_owned(), service: None, tls: None };
        world.app.set_doors(vec![door("management", address), door("socket", "/run/symbolon.sock")]);
    };
    // By no name that is known to lead there, and to nobody else: who is told it sends its token there.
    assert!(asked("POST /api/things").await.is_null());
    for everywhere in ["http://0.0.0.0:7070", "http://[::]:7070", "http://192.0.2.7:7070"] {
        listens(everywhere);
        assert!(asked("POST /api/things").await.is_null(), "{everywhere}");
    }
    listens("http://127.0.0.1:7070");
    let page = format!("http://127.0.0.1:7070/asks/new?service=shop&token={}&scope=write%3Athings", token.id);
    let link = serde_json::json!({ "url": "http://127.0.0.1:7070/v1/asks", "page": page });
    assert_eq!(asked("POST /api/things").await, link);
    // Nobody could lend it to somebody of no role.
    let nobody_now = User { roles: std::collections::BTreeMap::new(), revision: 2, ..ann.clone() };
    world.commit(vec![Change::UserChanged(nobody_now)]).await;
    assert!(asked("POST /api/things").await.is_null());
    world.commit(vec![Change::UserChanged(User { revision: 3, ..ann.clone() })]).await;
    assert_eq!(asked("POST /api/things").await, link);
    // Of what no scope would change, nobody can be asked.
    for other in ["GET /api/settings", "GET /api/nothing", "PUT /api/things"] {
        assert!(asked(other).await.is_null(), "{other}");
    }
    let nobody = front.ask("POST /api/things", &[]).await;
    assert!(!String::from_utf8_lossy(&nobody.body).contains("\"ask\""));
    world.append("[tokens]\nmax_loan = \"off\"");
    assert!(asked("POST /api/things").await.is_null());
    world.append("");
    assert_eq!(asked("POST /api/things").await, link);
    let parent = Some(Parent { id: token.id, depth: 1 });
    let child = NewSecret::generate(&"shop".parse::<Prefix>().unwrap(), &*world.entropy);
    let record = Token {
        id: TokenId::new(world.clock.now(), &*world.entropy),
        token_prefix: child.text().token_prefix(),
        digest: Some((child.text().digest(&world.keys.pepper), world.keys.pepper.id())),
        parent,
        ..token
    };
    world.commit(vec![Change::TokenCreated(record)]).await;
    let refused = front.ask_as(child.reveal(), "POST /api/things", &[]).await;
    assert_eq!(refused.code(), "insufficient_scope");
    assert!(!String::from_utf8_lossy(&refused.body).contains("\"ask\""), "a derived one may not ask");
}
