//! Guessing passwords: stopped by source and by name, and never at the cost of whoever knows theirs.

use serde_json::{Value, json};
use symbolon_core::record::{PasswordHash, User};
use symbolon_core::store::Change;

use crate::world::{Answer, PASSWORD, Setup, World};

/// Signs in from an address, with the cookies of a browser.
async fn sign_in(world: &World, from: &str, username: &str, password: &str, cookie: &str) -> Answer {
    let body = json!({ "username": username, "password": password });
    let call = world.post("/v1/sessions", &body).from(from.parse().unwrap()).header("host", "localhost");
    call.header("cookie", cookie).send().await
}

async fn guess(world: &World, from: &str, username: &str) -> Answer {
    sign_in(world, from, username, "a guess", "theme=dark").await
}

fn limited(answer: &Answer, seconds: &str) -> Value {
    let mut problem = answer.refused(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), seconds);
    problem.as_object_mut().unwrap().remove("request_id");
    problem
}

/// The device's cookie of a sign-in, as a browser sends it.
fn device(answer: &Answer, https: bool) -> String {
    let name = if https { "__Host-symbolon_device=" } else { "symbolon_device=" };
    let cookies = answer.cookies();
    let cookie = cookies.iter().find(|cookie| cookie.starts_with(name)).unwrap();
    let (pair, rest) = cookie.split_once(';').unwrap();
    let secure = if https { "; Secure" } else { "" };
    assert_eq!(rest, format!(" Path=/; Max-Age=15552000; HttpOnly; SameSite=Strict{secure}"));
    pair.to_owned()
}

#[tokio::test]
async fn guessing_from_one_source_is_stopped_and_another_is_let_in() {
    let world = World::new().await;
    world.person("ann", &[]).await;
    for number in 0..10 {
        guess(&world, "192.0.2.1", &format!("user{number}")).await.refused(401, "invalid_login");
    }
    limited(&guess(&world, "192.0.2.1", "ann").await, "300");
    // Also with the right password, and under another name that is the same source.
    limited(&sign_in(&world, "192.0.2.1", "ann", PASSWORD, "").await, "300");
    limited(&sign_in(&world, "::ffff:192.0.2.1", "ann", PASSWORD, "").await, "300");
    sign_in(&world, "192.0.2.2", "ann", PASSWORD, "").await.expect(201);
    world.clock.advance(299);
    limited(&guess(&world, "192.0.2.1", "ann").await, "1");
    world.clock.advance(1);
    sign_in(&world, "192.0.2.1", "ann", PASSWORD, "").await.expect(201);
    guess(&world, "192.0.2.1", "ann").await.refused(401, "invalid_login");
    limited(&guess(&world, "192.0.2.1", "ann").await, "300");
}

#[tokio::test]
async fn a_name_is_guarded_wherever_guesses_come_from_whether_or_not_there_is_such_a_user() {
    let world = World::new().await;
    world.person("ann", &[]).await;
    let mut told = Vec::new();
    for (network, name) in ["ann", "nobody", "No Name At All", "system"].into_iter().enumerate() {
        for number in 0..30 {
            guess(&world, &format!("2001:db8:{network}:{number}::1"), name)
                .await
                .refused(401, "invalid_login");
        }
        told.push(limited(&guess(&world, "198.51.100.1", name).await, "60"));
    }
    assert!(told.iter().all(|problem| *problem == told[0]), "{told:#?}");
    // From this machine there may be a proxy that hides everybody: the name alone counts.
    limited(&sign_in(&world, "127.0.0.1", "ann", PASSWORD, "").await, "60");
    for number in 0..20 {
        guess(&world, "127.0.0.1", &format!("user{number}")).await.refused(401, "invalid_login");
    }
}

#[tokio::test]
async fn who_signed_in_there_before_is_not_locked_out_by_those_who_guess() {
    for https in [false, true] {
        let world = World::of(Setup { https, ..Setup::default() }).await;
        let ann = world.person("ann", &[]).await;
        world.person("bob", &[]).await;
        let own = device(&sign_in(&world, "192.0.2.9", "ann", PASSWORD, "").await, https);
        for number in 0..30 {
            guess(&world, &format!("2001:db8:0:{number}::1"), "ann").await.refused(401, "invalid_login");
        }
        limited(&sign_in(&world, "192.0.2.9", "ann", PASSWORD, "").await, "60");
        sign_in(&world, "192.0.2.9", "ann", PASSWORD, &format!("a=b; {own}")).await.expect(201);
        // It signs nobody in, and is counted by itself.
        world.get("/v1/self").header("cookie", &own).send().await.refused(401, "credential_required");
        for _ in 0..10 {
            sign_in(&world, "192.0.2.9", "ann", "a guess", &own).await.refused(401, "invalid_login");
        }
        limited(&sign_in(&world, "192.0.2.9", "ann", PASSWORD, &own).await, "30");
        guess(&world, "192.0.2.9", "bob").await.refused(401, "invalid_login");
        world.clock.advance(30);
        sign_in(&world, "192.0.2.9", "ann", PASSWORD, &own).await.expect(201);

        // Of another user, changed, or under the other name, it says nothing.
        let bobs = device(&sign_in(&world, "192.0.2.8", "bob", PASSWORD, "").await, https);
        let other = if https { own.replace("__Host-", "") } else { format!("__Host-{own}") };
        world.clock.advance(29);
        for cookie in [&bobs, &format!("{own}A"), &other, &format!("{own}; {own}")] {
            limited(&sign_in(&world, "192.0.2.9", "ann", PASSWORD, cookie).await, "1");
        }
        // Nor with a password of before.
        let password = Some(PasswordHash::from_phc("$argon2id$another".to_owned()));
        world.commit(vec![Change::UserChanged(User { password, revision: 2, ..ann.user })]).await;
        limited(&sign_in(&world, "192.0.2.9", "ann", PASSWORD, &own).await, "1");
    }
}

#[tokio::test]
async fn guesses_that_are_made_at_once_are_no_way_around() {
    let world = World::new().await;
    world.person("ann", &[]).await;
    let body = json!({ "username": "ann", "password": "a guess" });
    let guess = || world.post("/v1/sessions", &body).from("192.0.2.1".parse().unwrap()).send();
    let guesses: Vec<_> = (0..20).map(|_| tokio::spawn(guess())).collect();
    let mut statuses = Vec::new();
    for guess in guesses {
        statuses.push(guess.await.unwrap().status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [[401; 10], [429; 10]].concat());
}

#[tokio::test]
async fn whoever_signs_in_beside_many_others_waits_for_a_moment_and_not_for_failures() {
    let world = World::new().await;
    world.person("ann", &[]).await;
    let body = json!({ "username": "ann", "password": PASSWORD });
    let call = || world.post("/v1/sessions", &body).from("192.0.2.1".parse().unwrap()).send();
    let calls: Vec<_> = (0..20).map(|_| tokio::spawn(call())).collect();
    for call in calls {
        let answer = call.await.unwrap();
        if answer.status != 201 {
            limited(&answer, "1");
        }
    }
    call().await.expect(201);
}

#[tokio::test]
async fn what_succeeds_consumes_nothing() {
    let world = World::new().await;
    world.person("ann", &[]).await;
    for _ in 0..9 {
        guess(&world, "192.0.2.1", "ann").await.refused(401, "invalid_login");
    }
    for _ in 0..12 {
        sign_in(&world, "192.0.2.1", "ann", PASSWORD, "").await.expect(201);
    }
    guess(&world, "192.0.2.1", "ann").await.refused(401, "invalid_login");
    limited(&guess(&world, "192.0.2.1", "ann").await, "300");
}

#[tokio::test]
async fn a_device_is_known_for_180_days() {
    let world = World::new().await;
    world.person("ann", &[]).await;
    let own = device(&sign_in(&world, "192.0.2.9", "ann", PASSWORD, "").await, false);
    for (later, known) in [(180 * 86_400 - 1, true), (1, false)] {
        world.clock.advance(later);
        for number in 0..30 {
            guess(&world, &format!("2001:db8:0:{number}::1"), "ann").await;
        }
        let answer = sign_in(&world, "192.0.2.9", "ann", PASSWORD, &own).await;
        assert_eq!(answer.status, if known { 201 } else { 429 });
    }
}
