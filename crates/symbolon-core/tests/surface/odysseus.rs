//! What Odysseus' document promises, by name, and its table of operations with what each is to ask for.

use symbolon_core::Code;
use symbolon_core::catalog::{Access, Matched};
use symbolon_core::name::ScopeName;

use crate::stage::{Operation, Stage, lines};

const SCOPES: [&str; 12] = [
    "chat",
    "todos:read",
    "todos:write",
    "documents:read",
    "documents:write",
    "email:read",
    "email:draft",
    "email:send",
    "calendar:read",
    "calendar:write",
    "memory:read",
    "memory:write",
];

const PROFILES: [(&str, &[&str]); 3] = [
    ("chat", &["chat"]),
    ("codex_todos", &["todos:read", "todos:write"]),
    ("codex_email_drafts", &["email:read", "email:draft", "documents:read", "documents:write"]),
];

pub(crate) fn stage() -> Stage {
    Stage::new("odysseus.toml", include_str!("../../../../catalogs/odysseus.toml"))
}

/// Method, path, and `public`, `human` or `scopes:a|b+c`.
pub(crate) fn operations() -> Vec<Operation> {
    Operation::table(include_str!("../../../../catalogs/odysseus-operations.tsv"))
}

#[test]
fn it_has_the_documents_scopes_and_profiles_and_no_others() {
    let catalog = stage().catalog;
    let names: Vec<_> = catalog.scopes().iter().map(|detail| detail.name.as_str()).collect();
    assert_eq!(names, SCOPES);
    let profiles: Vec<(&str, Vec<&str>)> = catalog
        .profiles
        .iter()
        .map(|profile| (profile.name.as_str(), profile.scopes.iter().map(ScopeName::as_str).collect()))
        .collect();
    assert_eq!(profiles, PROFILES.map(|(name, scopes)| (name, scopes.to_vec())));
    assert_eq!(catalog.prefix.as_str(), "ody");
    // "Only accounts with the admin role can create or manage tokens."
    let role = |role| catalog.roles.name(role).as_str();
    assert_eq!((role(catalog.token_managers), role(catalog.token_admins)), ("admin", "admin"));
}

#[test]
fn every_operation_asks_for_what_the_table_says() {
    let catalog = stage().catalog;
    let operations = operations();
    assert_eq!(operations.len(), 112);
    for operation in &operations {
        let Matched::Route(_, route) = catalog.find(operation.method, &operation.sample()) else {
            panic!("{}", operation.line())
        };
        let asks = match &route.access {
            Access::Public => "public".to_owned(),
            Access::Human => "human".to_owned(),
            Access::System => "system".to_owned(),
            Access::Scopes(_) => {
                let sets = catalog.alternatives(route);
                let set = |set: &Vec<_>| set.iter().map(ToString::to_string).collect::<Vec<_>>();
                let sets: Vec<_> = sets.iter().map(|one| set(one).join("+")).collect();
                format!("scopes:{}", sets.join("|"))
            }
        };
        let sorted = |text: &str| {
            let mut sets: Vec<Vec<String>> = Vec::new();
            for one in text.trim_start_matches("scopes:").split('|') {
                let mut set: Vec<_> = one.split('+').map(str::to_owned).collect();
                set.sort();
                sets.push(set);
            }
            sets.sort();
            sets
        };
        assert_eq!(sorted(&asks), sorted(operation.rest[0]), "{}", operation.line());
    }
}

/// "Write scopes automatically include their corresponding read scope."
#[test]
fn a_write_scope_reads_and_a_read_scope_does_not_write() {
    let (mut stage, all) = (stage(), operations());
    for resource in ["todos", "documents", "calendar", "memory"] {
        let (read, write) = (format!("{resource}:read"), format!("{resource}:write"));
        let (reader, writer) = (stage.token_of(&[&read]), stage.token_of(&[&write]));
        let (read, written) = (stage.reach(&all, &reader), stage.reach(&all, &writer));
        assert!(read.iter().all(|operation| operation.method == "GET"), "{resource}");
        assert!(read.iter().all(|operation| written.contains(operation)), "{resource}");
        assert!(written.len() > read.len(), "{resource}");
    }
    let todos = stage.token_of(&["todos:write"]);
    let expected = [
        "GET /api/codex/capabilities",
        "GET /api/codex/todos",
        "PATCH /api/codex/todos/{todo_id}",
        "POST /api/codex/todos",
    ];
    assert_eq!(lines(&stage.reach(&all, &todos)), expected);
}

/// Drafting and sending are no write scopes: they do not read the mailbox, nor each other.
#[test]
fn the_scopes_for_mail_are_apart() {
    let (mut stage, all) = (stage(), operations());
    let capabilities = "GET /api/codex/capabilities".to_owned();
    for (scope, expected) in [
        ("email:read", &["GET /api/codex/emails", "GET /api/codex/emails/{email_uid}"][..]),
        ("email:draft", &["POST /api/codex/emails/draft"]),
        ("email:send", &["POST /api/codex/emails/send"]),
    ] {
        let token = stage.token_of(&[scope]);
        let found = lines(&stage.reach(&all, &token));
        let expected: Vec<_> =
            [vec![capabilities.clone()], expected.iter().map(|line| (*line).to_owned()).collect()].concat();
        assert_eq!(found, expected, "{scope}");
    }
    // A draft that is kept as a document needs both rights; the profile for it has them.
    let kept = all.iter().find(|operation| operation.path.ends_with("/draft-document")).unwrap();
    let (_, profile) = PROFILES[2];
    for (scopes, code) in [
        (&["email:draft"][..], Code::InsufficientScope),
        (&["documents:write"], Code::InsufficientScope),
        (&["email:draft", "documents:read"], Code::InsufficientScope),
        (&["email:draft", "documents:write"], Code::Allowed),
        (profile, Code::Allowed),
    ] {
        let token = stage.token_of(scopes);
        assert_eq!(stage.code(kept, Some(&token)), code, "{scopes:?}");
    }
}

/// Administration, the host and tokens themselves: whatever a token holds.
#[test]
fn no_token_administers() {
    let (mut stage, all) = (stage(), operations());
    let every = stage.token_of(&SCOPES);
    let reached = stage.reach(&all, &every);
    for family in ["/api/tokens", "/api/users", "/api/auth", "/api/shell", "/api/mcp", "/api/tools"] {
        assert!(all.iter().any(|operation| operation.path.starts_with(family)), "{family}");
        assert!(!reached.iter().any(|operation| operation.path.starts_with(family)), "{family}");
    }
    assert!(
        !reached.iter().any(|operation| operation.path == "/api/companion/pair"),
        "pairing makes a token"
    );
}
