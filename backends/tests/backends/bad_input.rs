//! What callers get wrong is a 4xx that names it, never a 5xx.

use crate::app::{App, assert_invalid};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// Every call that takes a body, with a body that it accepts.
fn odin_calls() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("POST", "/api/printers", json!({ "name": "Hati", "model": "XL", "location": "C", "slot_count": 2 })),
        ("PATCH", "/api/printers/2", json!({ "name": "Muninn II", "model": "XL", "location": "C" })),
        (
            "POST",
            "/api/jobs",
            json!({ "model_id": 42, "printer_id": 1, "quantity": 2, "priority": "high", "notes": "n" }),
        ),
        (
            "PATCH",
            "/api/jobs/115",
            json!({ "printer_id": 1, "quantity": 2, "priority": "high", "notes": "n" }),
        ),
        ("POST", "/api/jobs/116/cancel", json!({ "reason": "r" })),
        ("POST", "/api/jobs/117/approve", json!({ "notes": "n" })),
        ("POST", "/api/jobs/118/reject", json!({ "reason": "r" })),
        (
            "POST",
            "/api/spools",
            json!({ "brand": "b", "filament_type": "PLA", "color": "c", "location": "l", "initial_grams": 750, "cost_per_kg": 20.5 }),
        ),
        (
            "PATCH",
            "/api/spools/4",
            json!({ "brand": "b", "color": "c", "location": "l", "cost_per_kg": 20.5 }),
        ),
        ("POST", "/api/spools/4/use", json!({ "grams": 1.5 })),
        ("POST", "/api/filament-slots", json!({ "spool_id": 4, "printer_id": 1, "slot": 4 })),
        (
            "POST",
            "/api/models",
            json!({ "name": "m", "category": "c", "filament_type": "PLA", "filament_grams": 3.5, "print_minutes": 9 }),
        ),
        (
            "PATCH",
            "/api/models/42",
            json!({ "name": "m2", "category": "c", "filament_type": "PLA", "filament_grams": 3.5, "print_minutes": 9 }),
        ),
        (
            "POST",
            "/api/orders",
            json!({ "customer": "c", "items": [{ "model_id": 42, "quantity": 1, "unit_price": 2 }], "due_at": "2026-12-01", "notes": "n" }),
        ),
        ("PATCH", "/api/orders/13", json!({ "status": "shipped", "due_at": "2026-12-01", "notes": "n" })),
        ("POST", "/api/maintenance/logs", json!({ "task_id": 1, "notes": "n" })),
    ]
}

fn odysseus_calls() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        (
            "POST",
            "/api/v1/chat",
            json!({ "message": "m", "session": "s", "model": "echo-loud", "stream": false }),
        ),
        ("POST", "/api/codex/todos", json!({ "text": "t", "label": "l", "due": "2026-12-01" })),
        (
            "PATCH",
            "/api/codex/todos/1",
            json!({ "text": "t", "label": "l", "due": "2026-12-01", "done": true }),
        ),
        ("POST", "/api/codex/documents", json!({ "title": "t", "content": "c" })),
        ("PATCH", "/api/codex/documents/1", json!({ "title": "t", "content": "c" })),
        (
            "POST",
            "/api/codex/emails/draft",
            json!({ "to": "a@b", "subject": "s", "body": "b", "in_reply_to": 101 }),
        ),
        (
            "POST",
            "/api/codex/emails/send",
            json!({ "to": "a@b", "subject": "s", "body": "b", "in_reply_to": 101 }),
        ),
        (
            "POST",
            "/api/codex/emails/draft-document",
            json!({ "document_id": 1, "to": "a@b", "subject": "s" }),
        ),
        (
            "POST",
            "/api/codex/calendar/events",
            json!({ "title": "t", "start": "2026-12-01", "end": "2026-12-02", "location": "l", "notes": "n" }),
        ),
        (
            "PATCH",
            "/api/codex/calendar/events/1",
            json!({ "title": "t", "start": "2026-12-01", "end": "2026-12-02", "location": "l", "notes": "n" }),
        ),
        ("POST", "/api/codex/memory", json!({ "text": "t", "category": "c" })),
        ("PATCH", "/api/codex/memory/1", json!({ "text": "t", "category": "c" })),
    ]
}

#[tokio::test]
async fn each_wrong_field_of_each_call_is_a_422_that_names_it() {
    for (app, calls) in [(App::odin().await, odin_calls()), (App::odysseus().await, odysseus_calls())] {
        for (method, path, good) in calls {
            let fields: Map<String, Value> = good.as_object().expect("an object").clone();
            for name in fields.keys() {
                for wrong in [
                    json!([{}]),
                    json!({}),
                    json!(""),
                    json!("\u{0}"),
                    json!(-1),
                    json!(1e300),
                    json!("x".repeat(100_001)),
                ] {
                    let mut body = fields.clone();
                    body.insert(name.clone(), wrong);
                    let body = Value::from(body).to_string();
                    let answer = app.call(method, path, body).await;
                    assert_eq!(
                        answer.0,
                        StatusCode::UNPROCESSABLE_ENTITY,
                        "{method} {path} {name}: {}",
                        answer.1
                    );
                    assert_invalid(&answer, name);
                }
                if method == "PATCH" {
                    assert_invalid(&app.call(method, path, json!({ name: null }).to_string()).await, name);
                }
                let twice = format!("{{\"{name}\":{0},\"{name}\":{0}}}", fields[name]);
                assert_invalid(&app.call(method, path, twice).await, name);
            }
            let mut unknown = fields.clone();
            unknown.insert("colour_of_the_sky".to_owned(), json!("blue"));
            assert_invalid(
                &app.call(method, path, Value::from(unknown).to_string()).await,
                "colour_of_the_sky",
            );
            for broken in ["[]", "null", "7", "{\"", "{}x", "\u{feff}{}"] {
                assert_eq!(
                    app.call(method, path, broken).await.0,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "{method} {path} {broken}"
                );
            }
            assert_eq!(
                app.call(method, path, vec![b'{', 0xff, b'}']).await.0,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{path}"
            );
            assert_eq!(
                app.call(method, path, vec![b' '; 3 << 20]).await.0,
                StatusCode::PAYLOAD_TOO_LARGE,
                "{path}"
            );

            // Last, since it changes things: the body that all of the above was made from is a good one.
            let (status, body) = app.call(method, path, good.to_string()).await;
            assert!(status.is_success(), "{method} {path}: {body}");
        }
    }
}

#[tokio::test]
async fn required_fields_are_named() {
    let app = App::odin().await;
    for (path, field) in [
        ("/api/jobs", "model_id"),
        ("/api/printers", "name"),
        ("/api/models", "name"),
        ("/api/spools", "brand"),
        ("/api/spools/1/use", "grams"),
        ("/api/orders", "customer"),
        ("/api/maintenance/logs", "task_id"),
        ("/api/filament-slots", "spool_id"),
    ] {
        assert_invalid(&app.post(path, "").await, field);
        assert_invalid(&app.post(path, "{}").await, field);
    }
    assert_invalid(&app.patch("/api/printers/1", "{}").await, "nothing to change");
    assert_invalid(&App::odysseus().await.get("/api/codex/calendar/events?start=2026-11-23").await, "end");
}

#[tokio::test]
async fn references_to_nothing_are_named_and_change_nothing() {
    let app = App::odin().await;
    let (_, before) = app.get("/api/stats").await;
    for (path, body, field) in [
        ("/api/jobs", r#"{"model_id": 43}"#, "model_id"),
        ("/api/jobs", r#"{"model_id": 42, "printer_id": 99}"#, "printer_id"),
        ("/api/filament-slots", r#"{"spool_id": 99, "printer_id": 1}"#, "spool_id"),
        ("/api/filament-slots", r#"{"spool_id": 1, "printer_id": 99}"#, "printer_id"),
        ("/api/filament-slots", r#"{"spool_id": 1, "printer_id": 5, "slot": 2}"#, "slot"),
        ("/api/maintenance/logs", r#"{"task_id": 99}"#, "task_id"),
        ("/api/orders", r#"{"customer": "c", "items": []}"#, "items"),
        (
            "/api/orders",
            r#"{"customer": "c", "items": [{"model_id": 42, "quantity": 1, "unit_price": 1}, {"model_id": 43, "quantity": 1, "unit_price": 1}]}"#,
            "items[1].model_id",
        ),
    ] {
        assert_invalid(&app.post(path, body).await, field);
    }
    assert_eq!(app.get("/api/stats").await.1, before);
    assert_eq!(app.get("/api/spools/1").await.1["printer_id"], 1, "the refused move was undone");

    let app = App::odysseus().await;
    let mail = r#"{"to": "a@b", "subject": "s", "body": "b", "in_reply_to": 105}"#;
    assert_invalid(&app.post("/api/codex/emails/send", mail).await, "in_reply_to");
    let mail = r#"{"to": "a@b", "subject": "s", "document_id": 99}"#;
    assert_invalid(&app.post("/api/codex/emails/draft-document", mail).await, "document_id");
}

#[tokio::test]
async fn ids_of_nothing_are_404() {
    for (app, paths) in [
        (
            App::odin().await,
            vec!["/api/printers/", "/api/jobs/", "/api/spools/", "/api/models/", "/api/orders/"],
        ),
        (App::odysseus().await, vec!["/api/codex/documents/", "/api/codex/emails/"]),
    ] {
        for path in paths {
            for id in ["0", "99999", "-1", "abc", "1.5", "99999999999999999999", "%00", "%ff"] {
                let (status, body) = app.get(&format!("{path}{id}")).await;
                assert_eq!(status, StatusCode::NOT_FOUND, "{path}{id}");
                assert!(body["detail"].is_string());
            }
        }
    }
    let app = App::odin().await;
    for path in ["printers/99/pause", "jobs/9/cancel", "jobs/9/approve", "jobs/9/reject"] {
        assert_eq!(app.post(&format!("/api/{path}"), "").await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(app.post("/api/spools/99/use", r#"{"grams": 1}"#).await.0, StatusCode::NOT_FOUND);
    for path in ["alerts/99/read", "alerts/99/dismiss"] {
        assert_eq!(app.call("PATCH", &format!("/api/{path}"), "").await.0, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["printers/99/telemetry", "printers/99/slots", "models/99/cost"] {
        assert_eq!(app.get(&format!("/api/{path}")).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn wrong_queries_are_named() {
    let app = App::odin().await;
    for (query, field) in [
        ("printers?status=sleeping", "status"),
        ("printers?state=idle", "state"),
        ("jobs?status=", "status"),
        ("jobs?limit=0", "limit"),
        ("jobs?limit=501", "limit"),
        ("jobs?limit=ten", "limit"),
        ("alerts?severity=loud", "severity"),
        ("alerts?is_read=maybe", "is_read"),
        ("spools?available_only=2", "available_only"),
        ("maintenance/tasks?overdue=yes", "overdue"),
        ("orders?status=open", "status"),
    ] {
        assert_invalid(&app.get(&format!("/api/{query}")).await, field);
    }
    let app = App::odysseus().await;
    for (query, field) in [
        ("documents?page=51", "page"),
        ("documents?offset=-1", "offset"),
        ("emails?box=trash", "box"),
        ("calendar/events?start=2026-02-30&end=2026-03-01", "start"),
        ("calendar/events?start=2026-11-23T10:00:00&end=2026-11-24", "start"),
        ("calendar/events?start=2026-11-24&end=2026-11-23", "end"),
        ("calendar/events?start=1969-12-31&end=2026-11-23", "start"),
    ] {
        assert_invalid(&app.get(&format!("/api/codex/{query}")).await, field);
    }
}

#[tokio::test]
async fn mail_takes_one_plain_address_and_a_subject_of_one_line() {
    let app = App::odysseus().await;
    for to in ["a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nBcc: x@y"] {
        let mail = json!({ "to": to, "subject": "s", "body": "b" }).to_string();
        assert_invalid(&app.post("/api/codex/emails/send", &mail).await, "to");
    }
    let mail = json!({ "to": "a@b", "subject": "s\r\nBcc: x@y", "body": "b" }).to_string();
    assert_invalid(&app.post("/api/codex/emails/send", &mail).await, "subject");
}
