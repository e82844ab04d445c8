//! Each query parameter, wrong in every way.

use serde_json::Value;

use super::Wrong;
use super::good::Stage;
use crate::document::operations;

/// Parameters in which anything may be looked for.
const FREE_TEXT: [&str; 4] = ["query", "action", "subject", "actor"];

fn wrong_values(name: &str, says: &Value) -> Vec<String> {
    let long = "x".repeat(60_000);
    let mut values = vec![String::new(), long];
    match says["schema"]["type"].as_str().unwrap() {
        "integer" => values.extend(
            [
                "abc",
                "-1",
                "0",
                "1001",
                "1.5",
                "1e2",
                "0x10",
                "99999999999999999999",
                "%20",
                "1%00",
                "%ff",
                "null",
                "true",
                "[]",
            ]
            .map(str::to_owned),
        ),
        "boolean" => values.extend(["1", "yes", "TRUE", "null", "%00"].map(str::to_owned)),
        "string" if !FREE_TEXT.contains(&name) => {
            values.extend(
                ["%00", "%ff", "%F0%9F%A6%8A", "a%20b", "%2e%2e%2f", "'--", "ACTIVE", "*"].map(str::to_owned),
            );
            // A token may begin like this.
            values.retain(|value| name != "prefix" || value != "ACTIVE");
        }
        "string" => {}
        other => panic!("{other} is a kind of parameter that this test does not know"),
    }
    // The number of a line, and not a length.
    values.retain(|value| name != "after" || !matches!(value.as_str(), "0" | "1001"));
    values
}

#[tokio::test]
async fn a_wrong_parameter_is_refused_and_named() {
    let stage = Stage::new().await;
    let (mut wrong, mut count) = (Wrong::default(), 0);
    for operation in operations() {
        let parameters = operation.parameters("query");
        count += parameters.len();
        let path = stage.path(&operation);
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap();
            assert_eq!(parameter["required"], false, "{name}");
            for value in wrong_values(name, parameter) {
                let answer = stage.call(&operation, &format!("{path}?{name}={value}")).send().await;
                let value: String = value.chars().take(40).collect();
                wrong.expect_field(name, &format!("{} ?{name}={value}", operation.name()), &answer);
            }
            let right = if name == "limit" { "5" } else { "x" };
            let twice = format!("{path}?{name}={right}&{name}={right}");
            let answer = stage.call(&operation, &twice).send().await;
            wrong.expect_field(name, &format!("{} ?{name} twice", operation.name()), &answer);
        }
        if !parameters.is_empty() {
            for unknown in ["surprise", "Limit", "limit[]", "q"] {
                let answer = stage.call(&operation, &format!("{path}?{unknown}=1")).send().await;
                wrong.expect(answer.status == 422, &format!("{} ?{unknown}", operation.name()), &answer);
            }
        }
    }
    assert!(count >= 19, "{count}");
    wrong.none();
}

#[tokio::test]
async fn hostile_texts_in_a_search_find_nothing() {
    let stage = Stage::new().await;
    for operation in operations() {
        for parameter in operation.parameters("query") {
            let name = parameter["name"].as_str().unwrap();
            if !FREE_TEXT.contains(&name) {
                continue;
            }
            for value in
                ["%00", "%ff", "%F0%9F%A6%8A", "';DROP+TABLE+tokens;--", "%25", "_", &"x".repeat(1_000)]
            {
                let path = format!("{}?{name}={value}", stage.path(&operation));
                let listed = stage.call(&operation, &path).send().await.expect(200);
                assert_eq!(listed["items"], serde_json::json!([]), "{path}");
            }
        }
    }
}
