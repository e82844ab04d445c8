//! Each field of each body, wrong in every way.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::good::{Stage, body};
use super::{Wrong, short};
use crate::document::{Operation, document, operations, resolved};

/// Fields whose empty text means something.
const MAY_BE_EMPTY: [&str; 3] = ["description", "metadata", "note"];

/// A field of a body.
struct Field {
    operation: Operation,
    name: String,
    says: Value,
    required: bool,
}

fn fields() -> Vec<Field> {
    let document = document();
    let mut fields = Vec::new();
    for operation in operations() {
        let Some(schema) = operation.body(&document) else { continue };
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, says) in schema["properties"].as_object().unwrap() {
            let says = resolved(&document, says);
            let operation = Operation { says: Value::Null, ..clone(&operation) };
            let required = required.iter().any(|field| field == name);
            fields.push(Field { operation, name: name.clone(), says: says.clone(), required });
        }
    }
    assert!(fields.len() > 25, "{}", fields.len());
    fields
}

fn clone(operation: &Operation) -> Operation {
    Operation { method: operation.method.clone(), path: operation.path.clone(), says: Value::Null }
}

/// The body's other fields, and this one as these bytes.
fn with(mut rest: Map<String, Value>, name: &str, raw: &[u8]) -> Vec<u8> {
    rest.remove(name);
    let mut body = Value::Object(rest).to_string().into_bytes();
    body.pop();
    if body.len() > 1 {
        body.push(b',');
    }
    body.extend_from_slice(format!("\"{name}\":").as_bytes());
    body.extend_from_slice(raw);
    body.push(b'}');
    body
}

fn quoted(text: &str) -> Vec<u8> {
    Value::from(text).to_string().into_bytes()
}

/// What no field takes.
fn never() -> Vec<Vec<u8>> {
    let texts = [
        "null",
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "0x10",
        "tru",
        "'x'",
        "\"\\ud800\"",
        "\"\\x\"",
        "\"a\nb\"",
        "",
    ];
    let mut values: Vec<_> = texts.map(|text| text.as_bytes().to_vec()).into();
    values.push(b"\"\xff\"".to_vec());
    values.push(b"\"\xc0\xaf\"".to_vec());
    values.push(b"\"\xed\xa0\x80\"".to_vec());
    values.push("9".repeat(400).into_bytes());
    values.push([b"[".repeat(10_000), b"]".repeat(10_000)].concat());
    values.push([b"{\"a\":".repeat(10_000), b"1".to_vec(), b"}".repeat(10_000)].concat());
    values.push(b"[".repeat(10_000));
    values
}

/// What a field is: a type of JSON, one of several objects, or an object of its own.
fn kind(field: &Field) -> &str {
    match field.name.as_str() {
        "restrictions" => "restrictions",
        _ => field.says["type"].as_str().unwrap_or("choice"),
    }
}

/// What a field of this kind does not take.
fn wrong_values(field: &Field) -> Vec<Vec<u8>> {
    let long = quoted(&"x".repeat(1 << 20));
    let bytes = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
    let mut values = never();
    match kind(field) {
        "string" => {
            values.extend(bytes(&["5", "-1", "1.5", "true", "[]", "{}", "[\"x\"]", "{\"x\":\"y\"}"]));
            values.push(long);
            if !MAY_BE_EMPTY.contains(&field.name.as_str()) {
                values.push(quoted(""));
            }
            if field.name.ends_with("_at") {
                for moment in
                    ["2027-02-30T00:00:00Z", "2027-01-31T25:00:00Z", "2027-01-31", "0000-00-00T00:00:00Z"]
                {
                    values.push(quoted(moment));
                }
            }
        }
        "boolean" => {
            values.extend(bytes(&["0", "1", "\"true\"", "\"\"", "[]", "{}"]));
            values.push(long);
        }
        "integer" => {
            // This one is over before the x, and the body no JSON at all.
            values.retain(|value| value != b"0x10");
            values.extend(bytes(&[
                "-1", "1.5", "256", "5", "1e99", "true", "\"1\"", "\"\"", "[]", "{}", "[1]",
            ]));
            values.push(long);
        }
        // One of several objects.
        "choice" => {
            assert!(field.says["oneOf"].is_array(), "{}", field.says);
            values.extend(bytes(&[
                "5",
                "true",
                "[]",
                "{}",
                "\"\"",
                "\"revoke\"",
                "{\"x\":{}}",
                "{\"revoke\":5}",
            ]));
            values.push(long);
        }
        "array" => {
            values.extend(bytes(&[
                "5",
                "true",
                "{}",
                "\"\"",
                "\"chat\"",
                "[]",
                "[5]",
                "[null]",
                "[[]]",
                "[\"\"]",
                "[\"chat\",true]",
            ]));
            values.push([b"[".to_vec(), long, b"]".to_vec()].concat());
            values.push([b"[".to_vec(), b"\"x\",".repeat(100_000), b"\"x\"]".to_vec()].concat());
        }
        "object" => {
            values.extend(bytes(&["5", "true", "[]", "\"\"", "{\"odin\":5}", "{\"\":\"x\"}"]));
            if !MAY_BE_EMPTY.contains(&field.name.as_str()) {
                values.extend(bytes(&["{\"odin\":\"\"}"]));
            }
            // An edit takes a role away by `null`, and the document says so.
            if field.says["additionalProperties"]["type"] == "string" {
                values.extend(bytes(&["{\"odin\":null}"]));
            }
            values.extend(bytes(&["{\"odin\":\"viewer\",\"odin\":\"viewer\"}", "{\"odin\":[]}"]));
            values.push([b"{\"odin\":".to_vec(), long.clone(), b"}".to_vec()].concat());
            values.push([b"{".to_vec(), long, b":\"viewer\"}".to_vec()].concat());
        }
        "restrictions" => {
            values.extend(bytes(&[
                "5",
                "true",
                "\"\"",
                "[]",
                "{}",
                "[[\"10.0.0.0/8\"]]",
                "{\"surprise\":[\"x\"]}",
            ]));
            values.extend(bytes(&[
                "{\"methods\":null}",
                "{\"methods\":[]}",
                "{\"methods\":[\"GET\"],\"methods\":[\"GET\"]}",
            ]));
            values.push([b"{\"paths\":[".to_vec(), long, b"]}".to_vec()].concat());
            // An edit takes all away by `null`, and the document says so.
            if field.says["oneOf"].is_array() {
                values.retain(|value| value != b"null");
            }
        }
        other => panic!("{other} is a kind of field that this test does not know"),
    }
    values
}

#[tokio::test]
async fn a_wrong_value_is_refused_and_its_field_named() {
    let stage = Stage::new().await;
    let mut wrong = Wrong::default();
    for field in fields() {
        let operation = field.operation.name();
        let base = body(&operation, &field.name).as_object().unwrap().clone();
        for value in wrong_values(&field) {
            let answer =
                stage.call_with(&field.operation, with(base.clone(), &field.name, &value)).send().await;
            let what = format!("{operation} {} = {}", field.name, short(&value));
            wrong.expect_field(&field.name, &what, &answer);
            // What was sent does not come back, however long it is.
            wrong.expect(answer.body.len() < 4_000, &what, &answer);
        }
    }
    wrong.none();
}

#[tokio::test]
async fn a_missing_a_double_and_an_unknown_field_are_named() {
    let stage = Stage::new().await;
    let mut wrong = Wrong::default();
    for field in fields() {
        let operation = field.operation.name();
        let base = body(&operation, &field.name).as_object().unwrap().clone();
        if field.required {
            let mut without = base.clone();
            without.remove(&field.name);
            let answer =
                stage.call_with(&field.operation, Value::Object(without).to_string().into()).send().await;
            wrong.expect_field(&field.name, &format!("{operation} without {}", field.name), &answer);
        }
        if let Some(value) = base.get(&field.name) {
            let twice = format!("{value},\"{}\":{value}", field.name);
            let body = with(base.clone(), &field.name, twice.as_bytes());
            let answer = stage.call_with(&field.operation, body).send().await;
            wrong.expect_field(&field.name, &format!("{operation} {} twice", field.name), &answer);
        }
        for unknown in [
            field.name.to_uppercase(),
            format!(" {}", field.name),
            "surprise".to_owned(),
            "__proto__".to_owned(),
        ] {
            let body = with(base.clone(), &unknown, b"\"x\"");
            let answer = stage.call_with(&field.operation, body).send().await;
            wrong.expect_field(&unknown, &format!("{operation} with {unknown}"), &answer);
        }
        let body = with(base, &"x".repeat(1 << 20), b"5");
        let answer = stage.call_with(&field.operation, body).send().await;
        wrong.expect(
            answer.status == 422 && answer.body.len() < 4_000,
            &format!("{operation} with a long name"),
            &answer,
        );
    }
    wrong.none();
}

/// Without this the others would prove nothing: what they make wrong was right before.
#[tokio::test]
async fn the_right_bodies_are_right() {
    let mut seen = BTreeSet::new();
    let stage = Stage::new().await;
    for field in fields() {
        let operation = field.operation.name();
        let body = body(&operation, &field.name);
        if !seen.insert((operation.clone(), body.to_string())) {
            continue;
        }
        let answer = stage.call_with(&field.operation, body.to_string().into()).send().await;
        // Such a refusal was never made; but it could have been.
        let expected = if field.name == "request_id" { 404..405 } else { 200..300 };
        assert!(expected.contains(&answer.status), "{operation} {body}: {} {}", answer.status, answer.text());
    }
}
