//! Documents of any kind.

use proptest::prelude::*;
use serde_json::{Value, json};
use symbolon_core::catalog::Access;

use super::{compared, compiled, drafted};
use crate::drafting::Document;

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z]{1,6}",
        2 => prop::sample::select(vec!["api", "v1", "admin", "Users", "API-keys", "health", "other", ""]).prop_map(str::to_owned),
        4 => "[a-z]{1,3}".prop_map(|name| format!("{{{name}}}")),
        1 => "[ -~]{1,8}".prop_map(|text| text.replace('/', "")),
        1 => prop::sample::select(vec!["{a}.{b}", "{item-id}", "{a}:go", "{}", "%C3%A9", "é", "%2e", "{*rest}", ".", "a;b"])
            .prop_map(str::to_owned),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    let method =
        prop::sample::select(vec!["get", "head", "post", "put", "patch", "delete", "options", "trace"]);
    let operation =
        (prop::collection::vec(segment(), 0..4), method, prop::option::of(".{0,12}"), any::<bool>());
    let server = prop::sample::select(vec![
        "/",
        "/api",
        "https://x.example/v1/",
        "http://x.example",
        "/{v}",
        "v2",
        "/a//b",
        "/admin",
    ]);
    let (operations, servers) =
        (prop::collection::vec(operation, 0..30), prop::collection::vec(server, 0..4));
    (operations, servers, ".{0,20}").prop_map(|(operations, servers, title)| {
        let mut document = json!({ "openapi": "3.0.3", "info": { "title": title }, "paths": {} });
        document["servers"] = servers.iter().map(|url| json!({ "url": url })).collect();
        for (segments, method, tag, deprecated) in operations {
            let path = format!("/{}", segments.join("/"));
            document["paths"][path][method] =
                json!({ "tags": tag.into_iter().collect::<Vec<_>>(), "deprecated": deprecated });
        }
        document
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a document says, its draft compiles and covers each operation that a catalog can say; and it opens
    /// nothing to nobody.
    #[test]
    fn any_documents_draft_compiles_and_covers_it(document in document()) {
        let draft = drafted(&document);
        let catalog = compiled(&draft.text);
        let found = compared(&document, &catalog);
        prop_assert!(found.is_whole(), "{:?}\n{}", found, draft.text);
        // What cannot be said may be covered all the same, by the route of another.
        prop_assert!(found.covered >= draft.covered);
        prop_assert_eq!(found.covered + found.not_expressible.len(), found.operations);
        prop_assert!(catalog.routes.iter().all(|route| route.access != Access::Public));
    }

    /// The same through YAML, of which JSON is a part, but for characters that it wants escaped.
    #[test]
    fn yaml_says_the_same(document in document()) {
        let text: String = document.to_string().chars().filter(|c| matches!(c, ' '..='~')).collect();
        let json = Document::read(&text).unwrap();
        let yaml = Document::read(&format!("# YAML\n{text}"));
        // Two paths may have become one, which YAML refuses.
        prop_assume!(!yaml.as_ref().is_err_and(|told| told.contains("duplicate mapping key")));
        let yaml = yaml.unwrap();
        prop_assert_eq!(format!("{json:?}"), format!("{yaml:?}"));
    }

    #[test]
    fn what_is_no_document_is_refused_and_never_a_panic(text in ".{0,200}") {
        let _ = Document::read(&text);
    }
}
