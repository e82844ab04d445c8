//! Bad input, made from the document: each field of each body, each query parameter, each part of a path. Always a
//! problem document with a 4xx, and the field named where there is one.

mod bodies;
mod fields;
mod good;
mod headers;
mod paths;
mod queries;

use std::fmt::Write;

use crate::world::Answer;

/// Collects what was answered otherwise than it should, so that one run tells it all.
#[derive(Default)]
struct Wrong(String);

impl Wrong {
    fn expect(&mut self, ok: bool, what: &str, answer: &Answer) {
        if !ok {
            let text: String = answer.text().chars().take(300).collect();
            writeln!(self.0, "{what}: {} {text}", answer.status).unwrap();
        }
    }

    /// It must be refused, naming this field or a part of it.
    fn expect_field(&mut self, field: &str, what: &str, answer: &Answer) {
        let named = match answer.status {
            400..500 => answer.json()["errors"][0]["field"].as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        let part =
            named.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']));
        self.expect(part && [400, 422].contains(&answer.status), what, answer);
    }

    fn none(self) {
        assert!(self.0.is_empty(), "answered otherwise:\n{}", self.0);
    }
}

/// The beginning of a long text, for a failure's line.
fn short(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(60).collect()
}
