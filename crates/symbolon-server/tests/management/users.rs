//! Users and their roles.

use std::sync::Arc;

use serde_json::{Value, json};
use symbolon_core::record::User;
use symbolon_core::store::{Change, Mutation, Store};

use crate::between::{Between, Verdict};
use crate::world::{Call, PASSWORD, Setup, World};

#[tokio::test]
async fn a_user_is_made_shown_listed_and_removed() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = json!({ "name": "ann@example.org", "roles": { "odin": "operator" }, "password": PASSWORD });
    let made = world.post("/v1/users", &body).by(&admin.jwt).send().await.expect(201);
    let expected = json!({
        "id": made["id"],
        "name": "ann@example.org",
        "login": true,
        "password_temporary": false,
        "active": true,
        "platform_admin": false,
        "roles": { "odin": "operator" },
        "created_at": "2026-01-01T00:00:00Z",
    });
    assert_eq!(made, expected);
    let id = made["id"].as_str().unwrap();
    for name in [id, "ann@example.org", "ann%40example.org"] {
        let shown = world.get(&format!("/v1/users/{name}")).by(&admin.jwt).send().await.expect(200);
        assert_eq!(shown, expected);
    }
    let names = async || {
        let listed = world.get("/v1/users").by(&admin.jwt).send().await.expect(200);
        let items = listed["items"].as_array().unwrap();
        items.iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["admin", "ann@example.org", "system"]);
    world.delete(&format!("/v1/users/{id}")).by(&admin.jwt).send().await.expect(204);
    world.delete(&format!("/v1/users/{id}")).by(&admin.jwt).send().await.refused(404, "not_found");
    assert_eq!(names().await, ["admin", "system"]);
    for name in ["nobody", "usr_00000000000170008000000000000001", "No%20Name"] {
        world.get(&format!("/v1/users/{name}")).by(&admin.jwt).send().await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn the_roles_are_the_ones_that_the_services_have() {
    let world = World::new().await;
    let admin = world.admin().await;
    world.person("ann", &[]).await;
    for (roles, field) in [
        (json!({ "odin": "admin", "loki": "admin" }), "roles.loki"),
        (json!({ "odin": "user" }), "roles.odin"),
        (json!({ "odin": "" }), "roles.odin"),
        (json!({ "": "admin" }), "roles."),
        (json!({ "odin": 5 }), "roles.odin"),
    ] {
        for answer in [
            world.post("/v1/users", &json!({ "name": "new", "roles": roles })).by(&admin.jwt).send().await,
            world.patch("/v1/users/ann", &json!({ "roles": roles })).by(&admin.jwt).send().await,
        ] {
            answer.refused_at(422, "validation_failed", field);
        }
    }
    let none = json!({ "name": "new", "roles": { "odin": null } });
    let answer = world.post("/v1/users", &none).by(&admin.jwt).send().await;
    answer.refused_at(422, "validation_failed", "roles.odin");
    let twice = r#"{ "name": "new", "roles": { "odin": "viewer", "odin": "superadmin" } }"#;
    let answer = world.post("/v1/users", &Value::Null).body(twice).by(&admin.jwt).send().await;
    answer.refused_at(422, "validation_failed", "roles.odin");
}

#[tokio::test]
async fn a_password_is_12_to_1024_bytes() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (number, (password, status)) in [
        ("eleven byte".to_owned(), 422),
        ("twelve bytes".to_owned(), 201),
        ("x".repeat(1_024), 201),
        ("x".repeat(1_025), 422),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("user{number}");
        let body = json!({ "name": name, "password": password });
        let answer = world.post("/v1/users", &body).by(&admin.jwt).send().await;
        answer.expect(status);
        if status == 422 {
            answer.refused_at(422, "validation_failed", "password");
        } else {
            let body = json!({ "username": name, "password": password });
            world.post("/v1/sessions", &body).send().await.expect(201);
        }
    }
}

#[tokio::test]
async fn a_name_is_given_once() {
    let world = World::new().await;
    let admin = world.admin().await;
    for name in ["admin", "system"] {
        let answer = world.post("/v1/users", &json!({ "name": name })).by(&admin.jwt).send().await;
        answer.refused(409, "conflict");
    }
}

#[tokio::test]
async fn the_built_in_user_is_nobodys_to_change() {
    let world = World::new().await;
    let key = world.system_key().await;
    for name in ["system", "usr_00000000000000000000000000000000"] {
        let path = format!("/v1/users/{name}");
        assert_eq!(world.get(&path).by(&key).send().await.expect(200)["login"], false);
        let edit = world.patch(&path, &json!({ "password": PASSWORD })).by(&key).send().await;
        edit.refused(409, "conflict");
        world.delete(&path).by(&key).send().await.refused(409, "conflict");
    }
}

#[tokio::test]
async fn a_temporary_password_is_told_until_its_user_changes_it() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = json!({ "name": "ann", "password": PASSWORD, "password_temporary": true });
    let made = world.post("/v1/users", &body).by(&admin.jwt).send().await.expect(201);
    assert_eq!(made["password_temporary"], true);
    let signed_in = async |password: &str| {
        let body = json!({ "username": "ann", "password": password });
        let session = world.post("/v1/sessions", &body).send().await.expect(201);
        session["token"].as_str().unwrap().to_owned()
    };
    let own = async |jwt: &str| {
        world.get("/v1/self").by(jwt).send().await.expect(200)["password_temporary"].as_bool().unwrap()
    };
    let edit = async |edit: Value| {
        let edited = world.patch("/v1/users/ann", &edit).by(&admin.jwt).send().await.expect(200);
        edited["password_temporary"].as_bool().unwrap()
    };
    let jwt = signed_in(PASSWORD).await;
    assert!(own(&jwt).await);
    // It is a request: nothing is refused.
    world.get("/v1/sessions").by(&jwt).send().await.expect(200);
    let change = json!({ "current": PASSWORD, "new": "a password of my own" });
    world.post("/v1/self/password", &change).by(&jwt).send().await.expect(204);
    assert!(!own(&signed_in("a password of my own").await).await);

    assert!(edit(json!({ "password_temporary": true })).await);
    assert!(edit(json!({ "roles": { "odin": "viewer" } })).await, "what is left out is left alone");
    assert!(!edit(json!({ "password": "a new password" })).await, "unless the call says so");
    assert!(edit(json!({ "password": "another password", "password_temporary": true })).await);
    let path = format!("/v1/audit?subject={}&limit=1", made["id"].as_str().unwrap());
    let line = &world.get(&path).by(&admin.jwt).send().await.expect(200)["items"][0];
    assert_eq!(line["detail"]["after"], json!({ "password_temporary": true }));
    for (method, path, body) in [
        ("POST", "/v1/users", json!({ "name": "bob", "password_temporary": true })),
        ("PATCH", "/v1/users/none", json!({ "password_temporary": true })),
    ] {
        if method == "PATCH" {
            world.post("/v1/users", &json!({ "name": "none" })).by(&admin.jwt).send().await.expect(201);
        }
        let call = Call::new(&world, method, path).json(&body).by(&admin.jwt);
        call.send().await.refused_at(422, "validation_failed", "password_temporary");
    }
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_tells_the_audit() {
    let world = World::new().await;
    let admin = world.admin().await;
    let ann = world.person("ann", &[("odin", "viewer"), ("odysseus", "user")]).await;
    let edit =
        async |edit: Value| world.patch("/v1/users/ann", &edit).by(&admin.jwt).send().await.expect(200);
    assert_eq!(edit(json!({ "active": false })).await["active"], false);
    let promoted = edit(json!({ "platform_admin": true, "roles": { "odin": "admin" } })).await;
    assert_eq!((&promoted["active"], &promoted["platform_admin"]), (&json!(false), &json!(true)));
    assert_eq!(promoted["roles"], json!({ "odin": "admin", "odysseus": "user" }));
    edit(json!({})).await;
    edit(json!({ "active": false, "roles": { "odin": "admin" } })).await;
    edit(json!({ "roles": {} })).await;
    edit(json!({ "password": "a new password" })).await;
    let path = format!("/v1/audit?subject={}", ann.user.id);
    let lines = world.get(&path).by(&admin.jwt).send().await.expect(200);
    let details: Vec<_> =
        lines["items"].as_array().unwrap().iter().map(|line| line["detail"].clone()).collect();
    assert_eq!(
        details,
        [
            json!({ "name": "ann", "before": {}, "after": {}, "password_changed": true }),
            json!({
                "name": "ann",
                "before": { "platform_admin": false, "roles": { "odin": "viewer", "odysseus": "user" } },
                "after": { "platform_admin": true, "roles": { "odin": "admin", "odysseus": "user" } },
                "password_changed": false,
            }),
            json!({ "name": "ann", "before": { "active": true }, "after": { "active": false }, "password_changed": false }),
        ]
    );
}

#[tokio::test]
async fn a_role_is_set_or_taken_away_and_the_others_are_left_alone() {
    let world = World::new().await;
    let admin = world.admin().await;
    world.person("ann", &[("odin", "viewer")]).await;
    let edit = async |roles: Value| {
        let edit = json!({ "roles": roles });
        world.patch("/v1/users/ann", &edit).by(&admin.jwt).send().await.expect(200)["roles"].clone()
    };
    let both = json!({ "odin": "viewer", "odysseus": "user" });
    assert_eq!(edit(json!({ "odysseus": "user" })).await, both);
    assert_eq!(edit(json!({})).await, both);
    let (first, second) =
        tokio::join!(edit(json!({ "odin": "operator" })), edit(json!({ "odysseus": "admin" })));
    let landed = json!({ "odin": "operator", "odysseus": "admin" });
    assert!([first, second].contains(&landed));
    assert_eq!(edit(json!({ "odin": null })).await, json!({ "odysseus": "admin" }));
    assert_eq!(edit(json!({ "odin": null, "odysseus": null })).await, json!({}));
}

#[tokio::test]
async fn two_edits_at_once_both_land() {
    let world = World::new().await;
    let admin = world.admin().await;
    let ann = world.person("ann", &[]).await;
    let (active, roles) = (json!({ "active": false }), json!({ "roles": { "odin": "viewer" } }));
    let (first, second) = tokio::join!(
        world.patch("/v1/users/ann", &active).by(&admin.jwt).send(),
        world.patch("/v1/users/ann", &roles).by(&admin.jwt).send(),
    );
    first.expect(200);
    second.expect(200);
    let after = world.gate.user(ann.user.id).unwrap();
    assert_eq!((after.active, after.roles.len(), after.revision), (false, 1, 3));
}

#[tokio::test]
async fn an_edit_that_others_always_overtake_gives_up_and_says_so() {
    let overtake = |store: Arc<dyn Store>, mutation: &Mutation| {
        let edited = match &mutation.changes[..] {
            [Change::UserChanged(user), ..] => Some(user.id),
            _ => None,
        };
        async move {
            let Some(id) = edited else { return Verdict::Pass };
            let user = store.user(id).await.unwrap().unwrap();
            Verdict::After(vec![Change::UserChanged(User { revision: user.revision + 1, ..user })])
        }
    };
    let wrap = move |store| {
        Between::before_commits(store, move |store, mutation| Box::pin(overtake(store, mutation)))
    };
    let world = World::of(Setup { wrap: Box::new(wrap), ..Setup::default() }).await;
    let (key, ann) = (world.system_key().await, world.person("ann", &[]).await);
    let answer = world.patch("/v1/users/ann", &json!({ "active": false })).by(&key).send().await;
    answer.refused(409, "conflict");
    assert!(world.gate.user(ann.user.id).unwrap().active);
    // A change of one's own password rests on the password that was checked, and is not tried again.
    let body = json!({ "current": PASSWORD, "new": "a new password" });
    world.post("/v1/self/password", &body).by(&ann.jwt).send().await.refused(409, "conflict");
}
