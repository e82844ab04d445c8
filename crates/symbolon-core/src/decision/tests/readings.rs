//! What the application may take for another route is allowed only where that other route is allowed too.

use super::super::Reason;
use super::super::world::{World, request};
use crate::credential::Credentials;
use crate::explain::{Explanation, Rule, Step};
use crate::target::TargetFault;

/// Pages that anybody may see, whatever they are called, beside what is guarded.
const SITE: &str = r#"
service = "site"
title = "Site"
token_prefix = "site"
roles = ["user"]
options = "public"
parameters = "any"

[scopes]
"admin" = "Administer"
"files" = "Read files"
"me" = "Read oneself"
"users" = "Read users"

[[routes]]
access = "public"
paths = ["GET /files/welcome", "GET /{*page}"]
[[routes]]
scopes = ["admin"]
paths = ["GET /admin", "GET /Reports/{id}", "GET /feeds/", "GET /logs/{*rest}", "OPTIONS /admin"]
[[routes]]
scopes = ["files"]
paths = ["GET /files/{name}", "HEAD /files/{name}"]
[[routes]]
scopes = ["me"]
paths = ["GET /users/@me", "GET /users/me", "GET /users/caf%C3%A9"]
[[routes]]
scopes = ["users"]
paths = ["GET /users/{name}"]
[[routes]]
access = "human"
paths = ["GET /files/private", "GET /users/{*rest}"]
"#;

const REFUSED: Result<&str, Reason> = Err(Reason::Target(TargetFault::TwoReadings));

#[test]
fn a_public_catch_all_does_not_open_what_a_lenient_router_takes_it_for() {
    let mut world = World::new(SITE);
    let user = world.user(Some("user"));
    let admin = world.token(user, &["admin"]);
    for line in [
        "GET /ADMIN",
        "GET /Admin",
        "GET /admin/",
        "GET /aDMIN/",
        "GET /%41dmin",
        "GET /reports/7",
        "GET /REPORTS/7/",
        "GET /Reports/7/",
        "GET /feeds",
        "GET /logs/",
        "GET /Reports/",
        "HEAD /Admin",
        "OPTIONS /Admin",
    ] {
        assert_eq!(world.ask(line, None), REFUSED, "{line}");
        assert_eq!(world.ask(line, Some(&admin)), Ok("token"), "{line} is allowed whatever it is taken for");
    }
    let long = format!("GET /Reports/{}", "x".repeat(101));
    assert_eq!(
        world.ask(&long, Some(&admin)),
        Ok("token"),
        "what it is taken for instead is open to everybody"
    );
    for line in ["GET /Index.HTML", "GET /a/B/", "GET /adminx", "GET /admin/x", "GET /%6eews", "GET /feeds/7"]
    {
        assert_eq!(world.ask(line, None), Ok("anonymous"), "{line}");
    }
}

#[test]
fn a_segment_may_be_too_long_for_a_parameter() {
    let mut world = World::new(SITE);
    let user = world.user(Some("user"));
    let users = world.token(user, &["users"]);
    for (length, verdict) in [(100, Ok("token")), (101, REFUSED)] {
        let line = format!("GET /users/{}", "x".repeat(length));
        assert_eq!(world.ask(&line, Some(&users)), verdict, "{length}");
    }
}

/// Where no pattern has an upper-case letter or a slash at its end, most paths are looked up once; a long one is not.
#[test]
fn a_segment_may_be_too_long_for_a_parameter_of_even_patterns_too() {
    let routes = [
        "scopes = [\"x\"]\npaths = [\"GET /users/{name}\"]",
        "access = \"human\"\npaths = [\"GET /{*rest}\"]",
    ];
    let routes = routes.map(|route| format!("[[routes]]\n{route}\n")).concat();
    let top = "service = \"t\"\ntoken_prefix = \"tt\"\nroles = [\"admin\"]\nparameters = \"any\"";
    let mut world = World::new(&format!("{top}\n[scopes]\n\"x\" = \"X\"\n{routes}"));
    let user = world.user(Some("admin"));
    let token = world.token(user, &["x"]);
    for (length, verdict) in [(100, Ok("token")), (101, REFUSED)] {
        let line = format!("GET /users/{}", "x".repeat(length));
        assert_eq!(world.ask(&line, Some(&token)), verdict, "{length}");
    }
}

/// `%61dmin` is `/admin` to us, and to a router that compares before it decodes a page for anybody.
#[test]
fn a_stronger_route_is_no_harm_as_a_weaker_one() {
    let mut world = World::new(SITE);
    let user = world.user(Some("user"));
    let (admin, files) = (world.token(user, &["admin"]), world.token(user, &["files"]));
    assert_eq!(world.ask("GET /%61dmin", Some(&admin)), Ok("token"));
    assert_eq!(
        world.ask("GET /%61dmin", Some(&files)),
        Err(Reason::InsufficientScope),
        "its own rule comes first"
    );
    assert_eq!(world.ask("GET /%61dmin", None), Err(Reason::CredentialRequired));
    assert_eq!(
        world.ask("GET /files/WELCOME", Some(&files)),
        Ok("token"),
        "a name is not lost to a public page"
    );
}

/// Where no pattern has an upper-case letter or a slash at its end, most paths are read in no second way; these are.
#[test]
fn among_patterns_of_lower_case_each_odd_spelling_is_still_read_in_every_way() {
    let mut world = World::new(
        r#"
service = "site"
title = "Site"
token_prefix = "site"
roles = ["user"]
parameters = "any"

[scopes]
"admin" = "Administer"

[[routes]]
access = "public"
paths = ["GET /docs/{name}", "GET /{*page}"]
[[routes]]
scopes = ["admin"]
paths = ["GET /admin", "GET /docs/{*rest}"]
"#,
    );
    let user = world.user(Some("user"));
    let admin = world.token(user, &["admin"]);
    let long = format!("/docs/{}", "x".repeat(101));
    for path in ["/Admin", "/admIn", "/admin/", &long] {
        let line = format!("GET {path}");
        assert_eq!(world.ask(&line, None), REFUSED, "{line}");
        assert_eq!(world.ask(&line, Some(&admin)), Ok("token"), "{line}");
    }
    // What needs no escape has one spelling, and is that path.
    assert_eq!(world.ask("GET /%61dmin", None), Err(Reason::CredentialRequired));
    for path in ["/docs/x", "/adminx", "/news"] {
        assert_eq!(world.ask(&format!("GET {path}"), None), Ok("anonymous"), "{path}");
    }
}

#[test]
fn every_spelling_of_a_literal_needs_the_rights_of_the_parameter_beside_it() {
    let mut world = World::new(SITE);
    let user = world.user(Some("user"));
    let (me, users) = (world.token(user, &["me"]), world.token(user, &["users"]));
    let both = world.token(user, &["me", "users"]);
    for path in ["/users/%40me", "/users/@m%65", "/%75sers/%40me", "/users/caf%c3%a9", "/%75sers/caf%c3%a9"] {
        let line = format!("GET {path}");
        assert_eq!(world.ask(&line, Some(&me)), REFUSED, "{line}");
        assert_eq!(world.ask(&line, Some(&users)), Err(Reason::InsufficientScope), "{line}");
        assert_eq!(world.ask(&line, Some(&both)), Ok("token"), "{line}");
    }
    for path in ["/users/@me", "/users/me", "/users/caf%C3%A9"] {
        assert_eq!(world.ask(&format!("GET {path}"), Some(&me)), Ok("token"), "{path}");
    }
    for (path, verdict) in [("/users/Me", REFUSED), ("/users/ME", REFUSED), ("/users/Ada", Ok("token"))] {
        assert_eq!(world.ask(&format!("GET {path}"), Some(&users)), verdict, "{path}");
    }
}

#[test]
fn a_head_that_has_a_route_of_its_own_may_also_be_a_get() {
    let mut world = World::new(SITE);
    let user = world.user(Some("user"));
    let files = world.token(user, &["files"]);
    assert_eq!(world.ask("HEAD /files/x", Some(&files)), Ok("token"));
    assert_eq!(world.ask("HEAD /files/private", Some(&files)), REFUSED);
    assert_eq!(world.ask("GET /files/private", Some(&files)), Err(Reason::HumanOnly));
    assert_eq!(world.ask("GET /files/PRIVATE", Some(&files)), REFUSED);
}

/// What an application's parameter refuses, such as what is no number, its router may take for a more general pattern.
#[test]
fn a_parameter_may_refuse_a_segment_and_leave_the_path_to_another_route() {
    let text = |top: &str| {
        format!(
            r#"
service = "site"
token_prefix = "site"
roles = ["user", "chief"]
{top}
[scopes]
"all" = "All"
"parts" = "Parts"
[[routes]]
access = "public"
paths = ["GET /files/{{id}}", "GET /files/new", "GET /assets/{{*rest}}", "GET /{{lang}}/help", "HEAD /tops/{{id}}"]
[[routes]]
scopes = ["parts"]
paths = ["GET /things/{{id}}/parts", "GET /things/one/{{part}}", "PUT /{{id}}/parts"]
[[routes]]
scopes = ["all"]
paths = ["GET /files/{{*rest}}", "GET /things/{{id}}/{{what}}", "GET /{{*rest}}", "PUT /{{id}}/{{what}}"]
[[routes]]
scopes = ["all"]
role = "chief"
paths = ["GET /en/{{page}}", "GET /tops/{{id}}"]
"#
        )
    };
    let mut world = World::new(&text(""));
    let user = world.user(Some("chief"));
    let (parts, all) = (world.token(user, &["parts"]), world.token(user, &["parts", "all"]));
    let allowed = |world: &World, lines: &[&str], token: Option<&str>, verdict: Result<&str, Reason>| {
        for line in lines {
            assert_eq!(world.ask(line, token), verdict, "{line}");
        }
    };
    let open = ["GET /files/new", "GET /assets/x", "GET /assets/x/y"];
    let doubtful =
        ["GET /files/7", "GET /files/secret", "HEAD /files/secret", "GET /fr/help", "HEAD /tops/7"];
    allowed(&world, &open, None, Ok("anonymous"));
    allowed(&world, &doubtful, None, REFUSED);
    allowed(&world, &doubtful, Some(&all), Ok("token"));
    let narrow = ["GET /things/7/parts", "GET /things/one/x", "PUT /7/parts"];
    allowed(&world, &narrow, Some(&parts), REFUSED);
    allowed(&world, &narrow, Some(&all), Ok("token"));

    let mut world = World::new(&text("parameters = \"any\""));
    let user = world.user(Some("user"));
    let parts = world.token(user, &["parts"]);
    allowed(&world, &open, None, Ok("anonymous"));
    allowed(&world, &doubtful[..4], None, Ok("anonymous"));
    allowed(&world, &doubtful[4..], None, REFUSED);
    allowed(&world, &narrow, Some(&parts), Ok("token"));
}

#[test]
fn the_other_reading_is_told() {
    let world = World::new(SITE);
    let mut told = Explanation::default();
    let _ = world.judge().decide(&request("GET /Admin", Credentials::default()), &mut told);
    let Some(Step { rule: Rule::Route, passed: false, detail }) = told.0.last() else { panic!("{told:?}") };
    assert!(detail.contains("GET /admin at line 20"), "{detail}");
}
