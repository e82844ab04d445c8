//! What a client says of who it is never arrives, in whatever spelling and by whatever trick; and neither does the
//! credential that was decided about.

use crate::gateway::Kind;
use crate::stage::Stage;
use crate::wire::Message;

crate::every_gateway!(forged_identity_never_arrives, what_symbolon_says_cannot_be_taken_away);

/// As an application reads a name that folds every mark into one.
fn folded(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// The identity headers that arrived, under every name that could be read as one.
fn identity(seen: &Message) -> Vec<(&str, &str)> {
    let pairs = seen.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut found: Vec<_> = pairs.filter(|(name, _)| folded(name).contains("symbolon")).collect();
    found.sort_unstable();
    found
}

const FORGERIES: [(&str, &str); 12] = [
    ("X-Symbolon-Owner", "evil"),
    ("x-symbolon-owner", "evil"),
    ("X-Symbolon-Principal", "system"),
    ("X_Symbolon_Owner", "evil"),
    ("X-Symbolon_Owner", "evil"),
    ("x_symbolon-token_id", "evil"),
    ("X_SYMBOLON_PRINCIPAL", "system"),
    ("X.Symbolon.Role", "superadmin"),
    ("X-Symbolon-Identity", "evil"),
    ("X-Symbolon-Tomorrow", "evil"),
    ("X-Forwarded-Method", "GET"),
    ("X-Original-URI", "/api/printers"),
];

fn forged_identity_never_arrives(kind: Kind) {
    let stage = Stage::new(kind);
    let (id, secret) = stage.token(&["read:printers"]);
    let honest = [
        ("x-symbolon-owner", "system"),
        ("x-symbolon-principal", "token"),
        ("x-symbolon-role", "superadmin"),
        ("x-symbolon-scopes", "read:printers"),
        ("x-symbolon-token-id", id.as_str()),
    ];
    let mut refused = Vec::new();
    for forgery in FORGERIES {
        let answer = stage.ask_as(&secret, "GET /api/printers", &[forgery, forgery]);
        let seen = stage.application.seen();
        if answer.status() != 200 {
            assert!(seen.is_empty() && answer.status() < 500, "{kind:?} {forgery:?} {answer:?}");
            refused.push(forgery.0);
            continue;
        }
        let [seen] = &seen[..] else { panic!("{kind:?} {forgery:?} {seen:?}") };
        // nginx and Traefik remove headers by their whole names, those that there are.
        let tomorrow = forgery.0 == "X-Symbolon-Tomorrow" && matches!(kind, Kind::Nginx | Kind::Traefik);
        let told = |seen: &Message| -> Vec<(String, String)> {
            let said = identity(seen).into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            said.filter(|(name, _)| !tomorrow || name != "x-symbolon-tomorrow").collect()
        };
        assert_eq!(
            told(seen),
            honest.map(|(name, value)| (name.to_owned(), value.to_owned())),
            "{kind:?} {forgery:?}"
        );
        for gone in ["authorization", "x-api-key", "x-original-uri", "x-forwarded-method", "x-forwarded-uri"]
        {
            assert_eq!(seen.header(gone), None, "{kind:?} {forgery:?} {seen:?}");
        }
        assert!(!format!("{seen:?}").contains(&secret), "{kind:?}");
        // On a public route nobody is known, and that is said too.
        stage.ask("GET /api/version", &[forgery]);
        let seen = stage.application.seen();
        let nobody = ["owner", "principal", "role", "scopes", "token-id"].map(|name| {
            let value = if name == "principal" { "anonymous" } else { "-" };
            (format!("x-symbolon-{name}"), value.to_owned())
        });
        assert_eq!(told(&seen[0]), nobody, "{kind:?} {forgery:?}");
    }
    // No gateway refuses the plain spelling, which is replaced.
    assert!(!refused.contains(&"X-Symbolon-Owner"), "{kind:?} {refused:?}");
}

fn what_symbolon_says_cannot_be_taken_away(kind: Kind) {
    let stage = Stage::new(kind);
    let (_, secret) = stage.token(&["read:printers"]);
    for connection in [
        "X-Symbolon-Token-Id",
        "keep-alive, X-Symbolon-Owner",
        "close, x-symbolon-principal, X-Symbolon-Scopes",
        "x_symbolon_owner",
        "Authorization",
        "X-Forwarded-Uri, X-Original-URI, X-Haproxy-Uri",
        "X-Forwarded-Method, X-Original-Method, X-Haproxy-Method",
    ] {
        let answer = stage.ask_as(&secret, "GET /api/printers", &[("Connection", connection)]);
        let seen = stage.application.seen();
        if answer.status() != 200 {
            assert!(seen.is_empty() && answer.status() < 500, "{kind:?} {connection} {answer:?}");
            continue;
        }
        let [seen] = &seen[..] else { panic!("{kind:?} {connection} {seen:?}") };
        assert_eq!(identity(seen).len(), 5, "{kind:?} {connection} {seen:?}");
        for handed_on in seen.all("connection") {
            assert!(!folded(handed_on).contains("symbolon"), "{kind:?} {connection} {seen:?}");
        }
    }
}
