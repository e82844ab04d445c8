//! Tools that are drafted with the routes.

use serde_json::{Value, json};

use super::{compiled, drafted};
use symbolon_core::Catalog;

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": { "title": "App" },
        "components": { "schemas": { "NewJob": {
            "type": "object",
            "required": ["model", "id"],
            "properties": {
                "model": { "type": "integer", "minimum": 1, "description": "What\nto print" },
                "id": { "type": "string" },
                "notes": { "anyOf": [{ "type": "string", "maxLength": 9 }, { "type": "null" }], "title": "Notes" },
                "tags": { "type": "array", "items": { "type": "string" } },
                "extra": { "type": "object", "additionalProperties": true },
            },
        } } },
        "paths": {
            "/jobs": {
                "get": {
                    "operationId": "list jobs",
                    "summary": "List jobs",
                    "parameters": [
                        { "name": "status", "in": "query", "schema": { "enum": ["new", "done"] } },
                        { "name": "X-Trace", "in": "header", "schema": { "type": "string" } },
                    ],
                },
            },
            "/jobs/{job-id}": {
                "parameters": [{ "name": "job-id", "in": "path", "required": true, "schema": { "type": "integer" } }],
                "get": {},
                "post": {
                    "operationId": "list_jobs",
                    "parameters": [{ "name": "id", "in": "query", "schema": { "type": "boolean" } }],
                    "requestBody": {
                        "required": true,
                        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/NewJob" } } },
                    },
                },
                "put": {
                    "requestBody": { "required": true, "content": { "multipart/form-data": { "schema": {} } } },
                },
                "patch": {
                    "parameters": [{ "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" } }],
                },
                "delete": { "deprecated": true },
            },
            "/users": { "get": { "operationId": "list_users" } },
        },
    })
}

fn target(catalog: &Catalog, tool: &str, arguments: Value) -> Result<(String, Option<Value>), String> {
    let Value::Object(arguments) = arguments else { panic!() };
    let drafts = catalog.tool(tool).unwrap_or_else(|| panic!("no {tool}")).drafts(catalog, arguments);
    let draft = drafts.map_err(|fault| fault.to_string())?.remove(0);
    Ok((format!("{} {}", draft.method, draft.target), draft.body))
}

#[test]
fn each_operation_that_a_token_may_call_is_a_tool_that_takes_what_the_document_says() {
    let draft = drafted(&document());
    let catalog = compiled(&draft.text);
    let names: Vec<_> = catalog.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["list_jobs", "get_jobs", "list_jobs_2"], "{}", draft.text);
    assert_eq!(
        target(&catalog, "list_jobs", json!({ "status": "done" })),
        Ok(("GET /jobs?status=done".to_owned(), None))
    );
    assert!(target(&catalog, "list_jobs", json!({ "status": "old" })).is_err());
    assert_eq!(target(&catalog, "get_jobs", json!({ "job_id": 7 })), Ok(("GET /jobs/7".to_owned(), None)));
    let given =
        json!({ "job_id": 7, "id": true, "id_in_body": "a", "model": 1, "notes": "short", "tags": ["x"] });
    assert_eq!(
        target(&catalog, "list_jobs_2", given),
        Ok((
            "POST /jobs/7?id=true".to_owned(),
            Some(json!({ "id": "a", "model": 1, "notes": "short", "tags": ["x"] }))
        ))
    );
    // What can be left out and not be said is left out.
    assert!(
        target(&catalog, "list_jobs_2", json!({ "job_id": 7, "id_in_body": "a", "model": 1, "extra": {} }))
            .is_err()
    );
    let told = |words: &str| draft.notes.iter().any(|note| note.contains(words));
    assert!(told("PUT /jobs/{job-id} is no tool: it needs a body that is no JSON"), "{:?}", draft.notes);
    assert!(told("PATCH /jobs/{job-id} is no tool: it needs If-Match in a header"), "{:?}", draft.notes);
    assert!(!told("DELETE"), "{:?}", draft.notes);
}
