//! The stylesheet, the script and the icon: in the binary, under names that change with what is in them, so that a
//! browser may keep them for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

const STYLE: &str = include_str!("../../assets/console.css");
const SCRIPT: &str = include_str!("../../assets/console.js");
const ICON: &str = include_str!("../../assets/icon.svg");

/// Where each is served, as the pages name it.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) style: String,
    pub(super) script: String,
    pub(super) icon: String,
}

/// Where each is served.
pub(super) fn names() -> &'static Names {
    static NAMES: LazyLock<Names> = LazyLock::new(|| Names {
        style: named("console", STYLE, "css"),
        script: named("console", SCRIPT, "js"),
        icon: named("icon", ICON, "svg"),
    });
    &NAMES
}

/// A checksum tells versions apart; nothing is kept safe by it.
fn named(stem: &str, content: &str, ending: &str) -> String {
    format!("/assets/{stem}-{:08x}.{ending}", crc32fast::hash(content.as_bytes()))
}

/// Serves one of them. A name of another version is not here: what it names is not what would be answered.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let path = format!("/assets/{name}");
    let names = names();
    let found = [
        (&names.style, "text/css; charset=utf-8", STYLE),
        (&names.script, "text/javascript; charset=utf-8", SCRIPT),
        (&names.icon, "image/svg+xml", ICON),
    ];
    match found.into_iter().find(|(known, ..)| **known == path) {
        Some((_, kind, content)) => {
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")], content)
                .into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
