//! The cookie for browsers: how it is set, and when it counts.

use serde_json::{Value, json};

use crate::world::{Answer, Call, PASSWORD, Setup, World};

async fn sign_in(world: &World) -> (String, String) {
    world.person("viewer", &[("odin", "viewer")]).await;
    let body = json!({ "username": "viewer", "password": PASSWORD });
    let answer = world.post("/v1/sessions", &body).header("host", "localhost:7070").send().await;
    let jwt = answer.expect(201)["token"].as_str().unwrap().to_owned();
    (jwt, answer.cookies()[0].to_owned())
}

#[tokio::test]
async fn no_script_and_no_other_site_gets_it() {
    for (https, name, secure) in
        [(false, "symbolon_session", ""), (true, "__Host-symbolon_session", "; Secure")]
    {
        let world = World::of(Setup { https, ..Setup::default() }).await;
        let (jwt, cookie) = sign_in(&world).await;
        let set = format!("{name}={jwt}; Path=/; Max-Age=86400; HttpOnly; SameSite=Strict{secure}");
        assert_eq!(cookie, set);
        let by_cookie = |cookie: String| world.get("/v1/self").header("cookie", cookie);
        by_cookie(format!("{name}={jwt}")).send().await.expect(200);
        by_cookie(format!("theme=dark; {name}={jwt}; x=y")).send().await.expect(200);
        // Under the other's name it is nobody's.
        let other = if https { "symbolon_session" } else { "__Host-symbolon_session" };
        by_cookie(format!("{other}={jwt}")).send().await.refused(401, "credential_required");
        // Twice: one of the two was put there by somebody else.
        by_cookie(format!("{name}={jwt}; {name}={jwt}")).send().await.refused(401, "credential_required");
        by_cookie(format!("{name}=forged")).send().await.refused(401, "invalid_token");

        let out = Call::new(&world, "DELETE", "/v1/sessions/current");
        let out = out.header("cookie", format!("{name}={jwt}")).header("sec-fetch-site", "same-origin");
        let answer = out.send().await;
        answer.expect(204);
        let cleared = format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{secure}");
        assert_eq!(answer.header("set-cookie"), cleared);
        by_cookie(format!("{name}={jwt}")).send().await.refused(401, "invalid_token");
    }
}

#[tokio::test]
async fn without_tls_cookies_are_set_on_the_machine_itself_alone() {
    let worlds = [World::new().await, World::of(Setup { https: true, ..Setup::default() }).await];
    for world in &worlds {
        world.person("viewer", &[]).await;
    }
    let body = json!({ "username": "viewer", "password": PASSWORD });
    let set = async |world: &World, hosts: &[&str]| {
        let mut call = world.post("/v1/sessions", &body);
        for host in hosts {
            call = call.header("host", host);
        }
        let answer = call.send().await;
        assert!(answer.expect(201)["token"].is_string());
        answer.cookies().len()
    };
    for host in
        ["127.0.0.1", "127.0.0.1:7070", "127.1.2.3:1", "[::1]", "[::1]:7070", "localhost", "LocalHost:80"]
    {
        assert_eq!(set(&worlds[0], &[host]).await, 2, "{host}");
    }
    for hosts in [
        &[][..],
        &["tokens.example"],
        &["127.0.0.1.example"],
        &["localhost.example:7070"],
        &["192.0.2.1"],
        &["[2001:db8::1]:7070"],
        &["0.0.0.0"],
        &["::1"],
        &["localhost@evil.example"],
        &["localhost", "localhost"],
        &[""],
    ] {
        assert_eq!(set(&worlds[0], hosts).await, 0, "{hosts:?}");
        assert_eq!(set(&worlds[1], hosts).await, 2, "{hosts:?}");
    }
}

#[tokio::test]
async fn what_changes_something_must_come_from_our_own_pages() {
    for (https, scheme) in [(false, "http"), (true, "https")] {
        let world = World::of(Setup { https, ..Setup::default() }).await;
        let (jwt, cookie) = sign_in(&world).await;
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let (own, other_scheme) = (format!("{scheme}://tokens.example"), "ftp://tokens.example");
        let create = async |headers: &[(&str, &str)]| -> Answer {
            let body = json!({ "name": "test", "scopes": ["read:jobs"] });
            let mut call = world.post("/v1/services/odin/tokens", &body);
            call = call.header("cookie", &cookie).header("host", "tokens.example");
            for (name, value) in headers {
                call = call.header(name, value);
            }
            call.send().await
        };
        let (site, origin) = ("sec-fetch-site", "origin");
        for headers in
            [&[(site, "same-origin")][..], &[(origin, &own)], &[(site, "same-origin"), (origin, &own)]]
        {
            create(headers).await.expect(201);
        }
        for headers in [
            &[][..],
            &[(site, "same-site")],
            &[(site, "cross-site")],
            &[(site, "none")],
            &[(origin, "null")],
            &[(origin, other_scheme)],
            &[(origin, "https://evil.example")],
            &[(origin, "https://tokens.example.evil.example")],
            // The browser's own word counts before a header that a page could have had a say in.
            &[(site, "cross-site"), (origin, &own)],
        ] {
            create(headers).await.refused(401, "credential_required");
        }
        // Reading needs no such word: the answer goes to no other site.
        let read = world.get("/v1/self").header("cookie", &cookie).header(site, "cross-site");
        read.send().await.expect(200);
        // A secret beside the cookie is what counts, wherever it comes from.
        create(&[("authorization", &format!("Bearer {jwt}"))]).await.expect(201);
        create(&[("authorization", "Bearer odin_x"), (site, "same-origin")])
            .await
            .refused(401, "invalid_token");
    }
}

#[tokio::test]
async fn a_form_of_another_site_cannot_sign_anybody_in() {
    let world = World::new().await;
    world.person("viewer", &[]).await;
    let body = json!({ "username": "viewer", "password": PASSWORD }).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let call = Call::new(&world, "POST", "/v1/sessions").header("content-type", kind).body(body.clone());
        let answer = call.send().await;
        assert_eq!(answer.refused(415, "unsupported_media_type")["errors"], Value::Null);
    }
}
