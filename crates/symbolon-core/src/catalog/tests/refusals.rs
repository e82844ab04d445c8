//! What is refused because of what it means. Each with its line.

use std::fmt::Write as _;

use super::{refused, route, text};

fn refused_in(top: &str, rest: &str, words: &str) {
    refused(&text(top, rest), &[words]);
}

#[test]
fn names_that_break_their_rule() {
    let head = |service: &str, prefix: &str| format!("service = {service}\ntoken_prefix = {prefix}\n");
    for service in ["\"T\" # <-", "\"\" # <-", "\"-t\" # <-", "\"t_t\" # <-"] {
        refused(&head(service, "\"tt\""), &["a service's name is"]);
    }
    refused(&head(&format!("\"{}\" # <-", "t".repeat(33)), "\"tt\""), &["a service's name is"]);
    for prefix in ["\"symkey\" # <-", "\"t\" # <-", "\"Tt\" # <-", "\"1t\" # <-", "\"t_t\" # <-", "\"\" # <-"]
    {
        refused(&head("\"t\"", prefix), &["a token prefix is"]);
    }
    refused_in("roles = [\"viewer\",\n\"Admin\", # <-\n]", "", "a role's name is");
    refused_in("", "\"X:read\" = \"Read\" # <-", "a scope is 1 to 64");
    refused_in("", "\"x read\" = \"Read\" # <-", "a scope is 1 to 64");
    refused_in("title = \" \" # <-", "", "title must be one line");
    refused_in("title = \"a\\nb\" # <-", "", "title must be one line");
    for name in ["\"\"", "\" \"", "\"a\\tb\"", &format!("\"{}\"", "p".repeat(65))] {
        refused_in("", &format!("[profiles]\n{name} = [\"x:read\"] # <-"), "a profile's name is");
    }
}

#[test]
fn roles_that_are_not_there_or_there_twice() {
    let roles = "roles = [\"viewer\", \"admin\"]\n";
    let unknown = "role \"king\" is not in roles (viewer, admin)";
    refused_in(&format!("{roles}token_managers = \"king\" # <-"), "", unknown);
    refused_in(&format!("{roles}token_admins = \"king\" # <-"), "", unknown);
    refused_in(roles, "\"y\" = { grants = \"Y\", min_role = \"king\" } # <-", unknown);
    refused_in(roles, &route("access = \"human\"\nrole = \"king\" # <-", "GET /"), unknown);
    refused_in("roles = [\n\"viewer\",\n\"viewer\", # <-\n]", "", "role \"viewer\" is listed twice");
    refused_in("", &route("access = \"human\"\nrole = \"viewer\" # <-", "GET /"), "not in roles (user)");
    let weaker = format!("{roles}token_managers = \"admin\"\ntoken_admins = \"viewer\" # <-");
    refused_in(&weaker, "", "token_admins must not be weaker");
}

#[test]
fn scopes_that_are_not_declared() {
    refused_in("", &route("scopes = [\"x:raed\"] # <-", "GET /"), "this route names scope \"x:raed\"");
    refused_in("", &route("scopes = [\n\"x:read\",\n\"x:write + x:raed\", # <-\n]", "GET /"), "\"x:raed\"");
    refused_in("", &route("scopes = [\"x:read +\"] # <-", "GET /"), "this route names scope \"\"");
    refused_in("", &route("scopes = [\"\"] # <-", "GET /"), "this route names scope \"\"");
    refused_in("", &route("scopes = [\"X:READ\"] # <-", "GET /"), "this route names scope \"X:READ\"");
    refused_in("", "[profiles]\np = [\"x:read\",\n\"y\"] # <-", "profile \"p\" names scope \"y\"");
    refused_in("", "[profiles]\np = [\"x:read + x:write\"] # <-", "profile \"p\" names scope");
    let implies = "\"y\" = { grants = \"Y\", implies = [\"z\"] } # <-";
    refused_in("", implies, "scope \"y\" names scope \"z\", which [scopes] does not declare");
    for rule in ["x:write -> x:raed", "x:wriet -> x:read", "*:write -> raed", "a->b->c"] {
        refused_in(&format!("implications = [\"{rule}\"] # <-"), "", "which [scopes] does not declare");
    }
    // Without a single scope the route would otherwise ask for the empty set, which every token holds.
    let bare = "service = \"t\"\ntoken_prefix = \"tt\"\n".to_owned();
    refused(&(bare + &route("scopes = [\"x:read\"] # <-", "GET /")), &["this route names scope \"x:read\""]);
}

#[test]
fn implications_that_are_none_or_go_in_a_circle() {
    for rule in ["x:write", "", "->", "x:write ->", "-> x:read", "*:*:w -> x:read", "x:write -> *:read"] {
        refused_in(&format!("implications = [\"{rule}\"] # <-"), "", "an implication is written");
    }
    let circle = |a: &str, b: &str| {
        format!(
            "\"a\" = {{ grants = \"A\", implies = [\"b\"] }} # <-\n\"b\" = {{ grants = \"B\", implies = [{a}] }}\n\"c\" = {{ grants = \"C\", implies = [{b}] }}"
        )
    };
    refused_in("", &circle("\"a\"", ""), "in a circle: a -> b -> a");
    refused_in("", &circle("\"c\"", "\"a\""), "in a circle: a -> b -> c -> a");
    refused_in("", "\"y\" = { grants = \"Y\", implies = [\"y\"] } # <-", "in a circle: y -> y");
    // By way of a rule: told at the scope where the circle begins.
    let scopes = "\"y:read\" = { grants = \"R\", implies = [\"y:write\"] } # <-\n\"y:write\" = \"W\"";
    refused_in("implications = [\"*:write -> *:read\"]", scopes, "circle: y:read -> y:write -> y:read");
}

#[test]
fn lists_that_are_empty() {
    refused_in("roles = [] # <-", "", "roles must name at least one role");
    refused_in("mounts = [] # <-", "", "mounts must name at least one path prefix");
    refused_in("", "[profiles]\np = [] # <-", "profile \"p\" must grant at least one scope");
    refused_in(
        "",
        "[[routes]] # <-\nscopes = []\npaths = [\"GET /\"]",
        "scopes must name at least one scope",
    );
    refused_in("", "[[routes]] # <-\naccess = \"human\"\npaths = []", "has no paths");
    refused_in("", "\"y\" = \"\" # <-", "scope \"y\" must say what it grants");
    refused_in("", "\"y\" = { grants = \" \" } # <-", "scope \"y\" must say what it grants");
}

#[test]
fn blocks_that_ask_for_nothing_or_for_two_things() {
    let either = "either scopes or access";
    refused_in("", "[[routes]] # <-\npaths = [\"GET /\"]", either);
    refused_in("", "[[routes]] # <-\nscopes = [\"x:read\"]\naccess = \"human\"\npaths = [\"GET /\"]", either);
    for access in ["open", "Human", "", "token"] {
        let asks = format!("access = \"{access}\" # <-");
        refused_in("", &route(&asks, "GET /"), "access is \"human\", \"public\" or \"system\", not");
    }
    refused_in("options = \"open\" # <-", "", "options is \"refuse\" or \"public\", not \"open\"");
    refused_in("", "[tokens]\nmax_live = 0 # <-", "max_live is at least 1");
    refused_in("", "[tokens]\nmax_loan = \"25h\" # <-", "max_loan is at most 1d");
    refused_in("", "[tokens]\nmax_loan = \"none\" # <-", "max_loan is at most 1d");
    refused_in("", "[tokens]\nmax_loan = \"never\" # <-", "a lifetime is");
    refused_in(
        "",
        "[tokens]\nnever_expires = false # <-",
        "there must be a default_lifetime or a max_lifetime",
    );
    refused_in("", "\"y\" = { grants = \"Y\", max_lifetime = \"1y\" } # <-", "a lifetime is a whole number");
    for key in ["service", "token", "max_token"] {
        refused_in(
            "",
            &format!("[limits]\n{key} = \"fast\" # <-"),
            "a rate is a number of requests and a time",
        );
    }
    let looser = "[limits]\nmax_token = \"10/1m\"\ntoken = \"11/1m\" # <-";
    refused_in("", looser, "lets more pass than max_token (10/1m)");
    let words = "parameters is \"typed\" or \"any\", not \"untyped\"";
    refused_in("parameters = \"untyped\" # <-", "", words);
}

#[test]
fn paths_that_are_malformed() {
    let line = "must be a method, one space and a path";
    let no_method = "is no method";
    for (path, words) in [
        ("/printers", line),
        ("GET printers", line),
        ("GET", line),
        ("", line),
        ("GET  /printers", line),
        ("GET\\t/printers", line),
        ("get /printers", no_method),
        ("Get /printers", no_method),
        ("FETCH /printers", no_method),
        ("GTE /printers", no_method),
        ("CONNECT /printers", no_method),
        ("TRACE /printers", no_method),
        (" /printers", no_method),
        ("* /printers", no_method),
        ("GET /a//b", "empty segment"),
        ("GET //a", "empty segment"),
        ("GET /a/../b", ". or .. segment"),
        ("GET /a/./b", ". or .. segment"),
        ("GET /a b", "must be percent-encoded"),
        ("GET /café", "must be percent-encoded"),
        ("GET /a;b", "holds #"),
        ("GET /a#b", "holds #"),
        ("GET /a?b=c", "not canonical"),
        ("GET /%61", "not canonical; write it like \"/a\""),
        ("GET /caf%c3%a9", "not canonical; write it like \"/caf%C3%A9\""),
        ("GET /a%2Fb", "an escaped /"),
        ("GET /a%", "not one"),
        ("GET /a%ff", "not UTF-8"),
        ("GET /v{id}", "neither a literal nor a whole {parameter}"),
        ("GET /{id}.json", "neither a literal nor a whole {parameter}"),
        ("GET /{a}-{b}", "needs a name"),
        ("GET /{id", "neither a literal"),
        ("GET /a*", "neither a literal"),
        ("GET /*", "neither a literal"),
        ("GET /{}", "needs a name"),
        ("GET /{*}", "needs a name"),
        ("GET /{a b}", "needs a name"),
        ("GET /{a:int}", "needs a name"),
        ("GET /{**rest}", "needs a name"),
        ("GET /{*rest}/a", "must stand last"),
        ("GET /{id}/{id}", "two parameters named \"id\""),
        ("GET /{id}/{*id}", "two parameters named \"id\""),
    ] {
        // One fault, however many mounts the path is served under.
        let block = format!("[[routes]]\naccess = \"human\"\npaths = [\n\"GET /fine\",\n\"{path}\", # <-\n]");
        refused_in("mounts = [\"\", \"/api\"]", &block, words);
    }
}

#[test]
fn mounts_that_are_malformed_or_there_twice() {
    let block = route("access = \"human\"", "GET /a");
    for mount in ["api", "/", "/api/", "/a//b", "/a/..", "/{x}", "/a/{*r}", "/a?b", "/%61", "/a b", "/a*"] {
        // The routes beneath it are not told of.
        refused_in(
            &format!("mounts = [\"/fine\",\n\"{mount}\"] # <-"),
            &block,
            "must be empty or a canonical",
        );
    }
    for (one, two) in [("", ""), ("/api", "/api"), ("/@me", "/%40me")] {
        refused_in(&format!("mounts = [\"{one}\",\n\"{two}\"] # <-"), &block, "is listed twice");
    }
}

#[test]
fn two_routes_that_claim_one_request() {
    for (mounts, first, second) in [
        ("\"\"", "GET /a", "GET /a"),
        ("\"\"", "GET /a/{id}", "GET /a/{name}"),
        ("\"\"", "GET /a/{id}/b/{x}", "GET /a/{name}/b/{id}"),
        ("\"\"", "GET /a/{*rest}", "GET /a/{*tail}"),
        ("\"\"", "GET /users/@me", "GET /users/%40me"),
        ("\"\", \"/api\"", "GET /api/a", "GET /a"),
        ("\"/api\", \"/api/v1\"", "GET /v1/a", "GET /a"),
        ("\"/api\", \"/api/v1\"", "GET /v1/{id}", "GET /{id}"),
    ] {
        let block = |path: &str| route("access = \"human\"", path);
        let rest =
            format!("{}[[routes]]\naccess = \"public\"\npaths = [\n\"{second}\", # <-\n]", block(first));
        refused_in(&format!("mounts = [{mounts}]"), &rest, "claims the same requests as the route at line 9");
    }
    // What looks alike and is not.
    let apart =
        ["GET /a", "POST /a", "GET /a/", "GET /A", "GET /{id}", "GET /{*rest}", "GET /a/{id}", "HEAD /a"];
    super::compile(&text("", &apart.map(|path| route("access = \"human\"", path)).concat()));
}

#[test]
fn lifetimes_that_are_none_or_too_long() {
    for lifetime in ["1y", "0d", "-1d", "30", "", "never", "36501d", "1.5d"] {
        refused_in(
            "",
            &format!("[tokens]\nmax_lifetime = \"{lifetime}\" # <-"),
            "a lifetime is a whole number",
        );
        let default = format!("[tokens]\ndefault_lifetime = \"{lifetime}\" # <-");
        refused_in("", &default, "a lifetime is a whole number");
    }
    let longer =
        |default: &str| format!("[tokens]\ndefault_lifetime = \"{default}\" # <-\nmax_lifetime = \"30d\"");
    refused_in("", &longer("31d"), "default_lifetime is longer than max_lifetime (30d)");
    refused_in("", &longer("none"), "default_lifetime is longer than max_lifetime (30d)");
}

#[test]
fn more_scopes_than_a_set_holds() {
    let many = |count: usize| {
        let mut scopes = String::new();
        for number in 2..count {
            let mark = if number == 256 { "# <-" } else { "" };
            writeln!(scopes, "\"s{number}\" = \"S\" {mark}").unwrap();
        }
        // The last one is asked for: that it does not fit is told once.
        scopes + &route(&format!("scopes = [\"s{}\"]", count - 1), "GET /")
    };
    assert_eq!(super::compile(&text("", &many(256))).scopes().len(), 256);
    refused_in("", &many(257), "256 scopes, no more");
}

#[test]
fn everything_wrong_is_told_at_once_in_the_order_of_the_file() {
    let text = r#"service = "T" # <-
token_prefix = "symkey" # <-
roles = ["viewer", "Admin"] # <-
token_managers = "king" # <-
implications = ["*:write"] # <-
mounts = ["", "api"] # <-
[profiles]
"z" = ["x:write", "x:raed"] # <-
"a" = [] # <-
[tokens]
max_lifetime = "1y" # <-
[scopes]
"x:write" = "Write"
"b" = { grants = "", min_role = "king" } # <- two in one line
"a" = { grants = "A", implies = ["c"] } # <-
[[routes]]
scopes = ["a", "q"] # <-
role = "queen" # <-
paths = ["GET /a", "get /b"] # <- in a list
[[routes]] # <-
paths = ["GET /a"] # <-
"#;
    let Err(error) = super::Catalog::compile(super::FILE, text) else { panic!("this compiles") };
    let lines: Vec<_> = error.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 8, 9, 11, 14, 14, 15, 17, 18, 19, 20, 21], "{error}");
    let on_14: Vec<_> = error.faults.iter().filter(|f| f.line == 14).map(|f| f.message.as_str()).collect();
    assert!(on_14[0].contains("must say") && on_14[1].contains("\"king\""), "{on_14:?}");
}
