//! Odysseus: chat and its history, to-dos, documents, mail, calendar, memory.

use crate::app::{App, assert_invalid, pluck};
use axum::http::StatusCode;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

#[tokio::test]
async fn every_read_answers() {
    let app = App::odysseus().await;
    for path in [
        "/api/models",
        "/api/companion/ping",
        "/api/companion/info",
        "/api/companion/models",
        "/api/codex/capabilities",
        "/api/codex/todos",
        "/api/codex/documents",
        "/api/codex/documents/1",
        "/api/codex/emails",
        "/api/codex/emails/101",
        "/api/codex/memory",
        "/api/health",
        "/api/version",
        "/api/sessions",
        "/api/users",
        "/api/codex/calendar/events?start=2026-11-23&end=2026-11-30T00:00:00Z",
    ] {
        let (status, body) = app.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
    }
    let (_, capabilities) = app.get("/api/codex/capabilities").await;
    assert_eq!(capabilities["identity"]["scopes"], json!(["agent:read", "agent:write"]));
}

#[tokio::test]
async fn a_conversation_remembers_what_was_said_in_it() {
    let app = App::odysseus().await;
    let (status, first) = app.post("/api/v1/chat", r#"{"message": "good morning"}"#).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(first["reply"], "You wrote: \"good morning\". That is 2 words.");

    let turn = json!({ "message": "again", "session": first["session"], "model": "echo" });
    let (_, second) = app.post("/api/v1/chat", &turn.to_string()).await;
    assert_eq!(
        second["reply"],
        "You wrote: \"again\". That is 1 word. Before that you wrote: \"good morning\"."
    );
    assert_eq!((&second["session"], &second["messages"]), (&first["session"], &json!(4)));

    let (_, other) = app.post("/api/v1/chat", r#"{"message": "hi", "session": "work"}"#).await;
    assert_eq!((&other["session"], &other["messages"]), (&json!("work"), &json!(2)));
    let (_, unnamed) = app.post("/api/v1/chat", r#"{"message": "hi"}"#).await;
    assert_eq!(unnamed["messages"], 2, "without a name each time a new one");
}

#[tokio::test]
async fn a_conversation_is_its_owners() {
    let app = App::odysseus().await;
    let (_, mine) = app.post("/api/v1/chat", r#"{"message": "secret", "session": "work"}"#).await;
    let (_, unnamed) = app.post("/api/v1/chat", r#"{"message": "secret too"}"#).await;
    assert_eq!(app.get("/api/sessions").await.1.as_array().map(Vec::len), Some(2));

    let app = app.header("X-Symbolon-Owner", "mallory");
    let (_, theirs) = app.post("/api/v1/chat", r#"{"message": "hi", "session": "work"}"#).await;
    assert_eq!((&mine["messages"], &theirs["messages"]), (&json!(2), &json!(2)));
    assert!(!theirs["reply"].as_str().expect("a reply").contains("secret"));
    let stolen = json!({ "message": "hi", "session": unnamed["session"] }).to_string();
    assert_invalid(&app.post("/api/v1/chat", &stolen).await, "session");
    assert_eq!(pluck(&app.get("/api/sessions").await.1, "owner"), ["mallory"]);

    let app = app.header("X-Symbolon-Role", "admin");
    assert_eq!(
        app.get("/api/sessions").await.1.as_array().map(Vec::len),
        Some(5),
        "two of the seed, three of here"
    );
}

#[tokio::test]
async fn a_streamed_reply_comes_word_by_word() {
    let app = App::odysseus().await;
    let body = r#"{"message": "one two", "session": "s", "stream": true}"#;
    let response = app.send("POST", "/api/v1/chat", app.headers(), body).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");

    let mut body = response.into_body();
    let mut frames = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame.expect("a frame").into_data().expect("data");
        frames.push(String::from_utf8(data.to_vec()).expect("text"));
    }
    let done = frames.pop().expect("a last event");
    assert_eq!(done, "event: done\ndata: {\"messages\":2,\"model\":\"echo\",\"session\":\"s\"}\n\n");
    let words: Vec<String> = frames
        .iter()
        .map(|frame| {
            let json =
                frame.strip_prefix("data: ").and_then(|rest| rest.strip_suffix("\n\n")).expect("an event");
            serde_json::from_str::<Value>(json).expect("JSON")["delta"].as_str().expect("a word").to_owned()
        })
        .collect();
    assert_eq!(words, ["You ", "wrote: ", "\"one ", "two\". ", "That ", "is ", "2 ", "words."]);
}

#[tokio::test]
async fn todos_are_made_filtered_and_done() {
    let app = App::odysseus().await;
    let (status, todo) = app.post("/api/codex/todos", r#"{"text": "Buy figs", "label": "errands"}"#).await;
    assert_eq!(
        (status, &todo["done"], &todo["created_by"]),
        (StatusCode::CREATED, &json!(false), &json!("harriet"))
    );
    let (status, titled) =
        app.post("/api/codex/todos", r#"{"title": "Mend the sail", "due": "2026-12-01"}"#).await;
    assert_eq!(
        (status, &titled["text"], &titled["due"]),
        (StatusCode::CREATED, &json!("Mend the sail"), &json!("2026-12-01T00:00:00Z"))
    );

    let path = format!("/api/codex/todos/{}", todo["id"]);
    let (_, done) = app.patch(&path, r#"{"done": true}"#).await;
    assert_eq!((&done["done"], &done["text"]), (&json!(true), &json!("Buy figs")));
    let (_, list) = app.get("/api/codex/todos?label=errands&done=true").await;
    assert_eq!(list, json!([done]));
}

#[tokio::test]
async fn documents_come_in_pages() {
    let app = App::odysseus().await;
    for number in 5..=53 {
        let body = json!({ "title": format!("Note {number}"), "content": "…" }).to_string();
        assert_eq!(app.post("/api/codex/documents", &body).await.0, StatusCode::CREATED);
    }
    let (_, first) = app.get("/api/codex/documents?page=50").await;
    assert_eq!(
        (pluck(&first["documents"], "id").len(), &first["total"], &first["next_offset"]),
        (50, &json!(53), &json!(50))
    );
    let (_, rest) = app.get("/api/codex/documents?page=50&offset=50").await;
    assert_eq!(pluck(&rest["documents"], "id"), [51, 52, 53]);
    assert_eq!(rest["next_offset"], Value::Null);
    assert_eq!(
        app.get("/api/codex/documents?page=3&offset=50").await.1["next_offset"],
        Value::Null,
        "exactly the end"
    );
    let (_, past) = app.get("/api/codex/documents?offset=99").await;
    assert_eq!((&past["documents"], &past["next_offset"]), (&json!([]), &Value::Null));

    let (_, edited) = app.patch("/api/codex/documents/53", r#"{"content": "changed"}"#).await;
    assert_eq!((&edited["title"], &edited["content"]), (&json!("Note 53"), &json!("changed")));
    assert_eq!(app.delete("/api/codex/documents/53").await, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/api/codex/documents/53").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn drafts_and_sent_mail_land_in_the_outbox_and_nowhere_else() {
    let app = App::odysseus().await;
    let (_, inbox) = app.get("/api/codex/emails").await;
    let mail = r#"{"to": "mentor@school.example", "subject": "Re: evening", "body": "We come.", "in_reply_to": 103}"#;
    let (status, draft) = app.post("/api/codex/emails/draft", mail).await;
    assert_eq!(
        (status, &draft["state"], &draft["from"]),
        (StatusCode::CREATED, &json!("draft"), &json!("harriet@ithaca.example"))
    );
    let (_, sent) = app.post("/api/codex/emails/send", mail).await;
    assert_eq!((&sent["state"], &sent["in_reply_to"]), (&json!("sent"), &json!(103)));
    let document = r#"{"document_id": 4, "to": "sitter@ithaca.example", "subject": "Numbers"}"#;
    let (_, copy) = app.post("/api/codex/emails/draft-document", document).await;
    assert!(copy["body"].as_str().expect("a body").starts_with("Plumber"), "{copy}");

    let (_, outbox) = app.get("/api/codex/emails?box=outbox").await;
    assert_eq!(pluck(&outbox, "uid")[..3], [copy["uid"].clone(), sent["uid"].clone(), draft["uid"].clone()]);
    assert_eq!(app.get("/api/codex/emails?box=inbox").await.1, inbox);
    assert_eq!(app.get(&format!("/api/codex/emails/{}", sent["uid"])).await.1, sent);
}

#[tokio::test]
async fn the_calendar_shows_what_goes_on_in_a_span() {
    let app = App::odysseus().await;
    let titles = async |span: &str| {
        let (_, events) = app.get(&format!("/api/codex/calendar/events?{span}")).await;
        pluck(&events, "title")
    };
    assert_eq!(titles("start=2026-11-26&end=2026-11-27").await, ["Tiles arrive", "Parents' evening"]);
    let edges = "start=2026-11-26T12:00:00Z&end=2026-11-26T18:30:00Z";
    assert!(titles(edges).await.is_empty(), "one ends as the span begins, one begins as it ends");

    let body = r#"{"title": "Call", "start": "2026-11-26T15:00:00+02:00", "end": "2026-11-26T13:30:00Z"}"#;
    let (status, event) = app.post("/api/codex/calendar/events", body).await;
    assert_eq!(
        (status, &event["start"]),
        (StatusCode::CREATED, &json!("2026-11-26T13:00:00Z")),
        "kept in UTC"
    );
    assert_eq!(titles(edges).await, ["Call"]);
    let path = format!("/api/codex/calendar/events/{}", event["uid"]);
    assert_eq!(app.patch(&path, r#"{"location": "Phone"}"#).await.1["location"], "Phone");
    assert_invalid(&app.patch(&path, r#"{"end": "2026-11-26T13:00:00Z"}"#).await, "end");
    assert_eq!(app.delete(&path).await, StatusCode::NO_CONTENT);
    assert_eq!(app.patch(&path, r#"{"location": "Phone"}"#).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn memories_are_added_changed_and_forgotten() {
    let app = App::odysseus().await;
    let (status, memory) = app.post("/api/codex/memory", r#"{"text": "Argos likes figs"}"#).await;
    assert_eq!((status, &memory["category"]), (StatusCode::CREATED, &json!("general")));
    let path = format!("/api/codex/memory/{}", memory["id"]);
    let (_, changed) = app.patch(&path, r#"{"category": "dog"}"#).await;
    assert_eq!((&changed["category"], &changed["text"]), (&json!("dog"), &memory["text"]));
    assert_eq!(app.get("/api/codex/memory?category=dog").await.1, json!([changed]));
    assert_eq!(app.delete(&path).await, StatusCode::NO_CONTENT);
    assert_eq!(app.delete(&path).await, StatusCode::NOT_FOUND);
}
