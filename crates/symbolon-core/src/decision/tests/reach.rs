//! What is listed as reached is what the rule would let somebody do.

use proptest::prelude::*;
use proptest::sample::select;

use super::super::Reach;
use super::super::world::{World, restricted};
use super::laws::{Town, town};
use crate::catalog::Matched;
use crate::credential::Credentials;
use crate::restriction::Restrictions;
use crate::target::Target;

/// Which routes a secret reaches; `None` for who is nobody.
fn reached(world: &World, secret: &str) -> Option<Vec<bool>> {
    let bearer = format!("Bearer {secret}");
    let credentials = Credentials { authorization: Some(bearer.as_bytes()), ..Credentials::default() };
    match world.judge().reach(credentials, None, 0..world.catalog.routes.len()) {
        Reach::Known(_, routes) => Some(routes),
        Reach::Deny(_) => None,
        Reach::Unavailable => panic!("unavailable"),
    }
}

/// The route that a line is of.
fn route(world: &World, line: &str) -> Option<usize> {
    let (method, path) = line.split_once(' ')?;
    let target = Target::parse(path.as_bytes()).ok()?;
    match world.catalog.find(method, target.path()) {
        Matched::Route(index, _) => Some(index),
        _ => None,
    }
}

proptest! {
    /// Routes without parameters: there each has one request, and what is reached is what is allowed.
    #[test]
    fn a_route_is_reached_where_its_request_is_allowed(Town { world, secrets, lines } in town()) {
        for secret in &secrets {
            let reached = reached(&world, secret);
            for line in &lines {
                let Some(route) = route(&world, line) else { continue };
                let verdict = world.ask(line, Some(secret));
                match &reached {
                    // Whoever is nobody passes on a public route all the same, as anybody does, and is shown nothing.
                    None => prop_assert!(matches!(verdict, Err(_) | Ok("anonymous")), "{line}: {verdict:?}"),
                    Some(routes) => prop_assert_eq!(routes[route], verdict.is_ok(), "{}: {:?}", line, verdict),
                }
            }
        }
    }
}

const FARM: &str = r#"
service = "farm"
token_prefix = "farm"
roles = ["user"]
mounts = ["/api"]
parameters = "any"

[scopes]
"all" = "All"

[[routes]]
scopes = ["all"]
paths = ["GET /printers", "GET /printers/{printer_id}", "POST /printers/{printer_id}/pause", "GET /jobs/{job_id}"]
"#;

const VALUES: [&str; 3] = ["1", "2", "tags"];

proptest! {
    /// What some value of a parameter would do is reached; what none would, is not.
    #[test]
    fn a_restricted_token_reaches_what_some_request_of_it_would(
        methods in prop::option::of(select(&["GET", "POST"][..])),
        path in prop::option::of(select(&["/printers", "/printers/1", "/printers/1/pause", "/jobs", "/jobs/2/x"][..])),
        parameter in prop::option::of((select(&["printer_id", "job_id"][..]), select(&VALUES[..]))),
    ) {
        let mut said = serde_json::Map::new();
        said.extend(methods.map(|method| ("methods".to_owned(), serde_json::json!([method]))));
        said.extend(path.map(|path| ("paths".to_owned(), serde_json::json!([path]))));
        said.extend(parameter.map(|(name, value)| ("parameters".to_owned(), serde_json::json!({ name: [value] }))));
        let own = if said.is_empty() {
            Restrictions::default()
        } else {
            restricted(&serde_json::Value::Object(said).to_string())
        };
        let mut world = World::new(FARM);
        let user = world.user(Some("user"));
        let token = world.token(user, &["all"]);
        world.edit_token(&token, |token| token.restrictions = own.clone());
        let reached = reached(&world, &token).unwrap();
        let mut allowed = vec![false; reached.len()];
        let lines = VALUES.iter().flat_map(|value| {
            ["GET /api/printers".to_owned(), format!("GET /api/printers/{value}"),
             format!("POST /api/printers/{value}/pause"), format!("GET /api/jobs/{value}")]
        });
        for line in lines {
            let route = route(&world, &line).unwrap();
            allowed[route] |= world.ask(&line, Some(&token)).is_ok();
        }
        for (route, allowed) in allowed.iter().enumerate() {
            prop_assert!(reached[route] || !allowed, "{own:?} hides {}", world.catalog.routes[route].path);
        }
        // Each kind alone is judged exactly; kinds that hold only together may leave nothing.
        if own == Restrictions::default() || said_one(methods.is_some(), path.is_some(), parameter.is_some()) {
            prop_assert_eq!(reached, allowed, "{:?}", own);
        }
    }
}

fn said_one(methods: bool, path: bool, parameter: bool) -> bool {
    u8::from(methods) + u8::from(path) + u8::from(parameter) == 1
}
