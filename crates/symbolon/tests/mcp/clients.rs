//! The official clients list and call the tools of both services.

use serde_json::{Value, json};

use crate::stage::{Driver, Stage};
use crate::table::{SEEN, odin, odysseus};

/// The tools that each token has beside those of its scopes.
const OWN: [&str; 2] = ["symbolon_ask", "symbolon_wait"];

const EVERYTHING: &str =
    "chat todos:write documents:write email:read email:draft email:send calendar:write memory:write";

/// What each token sees is what the table says, and what it calls besides is refused, with the scope that would do.
fn sees_and_calls_what_the_table_says(driver: Driver) {
    let stage = Stage::new();
    let of = |service: &str| if service == "odin" { odin() } else { odysseus() };
    let asked: Vec<_> = SEEN
        .iter()
        .map(|(service, granted, _)| (*service, stage.token(service, granted), of(service)))
        .collect();
    for ((service, granted, seen), found) in SEEN.iter().zip(stage.drive_all(driver, &asked)) {
        let seen = seen.concat();
        assert_eq!(found.tools(), seen, "{service} {granted}");
        assert_eq!(found.all()[seen.len()..], OWN, "{service} {granted}");
        for ((name, _), result) in of(service).iter().zip(found.results()) {
            let refused = !result["refused"].is_null();
            assert_eq!(refused, !seen.contains(name), "{service} {granted}: {result}");
            let said = result["text"].as_str().unwrap_or_default();
            assert!(!refused || said.contains("scope"), "{service} {granted}: {result}");
        }
    }
}

/// With every right, each tool does what it says.
fn every_tool_works(driver: Driver) {
    let stage = Stage::new();
    for (service, granted, all) in [("odin", "agent:write", odin()), ("odysseus", EVERYTHING, odysseus())] {
        let found = stage.drive(driver, service, &stage.token(service, granted), &all);
        let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
        assert_eq!(found.tools(), names);
        for result in found.results() {
            assert_eq!(result["ok"], true, "{service}: {result}");
        }
        if matches!(driver, Driver::Before | Driver::Stdio) {
            // Of the current version nobody says who they are before they are asked.
            assert_eq!(found.0["server"]["name"], format!("symbolon-{service}"));
        }
    }
}

/// By this client a token asks for a scope, is lent it, and does what it was refused.
fn asks_and_waits(driver: Driver) {
    let stage = Stage::new();
    let token = stage.token("odin", "read:printers");
    let pause = ("pause_printer", json!({ "printer_id": 1 }));
    let asking = json!({ "scopes": ["write:printers"], "duration": "10m", "reason": "It smokes." });
    let found = stage.drive(driver, "odin", &token, &[pause.clone(), ("symbolon_ask", asking)]);
    assert!(!found.results()[0]["refused"].is_null(), "{}", found.results()[0]);
    let asked = &found.results()[1]["structured"];
    assert_eq!(asked["state"], "open", "{}", found.results()[1]);
    let id = asked["id"].as_str().unwrap();
    assert_eq!(stage.server.api().send("POST", &format!("/v1/asks/{id}/approve"), &json!({})).status, 200);
    let wait = ("symbolon_wait", json!({ "ask": id }));
    let found = stage.drive(driver, "odin", &token, &[wait, pause]);
    assert_eq!(found.results()[0]["structured"]["state"], "approved", "{}", found.results()[0]);
    assert_eq!(found.results()[1]["ok"], true, "{}", found.results()[1]);
    assert_eq!(found.tools(), ["list_printers", "get_printer", "pause_printer", "resume_printer"]);
}

#[test]
fn heavy_a_token_asks_by_the_current_client() {
    asks_and_waits(Driver::Current);
}

#[test]
fn heavy_a_token_asks_over_standard_input() {
    asks_and_waits(Driver::Stdio);
}

#[test]
fn heavy_the_current_client_sees_and_calls_what_scopes_say() {
    sees_and_calls_what_the_table_says(Driver::Current);
}

#[test]
fn heavy_the_client_of_the_version_before_sees_and_calls_what_scopes_say() {
    sees_and_calls_what_the_table_says(Driver::Before);
}

#[test]
fn heavy_the_python_client_sees_and_calls_what_scopes_say() {
    sees_and_calls_what_the_table_says(Driver::Python);
}

#[test]
fn heavy_every_tool_works_by_the_current_client() {
    every_tool_works(Driver::Current);
}

#[test]
fn heavy_every_tool_works_by_the_client_of_the_version_before() {
    every_tool_works(Driver::Before);
}

#[test]
fn heavy_every_tool_works_by_the_python_client() {
    every_tool_works(Driver::Python);
}

#[test]
fn heavy_every_tool_works_over_standard_input() {
    every_tool_works(Driver::Stdio);
}

/// What a tool is told to be, and what it answers.
#[test]
fn heavy_tools_say_what_they_do_and_answer_in_their_shape() {
    let stage = Stage::new();
    let found = stage.drive(Driver::Current, "odin", &stage.token("odin", "agent:write"), &odin());
    assert_eq!(found.0["version"], "2026-07-28");
    let tool = |name: &str| {
        found.0["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == name).unwrap().clone()
    };
    let hints = |name: &str| {
        let hints = &tool(name)["annotations"];
        ["readOnlyHint", "destructiveHint", "idempotentHint"].map(|hint| hints[hint].as_bool().unwrap())
    };
    assert_eq!(hints("list_jobs"), [true, false, true]);
    assert_eq!(hints("queue_job"), [false, false, false]);
    assert_eq!(hints("cancel_job"), [false, true, false]);
    assert_eq!(hints("mark_alert_read"), [false, false, true]);
    let properties = |name: &str| tool(name)["inputSchema"]["properties"].clone();
    assert!(properties("list_jobs").get("dry_run").is_none());
    assert_eq!(properties("cancel_job")["dry_run"]["type"], "boolean");
    let answered = |name: &str| -> Value {
        let result = found.results().iter().find(|result| result["tool"] == name).unwrap();
        let told: Value = serde_json::from_str(result["text"].as_str().unwrap()).unwrap();
        // JavaScript knows no 1000.0.
        let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(fields(&told), fields(&result["structured"]), "{name}");
        told
    };
    let printers = answered("list_printers");
    assert!(printers["printers"].as_array().unwrap().iter().all(|printer| printer["status"] == "idle"));
    let alerts = answered("list_alerts");
    assert!(alerts["alerts"].as_array().unwrap().iter().all(|alert| alert["is_read"] == false), "{alerts}");
    let spools = answered("list_spools");
    assert!(spools["spools"].as_array().unwrap().iter().all(|spool| spool["filament_type"] == "PLA"));
    let summary = answered("farm_summary");
    assert_eq!(summary["printers"]["total"], 8, "{summary}");
    assert_eq!(summary["printers"]["by_status"]["printing"], 2, "{summary}");
    assert_eq!(summary["unread_alerts"]["by_severity"]["critical"], 1, "{summary}");
    assert_eq!(answered("queue_job")["priority"], "high");
    assert_eq!(answered("queue_job")["printer_id"], 5);
    assert_eq!(answered("assign_spool")["slot"], 3);
}
