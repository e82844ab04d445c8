//! Who may call what: every operation of the document, by everybody.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use symbolon_core::record::KeyKind;

use crate::document::operations;
use crate::notices::unheard;
use crate::world::{Call, PASSWORD, Person, Setup, World, all_roles};

/// The expected status of each call.
///
/// | column | who |
/// |---|---|
/// | nobody | without a credential |
/// | system | a system key |
/// | verify | a verifier key of odin |
/// | admin | a platform administrator with the strongest roles |
/// | oper | an operator of odin |
/// | viewer | a viewer of odin, whose tokens and session are called upon |
/// | oadmin | an administrator of odysseus, whose token is called upon there |
/// | ouser | a user of odysseus |
/// | token | a token of odin with every operator scope |
/// | local | through the data directory's socket |
const TABLE: &str = "
operation                                     service  | nobody system verify admin oper viewer oadmin ouser token local
GET    /healthz                               -        | 200    200    200    200   200  200    200    200   200   200
GET    /readyz                                -        | 200    200    200    200   200  200    200    200   200   200
GET    /v1/services                           -        | 401    200    200    200   200  200    200    200   200   200
GET    /v1/services/{service}                 odin     | 401    200    200    200   200  200    200    200   200   200
GET    /v1/services/{service}                 odysseus | 401    200    404    200   200  200    200    200   404   200
PATCH  /v1/services/{service}                 odin     | 401    200    403    200   403  403    403    403   403   200
GET    /v1/services/{service}/observed        odin     | 401    200    403    200   403  403    403    403   403   200
GET    /v1/services/{service}/tokens          odin     | 401    200    403    200   200  200    403    403   403   200
GET    /v1/services/{service}/tokens          odysseus | 401    200    403    200   403  403    200    403   403   200
POST   /v1/services/{service}/tokens          odin     | 401    201    403    201   201  201    403    403   403   201
POST   /v1/services/{service}/tokens          odysseus | 401    201    403    201   403  403    201    403   403   201
POST   /v1/services/{service}/tokens/import   odin     | 401    200    403    200   403  403    403    403   403   200
GET    /v1/services/{service}/tokens/{id}     odin     | 401    200    403    200   404  200    403    403   403   200
GET    /v1/services/{service}/tokens/{id}     odysseus | 401    200    403    200   403  403    200    403   403   200
PATCH  /v1/services/{service}/tokens/{id}     odin     | 401    200    403    200   404  200    403    403   403   200
PATCH  /v1/services/{service}/tokens/{id}     odysseus | 401    200    403    200   403  403    200    403   403   200
DELETE /v1/services/{service}/tokens/{id}     odin     | 401    204    403    204   404  204    403    403   403   204
DELETE /v1/services/{service}/tokens/{id}     odysseus | 401    204    403    204   403  403    204    403   403   204
GET    /v1/services/{service}/tokens/{id}/usage odin     | 401  200    403    200   404  200    403    403   403   200
GET    /v1/services/{service}/tokens/{id}/usage odysseus | 401  200    403    200   403  403    200    403   403   200
GET    /v1/services/{service}/tokens/{id}/audit odin     | 401  200    403    200   404  200    403    403   403   200
GET    /v1/services/{service}/tokens/{id}/audit odysseus | 401  200    403    200   403  403    200    403   403   200
GET    /v1/services/{service}/tokens/{id}/advice odin     | 401 200    403    200   404  200    403    403   403   200
GET    /v1/services/{service}/tokens/{id}/advice odysseus | 401 200    403    200   403  403    200    403   403   200
GET    /v1/services/{service}/advice          odin     | 401    200    403    200   200  200    403    403   403   200
GET    /v1/services/{service}/advice          odysseus | 401    200    403    200   403  403    200    403   403   200
POST   /v1/services/{service}/tokens/batch    odin     | 401    201    403    201   201  201    403    403   403   201
POST   /v1/services/{service}/tokens/batch    odysseus | 401    201    403    201   403  403    201    403   403   201
POST   /v1/services/{service}/tokens/bulk     odin     | 401    200    403    200   200  200    403    403   403   200
POST   /v1/services/{service}/tokens/bulk     odysseus | 401    200    403    200   403  403    200    403   403   200
POST   /v1/services/{service}/tokens/{id}/disable odin | 401    200    403    200   404  200    403    403   403   200
POST   /v1/services/{service}/tokens/{id}/enable  odin | 401    200    403    200   404  200    403    403   403   200
POST   /v1/services/{service}/tokens/{id}/rotate  odin | 401    200    403    200   404  200    403    403   403   200
POST   /v1/services/{service}/verify          odin     | 401    200    200    403   403  403    403    403   403   200
POST   /v1/services/{service}/verify          odysseus | 401    200    403    403   403  403    403    403   403   200
POST   /v1/services/{service}/verify/batch    odin     | 401    200    200    403   403  403    403    403   403   200
POST   /v1/services/{service}/verify/batch    odysseus | 401    200    403    403   403  403    403    403   403   200
POST   /v1/services/{service}/explain         odin     | 401    200    403    200   403  403    403    403   403   200
POST   /v1/services/{service}/explain         odysseus | 401    200    403    200   403  403    200    403   403   200
POST   /oauth/introspect                      -        | 401    200    200    401   401  401    401    401   401   200
POST   /oauth/revoke                          -        | 200    200    200    401   401  401    401    401   401   200
GET    /v1/self                               -        | 401    200    200    200   200  200    200    200   200   200
DELETE /v1/self                               -        | 401    400    400    400   400  400    400    400   204   400
POST   /v1/self/derive                        -        | 401    400    400    400   400  400    400    400   403   400
POST   /v1/self/password                      -        | 401    403    403    204   204  204    204    204   403   403
GET    /v1/asks                               -        | 401    200    403    200   200  200    200    200   200   200
POST   /v1/asks                               -        | 401    422    403    422   422  422    422    422   201   422
GET    /v1/asks/{id}                          odin     | 401    200    404    200   404  200    404    404   404   200
DELETE /v1/asks/{id}                          odin     | 401    409    404    409   404  204    404    404   404   409
POST   /v1/asks/{id}/approve                  odin     | 401    200    404    200   404  200    404    404   404   200
POST   /v1/asks/{id}/deny                     odin     | 401    200    404    200   404  200    404    404   404   200
GET    /v1/sessions                           -        | 401    200    403    200   200  200    200    200   403   200
POST   /v1/sessions                           -        | 201    201    201    201   201  201    201    201   201   201
DELETE /v1/sessions/current                   -        | 401    400    400    204   204  204    204    204   400   400
DELETE /v1/sessions/{id}                      -        | 401    204    403    204   404  204    404    404   403   204
GET    /v1/users                              -        | 401    200    403    200   403  403    403    403   403   200
POST   /v1/users                              -        | 401    201    403    201   403  403    403    403   403   201
GET    /v1/users/{name}                       -        | 401    200    403    200   403  403    403    403   403   200
PATCH  /v1/users/{name}                       -        | 401    200    403    200   403  403    403    403   403   200
DELETE /v1/users/{name}                       -        | 401    204    403    204   403  403    403    403   403   204
GET    /v1/keys                               -        | 401    200    403    200   403  403    403    403   403   200
POST   /v1/keys                               -        | 401    201    403    201   403  403    403    403   403   201
GET    /v1/keys/{id}                          -        | 401    200    403    200   403  403    403    403   403   200
DELETE /v1/keys/{id}                          -        | 401    204    403    204   403  403    403    403   403   204
POST   /v1/leaks                              -        | 401    200    403    200   403  403    403    403   403   200
POST   /v1/leaks/github                       -        | 403    403    403    403   403  403    403    403   403   403
GET    /v1/server-keys                        -        | 401    200    403    200   403  403    403    403   403   200
POST   /v1/server-keys/peppers                -        | 401    201    403    403   403  403    403    403   403   201
POST   /v1/server-keys/sessions               -        | 401    201    403    403   403  403    403    403   403   201
DELETE /v1/server-keys/peppers/{id}           -        | 401    409    403    403   403  403    403    403   403   409
GET    /v1/status                             -        | 401    200    403    200   403  403    403    403   403   200
GET    /v1/webhooks                           -        | 401    200    403    200   403  403    403    403   403   200
POST   /v1/webhooks/{name}/test               -        | 401    200    403    200   403  403    403    403   403   200
POST   /v1/webhooks/{name}/retry              -        | 401    200    403    200   403  403    403    403   403   200
GET    /v1/audit                              -        | 401    200    403    200   403  403    403    403   403   200
GET    /v1/audit/export                       -        | 401    200    403    200   403  403    403    403   403   200
GET    /v1/audit/checkpoint                   -        | 401    200    403    200   403  403    403    403   403   200
GET    /v1/audit/key                          -        | 401    200    403    200   403  403    403    403   403   200
";

struct Row {
    method: &'static str,
    path: &'static str,
    service: &'static str,
    statuses: Vec<u16>,
}

fn rows() -> Vec<Row> {
    let lines = TABLE.lines().filter(|line| !line.is_empty()).skip(1);
    lines
        .map(|line| {
            let (left, right) = line.split_once('|').unwrap();
            let words: Vec<_> = left.split_whitespace().collect();
            let [method, path, service] = words[..] else { panic!("{line}") };
            let statuses = right.split_whitespace().map(|status| status.parse().unwrap()).collect();
            Row { method, path, service, statuses }
        })
        .collect()
}

/// Everybody of one row.
struct Everybody {
    system: String,
    verifier: String,
    token: String,
    admin: Person,
    operator: Person,
    viewer: Person,
    odysseus_admin: Person,
    odysseus_user: Person,
}

impl Everybody {
    async fn of(world: &World) -> Self {
        let operator = world.person("operator", &[("odin", "operator")]).await;
        let scopes = ["write:printers", "write:jobs", "write:spools", "write:models", "agent:write"];
        Self {
            system: world.system_key().await,
            verifier: world.verifier_key("odin").await,
            token: world.odin_token(&operator.jwt, &scopes).await.1,
            admin: world.admin().await,
            viewer: world.person("viewer", &[("odin", "viewer")]).await,
            odysseus_admin: world.person("oadmin", &[("odysseus", "admin")]).await,
            odysseus_user: world.person("ouser", &[("odysseus", "user")]).await,
            operator,
        }
    }

    /// The callers in the order of the table's columns.
    fn secrets(&self) -> [Presents<'_>; 10] {
        [
            Presents::Nothing,
            Presents::Secret(&self.system),
            Presents::Secret(&self.verifier),
            Presents::Secret(&self.admin.jwt),
            Presents::Secret(&self.operator.jwt),
            Presents::Secret(&self.viewer.jwt),
            Presents::Secret(&self.odysseus_admin.jwt),
            Presents::Secret(&self.odysseus_user.jwt),
            Presents::Secret(&self.token),
            Presents::Presence,
        ]
    }
}

/// What a caller presents.
enum Presents<'a> {
    Nothing,
    Secret(&'a str),
    /// That it could open the data directory's socket.
    Presence,
}

/// A path to something that is there, made for this one call.
async fn target(world: &World, everybody: &Everybody, row: &Row, number: usize) -> String {
    let id = match row.path {
        "/v1/services/{service}/tokens/{id}"
        | "/v1/services/{service}/tokens/{id}/usage"
        | "/v1/services/{service}/tokens/{id}/advice"
        | "/v1/services/{service}/tokens/{id}/audit"
        | "/v1/services/{service}/tokens/{id}/disable"
        | "/v1/services/{service}/tokens/{id}/enable"
        | "/v1/services/{service}/tokens/{id}/rotate" => {
            let (owner, scope) = match row.service {
                "odin" => (&everybody.viewer, "read:jobs"),
                _ => (&everybody.odysseus_admin, "chat"),
            };
            let body = json!({ "name": "target", "scopes": [scope] });
            let made = world.token(&owner.jwt, row.service, &body).await;
            made["id"].as_str().unwrap().to_owned()
        }
        "/v1/asks/{id}" | "/v1/asks/{id}/approve" | "/v1/asks/{id}/deny" => {
            let viewer = &everybody.viewer.jwt;
            let body = json!({ "name": "target", "scopes": ["read:jobs"] });
            let token = world.token(viewer, "odin", &body).await;
            let asked = json!({
                "service": "odin", "token": token["id"],
                "scopes": ["read:printers"], "duration": "10m", "reason": "to see",
            });
            let asked = world.post("/v1/asks", &asked).by(viewer).send().await.expect(201);
            asked["id"].as_str().unwrap().to_owned()
        }
        "/v1/sessions/{id}" => world.session(&everybody.viewer.user).await.0.id.to_string(),
        // A former one, on which something rests: the pepper has been rotated in a row before.
        "/v1/server-keys/peppers/{id}" => "1".to_owned(),
        "/v1/keys/{id}" => world.key(KeyKind::System).await.0.id.to_string(),
        "/v1/users/{name}" => world.person(&format!("target{number}"), &all_roles()).await.name().to_owned(),
        "/v1/webhooks/{name}/test" | "/v1/webhooks/{name}/retry" => "chat".to_owned(),
        _ => String::new(),
    };
    row.path.replace("{service}", row.service).replace("{id}", &id).replace("{name}", &id)
}

/// A body that is right; `null` where the operation takes none.
fn body(row: &Row, number: usize) -> Value {
    let scope = if row.service == "odysseus" { "chat" } else { "read:jobs" };
    match (row.method, row.path) {
        ("POST", "/v1/services/{service}/tokens" | "/v1/self/derive") => {
            json!({ "name": "new", "scopes": [scope] })
        }
        ("POST", "/v1/services/{service}/tokens/import") => {
            json!({ "rows": [{ "prefix": "x", "hash": "0".repeat(64), "name": "x", "owner": "nobody" }] })
        }
        ("POST", "/v1/services/{service}/tokens/batch") => {
            json!({ "tokens": [{ "name": "new", "scopes": [scope] }] })
        }
        ("POST", "/v1/services/{service}/tokens/bulk") => {
            json!({ "filter": { "scope": scope }, "action": { "revoke": {} } })
        }
        ("PATCH", "/v1/services/{service}/tokens/{id}") => json!({ "name": "renamed" }),
        ("PATCH", "/v1/services/{service}") => json!({ "enforce": number.is_multiple_of(2) }),
        ("POST", "/v1/services/{service}/verify") => json!({ "token": "some secret", "scopes": [scope] }),
        ("POST", "/v1/services/{service}/verify/batch") => {
            json!({ "questions": [{ "token": "some secret", "scopes": [scope] }] })
        }
        ("POST", "/v1/services/{service}/explain") => json!({ "method": "GET", "path": "/" }),
        ("POST", "/v1/asks") => json!({ "scopes": ["read:jobs"], "duration": "10m", "reason": "to see" }),
        ("POST", "/v1/self/password") => json!({ "current": PASSWORD, "new": "another password" }),
        ("POST", "/v1/sessions") => json!({ "username": "viewer", "password": PASSWORD }),
        ("POST", "/v1/users") => json!({ "name": format!("new{number}") }),
        ("PATCH", "/v1/users/{name}") => json!({ "active": false }),
        ("POST", "/v1/leaks") => {
            json!({ "found": [{ "secret": "some secret", "place": "a.log:1" }], "revoke": true })
        }
        ("POST", "/v1/server-keys/sessions" | "/v1/asks/{id}/approve" | "/v1/asks/{id}/deny") => json!({}),
        ("POST", "/v1/keys") => json!({ "kind": "system", "name": "new" }),
        _ => Value::Null,
    }
}

/// Whether a call of this row ends its caller's credential.
fn ends_its_caller(row: &Row) -> bool {
    matches!(
        (row.method, row.path),
        ("DELETE", "/v1/self" | "/v1/sessions/current") | ("POST", "/v1/self/password")
    )
}

#[tokio::test]
async fn every_operation_answers_everybody_as_the_table_says() {
    let mut wrong = Vec::new();
    let mut stage = None;
    let mut number = 0;
    for row in rows() {
        if stage.is_none() {
            let webhooks = vec![unheard("chat")];
            let world = World::of(Setup { webhooks, ..Setup::default() }).await;
            world.app.begin_webhooks().await.unwrap();
            let everybody = Everybody::of(&world).await;
            stage = Some((world, everybody));
        }
        let Some((world, everybody)) = &stage else { unreachable!("made above") };
        let mut statuses = Vec::new();
        for secret in everybody.secrets() {
            number += 1;
            let path = target(world, everybody, &row, number).await;
            let mut call = Call::new(world, row.method, &path);
            let body = body(&row, number);
            if row.path.starts_with("/oauth/") {
                call = call.form(&[("token", "some secret")]);
            }
            if !body.is_null() {
                call = call.json(&body);
            }
            call = match secret {
                Presents::Nothing => call,
                Presents::Secret(secret) => call.by(secret),
                Presents::Presence => call.at_the_machine(),
            };
            statuses.push(call.send().await.status);
        }
        if statuses != row.statuses {
            wrong.push(format!("{} {} {}: {statuses:?}", row.method, row.path, row.service));
        }
        if ends_its_caller(&row) {
            stage = None;
        }
    }
    assert!(wrong.is_empty(), "answered otherwise:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_operation_of_the_document() {
    let named: BTreeSet<_> = rows().iter().map(|row| format!("{} {}", row.method, row.path)).collect();
    let documented: BTreeSet<_> = operations().into_iter().map(|operation| operation.name()).collect();
    assert_eq!(named, documented);
}
