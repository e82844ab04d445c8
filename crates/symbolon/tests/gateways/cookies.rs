//! Which cookies arrive: the caller's without Symbolon's own, which signs whoever has it in to the API; and none beside a
//! token.

use crate::gateway::Kind;
use crate::stage::Stage;
use crate::wire::Message;

crate::every_gateway!(
    symbolons_own_cookies_never_arrive,
    beside_an_applications_own_login_they_do_not_either,
    beside_a_token_no_cookie_arrives,
    long_cookies_arrive_whole,
);

const PUBLIC: &str = "GET /api/version";

/// What arrived of a request with these cookies, each in a header of its own.
fn arrived(stage: &Stage, line: &str, cookies: &[&str]) -> Message {
    let cookies = cookies.iter().map(|value| ("Cookie", *value));
    let tricks = [
        ("X-Symbolon-Cookie", "evil=1"),
        ("X_Symbolon_Cookie", "evil=2"),
        ("Connection", "X-Symbolon-Cookie"),
    ];
    let mut seen = Vec::new();
    // A gateway that refuses names with underscores is asked without one.
    for headers in [&tricks[..], &tricks[..1]] {
        let headers: Vec<_> = cookies.clone().chain(headers.iter().copied()).collect();
        let answer = stage.ask(line, &headers);
        assert!(answer.status() < 500, "{:?} {line} {answer:?} {headers:?}", stage.kind);
        let all = stage.application.seen();
        assert_eq!(
            all.len(),
            usize::from(answer.status() == 200),
            "{:?} {line} {headers:?} {answer:?}",
            stage.kind
        );
        seen.extend(all);
    }
    for one in &seen {
        let text = format!("{one:?}");
        assert!(!text.contains("evil") && !text.contains("symbolon-cookie"), "{:?} {text}", stage.kind);
        assert_eq!(one.all("cookie"), seen[0].all("cookie"), "{:?}", stage.kind);
    }
    seen.pop().unwrap_or_else(|| panic!("{:?} {line}: nothing arrived", stage.kind))
}

/// The cookies in all their headers.
fn cookies(seen: &Message) -> Vec<&str> {
    seen.all("cookie").into_iter().flat_map(|value| value.split("; ")).collect()
}

fn expect(stage: &Stage, line: &str, session: &str, principal: &str) {
    let mixed = format!("app=1; symbolon_session={session}; other=2");
    let own = format!("symbolon_session={session}");
    let ours = format!("__Host-symbolon_session={session}; symbolon_form=f; symbolon_device=d");
    for (sent, expected) in [
        (&[mixed.as_str()][..], &["app=1", "other=2"][..]),
        (&["app=1", &own, "other=2"], &["app=1", "other=2"]),
        (&[&own], &[]),
        (&[&ours], &[]),
        (&[], &[]),
        // What a gateway or a framework may write something else for is written as it came.
        (
            &["app={http.request.method}$host%[src]; b=\"\\\""],
            &["app={http.request.method}$host%[src]", "b=\"\\\""],
        ),
    ] {
        let seen = arrived(stage, line, sent);
        let about = || format!("{:?} {line} {sent:?} {seen:?}", stage.kind);
        // Envoy shows several headers as one with commas in it, in which ours cannot be told apart.
        let unclear = stage.kind == Kind::EnvoyHttp && sent.len() > 1;
        let expected = if unclear { &[][..] } else { expected };
        assert_eq!(cookies(&seen), expected, "{}", about());
        assert!(!format!("{seen:?}").contains(session), "{}", about());
        let signed_in = sent.concat().matches(&own).count() == 1 && !sent.concat().contains("__Host-");
        let known = if signed_in && !unclear { principal } else { "anonymous" };
        let told = seen.header("x-symbolon-principal");
        // The proxy says nothing of whom the application's own login knows.
        let others = if stage.kind == Kind::Proxy { None } else { Some("none") };
        assert!(told == Some(known) || told == others, "{}", about());
    }
}

fn symbolons_own_cookies_never_arrive(kind: Kind) {
    let stage = Stage::new(kind);
    expect(&stage, PUBLIC, "not-a-session", "anonymous");
    expect(&stage, PUBLIC, &stage.session(), "anonymous");
    let counts = Stage::set(kind, "session_cookie = true");
    let session = counts.session();
    expect(&counts, PUBLIC, &session, "session");
    let seen = arrived(&counts, "GET /api/printers", &[&format!("app=1; symbolon_session={session}")]);
    assert_eq!(
        (cookies(&seen), seen.header("x-symbolon-principal")),
        (vec!["app=1"], Some("session")),
        "{kind:?}"
    );
}

fn beside_an_applications_own_login_they_do_not_either(kind: Kind) {
    let passing = Stage::with(kind, "passthrough");
    expect(&passing, "GET /login", &passing.session(), "none");
    let watched = Stage::set(kind, "enforce = false");
    expect(&watched, "GET /login", &watched.session(), "none");
}

fn beside_a_token_no_cookie_arrives(kind: Kind) {
    let stage = Stage::new(kind);
    let (_, secret) = stage.token(&["read:printers"]);
    let session = stage.session();
    for (secret, principal) in
        [(secret.as_str(), "token"), (stage.server.system_key(), "system"), (&session, "session")]
    {
        for cookie in ["app=1", "app=1; symbolon_session=not-a-session"] {
            let headers = [("Cookie", cookie), ("X-Symbolon-Cookie", "evil=1")];
            let answer = stage.ask_as(secret, "GET /api/printers", &headers);
            assert_eq!(answer.status(), 200, "{kind:?} {principal} {answer:?}");
            let seen = stage.application.seen();
            let [seen] = &seen[..] else { panic!("{kind:?} {seen:?}") };
            assert_eq!(seen.header("x-symbolon-principal"), Some(principal), "{kind:?}");
            assert_eq!(seen.header("cookie"), None, "{kind:?} {seen:?}");
            assert!(!format!("{seen:?}").contains("evil"), "{kind:?} {seen:?}");
        }
    }
}

/// The longest that every gateway takes in one header, and as many as nginx takes in several.
fn long_cookies_arrive_whole(kind: Kind) {
    let stage = Stage::new(kind);
    let long = |name: &str| format!("{name}={}", "x".repeat(7900));
    let (a, b, c) = (long("a"), long("b"), long("c"));
    let seen = arrived(&stage, PUBLIC, &[&format!("symbolon_session=not-a-session; {a}")]);
    assert_eq!(cookies(&seen), [a.as_str()], "{kind:?}");
    // HAProxy and Caddy have 16 kB for a request's head, and Envoy shows several headers as one with commas in it.
    if !matches!(kind, Kind::Haproxy | Kind::Caddy | Kind::EnvoyHttp) {
        let seen = arrived(&stage, PUBLIC, &[&a, &b, "symbolon_session=not-a-session", &c]);
        assert_eq!(cookies(&seen), [a, b, c], "{kind:?}");
    }
}
