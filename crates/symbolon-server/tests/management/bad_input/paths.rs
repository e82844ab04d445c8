//! Paths that name nothing, and methods that a path does not take.

use std::collections::{BTreeMap, BTreeSet};

use super::Wrong;
use super::good::{Stage, body};
use crate::document::{document, operations};
use crate::world::Call;

#[tokio::test]
async fn a_path_that_names_nothing_is_404() {
    let (document, stage) = (document(), Stage::new().await);
    let (mut wrong, mut count) = (Wrong::default(), 0);
    let hostile = [
        "%ff",
        "%00",
        "%2e%2e",
        "..",
        ".",
        "%2F",
        "%252F",
        "%F0%9F%A6%8A",
        "%20",
        "+",
        "-",
        "*",
        "'--",
        "{x}",
        "null",
        "0",
        "-1",
        "tok_",
        "tok_00000000000170008000000000000001",
        "usr_zz",
        "AAAAAAAA",
        "current%00",
        &"x".repeat(60_000),
    ];
    for operation in operations() {
        for parameter in operation.parameters("path") {
            count += 1;
            let pattern = format!("{{{}}}", parameter["name"].as_str().unwrap());
            for value in hostile {
                let path = stage.path(&crate::document::Operation {
                    method: operation.method.clone(),
                    path: operation.path.replace(&pattern, value),
                    says: serde_json::Value::Null,
                });
                let mut call = stage.call(&operation, &path);
                if operation.body(&document).is_some() {
                    call = call.json(&body(&operation.name(), ""));
                }
                let answer = call.send().await;
                let value: String = value.chars().take(40).collect();
                wrong.expect(answer.status == 404, &format!("{} with {value}", operation.name()), &answer);
            }
        }
    }
    assert!(count >= 20, "{count}");
    wrong.none();
}

#[tokio::test]
async fn another_method_is_405_and_told_which_there_are() {
    let stage = Stage::new().await;
    let mut paths = BTreeMap::<String, BTreeSet<String>>::new();
    for operation in operations() {
        paths.entry(operation.path).or_default().insert(operation.method);
    }
    for (path, methods) in paths {
        let mut allowed = methods.clone();
        if methods.contains("GET") {
            allowed.insert("HEAD".to_owned());
        }
        for method in ["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"] {
            if methods.contains(method) {
                continue;
            }
            // Nobody needs to be known for this.
            let answer = Call::new(&stage.world, method, &path).send().await;
            answer.refused(405, "method_not_allowed");
            let told: BTreeSet<_> =
                answer.header("allow").split(',').map(|method| method.trim().to_owned()).collect();
            assert_eq!(told, allowed, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let stage = Stage::new().await;
    for path in ["/healthz", "/readyz"] {
        let answer = Call::new(&stage.world, "HEAD", path).send().await;
        assert_eq!((answer.status, answer.body.len()), (200, 0));
    }
}
