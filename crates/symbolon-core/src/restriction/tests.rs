//! Restrictions as texts, what they must fit, and what holds of any.

mod laws;

use super::*;
use crate::catalog::Catalog;
use crate::code::Refusal;

fn given(json: &str) -> Result<Restrictions, Refusal> {
    Restrictions::try_from(
        serde_json::from_str::<Given>(json).unwrap_or_else(|fault| panic!("{json}: {fault}")),
    )
}

#[test]
fn they_are_kept_sorted_and_once_and_come_back_as_they_were() {
    let text = r#"{"methods":["POST","GET","GET"],"networks":["fd00::/8","10.0.0.0/8","::ffff:192.0.2.7"],
        "paths":["/printers","/jobs/7"],"parameters":{"b":["2","1","1"],"a":["x/y"]}}"#;
    let restrictions = given(text).unwrap();
    let kept = serde_json::to_string(&restrictions).unwrap();
    assert_eq!(
        kept,
        r#"{"networks":["10.0.0.0/8","192.0.2.7","fd00::/8"],"methods":["GET","POST"],"paths":["/jobs/7","/printers"],"parameters":{"a":["x/y"],"b":["1","2"]}}"#
    );
    assert_eq!(serde_json::from_str::<Restrictions>(&kept).unwrap(), restrictions);
    assert_eq!(serde_json::to_string(&Restrictions::default()).unwrap(), "{}");
}

/// A row that says nothing, or something that is not known, must not load as a token that may do everything.
#[test]
fn what_is_not_understood_is_no_restriction_and_no_freedom() {
    for text in [
        r#"{"networks":[]}"#,
        r#"{"parameters":{}}"#,
        r#"{"hours":["8-17"]}"#,
        r#"{"networks":["10.0.0.1/8"]}"#,
        r#"{"networks":"10.0.0.0/8"}"#,
        "",
    ] {
        assert!(serde_json::from_str::<Restrictions>(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_field_and_what_would_be_right() {
    let long = "x".repeat(201);
    for (json, field, told) in [
        (r#"{"networks":[]}"#.to_owned(), "networks", "an empty list would restrict nothing"),
        (r#"{"methods":[]}"#.to_owned(), "methods", "name 1 to 100, or leave methods out"),
        (r#"{"paths":[]}"#.to_owned(), "paths", "an empty list"),
        (r#"{"parameters":{}}"#.to_owned(), "parameters", "an empty object would restrict nothing"),
        (r#"{"parameters":{"id":[]}}"#.to_owned(), "parameters.id", "an empty list"),
        (r#"{"networks":["10.0.0.0/8","10.0.0.1/8"]}"#.to_owned(), "networks[1]", "is written 10.0.0.0/8"),
        (r#"{"networks":["here"]}"#.to_owned(), "networks[0]", "such as 192.0.2.7"),
        (r#"{"methods":["get"]}"#.to_owned(), "methods[0]", "in capitals"),
        (r#"{"paths":["printers"]}"#.to_owned(), "paths[0]", "must begin with /"),
        (r#"{"paths":["/"]}"#.to_owned(), "paths[0]", "leave paths out"),
        (r#"{"paths":["/printers/"]}"#.to_owned(), "paths[0]", "is written /printers,"),
        (r#"{"paths":["/%70rinters"]}"#.to_owned(), "paths[0]", "is written /printers"),
        (r#"{"paths":["/a/../b"]}"#.to_owned(), "paths[0]", ".. segment"),
        (r#"{"paths":["/a//b"]}"#.to_owned(), "paths[0]", "empty segment"),
        (r#"{"paths":["/a?b"]}"#.to_owned(), "paths[0]", "no query"),
        (r#"{"paths":["/a/{id}"]}"#.to_owned(), "paths[0]", "percent-encoded"),
        (format!(r#"{{"paths":["/{long}"]}}"#), "paths[0]", "at most 200"),
        (r#"{"parameters":{"":["1"]}}"#.to_owned(), "parameters.", "letters, digits"),
        (r#"{"parameters":{"{id}":["1"]}}"#.to_owned(), "parameters.{id}", "letters, digits"),
        (r#"{"parameters":{"id":[""]}}"#.to_owned(), "parameters.id[0]", "a value is 1 to 200"),
        (r#"{"parameters":{"id":["1","a//b"]}}"#.to_owned(), "parameters.id[1]", "a value"),
        (r#"{"parameters":{"id":["a/"]}}"#.to_owned(), "parameters.id[0]", "a value"),
        (r#"{"parameters":{"id":[".."]}}"#.to_owned(), "parameters.id[0]", "a value"),
        (r#"{"parameters":{"id":["\n"]}}"#.to_owned(), "parameters.id[0]", "no control character"),
        (format!(r#"{{"parameters":{{"id":["{long}"]}}}}"#), "parameters.id[0]", "1 to 200"),
    ] {
        let refusal = given(&json).unwrap_err();
        assert_eq!(refusal.field.unwrap(), format!("restrictions.{field}"), "{json}");
        assert!(refusal.detail.contains(told), "{json}: {}", refusal.detail);
    }
}

#[test]
fn there_are_only_so_many() {
    let list = |count: usize| (0..count).map(|n| format!("\"10.0.0.{n}\"")).collect::<Vec<_>>().join(",");
    assert!(given(&format!(r#"{{"networks":[{}]}}"#, list(100))).is_ok());
    assert!(given(&format!(r#"{{"networks":[{}]}}"#, list(101))).is_err());
    let names = |count: usize| (0..count).map(|n| format!("\"p{n}\":[\"1\"]")).collect::<Vec<_>>().join(",");
    assert!(given(&format!(r#"{{"parameters":{{{}}}}}"#, names(10))).is_ok());
    assert!(given(&format!(r#"{{"parameters":{{{}}}}}"#, names(11))).is_err());
}

fn catalog() -> Catalog {
    let text = r#"
service = "farm"
token_prefix = "farm"
mounts = ["/api/v1"]
[scopes]
"all" = "All"
[[routes]]
scopes = ["all"]
paths = ["GET /printers/{printer_id}/slots", "POST /jobs", "GET /files/{*rest}", "GET /a%20b/c"]
[[routes]]
access = "human"
paths = ["DELETE /users/{user_id}"]
"#;
    Catalog::compile("farm.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn what_no_route_of_a_token_has_is_refused_with_what_there_is() {
    let catalog = catalog();
    for json in [
        r#"{"methods":["GET","HEAD","POST"]}"#,
        r#"{"paths":["/printers","/printers/7","/printers/7/slots","/files/x/y/z","/files","/a%20b","/jobs"]}"#,
        r#"{"parameters":{"printer_id":["1"],"rest":["x/y"]}}"#,
        r#"{"networks":["10.0.0.0/8"]}"#,
    ] {
        assert_eq!(given(json).unwrap().fit(&catalog, &Restrictions::default()), Ok(()), "{json}");
    }
    for (json, field, told) in [
        (r#"{"methods":["DELETE"]}"#, "methods", "takes DELETE; there are GET, HEAD, POST"),
        (r#"{"paths":["/printers/7/slot"]}"#, "paths", "lies under /printers/7/slot"),
        (r#"{"paths":["/printers/7/slots/1"]}"#, "paths", "lies under"),
        (r#"{"paths":["/Printers"]}"#, "paths", "lies under /Printers"),
        (r#"{"paths":["/users"]}"#, "paths", "that a token may call lies under /users"),
        (r#"{"paths":["/api/v1/printers"]}"#, "paths", "leave /api/v1 out"),
        (r#"{"parameters":{"user_id":["1"]}}"#, "parameters.user_id", "there are printer_id, rest"),
    ] {
        let restrictions = given(json).unwrap();
        let refusal = restrictions.fit(&catalog, &Restrictions::default()).unwrap_err();
        assert_eq!(refusal.field.unwrap(), format!("restrictions.{field}"), "{json}");
        assert!(refusal.detail.contains(told), "{json}: {}", refusal.detail);
        // What the token has been restricted to before may stay.
        assert_eq!(restrictions.fit(&catalog, &restrictions), Ok(()));
    }
}
