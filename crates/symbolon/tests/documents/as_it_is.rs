//! The two applications as they are today, in front of which the walks put Symbolon: the routes are the demo's, and
//! before them stands a login of the application's own, which knows nothing of Symbolon.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// What the application takes for a proof of who is asking.
struct Login {
    title: &'static str,
    /// The session's cookie, as a browser sends it.
    cookie: &'static str,
    machine: Box<dyn Fn(&HeaderMap) -> bool + Send + Sync>,
}

/// A running application; it ends with the value.
pub(crate) struct Application(Option<Runtime>);

/// O.D.I.N.: its system key stands in `odin.key`, and any token of its own form is one of an administrator's.
pub(crate) fn odin(directory: &Path, port: u16) -> Application {
    let key = directory.join("odin.key");
    let machine = move |headers: &HeaderMap| {
        let given = headers.get("x-api-key").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let key = std::fs::read_to_string(&key).unwrap_or_default();
        given.starts_with("odin_") || (!given.is_empty() && given == key.trim_end())
    };
    let login = Login { title: "O.D.I.N.", cookie: "session=a-persons-session", machine: Box::new(machine) };
    let file = directory.join("odin-as-it-is.db");
    start(port, login, file, async |file| symbolon_backends::odin::app(&file).await.unwrap())
}

/// Odysseus: any token of its own form may do anything, as in the version of May 2026.
pub(crate) fn odysseus(directory: &Path, port: u16) -> Application {
    let machine = |headers: &HeaderMap| {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        given.is_some_and(|given| given.starts_with("Bearer ody_"))
    };
    let cookie = "odysseus_session=a-persons-session";
    let login = Login { title: "Odysseus", cookie, machine: Box::new(machine) };
    let file = directory.join("odysseus-as-it-is.db");
    start(port, login, file, async |file| symbolon_backends::odysseus::app(&file).await.unwrap())
}

fn start(
    port: u16,
    login: Login,
    file: PathBuf,
    app: impl AsyncFnOnce(PathBuf) -> Router + 'static,
) -> Application {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (app, listener) =
        runtime.block_on(async { (app(file).await, TcpListener::bind(("127.0.0.1", port)).await.unwrap()) });
    let app = app.layer(middleware::from_fn_with_state(Arc::new(login), ask_who));
    runtime.spawn(async move { axum::serve(listener, app).await });
    Application(Some(runtime))
}

async fn ask_who(State(login): State<Arc<Login>>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let cookie = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let person = cookie.split("; ").any(|each| each == login.cookie);
    match request.uri().path() {
        "/" if person => {
            return Html(format!("<!doctype html><title>{}</title>\n", login.title)).into_response();
        }
        "/" => return Redirect::to("/login").into_response(),
        _ => {}
    }
    if !person && !(login.machine)(headers) {
        let body = r#"{"detail":"Invalid or missing API key"}"#;
        return (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, "application/json")], body)
            .into_response();
    }
    // The demo's routes want to be told who asks, where the real application's look it up.
    for name in ["principal", "token-id", "owner", "role", "scopes"] {
        let value = if name == "principal" { "system" } else { "-" };
        let name = http::HeaderName::try_from(format!("x-symbolon-{name}")).unwrap();
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    next.run(request).await
}

impl Drop for Application {
    fn drop(&mut self) {
        // A connection that the proxy keeps is no reason to wait.
        self.0.take().into_iter().for_each(Runtime::shutdown_background);
    }
}
