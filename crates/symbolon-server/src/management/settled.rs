//! Whoever wants something changed that is so already hears of it no sooner than whoever changed it (DESIGN part 7, rule 7):
//! the record knows of a change before the gate does, and before every other node. Which call finds what to be so already, and
//! by which way through its handler, is not asked: an answer that says what is so is given behind a write of the call's own, or
//! behind a look that begins when the handler has ended.

use std::cell::Cell;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use symbolon_core::Code;
use symbolon_core::store::StoreError;
use tokio::task_local;

use crate::answer::ApiError;
use crate::app::App;

/// Calls that change nothing and ask for what is decided by now, though by POST.
const QUESTIONS: [&str; 5] = [
    "/v1/services/{service}/verify",
    "/v1/services/{service}/verify/batch",
    "/v1/services/{service}/explain",
    "/v1/webhooks/{name}/test",
    "/oauth/introspect",
];

/// Calls that wait by themselves: of this one nobody is to learn from the time of its answer what was found.
const BY_THEMSELVES: [&str; 1] = ["/oauth/revoke"];

task_local! {
    /// Whether the call under way has read nothing since it wrote: when it wrote, all that it had seen was waited for too.
    static WRITTEN: Cell<bool>;
}

/// The call under way has written, and that was waited for.
pub(super) fn written() {
    say(true);
}

/// The call under way has read what it answers by, perhaps after it wrote.
pub(super) fn read() {
    say(false);
}

fn say(written: bool) {
    // Nobody listens where it is no such call, or where a task of its own goes on with it. Who waits then waits once more.
    let _ = WRITTEN.try_with(|cell| cell.set(written));
}

/// Returns when everything that the call under way has seen is so everywhere.
pub(super) async fn everywhere(app: &App) -> Result<(), StoreError> {
    if WRITTEN.try_with(Cell::get).unwrap_or_default() {
        return Ok(());
    }
    app.store().applied().await
}

/// Holds the answers of calls back until what they say is so everywhere. Where that cannot be known, that is the answer.
pub(super) async fn settled(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let changes = !request.method().is_safe() && path.is_some_and(|path| !QUESTIONS.contains(&path));
    if !changes {
        return next.run(request).await;
    }
    let by_itself = path.is_some_and(|path| BY_THEMSELVES.contains(&path));
    let whole = async {
        let response = next.run(request).await;
        let code = response.extensions().get::<ApiError>().map(ApiError::code);
        if by_itself || !says_what_is_so(&app, code, &response) {
            return response;
        }
        match everywhere(&app).await {
            Ok(()) => response,
            Err(error) => ApiError::from(error).into_response(),
        }
    };
    WRITTEN.scope(Cell::new(false), whole).await
}

/// Whether an answer says something of the record, and not of the call alone.
fn says_what_is_so(app: &App, code: Option<Code>, response: &Response) -> bool {
    match code {
        None => response.status().is_success(),
        // What the caller wanted to end was its own, perhaps, and it was ended. That is by the gate alone: where there is no
        // other, it is so.
        Some(Code::InvalidToken | Code::InsufficientRole) => !app.gate().lease().is_endless(),
        // It says what an Idempotency-Key has made.
        Some(Code::IdempotencyMismatch) => true,
        Some(code) => matches!(code.status(), 404 | 409),
    }
}
