//! What a tool asks of its service.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::Draft;
use crate::catalog::{Catalog, Matched};
use crate::target::Target;

const CATALOG: &str = r#"
service = "farm"
token_prefix = "farm"
mounts = ["/api", ""]
[scopes]
"jobs:read" = "Read"
"jobs:write" = "Write"
[[routes]]
scopes = ["jobs:read"]
paths = ["GET /jobs", "GET /jobs/{job_id}", "GET /jobs/{job_id}/log", "GET /alerts"]
[[routes]]
scopes = ["jobs:write"]
paths = ["POST /jobs", "POST /jobs/{job_id}/cancel", "DELETE /jobs/{job_id}"]
[[tools]]
name = "list_jobs"
description = "List jobs."
call = "GET /jobs?order=new"
query = { is_read = { argument = "unread_only", send = { true = "false" } } }
result = { pick = ["id"], list = "jobs" }
[tools.arguments.properties]
status = { type = "string", enum = ["queued", "done"] }
labels = { type = "array", items = { type = "string" } }
limit = { type = "integer", minimum = 1, maximum = 500, default = 100 }
unread_only = { type = "boolean" }
[[tools]]
name = "get_job"
description = "Get a job."
call = "GET /jobs/{job_id}"
arguments = { properties = { job_id = { type = "string" } }, required = ["job_id"] }
[[tools]]
name = "cancel_job"
description = "Cancel a job."
call = "POST /jobs/{job_id}/cancel"
limit = "10/1m"
destructive = true
[tools.arguments]
required = ["job_id"]
properties.job_id = { type = "integer", minimum = 1 }
properties.reason = { type = "string", maxLength = 5 }
[[tools]]
name = "summary"
description = "Count."
calls.jobs = { call = "GET /jobs?limit=500", result = { count = "status" } }
calls.alerts = { call = "GET /alerts" }
"#;

fn catalog() -> Catalog {
    Catalog::compile("farm.toml", CATALOG).unwrap_or_else(|error| panic!("{error}"))
}

fn drafts(tool: &str, arguments: Value) -> Result<Vec<Draft>, String> {
    let catalog = catalog();
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    catalog.tool(tool).unwrap().drafts(&catalog, arguments).map_err(|fault| fault.to_string())
}

fn draft(method: &str, target: &str, body: Option<Value>) -> Draft {
    Draft { method: method.to_owned(), target: target.to_owned(), body }
}

#[test]
fn arguments_go_into_path_query_and_body() {
    let all = json!({"status": "done", "labels": ["a b", "c&d"], "unread_only": true});
    let target = "/api/jobs?order=new&is_read=false&labels=a%20b&labels=c%26d&limit=100&status=done";
    let mut found = drafts("list_jobs", all).unwrap();
    // The order of what is sent is not promised.
    let sorted = |target: &str| {
        let (path, query) = target.split_once('?').unwrap();
        let mut fields: Vec<_> = query.split('&').map(str::to_owned).collect();
        fields.sort();
        (path.to_owned(), fields)
    };
    let found = found.remove(0);
    assert_eq!((found.method.as_str(), sorted(&found.target), &found.body), ("GET", sorted(target), &None));
    let unread = drafts("list_jobs", json!({"unread_only": false})).unwrap();
    assert_eq!(unread[0].target, "/api/jobs?order=new&limit=100", "no text is sent for false");
    let cancel = drafts("cancel_job", json!({"job_id": 7, "reason": "late"})).unwrap();
    assert_eq!(cancel, [draft("POST", "/api/jobs/7/cancel", Some(json!({"reason": "late"})))]);
    let cancel = drafts("cancel_job", json!({"job_id": 7})).unwrap();
    assert_eq!(cancel[0].body, Some(json!({})), "who takes a body gets one");
    let summary = drafts("summary", json!({})).unwrap();
    assert_eq!(summary, [draft("GET", "/api/alerts", None), draft("GET", "/api/jobs?limit=500", None)]);
}

#[test]
fn arguments_that_do_not_fit_are_named() {
    for (tool, arguments, words) in [
        ("cancel_job", json!({}), "job_id is missing"),
        ("cancel_job", json!({"job_id": 0}), "job_id must be a whole number, at least 1"),
        ("cancel_job", json!({"job_id": "7"}), "job_id must be a whole number, at least 1"),
        (
            "cancel_job",
            json!({"job_id": 7, "reason": "because"}),
            "reason must be a text of at most 5 characters",
        ),
        ("cancel_job", json!({"job_id": 7, "why": 1}), "why is not an argument; there are: job_id, reason"),
        ("list_jobs", json!({"status": "gone"}), "status must be one of \"queued\", \"done\""),
        ("list_jobs", json!({"labels": ["a", 1]}), "labels[1] must be a text"),
        ("list_jobs", json!({"limit": null}), "limit must be a whole number, at least 1 and at most 500"),
        ("get_job", json!({"job_id": ".."}), "job_id cannot stand in a path"),
        ("get_job", json!({"job_id": ""}), "job_id cannot stand in a path"),
        ("get_job", json!({"job_id": "1/log"}), "job_id cannot stand in a path"),
        ("summary", json!({"x": 1}), "x is not an argument; there are: none"),
    ] {
        let fault = drafts(tool, arguments.clone()).unwrap_err();
        assert!(fault.starts_with(words), "{tool} {arguments}: {fault}");
    }
}

#[test]
fn what_a_tool_does_follows_from_its_methods() {
    let catalog = catalog();
    let effect = |tool: &str| {
        let effect = catalog.tool(tool).unwrap().effect;
        (effect.read_only, effect.destructive, effect.idempotent)
    };
    assert_eq!(effect("list_jobs"), (true, false, true));
    assert_eq!(effect("summary"), (true, false, true));
    assert_eq!(effect("cancel_job"), (false, true, false));
    assert_eq!(catalog.tool("cancel_job").unwrap().limit, Some("10/1m".parse().unwrap()));
}

#[test]
fn an_answer_is_shaped() {
    let catalog = catalog();
    let shape =
        |tool: &str, part: usize, answer: Value| catalog.tool(tool).unwrap().parts[part].shape.of(answer);
    let jobs = json!([{"id": 1, "status": "done"}, {"id": 2, "status": "done"}, {"id": 3}]);
    assert_eq!(shape("list_jobs", 0, jobs.clone()), json!({"jobs": [{"id": 1}, {"id": 2}, {"id": 3}]}));
    let counted = json!({"total": 3, "by_status": {"done": 2, "other": 1}});
    assert_eq!(shape("summary", 1, jobs.clone()), counted);
    assert_eq!(shape("summary", 0, jobs.clone()), jobs);
    assert_eq!(shape("list_jobs", 0, json!({"id": 1, "x": 2})), json!({"id": 1}));
    assert_eq!(shape("list_jobs", 0, json!("gone")), json!("gone"));
}

proptest! {
    /// Whatever a model writes, the request is of the tool's own route or is not made.
    #[test]
    fn no_argument_leads_to_another_route(job in any::<String>(), odd in r"[./%\\;?#a-c{}*]{0,8}") {
        let catalog = catalog();
        for job in [job, odd] {
            let arguments = Map::from_iter([("job_id".to_owned(), Value::String(job.clone()))]);
            let tool = catalog.tool("get_job").unwrap();
            if let Ok(drafts) = tool.drafts(&catalog, arguments) {
                let target = Target::parse(drafts[0].target.as_bytes()).unwrap();
                let Matched::Route(found, route) = catalog.find("GET", target.path()) else { panic!("{job:?}") };
                prop_assert_eq!(found, tool.parts[0].route);
                let read = route.read(target.path());
                prop_assert_eq!(&*read[0].parameters[0].1, job.as_str());
                prop_assert_eq!(target.query(), None);
            }
        }
    }
}
