//! Which tools each scope and profile reaches, and how each tool is called.

use serde_json::json;

use crate::stage::Call;

/// Every tool of O.D.I.N. with arguments by which it does what it says, in an order in which each can.
pub(crate) fn odin() -> Vec<Call> {
    vec![
        ("list_printers", json!({ "status": "idle" })),
        ("get_printer", json!({ "printer_id": 1 })),
        ("list_jobs", json!({ "status": "completed", "limit": 3 })),
        ("get_job", json!({ "job_id": 110 })),
        ("list_queue", json!({})),
        ("list_alerts", json!({ "severity": "warning", "unread_only": true })),
        ("list_spools", json!({ "filament_type": "PLA", "available_only": true })),
        ("list_filaments", json!({})),
        ("list_maintenance_tasks", json!({ "overdue_only": true })),
        ("list_orders", json!({ "status": "fulfilled" })),
        ("farm_summary", json!({})),
        (
            "queue_job",
            json!({ "model_id": 42, "printer_id": 5, "quantity": 2, "priority": "high", "notes": "n" }),
        ),
        ("cancel_job", json!({ "job_id": 116, "reason": "not needed" })),
        ("approve_job", json!({ "job_id": 117, "notes": "go" })),
        ("reject_job", json!({ "job_id": 118, "reason": "too large" })),
        ("pause_printer", json!({ "printer_id": 1 })),
        ("resume_printer", json!({ "printer_id": 3 })),
        ("mark_alert_read", json!({ "alert_id": 1 })),
        ("dismiss_alert", json!({ "alert_id": 2 })),
        ("assign_spool", json!({ "spool_id": 4, "printer_id": 2, "slot": 3 })),
        ("consume_spool", json!({ "spool_id": 3, "grams": 12.5 })),
        ("complete_maintenance", json!({ "task_id": 1, "notes": "done" })),
    ]
}

/// The same of Odysseus.
pub(crate) fn odysseus() -> Vec<Call> {
    vec![
        ("chat", json!({ "message": "Good morning" })),
        ("list_models", json!({})),
        ("list_todos", json!({ "label": "errands", "done": false })),
        ("add_todo", json!({ "text": "Buy bread", "label": "errands", "due": "2026-12-24T18:00:00Z" })),
        ("update_todo", json!({ "todo_id": 1, "done": true })),
        ("list_documents", json!({ "page": 2, "offset": 1 })),
        ("read_document", json!({ "document_id": 1 })),
        ("create_document", json!({ "title": "Shopping", "content": "bread" })),
        ("edit_document", json!({ "document_id": 2, "content": "No cheese at all." })),
        ("delete_document", json!({ "document_id": 3 })),
        ("list_emails", json!({ "box": "inbox" })),
        ("read_email", json!({ "email_uid": 101 })),
        (
            "draft_email",
            json!({ "to": "orders@tileworks.example", "subject": "Re", "body": "Yes", "in_reply_to": 101 }),
        ),
        ("draft_email_of_document", json!({ "document_id": 1, "to": "a@example.org", "subject": "Plan" })),
        ("send_email", json!({ "to": "a@example.org", "subject": "Hello", "body": "Hello" })),
        ("list_events", json!({ "start": "2026-11-01T00:00:00Z", "end": "2026-12-31T00:00:00Z" })),
        (
            "create_event",
            json!({ "title": "Choir", "start": "2026-12-01T18:30:00Z", "end": "2026-12-01T20:30:00Z" }),
        ),
        ("update_event", json!({ "event_uid": 2, "location": "New Hall" })),
        ("delete_event", json!({ "event_uid": 5 })),
        ("list_memories", json!({ "category": "household" })),
        ("add_memory", json!({ "text": "The bakery closes at six.", "category": "household" })),
        ("update_memory", json!({ "memory_id": 1, "text": "Penelope prefers short answers." })),
        ("delete_memory", json!({ "memory_id": 4 })),
    ]
}

/// What a token sees, by what it was granted, written down from the documents of both applications.
pub(crate) const SEEN: &[(&str, &str, &[&[&str]])] = &[
    ("odin", "agent:read", &[ODIN_READS]),
    ("odin", "agent:write", &[ODIN_READS, ODIN_WRITES]),
    ("odin", "read:printers", &[&["list_printers", "get_printer"]]),
    ("odin", "write:printers", &[&["pause_printer", "resume_printer"]]),
    ("odin", "read:jobs", &[&["list_jobs", "get_job", "list_queue"]]),
    ("odin", "write:jobs", &[&["queue_job", "cancel_job"]]),
    ("odin", "read:spools", &[&["list_spools"]]),
    ("odin", "write:spools", &[&["consume_spool"]]),
    ("odin", "read:orders", &[&["list_orders"]]),
    ("odin", "read:models read:analytics read:users", &[]),
    ("odysseus", "chat", &[&["chat", "list_models"]]),
    ("odysseus", "codex_todos", &[&["list_todos", "add_todo", "update_todo"]]),
    (
        "odysseus",
        "codex_email_drafts",
        &[&[
            "list_documents",
            "read_document",
            "create_document",
            "edit_document",
            "delete_document",
            "list_emails",
            "read_email",
            "draft_email",
            "draft_email_of_document",
        ]],
    ),
    ("odysseus", "todos:read", &[&["list_todos"]]),
    ("odysseus", "documents:read", &[&["list_documents", "read_document"]]),
    ("odysseus", "email:draft", &[&["draft_email"]]),
    ("odysseus", "email:send", &[&["send_email"]]),
    ("odysseus", "calendar:read", &[&["list_events"]]),
    ("odysseus", "calendar:write", &[&["list_events", "create_event", "update_event", "delete_event"]]),
    ("odysseus", "memory:read", &[&["list_memories"]]),
    ("odysseus", "memory:write", &[&["list_memories", "add_memory", "update_memory", "delete_memory"]]),
];

const ODIN_READS: &[&str] = &[
    "list_printers",
    "get_printer",
    "list_jobs",
    "get_job",
    "list_queue",
    "list_alerts",
    "list_spools",
    "list_filaments",
    "list_maintenance_tasks",
    "list_orders",
    "farm_summary",
];

const ODIN_WRITES: &[&str] = &[
    "queue_job",
    "cancel_job",
    "approve_job",
    "reject_job",
    "pause_printer",
    "resume_printer",
    "mark_alert_read",
    "dismiss_alert",
    "assign_spool",
    "consume_spool",
    "complete_maintenance",
];
