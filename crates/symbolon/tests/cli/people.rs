//! `symbolon user` and `symbolon session`.

use serde_json::{Value, json};

use crate::support::{Place, Server};

fn sign_in(server: &Server, name: &str, password: &str) -> (u16, Value) {
    let answer =
        server.anonymous().send("POST", "/v1/sessions", &json!({"username": name, "password": password}));
    (answer.status, answer.json())
}

#[test]
fn a_password_is_reset_without_a_server() {
    let (place, secrets) = Place::initialised();
    let old = secrets["admin"]["password"].as_str().unwrap();
    let done = place.run("user reset-password admin");
    let new = done.stdout.trim_end().to_owned();
    assert_eq!((done.code, new.len()), (Some(0), 20), "{done:?}");
    assert!(done.stderr.contains("The new password of admin") && !done.stderr.contains(&new), "{done:?}");
    let server = Server::again(place);
    assert_eq!(sign_in(&server, "admin", old).0, 401);
    let (status, session) = sign_in(&server, "admin", &new);
    assert_eq!(status, 201);
    // And with one, which ends the sessions.
    let reset = server.place.run("user reset-password admin --json").json();
    let jwt = session["token"].as_str().unwrap();
    assert_eq!(server.anonymous().bearer(jwt).get("/v1/self").status, 401);
    assert_eq!(sign_in(&server, "admin", reset["password"].as_str().unwrap()).0, 201);
}

#[test]
fn who_is_not_there_or_built_in_is_given_no_password() {
    let (place, _) = Place::initialised();
    let told = place.run("user reset-password nobody").refused(1);
    assert!(told.contains("there is no such user"), "{told}");
    let told = place.run("user reset-password system").refused(1);
    assert!(told.contains("the built-in user system cannot be changed"), "{told}");
}

#[test]
fn a_user_is_made_promoted_deactivated_and_removed() {
    let server = Server::with_odin();
    let place = &server.place;
    let password = place.run("user create grace --role odin=operator").ok();
    let password = password.trim_end();
    let (status, session) = sign_in(&server, "grace", password);
    assert_eq!(status, 201);
    let jwt = session["token"].as_str().unwrap();
    let token = place.run("token create --service odin --name x --scope agent:write --owner grace").ok();
    // The token marks an alert as read, which needs agent:write and so an operator; the session looks.
    let statuses = || {
        let mut proxy = server.proxy("odin").bearer(token.trim_end());
        let wrote = proxy.ask("PATCH", "/api/alerts/1/read", None).unwrap().status;
        (wrote, proxy.get_as("/api/printers", jwt).status)
    };
    assert_eq!(statuses(), (200, 200));

    let edited = place.run("user edit grace --role odin=viewer --json").json();
    assert_eq!(edited["roles"], json!({"odin": "viewer"}));
    assert_eq!(statuses(), (403, 200));
    let edited = place.run("user edit grace --role odysseus=user --no-role odin --json");
    assert_eq!(edited.json()["roles"], json!({"odysseus": "user"}));
    let told = place.run("user edit grace --no-role odin").refused(1);
    assert!(told.contains("grace has no role in odin; nothing was changed"), "{told}");
    place.run("user edit grace --role odin=admin --platform-admin true").ok();
    assert_eq!(server.anonymous().bearer(jwt).get("/v1/users").status, 200);

    place.run("user deactivate grace").ok();
    assert_eq!(statuses(), (401, 401));
    assert!(place.run("user list").ok().contains("grace   inactive"));
    place.run("user activate grace").ok();
    assert_eq!(statuses(), (200, 200));
    place.run("user remove grace").ok();
    assert_eq!(statuses(), (401, 401));
    place.run("user show grace").refused(1);
}

#[test]
fn a_user_without_a_login_owns_tokens() {
    let (place, _) = Place::initialised();
    let made = place.run("user create robot --no-login --role odin=viewer --json").json();
    assert_eq!((&made["password"], &made["user"]["login"]), (&Value::Null, &json!(false)));
    place.run("token create --service odin --name x --scope read:jobs --owner robot").ok();
    let told = place.run("user create robot").refused(1);
    assert!(told.contains("name"), "{told}");
    let told = place.run("user create x --role odin=king").refused(1);
    assert!(told.contains("roles.odin: a role of odin: viewer, operator, admin, superadmin"), "{told}");
}

#[test]
fn a_session_is_listed_and_ended() {
    let server = Server::at(Place::with("listen = \"127.0.0.1:0\"\n"));
    let (status, session) = sign_in(&server, "admin", server.secrets["admin"]["password"].as_str().unwrap());
    assert_eq!(status, 201);
    let jwt = session["token"].as_str().unwrap();
    let id = session["id"].as_str().unwrap();
    let listed = server.place.run("session list").ok();
    assert!(listed.contains(id) && listed.contains("127.0.0.1") && !listed.contains(jwt), "{listed}");
    server.place.symbolon(&["session", "end", id]).ok();
    assert_eq!(server.anonymous().bearer(jwt).get("/v1/self").status, 401);
    assert!(!server.place.run("session list").ok().contains(id));
}
