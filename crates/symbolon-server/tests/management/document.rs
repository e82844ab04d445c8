//! The `OpenAPI` document: what it says is what tests and clients are made from.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// One operation of the document.
pub(crate) struct Operation {
    /// In capitals.
    pub(crate) method: String,
    /// The pattern.
    pub(crate) path: String,
    /// What the document says of it.
    pub(crate) says: Value,
}

impl Operation {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Its parameters of one kind: `path`, `query` or `header`.
    pub(crate) fn parameters(&self, kind: &str) -> Vec<&Value> {
        let all = self.says["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|parameter| parameter["in"] == kind).collect()
    }

    /// The schema of its body, if it takes one.
    pub(crate) fn body(&self, document: &Value) -> Option<Value> {
        let schema = self.says.pointer("/requestBody/content/application~1json/schema")?;
        // A list is GitHub's own, and is read after its signature alone.
        Some(resolved(document, schema).clone()).filter(|schema| schema["type"] != "array")
    }
}

pub(crate) fn document() -> Value {
    serde_json::from_str(&symbolon_server::document()).unwrap()
}

pub(crate) fn operations() -> Vec<Operation> {
    const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let document = document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, says) in item.as_object().unwrap() {
            assert!(METHODS.contains(&method.as_str()), "{path} has {method}");
            let method = method.to_uppercase();
            operations.push(Operation { method, path: path.clone(), says: says.clone() });
        }
    }
    operations
}

/// What a `$ref` stands for; anything else is itself.
pub(crate) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => {
            let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference}"));
            document.pointer(pointer).unwrap_or_else(|| panic!("{reference} is not in the document"))
        }
        None => value,
    }
}

fn visit(value: &Value, each: &mut impl FnMut(&Value)) {
    each(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| visit(item, each)),
        Value::Object(fields) => fields.values().for_each(|field| visit(field, each)),
        _ => {}
    }
}

#[test]
fn it_is_openapi_3_1_and_every_reference_resolves() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
    for field in ["title", "version"] {
        assert!(document["info"][field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
    }
    let license = document["info"]["license"].as_object().unwrap();
    // `identifier` and `url` exclude each other (OpenAPI 3.1.0 section 4.8.4).
    assert!(
        license.contains_key("name") && license.contains_key("identifier") && !license.contains_key("url")
    );
    let mut references = 0;
    visit(&document, &mut |value| {
        if value.get("$ref").is_some_and(Value::is_string) {
            references += 1;
            resolved(&document, value);
        }
    });
    assert!(references > 30, "{references}");
}

#[test]
fn operations_have_ids_of_their_own_and_say_what_they_are() {
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let name = operation.name();
        let id = operation.says["operationId"].as_str().unwrap_or_else(|| panic!("{name}")).to_owned();
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{id}");
        assert!(ids.insert(id.clone()), "{id} twice");
        assert!(operation.says["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        assert_eq!(operation.says["tags"].as_array().unwrap().len(), 1, "{name}");
    }
    assert!(ids.contains("tokens_create") && ids.contains("decisions_verify"), "{ids:?}");
}

#[test]
fn every_path_parameter_is_declared_once_and_required() {
    for operation in operations() {
        let in_path: Vec<_> = operation.path.split('/').filter_map(|part| part.strip_prefix('{')).collect();
        let in_path: Vec<_> = in_path.into_iter().map(|part| part.strip_suffix('}').unwrap()).collect();
        let declared = operation.parameters("path");
        let names: Vec<_> = declared.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(in_path, names, "{}", operation.name());
        for parameter in declared {
            assert_eq!(parameter["required"], true, "{}", operation.name());
        }
        for kind in ["path", "query", "header"] {
            for parameter in operation.parameters(kind) {
                assert!(parameter["schema"].is_object(), "{} {parameter}", operation.name());
                assert!(
                    parameter["description"].as_str().is_some_and(|text| !text.is_empty()),
                    "{parameter}"
                );
            }
        }
    }
}

#[test]
fn every_operation_has_an_answer_and_a_problem() {
    let document = document();
    for operation in operations() {
        let responses = operation.says["responses"].as_object().unwrap();
        let success: Vec<_> = responses.keys().filter(|status| status.starts_with('2')).collect();
        // One, but where what is wanted may be there already.
        let may_be_there = operation.name() == "POST /v1/asks";
        assert_eq!(success.len(), if may_be_there { 2 } else { 1 }, "{}", operation.name());
        for response in responses.values() {
            assert!(response["description"].is_string(), "{}", operation.name());
        }
        let problem = &responses["default"]["content"]["application/problem+json"]["schema"];
        let problem = resolved(&document, problem);
        assert!(problem["properties"]["request_id"].is_object(), "{}", operation.name());
        for status in success {
            // OAuth's way to say "done" (RFC 7009 section 2.2).
            let empty = status == "204" || operation.path == "/oauth/revoke";
            assert_eq!(empty, responses[status].get("content").is_none(), "{}", operation.name());
        }
    }
}

#[test]
fn request_bodies_are_closed_objects_without_null() {
    let document = document();
    let mut bodies = 0;
    for operation in operations() {
        let Some(schema) = operation.body(&document) else { continue };
        bodies += 1;
        let name = operation.name();
        assert_eq!(operation.says["requestBody"]["required"], true, "{name}");
        assert_eq!(schema["type"], "object", "{name}");
        assert_eq!(schema["additionalProperties"], false, "{name}");
        let fields: BTreeMap<String, Value> = serde_json::from_value(schema["properties"].clone()).unwrap();
        for (field, says) in fields {
            let either = says["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
            let object = either.iter().chain([&says]).find(|says| says["$ref"].is_string());
            if let Some(object) = object.map(|object| resolved(&document, object)) {
                // Or one of several objects.
                assert!(object["type"] == "object" || object["oneOf"].is_array(), "{name} {field}: {says}");
                if object["properties"].is_object() {
                    assert_eq!(object["additionalProperties"], false, "{name} {field}: {says}");
                }
            } else {
                let kind = resolved(&document, &says);
                assert!(kind["type"].is_string() || kind["oneOf"].is_array(), "{name} {field}: {says}");
                if kind["properties"].is_object() {
                    assert_eq!(kind["additionalProperties"], false, "{name} {field}");
                }
            }
            assert!(object.unwrap_or(&says)["description"].is_string(), "{name} {field}");
        }
    }
    assert!(bodies >= 9, "{bodies}");
}

#[test]
fn what_needs_no_credential_says_so() {
    let open: BTreeSet<_> = operations()
        .iter()
        .filter(|operation| {
            let ways = operation.says["security"].as_array().map(Vec::as_slice).unwrap_or_default();
            ways.contains(&serde_json::json!({}))
        })
        .map(Operation::name)
        .collect();
    let expected =
        ["GET /healthz", "GET /readyz", "POST /oauth/revoke", "POST /v1/leaks/github", "POST /v1/sessions"];
    assert_eq!(open, expected.map(str::to_owned).into());
    assert_eq!(document()["security"], serde_json::json!([{ "bearer": [] }]));
    assert_eq!(document()["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}
