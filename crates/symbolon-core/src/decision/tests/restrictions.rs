//! Rule 8: a token's restrictions hold in everything that the application may take a request for.

use super::super::world::{World, request, restricted};
use super::super::{Decision, Reason};
use crate::credential::Credentials;
use crate::explain::{Explanation, Rule};
use crate::restriction::Restrictions;

/// A farm of printers, with what routers disagree about.
const FARM: &str = r#"
service = "farm"
token_prefix = "farm"
roles = ["user"]
mounts = ["/api", "/api/v1"]
options = "public"
parameters = "any"

[scopes]
"all" = "All"

[[routes]]
scopes = ["all"]
paths = [
    "GET /printers",
    "GET /printers/tags",
    "GET /printers/{printer_id}",
    "POST /printers/{printer_id}/pause",
    "GET /printers/{printer_id}/nozzles/{nozzle}",
    "GET /jobs/{job_id}",
    "GET /files/{*rest}",
    "GET /Reports/{printer_id}",
    "GET /reports/{report}",
    "GET /feeds/",
    "GET /{kind}/{number}",
    "HEAD /jobs/{job_id}",
]
[[routes]]
access = "public"
paths = ["GET /health", "GET /faces/{printer_id}"]
"#;

/// A farm, and a token that is restricted to this.
fn farm(restrictions: &str) -> (World, String) {
    let mut world = World::new(FARM);
    let user = world.user(Some("user"));
    let token = world.token(user, &["all"]);
    world.edit_token(&token, |token| token.restrictions = restricted(restrictions));
    (world, token)
}

/// Asks for each of these lines, from 192.0.2.1.
fn refused<'a>(restrictions: &str, lines: &[&'a str]) -> Vec<&'a str> {
    let (world, token) = farm(restrictions);
    let credentials = Credentials::of_secret(token.as_bytes());
    let is_refused = |line: &&str| {
        let asked = super::super::Request {
            client_ip: Some("192.0.2.1".parse().unwrap()),
            ..request(line, credentials)
        };
        match world.verdict(&asked) {
            Some(Ok("token")) => false,
            Some(Err(Reason::Restricted)) => true,
            verdict => panic!("{line}: {verdict:?}"),
        }
    };
    lines.iter().copied().filter(is_refused).collect()
}

#[test]
fn a_token_can_be_for_one_printer() {
    let only = r#"{ "parameters": { "printer_id": ["1", "2"] } }"#;
    let within = [
        "GET /api/printers/1",
        "GET /api/v1/printers/2",
        "HEAD /api/printers/1",
        "POST /api/printers/2/pause",
        "GET /api/printers/1/nozzles/7",
        // The same value, spelled otherwise: it arrives, or is decoded, as 1.
        "GET /api/printers/%31",
    ];
    assert_eq!(refused(only, &within), [""; 0]);
    let outside = [
        "GET /api/printers/3",
        "GET /api/printers/01",
        "GET /api/printers/1.0",
        "GET /api/printers/1%20",
        "GET /api/printers/+1",
        "GET /api/printers/%EF%BC%91",
        "POST /api/printers/3/pause",
        // The parameter is not there, so nobody can say that it is 1.
        "GET /api/printers",
        "GET /api/printers/tags",
        "GET /api/jobs/1",
        "GET /api/files/1",
    ];
    assert_eq!(refused(only, &outside), outside);
}

/// To a router that makes nothing of letter case `/REPORTS/1` is `/Reports/{printer_id}`, or `/reports/{report}`; to one
/// that compares before it decodes `/printers/tag%73` is the printer `tags`.
#[test]
fn a_restriction_holds_whatever_the_router_takes_the_path_for() {
    for (only, line) in [
        (r#"{ "parameters": { "printer_id": ["1"] } }"#, "GET /api/REPORTS/1"),
        (r#"{ "parameters": { "report": ["1"] } }"#, "GET /api/REPORTS/1"),
        (r#"{ "parameters": { "number": ["1"] } }"#, "GET /api/REPORTS/1"),
        (r#"{ "parameters": { "kind": ["REPORTS"] } }"#, "GET /api/REPORTS/1"),
        (r#"{ "paths": ["/reports"] }"#, "GET /api/REPORTS/1"),
        (r#"{ "paths": ["/REPORTS"] }"#, "GET /api/REPORTS/1"),
        (r#"{ "parameters": { "printer_id": ["tags"] } }"#, "GET /api/printers/tag%73"),
        (r#"{ "parameters": { "printer_id": ["1"] } }"#, "GET /api/printers/tag%73"),
    ] {
        assert_eq!(refused(only, &[line]), [line], "{only}");
    }
    // Where every reading is within, none is in the way.
    assert_eq!(
        refused(r#"{ "paths": ["/REPORTS", "/Reports", "/reports"] }"#, &["GET /api/REPORTS/1"]),
        [""; 0]
    );
    assert_eq!(refused(r#"{ "parameters": { "number": ["1"] } }"#, &["GET /api/else/1"]), [""; 0]);
}

#[test]
fn a_path_covers_what_lies_under_it() {
    let only = r#"{ "paths": ["/printers/1", "/files/a%20b"] }"#;
    let within = [
        "GET /api/printers/1",
        "GET /api/v1/printers/1/nozzles/2",
        "POST /api/printers/1/pause",
        "GET /api/files/a%20b",
        "GET /api/files/a%20b/c",
    ];
    assert_eq!(refused(only, &within), [""; 0]);
    let outside = [
        "GET /api/printers",
        "GET /api/printers/10",
        "GET /api/printers/01",
        "GET /api/files/a",
        "GET /api/files/a%20bc",
        "GET /api/files/A%20b",
    ];
    assert_eq!(refused(only, &outside), outside);
    assert_eq!(refused(r#"{ "paths": ["/feeds"] }"#, &["GET /api/feeds/"]), [""; 0]);
}

/// A tail is one value, with its slashes.
#[test]
fn a_tail_is_all_its_segments() {
    let only = r#"{ "parameters": { "rest": ["a b/c"] } }"#;
    let lines = [
        "GET /api/files/a%20b/c",
        "GET /api/files/a%20b",
        "GET /api/files/a%20b/c/",
        "GET /api/files/a%20b/c/d",
    ];
    assert_eq!(refused(only, &lines), &lines[1..]);
}

#[test]
fn head_follows_get_and_no_other() {
    let lines = ["GET /api/jobs/1", "HEAD /api/jobs/1", "HEAD /api/printers/1", "POST /api/printers/1/pause"];
    assert_eq!(refused(r#"{ "methods": ["GET"] }"#, &lines), &lines[3..]);
    assert_eq!(refused(r#"{ "methods": ["POST"] }"#, &lines), &lines[..3]);
    assert_eq!(refused(r#"{ "methods": ["HEAD"] }"#, &lines), [lines[0], lines[3]]);
}

#[test]
fn every_kind_must_hold_and_of_a_kind_one_entry() {
    let only = r#"{
        "networks": ["10.0.0.0/8", "192.0.2.1"], "methods": ["GET", "POST"], "paths": ["/printers", "/files"],
        "parameters": { "printer_id": ["1"], "nozzle": ["7", "8"] }
    }"#;
    let lines = [
        "GET /api/printers/1/nozzles/7",
        "GET /api/printers/1/nozzles/9",
        "GET /api/printers/2/nozzles/7",
        "GET /api/printers/1",
        "GET /api/files/1",
    ];
    assert_eq!(refused(only, &lines), &lines[1..]);
    assert_eq!(refused(&only.replace("192.0.2.1", "192.0.2.2"), &lines), lines);
}

/// An address in IPv6 dress is the IPv4 address, and one that nobody said is none.
#[test]
fn an_address_that_is_not_known_is_in_no_network() {
    let (world, token) = farm(r#"{ "networks": ["192.0.2.0/24", "2001:db8::/32"] }"#);
    let credentials = Credentials::of_secret(token.as_bytes());
    for (address, verdict) in [
        (Some("192.0.2.7"), Ok("token")),
        (Some("::ffff:192.0.2.7"), Ok("token")),
        (Some("2001:db8::1"), Ok("token")),
        (Some("::192.0.2.7"), Err(Reason::Restricted)),
        (Some("192.0.3.7"), Err(Reason::Restricted)),
        (None, Err(Reason::Restricted)),
    ] {
        let client_ip = address.map(|address| address.parse().unwrap());
        let asked = super::super::Request { client_ip, ..request("GET /api/printers/1", credentials) };
        assert_eq!(world.verdict(&asked), Some(verdict), "{address:?}");
    }
}

/// As one whose secret is bad: what everybody may do needs no token, and what the application is told is nobody's name.
#[test]
fn on_a_public_route_a_token_that_is_restricted_to_others_counts_as_none() {
    let (world, token) = farm(r#"{ "parameters": { "printer_id": ["1"] } }"#);
    for (line, who) in [
        ("GET /api/health", "anonymous"),
        ("GET /api/faces/2", "anonymous"),
        ("GET /api/faces/1", "token"),
        // A preflight is of no route.
        ("OPTIONS /api/printers/1", "anonymous"),
    ] {
        assert_eq!(world.ask(line, Some(&token)), Ok(who), "{line}");
    }
}

#[test]
fn a_question_about_scopes_alone_is_refused_where_more_than_the_network_is_restricted() {
    let scopes = ["all".parse().unwrap()];
    for (only, client, held) in [
        (r#"{ "networks": ["192.0.2.0/24"] }"#, Some("192.0.2.1"), true),
        (r#"{ "networks": ["192.0.2.0/24"] }"#, Some("192.0.3.1"), false),
        (r#"{ "networks": ["192.0.2.0/24"] }"#, None, false),
        (r#"{ "methods": ["GET"] }"#, Some("192.0.2.1"), false),
        (r#"{ "paths": ["/printers"] }"#, Some("192.0.2.1"), false),
        (r#"{ "parameters": { "printer_id": ["1"] } }"#, Some("192.0.2.1"), false),
    ] {
        let (world, token) = farm(only);
        let client = client.map(|client| client.parse().unwrap());
        let credentials = Credentials::of_secret(token.as_bytes());
        match world.judge().decide_scopes(credentials, &scopes, client) {
            Decision::Allow(_) => assert!(held, "{only}"),
            Decision::Deny(denial) => {
                assert!(!held, "{only}");
                assert_eq!(denial.reason, Reason::Restricted);
            }
            Decision::Unavailable => panic!("known"),
        }
    }
}

#[test]
fn the_trace_says_which_restriction_refused_and_the_refusal_does_not() {
    for (only, told) in [
        (r#"{ "networks": ["10.0.0.0/8"] }"#, "the caller's address is not known"),
        (r#"{ "methods": ["POST"] }"#, "the method is none of the token's"),
        (r#"{ "paths": ["/jobs"] }"#, "is under none of the token's"),
        (r#"{ "parameters": { "job_id": ["1"] } }"#, "the parameter job_id, which the route"),
        (r#"{ "parameters": { "printer_id": ["1"] } }"#, "the parameter printer_id has none"),
    ] {
        let (world, token) = farm(only);
        let asked = request("GET /api/printers/secret", Credentials::of_secret(token.as_bytes()));
        let mut steps = Explanation::default();
        let Decision::Deny(denial) = world.judge().decide(&asked, &mut steps) else { panic!("{only}") };
        let last = steps.0.last().unwrap();
        assert_eq!((last.rule, last.passed), (Rule::Restrictions, false));
        assert!(last.detail.contains(told), "{}", last.detail);
        assert!(!last.detail.contains("secret"), "what was sent is not remembered: {}", last.detail);
        assert_eq!(denial.reason.public_detail(), "the token is restricted to other requests than this");
    }
}

#[test]
fn a_token_without_restrictions_hears_nothing_of_them() {
    let (world, token) = farm("{}");
    let asked = request("GET /api/printers/1", Credentials::of_secret(token.as_bytes()));
    let mut steps = Explanation::default();
    assert!(matches!(world.judge().decide(&asked, &mut steps), Decision::Allow(_)));
    assert!(steps.0.iter().all(|step| step.rule != Rule::Restrictions));
    assert_eq!(restricted("{}"), Restrictions::default());
}

/// Since the token was made the catalog has dropped the parameter and the path.
#[test]
fn what_the_catalog_has_dropped_refuses() {
    let lines = ["GET /api/printers/1", "GET /api/printers"];
    for only in [
        r#"{ "parameters": { "machine": ["1"] } }"#,
        r#"{ "paths": ["/machines"] }"#,
        r#"{ "methods": ["LINK"] }"#,
    ] {
        assert_eq!(refused(only, &lines), lines, "{only}");
    }
}
