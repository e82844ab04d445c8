//! O.D.I.N.: the document's requests, both mounts, filters, states.

use crate::app::{App, pluck};
use axum::http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn the_two_requests_of_the_document_work_word_for_word() {
    let app = App::odin().await;
    let (status, printers) = app.get("/api/printers").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(printers[0]["id"], 1);

    let (status, job) =
        app.post("/api/jobs", r#"{"model_id": 42, "printer_id": 1, "priority": "normal"}"#).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!((&job["model_id"], &job["printer_id"]), (&json!(42), &json!(1)));
    assert_eq!(
        (&job["priority"], &job["status"], &job["quantity"]),
        (&json!("normal"), &json!("pending"), &json!(1))
    );
    assert_eq!(app.get(&format!("/api/v1/jobs/{}", job["id"])).await, (StatusCode::OK, job));
}

#[tokio::test]
async fn every_read_answers_alike_under_both_mounts() {
    let app = App::odin().await;
    for path in [
        "/printers",
        "/printers/1",
        "/printers/live-status",
        "/printers/1/telemetry",
        "/printers/1/slots",
        "/jobs",
        "/jobs/101",
        "/spools",
        "/spools/1",
        "/models",
        "/models/42",
        "/models/42/cost",
        "/analytics",
        "/stats",
        "/reports/chargebacks",
        "/orders",
        "/orders/11",
        "/users",
        "/alerts",
        "/filament-library",
        "/maintenance/tasks",
        "/health",
        "/version",
        "/backups",
        "/smtp-config",
    ] {
        let (status, body) = app.get(&format!("/api{path}")).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        assert!(body.is_object() || body.as_array().is_some_and(|list| !list.is_empty()), "{path}: {body}");
        assert_eq!(app.get(&format!("/api/v1{path}")).await.1, body, "{path}");
    }
}

#[tokio::test]
async fn lists_hold_what_the_filter_asks_for_and_nothing_else() {
    let app = App::odin().await;
    for (path, field, wanted) in [
        ("/api/printers?status=paused", "status", json!("paused")),
        ("/api/jobs?status=submitted", "status", json!("submitted")),
        ("/api/alerts?severity=critical", "severity", json!("critical")),
        ("/api/alerts?is_read=false", "is_read", json!(false)),
        ("/api/alerts?is_read=true", "is_read", json!(true)),
        ("/api/spools?filament_type=petg", "filament_type", json!("PETG")),
        ("/api/maintenance/tasks?overdue=true", "overdue", json!(true)),
        ("/api/maintenance/tasks?overdue=false", "overdue", json!(false)),
        ("/api/orders?status=pending", "status", json!("pending")),
    ] {
        let (status, list) = app.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        let found = pluck(&list, field);
        assert!(!found.is_empty() && found.iter().all(|value| *value == wanted), "{path}: {found:?}");

        let (_, all) = app.get(path.split('?').next().expect("a path")).await;
        let expected = pluck(&all, field).into_iter().filter(|value| *value == wanted).count();
        assert_eq!(found.len(), expected, "{path}");
    }
    assert_eq!(app.get("/api/jobs?status=queued&limit=1").await.1.as_array().map(Vec::len), Some(1));
    assert_eq!(app.get("/api/jobs?limit=3").await.1.as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn available_spools_have_filament_and_are_in_no_printer() {
    let app = App::odin().await;
    let (_, spools) = app.get("/api/spools?available_only=true").await;
    let ids = pluck(&spools, "id");
    assert_eq!(ids, [4, 5, 7, 8, 10], "1, 2, 3, 6 and 9 are loaded and 11 is empty");
    assert_eq!(app.get("/api/spools?available_only=false").await.1.as_array().map(Vec::len), Some(11));
}

#[tokio::test]
async fn only_a_printing_printer_pauses_and_only_a_paused_one_resumes() {
    let app = App::odin().await;
    let conflict = StatusCode::CONFLICT;
    assert_eq!(app.post("/api/printers/1/resume", "").await.0, conflict);
    let (status, printer) = app.post("/api/printers/1/pause", "").await;
    assert_eq!((status, &printer["status"]), (StatusCode::OK, &json!("paused")));
    assert_eq!(app.post("/api/printers/1/pause", "").await.0, conflict);
    assert_eq!(app.post("/api/printers/1/resume", "").await.1["status"], "printing");
    for idle_offline_error in [2, 8, 6] {
        assert_eq!(app.post(&format!("/api/printers/{idle_offline_error}/pause"), "").await.0, conflict);
        assert_eq!(app.post(&format!("/api/printers/{idle_offline_error}/resume"), "").await.0, conflict);
    }
}

#[tokio::test]
async fn jobs_are_cancelled_until_they_end() {
    let app = App::odin().await;
    for (job, before) in
        [(117, "submitted"), (115, "pending"), (114, "scheduled"), (113, "queued"), (110, "printing")]
    {
        let path = format!("/api/jobs/{job}");
        assert_eq!(app.get(&path).await.1["status"], before);
        let (status, body) = app.post(&format!("{path}/cancel"), r#"{"reason": "no longer needed"}"#).await;
        assert_eq!(status, StatusCode::OK, "{before}: {body}");
        assert_eq!((&body["status"], &body["reason"]), (&json!("cancelled"), &json!("no longer needed")));
        assert_eq!(app.post(&format!("{path}/cancel"), "").await.0, StatusCode::CONFLICT, "twice");
    }
    let printer = app.get("/api/printers/1").await.1;
    assert_eq!((&printer["status"], &printer["current_job_id"]), (&json!("idle"), &Value::Null));
    for ended in [101, 103, 107, 109] {
        assert_eq!(app.post(&format!("/api/jobs/{ended}/cancel"), "").await.0, StatusCode::CONFLICT);
        assert_eq!(
            app.patch(&format!("/api/jobs/{ended}"), r#"{"quantity": 2}"#).await.0,
            StatusCode::CONFLICT
        );
    }
}

#[tokio::test]
async fn cancelling_a_job_stops_no_printer_that_prints_another() {
    let app = App::odin().await;
    assert_eq!(app.post("/api/jobs/113/cancel", "").await.0, StatusCode::OK, "queued for printer 3");
    assert_eq!(app.get("/api/printers/3").await.1["current_job_id"], 111);
    assert_eq!(app.get("/api/printers/3").await.1["status"], "paused");

    assert_eq!(
        app.post("/api/jobs/106/cancel", "").await.0,
        StatusCode::CONFLICT,
        "it has ended on printer 1"
    );
    assert_eq!(app.get("/api/printers/1").await.1["status"], "printing");
}

#[tokio::test]
async fn a_viewers_job_waits_for_an_operator() {
    let app = App::odin().await.header("X-Symbolon-Role", "viewer");
    let (_, job) = app.post("/api/jobs", r#"{"model_id": 42}"#).await;
    assert_eq!(job["status"], "submitted");

    let app = app.header("X-Symbolon-Role", "operator").header("X-Symbolon-Owner", "otto");
    let path = format!("/api/jobs/{}", job["id"]);
    let (status, approved) = app.post(&format!("{path}/approve"), r#"{"notes": "go"}"#).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&approved["status"], &approved["reviewed_by"], &approved["notes"]),
        (&json!("pending"), &json!("otto"), &json!("go"))
    );
    assert_eq!(app.post(&format!("{path}/approve"), "").await.0, StatusCode::CONFLICT);
    assert_eq!(app.post(&format!("{path}/reject"), "").await.0, StatusCode::CONFLICT);

    let (status, rejected) = app.post("/api/jobs/118/reject", r#"{"reason": "too large"}"#).await;
    assert_eq!(
        (status, &rejected["status"], &rejected["reason"]),
        (StatusCode::OK, &json!("rejected"), &json!("too large"))
    );
}

#[tokio::test]
async fn a_spool_gives_what_it_has_and_no_more() {
    let app = App::odin().await;
    assert_eq!(app.post("/api/spools/5/use", r#"{"grams": 71.6}"#).await.0, StatusCode::CONFLICT);
    assert_eq!(app.call("PATCH", "/api/spools/5/use", r#"{"grams": 71}"#).await.1["remaining_grams"], 0.5);
    for _ in 0..5 {
        assert_eq!(app.post("/api/spools/5/use", r#"{"grams": 0.1}"#).await.0, StatusCode::OK);
    }
    assert_eq!(app.get("/api/spools/5").await.1["remaining_grams"], 0.0);
    assert_eq!(app.post("/api/spools/5/use", r#"{"grams": 0.1}"#).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_spool_is_in_one_slot_at_a_time() {
    let app = App::odin().await;
    let (status, slot) = app.post("/api/filament-slots", r#"{"spool_id": 4, "printer_id": 1}"#).await;
    assert_eq!(
        (status, &slot["slot"], &slot["spool_id"]),
        (StatusCode::CREATED, &json!(3), &json!(4)),
        "the first empty one"
    );
    assert_eq!(app.delete("/api/spools/4").await, StatusCode::CONFLICT, "it is loaded");

    app.post("/api/filament-slots", r#"{"spool_id": 4, "printer_id": 5, "slot": 1}"#).await;
    assert_eq!(app.get("/api/printers/1/slots").await.1[2]["spool_id"], Value::Null);
    assert_eq!(app.get("/api/printers/5/slots").await.1[0]["spool_id"], 4);

    let (status, _) = app.post("/api/filament-slots", r#"{"spool_id": 7, "printer_id": 5}"#).await;
    assert_eq!(status, StatusCode::CONFLICT, "no empty slot");
    app.post("/api/filament-slots", r#"{"spool_id": 7, "printer_id": 5, "slot": 1}"#).await;
    assert_eq!(app.get("/api/spools/4").await.1["printer_id"], Value::Null, "back on the shelf");
    assert_eq!(app.delete("/api/spools/4").await, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/api/spools/4").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn printers_and_models_are_made_changed_and_deleted() {
    let app = App::odin().await;
    let (status, printer) =
        app.post("/api/printers", r#"{"name": "Hati", "model": "Prusa XL", "slot_count": 5}"#).await;
    assert_eq!((status, &printer["status"]), (StatusCode::CREATED, &json!("idle")));
    let path = format!("/api/printers/{}", printer["id"]);
    assert_eq!(app.get(&format!("{path}/slots")).await.1.as_array().map(Vec::len), Some(5));
    assert_eq!(app.patch(&path, r#"{"location": "Rack C"}"#).await.1["location"], "Rack C");
    assert_eq!(app.patch(&path, r#"{"name": "Huginn"}"#).await.0, StatusCode::CONFLICT, "the name is taken");
    assert_eq!(app.delete(&path).await, StatusCode::NO_CONTENT);
    assert_eq!(app.delete(&path).await, StatusCode::NOT_FOUND);
    assert_eq!(app.delete("/api/printers/1").await, StatusCode::CONFLICT, "it prints");

    let (status, model) = app.post("/api/models", r#"{"name": "Coat hook"}"#).await;
    assert_eq!(status, StatusCode::CREATED);
    let path = format!("/api/models/{}", model["id"]);
    assert_eq!(app.patch(&path, r#"{"filament_grams": 12.5}"#).await.1["filament_grams"], 12.5);
    assert!(app.get(&format!("{path}/cost")).await.1["total"].as_f64().is_some_and(|total| total > 0.0));
    assert_eq!(app.delete(&path).await, StatusCode::NO_CONTENT);
    assert_eq!(app.delete("/api/models/42").await, StatusCode::CONFLICT, "jobs name it");
}

#[tokio::test]
async fn alerts_maintenance_orders_and_backups_take_their_changes() {
    let app = App::odin().await;
    assert_eq!(app.call("PATCH", "/api/alerts/1/read", "").await.1["is_read"], true);
    app.call("PATCH", "/api/alerts/1/dismiss", "").await;
    assert!(!pluck(&app.get("/api/alerts").await.1, "id").contains(&json!(1)));

    assert_eq!(pluck(&app.get("/api/maintenance/tasks?overdue=true").await.1, "id"), [2, 6]);
    let (status, log) = app.post("/api/maintenance/logs", r#"{"task_id": 2, "notes": "wiped"}"#).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(
        (&log["task_name"], &log["printer_id"], &log["performed_by"]),
        (&json!("Clean carbon rods"), &json!(1), &json!("harriet"))
    );
    assert_eq!(pluck(&app.get("/api/maintenance/tasks?overdue=true").await.1, "id"), [6]);

    let (status, order) = app
        .post("/api/orders", r#"{"customer": "Café Nord", "items": [{"model_id": 42, "quantity": 3, "unit_price": 4.5}], "due_at": "2026-12-24"}"#)
        .await;
    assert_eq!(status, StatusCode::CREATED, "{order}");
    assert_eq!((&order["total"], &order["due_at"]), (&json!(13.5), &json!("2026-12-24T00:00:00Z")));
    let path = format!("/api/orders/{}", order["id"]);
    assert_eq!(app.patch(&path, r#"{"status": "in_progress"}"#).await.1["status"], "in_progress");

    let (status, backup) = app.post("/api/backups", "").await;
    assert_eq!((status, &backup["status"]), (StatusCode::CREATED, &json!("requested")));
    assert_eq!(app.get("/api/backups").await.1[0], backup);
    assert!(
        !app.get("/api/smtp-config").await.1.to_string().contains("password\""),
        "whether there is one, no more"
    );
}
