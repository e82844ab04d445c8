//! What a catalog that compiles means: defaults, implications, warnings, roles and scopes.

use super::{compile, route, text};
use crate::catalog::{Access, Catalog, Fault, Limits, Matched};
use crate::lifetime::Lifetime;
use crate::name::ScopeName;
use crate::rate::Rate;

fn scopes(names: &[&str]) -> Vec<ScopeName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// The closure of `granted`, as text.
fn closure(catalog: &Catalog, granted: &[&str]) -> String {
    crate::code::scope_list(catalog.names(catalog.closure(&scopes(granted))))
}

/// Each warning as its line and message.
fn warnings(catalog: &Catalog) -> Vec<(usize, &str)> {
    catalog.warnings.iter().map(|Fault { line, message, .. }| (*line, message.as_str())).collect()
}

#[test]
fn what_is_left_out_has_the_documented_default() {
    let catalog = compile("service = \"t\"\ntoken_prefix = \"tt\"\n");
    assert_eq!(catalog.title, "t");
    assert_eq!(catalog.roles.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["user"]);
    assert_eq!(
        (catalog.policy.default_lifetime, catalog.policy.max_lifetime),
        (Lifetime::Never, Lifetime::Never)
    );
    assert_eq!(catalog.mounts, [""]);
    assert!(catalog.scopes().is_empty() && catalog.profiles.is_empty() && catalog.warnings.is_empty());
    assert!(matches!(catalog.find("GET", "/"), Matched::None));

    let catalog = compile(&text("roles = [\"a\", \"b\", \"c\"]", &route("access = \"human\"", "GET /a")));
    assert_eq!(catalog.token_managers, catalog.roles.weakest());
    assert_eq!(catalog.token_admins, catalog.roles.strongest());
    assert_eq!(catalog.routes[0].role, catalog.roles.weakest());
    assert!(matches!(catalog.find("OPTIONS", "/a"), Matched::OtherMethods(_)), "options refuse");
    // A token whose maker does not say gets the longest life that the maker could have asked for.
    let catalog = compile(&text("", "[tokens]\nmax_lifetime = \"30d\""));
    assert_eq!(catalog.policy.default_lifetime, "30d".parse().unwrap());
    let catalog = compile(&text("", "[tokens]\ndefault_lifetime = \"1h\""));
    assert_eq!(
        (catalog.policy.default_lifetime, catalog.policy.max_lifetime),
        (Lifetime::Seconds(3600), Lifetime::Never)
    );
}

#[test]
fn a_limit_that_is_left_out_is_the_other_one_or_none() {
    let limits = |lines: &str| compile(&text("", &format!("[limits]\n{lines}"))).limits;
    let rate = |text: &str| Some(text.parse::<Rate>().unwrap());
    assert_eq!(compile(&text("", "")).limits, Limits::default());
    let (slow, fast) = ("100/1m", "100/1s");
    for (lines, token, max_token) in [
        (format!("token = \"{slow}\""), slow, slow),
        (format!("max_token = \"{fast}\""), fast, fast),
        (format!("token = \"{slow}\"\nmax_token = \"{fast}\""), slow, fast),
    ] {
        let limits = limits(&lines);
        assert_eq!((limits.token, limits.max_token), (rate(token), rate(max_token)), "{lines}");
    }
    assert_eq!(limits("service = \"5/1s\""), Limits { service: rate("5/1s"), ..Limits::default() });
}

#[test]
fn a_tokens_own_limit_holds_as_far_as_the_catalog_allows() {
    let rate = |text: &str| Some(text.parse::<Rate>().unwrap());
    let limits = Limits { service: None, token: rate("100/1m"), max_token: rate("200/1m") };
    for (own, held) in [
        (None, "100/1m"),
        (rate("50/1m"), "50/1m"),
        (rate("150/1m"), "150/1m"),
        (rate("201/1m"), "200/1m"),
        // More at once than forty, though slower in time.
        (rate("150/1m burst 41"), "200/1m"),
        // Two at once, though more in time.
        (rate("10/1s"), "200/1m"),
    ] {
        assert_eq!(limits.of_token(own), rate(held), "{own:?}");
    }
    assert_eq!(Limits::default().of_token(None), None);
    assert_eq!(Limits::default().of_token(rate("9/1s")), rate("9/1s"), "where the catalog says nothing");
}

#[test]
fn a_star_stands_for_one_resource_that_has_both_scopes() {
    let more = "\"y:write\" = \"S\"\n\"a:b:write\" = \"S\"\n\"a:b:read\" = \"S\"";
    let catalog = compile(&text("implications = [\"*:write -> *:read\"]", more));
    assert_eq!(closure(&catalog, &["x:write"]), "x:read x:write");
    assert_eq!(closure(&catalog, &["x:read"]), "x:read");
    assert_eq!(closure(&catalog, &["y:write"]), "y:write", "y:read is not declared");
    assert_eq!(closure(&catalog, &["a:b:write"]), "a:b:write", "a star is one resource");
    assert_eq!(closure(&catalog, &["gone", "x:write"]), "x:read x:write", "an undeclared scope is inert");
    assert_eq!(closure(&catalog, &[]), "");
}

#[test]
fn implications_chain_and_may_be_written_in_three_ways() {
    let rest = "\"a\" = { grants = \"A\", implies = [\"x:write\"] }\n\"b\" = \"B\"";
    let catalog = compile(&text(
        "implications = [\"*:write -> *:read\", \"b->a\", \"*:read -> c\"]",
        &format!("{rest}\n\"c\" = \"C\""),
    ));
    assert_eq!(closure(&catalog, &["b"]), "x:read x:write a b c");
    let implies = |name: &str| catalog.scope(&name.parse().unwrap()).unwrap().implies.clone();
    assert_eq!(implies("b"), scopes(&["a"]), "what is said of a scope is what it implies directly");
    assert_eq!(implies("x:write"), scopes(&["x:read"]), "with the stars expanded");
}

#[test]
fn what_is_odd_is_told_and_does_not_stop_it() {
    let rest = "\"umbrella\" = { grants = \"U\", implies = [\"x:read\"] }\n".to_owned()
        + "\"alone\" = \"A\"\n"
        + &route("scopes = [\"x:read\"]", "GET /a");
    let catalog = compile(&text("implications = [\"*:draft -> *:read\"]", &rest));
    let told = warnings(&catalog);
    assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 6, 8], "{told:?}");
    assert!(told[0].1.contains("\"*:draft -> *:read\" matches no scope"));
    assert!(told[1].1.contains("no route asks for scope \"x:write\""));
    assert!(told[2].1.contains("no route asks for scope \"alone\""));
    assert!(catalog.warnings.iter().all(|fault| fault.file == super::FILE));
}

#[test]
fn what_asks_for_more_than_it_says_is_told_unless_parameters_take_anything() {
    let rest = [
        route("access = \"public\"", "GET /files/{id}"), // line 10
        route("access = \"public\"", "GET /files/new"),
        route("access = \"public\"", "GET /assets/{*rest}"),
        route("scopes = [\"x:write\"]", "GET /files/{id}/parts"), // line 19
        route("scopes = [\"x:read\"]", "GET /{*rest}"),
        route("scopes = [\"x:read\"]", "GET /{kind}/{id}/parts"),
        route("access = \"human\"", "GET /files/{id}/{part}"), // line 28
        route("access = \"human\"", "HEAD /files/{*rest}"),
    ];
    let written = |top: &str| text(&format!("implications = [\"x:write -> x:read\"] {top}"), &rest.concat());
    let catalog = compile(&written("\nparameters = \"typed\""));
    let lines = |catalog: &Catalog| warnings(catalog).iter().map(|(line, _)| *line).collect::<Vec<_>>();
    assert_eq!(lines(&catalog), [10, 19], "{:?}", warnings(&catalog));
    let told = warnings(&catalog)[1].1.to_owned();
    let rival = "\"GET /files/{id}/parts\" must be allowed \"GET /files/{id}/{part}\" of line 28";
    assert!(told.contains(rival), "{told}");
    assert_eq!(lines(&compile(&written("\nparameters = \"any\""))), [0; 0]);
}

#[test]
fn what_never_happens_is_not_told_and_what_does_is() {
    let warned = |routes: &[String]| {
        let top = "roles = [\"user\", \"chief\"]\nimplications = [\"x:write -> strong\"]";
        let rest = "\"strong\" = { grants = \"S\", min_role = \"chief\" }\n".to_owned() + &routes.concat();
        let catalog = compile(&text(top, &rest));
        warnings(&catalog).iter().filter(|(_, message)| message.contains("whoever calls")).count()
    };
    let read = |path: &str| route("scopes = [\"x:read\"]", path);
    let human = |path: &str| route("access = \"human\"", path);
    // Beyond the first tail no router goes on.
    assert_eq!(warned(&[read("GET /a/{id}"), read("GET /a/{*rest}"), human("GET /{*page}")]), 0);
    assert_eq!(warned(&[read("GET /a/{id}"), human("GET /{*page}")]), 1);
    // What includes a scope of a stronger role does not include it for who has not that role.
    let strong = |path: &str| route("scopes = [\"strong\"]", path);
    let write = |path: &str| route("scopes = [\"x:write\"]", path);
    assert_eq!(warned(&[write("GET /f/{id}"), strong("GET /f/{*rest}")]), 1);
    let chiefs = route("scopes = [\"x:write\"]\nrole = \"chief\"", "GET /f/{id}");
    assert_eq!(warned(&[chiefs, strong("GET /f/{*rest}")]), 0);
    // A slash at the end may be none.
    assert_eq!(warned(&[read("GET /a/{id}"), human("GET /{x}/b/")]), 1);
    assert_eq!(warned(&[read("GET /a/{id}"), human("GET /{x}/b/c")]), 0);
    assert_eq!(warned(&[read("GET /{x}/b/"), human("GET /{*page}")]), 1);
    assert_eq!(warned(&[read("GET /{x}/a%20b"), human("GET /{*page}")]), 1);
}

#[test]
fn alternatives_and_conjunctions() {
    let catalog = compile(&text(
        "",
        &route("scopes = [\"x:read\", \"x:write+x:read\", \" x:write + x:read \"]", "GET /a"),
    ));
    let Access::Scopes(sets) = &catalog.routes[0].access else { panic!("scopes") };
    assert_eq!(sets.len(), 3);
    assert_eq!(sets[1], sets[2]);
    let names: Vec<_> =
        catalog.alternatives(&catalog.routes[0]).iter().map(crate::code::scope_list).collect();
    assert_eq!(names, ["x:read", "x:read x:write", "x:read x:write"]);
    assert_eq!(catalog.routes[0].line, 9);
}

#[test]
fn a_scope_counts_from_its_weakest_role_on() {
    let rest = "\"a\" = { grants = \"A\", min_role = \"admin\", implies = [\"x:read\"] }";
    let catalog = compile(&text("roles = [\"viewer\", \"admin\"]", rest));
    let all = catalog.closure(&scopes(&["a", "x:write"]));
    let effective = |role: Option<&str>| {
        let role = role.and_then(|role| catalog.roles.get(role));
        crate::code::scope_list(catalog.names(catalog.effective(all, role)))
    };
    assert_eq!(effective(Some("admin")), "x:read x:write a");
    assert_eq!(effective(Some("viewer")), "x:read x:write", "what the resting scope implies stays");
    assert_eq!(effective(None), "", "no role, no scopes");
}

#[test]
fn a_generation_is_the_text() {
    let (one, two) = (text("", ""), text("title = \"T\"", ""));
    assert_eq!(compile(&one).generation(), compile(&one).generation());
    assert_ne!(compile(&one).generation(), compile(&two).generation());
}
