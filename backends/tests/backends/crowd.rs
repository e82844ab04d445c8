//! Many callers at once: each gets an answer, and what they changed adds up.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::task::JoinSet;

use crate::app::App;

#[tokio::test(flavor = "multi_thread")]
async fn writers_wait_for_each_other_and_none_fails() {
    let app = Arc::new(App::odin().await);
    let mut calls = JoinSet::new();
    for number in 0..200 {
        let app = Arc::clone(&app);
        calls.spawn(async move {
            match number % 4 {
                0 => app.post("/api/spools/4/use", r#"{"grams": 10}"#).await,
                1 => app.post("/api/jobs", r#"{"model_id": 42}"#).await,
                2 => app.post("/api/maintenance/logs", r#"{"task_id": 1}"#).await,
                _ => app.get("/api/analytics").await,
            }
        });
    }
    while let Some(call) = calls.join_next().await {
        let (status, body) = call.expect("no call panics");
        assert!(status.is_success(), "{status}: {body}");
    }
    assert_eq!(app.get("/api/spools/4").await.1["remaining_grams"], 500.0);
    assert_eq!(app.get("/api/jobs?limit=500&status=pending").await.1.as_array().map(Vec::len), Some(52));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_would_use_the_last_filament_one_does() {
    let app = Arc::new(App::odin().await);
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let app = Arc::clone(&app);
        calls.spawn(async move { app.post("/api/spools/5/use", r#"{"grams": 70}"#).await.0 });
    }
    let answers = calls.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1);
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::CONFLICT).count(), 19);
}
