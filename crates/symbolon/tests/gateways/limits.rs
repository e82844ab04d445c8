//! A request beyond a limit is told to wait through each gateway, and what passes says what is left where that can be said.

use serde_json::json;

use crate::gateway::Kind;
use crate::stage::Stage;

crate::every_gateway!(a_limit_is_told_as_far_as_each_can);

fn a_limit_is_told_as_far_as_each_can(kind: Kind) {
    let stage = Stage::new(kind);
    let body = json!({ "name": "test", "scopes": ["read:printers"], "rate_limit": "1/1h" });
    let made = stage.api().send("POST", "/v1/services/odin/tokens", &body);
    assert_eq!(made.status, 201, "{}", made.json());
    let secret = made.json()["token"].as_str().unwrap().to_owned();
    let passed = stage.ask_as(&secret, "GET /api/printers", &[]);
    assert_eq!(passed.status(), 200, "{kind:?} {passed:?}");
    let told = |name: &str| passed.all(name).len();
    let carried = usize::from(!matches!(kind, Kind::Caddy | Kind::Traefik));
    assert_eq!((told("ratelimit"), told("ratelimit-policy")), (carried, carried), "{kind:?} {passed:?}");
    assert_eq!(told("retry-after"), 0, "{kind:?} {passed:?}");
    let refused = stage.ask_as(&secret, "GET /api/printers", &[]);
    assert_eq!(refused.status(), 429, "{kind:?} {refused:?}");
    assert_eq!(refused.all("ratelimit-policy"), ["\"token\";q=1;w=3600"], "{kind:?} {refused:?}");
    let wait: u32 = refused.all("retry-after")[0].parse().unwrap();
    assert!((1..=3600).contains(&wait), "{kind:?} {refused:?}");
    if kind != Kind::Proxy {
        assert_eq!(refused.all("x-symbolon-error"), ["rate_limited"], "{kind:?} {refused:?}");
    }
    // What is refused otherwise through nginx is so still.
    let missing = stage.ask_as(&secret, "GET /api/backups", &[]);
    assert_eq!((missing.status(), missing.all("retry-after").len()), (403, 0), "{kind:?} {missing:?}");
    assert_eq!(stage.application.seen().len(), 1, "{kind:?}");
}
