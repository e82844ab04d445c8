//! The server that was published for O.D.I.N. (`odin-print-farm-mcp` 2.1.0) goes on working with the application behind
//! Symbolon, with a token in place of the key that could do everything.

use serde_json::{Value, json};

use crate::stage::{Call, PACKAGES, Stage};
use crate::support::tool;

fn reads() -> Vec<Call> {
    vec![
        ("list_printers", json!({})),
        ("get_printer", json!({ "id": 1 })),
        ("list_jobs", json!({ "status_filter": "printing" })),
        ("get_job", json!({ "id": 110 })),
        ("list_queue", json!({})),
        ("list_alerts", json!({ "severity": "warning", "unread_only": true })),
        ("list_spools", json!({ "filament_type": "PLA", "available_only": true })),
        ("list_filaments", json!({})),
        ("list_maintenance_tasks", json!({ "overdue_only": true })),
        ("list_orders", json!({ "status_filter": "pending" })),
        ("farm_summary", json!({})),
    ]
}

fn writes() -> Vec<Call> {
    vec![
        ("queue_job", json!({ "model_id": 42, "printer_id": 5, "quantity": 2, "notes": "n" })),
        ("cancel_job", json!({ "job_id": 116, "reason": "not needed" })),
        ("approve_job", json!({ "job_id": 117, "notes": "go" })),
        ("reject_job", json!({ "job_id": 118, "reason": "too large" })),
        ("pause_printer", json!({ "printer_id": 1 })),
        ("resume_printer", json!({ "printer_id": 3 })),
        ("mark_alert_read", json!({ "alert_id": 1 })),
        ("dismiss_alert", json!({ "alert_id": 2 })),
        ("assign_spool", json!({ "spool_id": 4, "printer_id": 2, "ams_slot": 2 })),
        ("consume_spool", json!({ "spool_id": 3, "grams": 12.5 })),
        ("complete_maintenance", json!({ "task_id": 1, "notes": "done" })),
    ]
}

#[test]
fn heavy_what_was_published_for_odin_reads_and_writes_behind_symbolon() {
    let stage = Stage::new();
    let program = tool(PACKAGES).join("odin-print-farm-mcp/dist/index.js");
    let play = |scope: &str, calls: &[Call]| {
        let token = stage.token("odin", scope);
        let env = json!({
            "ODIN_BASE_URL": format!("http://{}", stage.server.proxy_address("odin")),
            "ODIN_API_KEY": token,
        });
        stage.drive_program(&["node", program.to_str().unwrap()], &env, calls)
    };
    let works = |found: &[Value]| {
        for result in found {
            assert_eq!(result["ok"], true, "{result}\n{}", stage.server.log());
        }
    };
    // A token that only reads has what reads, and nothing else.
    works(play("agent:read", &reads()).results());
    for result in play("agent:read", &writes()).results() {
        assert_eq!(result["ok"], false, "{result}");
        assert!(result["text"].as_str().unwrap().contains("403"), "{result}");
    }
    // What is only tried is not done; the same is done afterwards.
    let tried: Vec<_> = writes()
        .into_iter()
        .map(|(name, mut given)| {
            given["dry_run"] = true.into();
            (name, given)
        })
        .collect();
    for result in play("agent:write", &tried).results() {
        assert_eq!(result["ok"], true, "{result}");
        assert!(result["text"].as_str().unwrap().contains("would_execute"), "{result}");
    }
    works(play("agent:write", &reads()).results());
    works(play("agent:write", &writes()).results());
}
