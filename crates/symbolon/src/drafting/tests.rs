mod any;
mod tools;

use serde_json::{Value, json};
use symbolon_core::Catalog;
use symbolon_core::catalog::Access;

use super::catalog::Draft;
use super::coverage::Coverage;
use super::*;

/// The operations of the two applications whose catalogs ship with the program.
const SEEDS: [(&str, &str, &str); 2] = [
    (
        "odin",
        include_str!("../../../../catalogs/odin-operations.tsv"),
        include_str!("../../../../catalogs/odin.toml"),
    ),
    (
        "odysseus",
        include_str!("../../../../catalogs/odysseus-operations.tsv"),
        include_str!("../../../../catalogs/odysseus.toml"),
    ),
];

fn drafted(document: &Value) -> Draft {
    let names = Names { service: Some("app".to_owned()), prefix: None, tools: true };
    draft(&Document::read(&document.to_string()).unwrap(), &names).unwrap()
}

fn compiled(text: &str) -> Catalog {
    Catalog::compile("draft.toml", text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn compared(document: &Value, catalog: &Catalog) -> Coverage {
    coverage(&Document::read(&document.to_string()).unwrap(), catalog)
}

/// A document of these operations, each `METHOD /path` or `METHOD /path #tag`.
fn of(operations: &[&str]) -> Value {
    let mut document = json!({ "openapi": "3.1.0", "info": { "title": "App" }, "paths": {} });
    for operation in operations {
        let (operation, tag) = operation.split_once(" #").unwrap_or((operation, ""));
        let (method, path) = operation.split_once(' ').unwrap();
        let tags = if tag.is_empty() { json!([]) } else { json!([tag]) };
        document["paths"][path][method.to_lowercase()] = json!({ "tags": tags, "responses": {} });
    }
    document
}

/// What a route of the draft asks for: `human`, or its scopes.
fn asks(catalog: &Catalog, route: &str) -> String {
    let found = catalog.routes.iter().find(|known| format!("{} {}", known.method, known.path) == route);
    let found = found.unwrap_or_else(|| panic!("no {route}"));
    match found.access {
        Access::Scopes(_) => format!("{:?}", catalog.alternatives(found)[0]),
        ref access => format!("{access:?}"),
    }
}

#[test]
fn a_title_that_says_nothing_is_left_out() {
    for (title, expected) in [("\u{e}\u{b}\u{7f}", "app"), (" \n", "app"), ("A\u{b}\u{7}b", "A b")] {
        let mut document = of(&["GET /a"]);
        document["info"]["title"] = json!(title);
        assert_eq!(compiled(&drafted(&document).text).title, expected, "{title:?}");
    }
}

#[test]
fn scopes_come_from_tags_and_methods_and_from_paths_without_tags() {
    let draft = drafted(&of(&[
        "GET /api/v1/printers #Print Farm",
        "POST /api/v1/printers #Print Farm",
        "GET /api/v1/jobs/{job-id}",
        "DELETE /api/v1/jobs/{job-id}",
        "GET /",
    ]));
    let catalog = compiled(&draft.text);
    for (route, expected) in [
        ("GET /api/v1/printers", "[\"read:print-farm\"]"),
        ("POST /api/v1/printers", "[\"write:print-farm\"]"),
        ("GET /api/v1/jobs/{job_id}", "[\"read:jobs\"]"),
        ("DELETE /api/v1/jobs/{job_id}", "[\"write:jobs\"]"),
        ("GET /", "[\"read:root\"]"),
    ] {
        assert_eq!(asks(&catalog, route), expected, "{route}");
    }
    assert_eq!((draft.covered, draft.notes.len()), (5, 0));
    let write = "write:jobs".parse().unwrap();
    assert_eq!(catalog.names(catalog.closure([&write])).count(), 2, "write includes read");
}

#[test]
fn what_sounds_like_rights_or_settings_is_for_people_and_nothing_is_public() {
    let operations = [
        "GET /users",
        "POST /auth/token",
        "GET /admin/stats",
        "PUT /printers/{id}/config",
        "GET /api-keys",
        "GET /apiKeys",
        "POST /backups",
        "GET /licences",
        "DELETE /sessions/{id}",
        "GET /things #User Management",
        "GET /health",
        "POST /login",
        "GET /system/info",
        "GET /orders/{id}/invoice",
        "POST /me/password",
    ];
    let draft = drafted(&of(&operations));
    let catalog = compiled(&draft.text);
    for operation in operations {
        let route = operation.split(" #").next().unwrap();
        assert_eq!(asks(&catalog, route), "Human", "{route}");
    }
    assert!(draft.text.contains("move it to a block with access = \"public\""), "{}", draft.text);
    assert!(draft.text.contains("must not be able to turn into something stronger"));
}

#[test]
fn words_that_only_begin_alike_are_open() {
    let catalog =
        compiled(&drafted(&of(&["GET /keyboards", "GET /useful", "GET /catalogs", "GET /tokenizers"])).text);
    assert!(catalog.routes.iter().all(|route| route.access != Access::Human));
}

#[test]
fn servers_are_mounts_and_what_cannot_be_said_is_reported() {
    let mut document =
        of(&["GET /a", "TRACE /a", "GET /files/{name}.{ext}", "GET /x//y", "GET /a/{id}", "GET /a/{key}"]);
    document["servers"] = json!([
        { "url": "https://example.org/api/v3/" },
        { "url": "http://{host}/{base}", "variables": { "host": { "default": "h" }, "base": { "default": "v4" } } },
        { "url": "/api/v3" },
    ]);
    document["paths"]["/a"]["get"]["deprecated"] = json!(true);
    let draft = drafted(&document);
    let catalog = compiled(&draft.text);
    assert_eq!(catalog.mounts, ["/api/v3", "/v4"]);
    assert!(draft.text.contains("\"GET /a\", # deprecated"), "{}", draft.text);
    for part in [
        "TRACE /a is left out",
        "GET /files/{name}.{ext} is left out",
        "GET /x//y is left out",
        "GET /a/{key} claims the same requests as GET /a/{id}",
    ] {
        assert!(draft.notes.iter().any(|note| note.starts_with(part)), "{part}: {:?}", draft.notes);
        assert!(draft.text.contains(&format!("#   - {part}")), "{part}");
    }
    let coverage = compared(&document, &catalog);
    assert_eq!((coverage.is_whole(), coverage.covered, coverage.not_expressible.len()), (true, 3, 3));
}

#[test]
fn mounts_that_would_make_two_paths_one_are_not_both_taken() {
    let mut document = of(&["GET /api/a", "GET /a"]);
    document["servers"] = json!([{ "url": "/" }, { "url": "/api" }]);
    let draft = drafted(&document);
    assert_eq!(compiled(&draft.text).mounts, [""]);
    assert!(draft.notes[0].contains("this draft has the first alone"), "{:?}", draft.notes);
}

#[test]
fn documents_of_every_kind_that_is_read() {
    let yaml = "swagger: '2.0'\ninfo:\n  title: Old shop\nbasePath: /v1/\npaths:\n  /orders/{id}:\n    get:\n      \
                tags: [orders]\n      responses:\n        200: {description: ok}\n";
    let document = Document::read(yaml).unwrap();
    let draft = draft(&document, &Names::default()).unwrap();
    let catalog = compiled(&draft.text);
    let names = (catalog.service.as_str(), catalog.prefix.as_str(), catalog.title.as_str());
    assert_eq!(names, ("old-shop", "oldshop", "Old shop"));
    assert_eq!(catalog.mounts, ["/v1"]);
    let referring = json!({
        "openapi": "3.1.0", "info": { "title": "A" },
        "paths": { "/a": { "$ref": "#/components/pathItems/a" }, "/b": { "$ref": "other.yaml#/b" } },
        "components": { "pathItems": { "a": { "get": {} } } },
    });
    let document = Document::read(&referring.to_string()).unwrap();
    assert_eq!((document.operations.len(), document.notes.len()), (1, 1), "{:?}", document.notes);
}

#[test]
fn documents_that_are_none_are_refused_with_what_would_be_right() {
    for (text, expected) in [
        ("{", "it is no JSON: EOF"),
        ("a: [", "it is neither JSON nor YAML"),
        ("a: 1", "it has neither openapi nor swagger at its top"),
        ("{\"openapi\": \"4.0.0\", \"paths\": {}}", "it is of version \"4.0.0\"; OpenAPI 3.0 and 3.1"),
        ("{\"openapi\": \"3.2.0\", \"paths\": {}}", "it is of version \"3.2.0\""),
        ("{\"openapi\": \"3.0.0\"}", "it has no paths"),
        // Ten levels of ten aliases each would be ten thousand million.
        (
            "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
             d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n\
             f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
            "it is neither JSON nor YAML",
        ),
    ] {
        let told = Document::read(text).unwrap_err();
        assert!(told.contains(expected), "{text}: {told}");
    }
    let document = Document::read(&of(&[]).to_string()).unwrap();
    for (service, prefix, expected) in
        [("A B", None, "--service"), ("a", Some("A"), "--prefix"), ("a", None, "--prefix")]
    {
        let names =
            Names { service: Some(service.to_owned()), prefix: prefix.map(str::to_owned), tools: false };
        let told = draft(&document, &names).unwrap_err();
        assert!(told.contains(expected), "{told}");
    }
}

/// A document of an application's operation list, as it would serve one itself.
fn seed(list: &str) -> Value {
    let operations: Vec<String> = list
        .lines()
        .skip(1)
        .map(|line| {
            let mut fields = line.split('\t');
            format!("{} {}", fields.next().unwrap(), fields.next().unwrap().replace("{*", "{"))
        })
        .collect();
    of(&operations.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn the_two_applications_are_covered_by_their_catalogs_and_by_their_drafts() {
    for (name, list, catalog) in SEEDS {
        let document = seed(list);
        let shipped = compared(&document, &compiled(catalog));
        assert!(shipped.is_whole() && shipped.operations > 100, "{name}: {shipped:?}");
        let draft = drafted(&document);
        let own = compared(&document, &compiled(&draft.text));
        assert!(own.is_whole() && own.not_expressible.is_empty(), "{name}: {own:?} {:?}", draft.notes);
        assert_eq!(draft.covered, own.operations);
        // Administration is never opened by a draft.
        let open = |path: &str| {
            let catalog = compiled(&draft.text);
            let mut routes = catalog.routes.iter().filter(|route| route.path.contains(path));
            routes.any(|route| route.access != Access::Human)
        };
        assert!(
            !["/admin", "/auth", "/backup", "/users", "/license"].iter().any(|path| open(path)),
            "{name}"
        );
    }
}

#[test]
fn a_missing_operation_and_a_route_of_nobodys_are_told() {
    let document = of(&["GET /a", "GET /b/{id}", "POST /b/{id}", "GET /c/{id}"]);
    let catalog = "service = \"app\"\ntoken_prefix = \"app\"\nmounts = [\"\", \"/api\"]\n[scopes]\n\"r\" = \"Read\"\n\
                   [[routes]]\nscopes = [\"r\"]\npaths = [\n\"GET /a\",\n\"HEAD /a\",\n\"OPTIONS /a\",\n\"GET /b/{other}\",\n\
                   \"GET /c/special\",\n\"GET /c/{x}\",\n\"GET /d\",\n\"PUT /a\",\n]\n";
    let found = compared(&document, &compiled(catalog));
    let missed: Vec<_> = found.missed.iter().map(|one| format!("{} {}", one.method, one.path)).collect();
    let unknown: Vec<_> = found.unknown.iter().map(|one| (one.line, one.path.as_str())).collect();
    assert_eq!((missed, unknown), (vec!["POST /b/{id}".to_owned()], vec![(15, "/d"), (16, "/a")]));
    assert_eq!((found.operations, found.covered, found.is_whole()), (4, 3, false));
}

#[test]
fn a_document_may_be_written_with_a_mount_or_without() {
    let catalog = compiled(
        "service = \"app\"\ntoken_prefix = \"app\"\nmounts = [\"/api\", \"/api/v1\"]\n[scopes]\n\"r\" = \"Read\"\n\
         [[routes]]\nscopes = [\"r\"]\npaths = [\"GET /a\", \"GET /v1x/{id}\"]\n",
    );
    for paths in [
        ["GET /a", "GET /v1x/{id}"],
        ["GET /api/a", "GET /api/v1x/{id}"],
        ["GET /api/v1/a", "GET /api/v1/v1x/{id}"],
    ] {
        let found = compared(&of(&paths), &catalog);
        assert!(found.is_whole(), "{paths:?} {found:?}");
    }
    let mut served = of(&["GET /a", "GET /v1x/{id}"]);
    served["servers"] = json!([{ "url": "https://example.org/api/v1" }]);
    assert!(compared(&served, &catalog).is_whole());
}
