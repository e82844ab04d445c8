//! What O.D.I.N.'s document promises, by name: nothing here is read out of the catalog.

use symbolon_core::Code;
use symbolon_core::catalog::{Access, Matched};

use crate::stage::{Operation, Stage, lines};

/// The scopes of the document's two tables.
const SCOPES: [&str; 14] = [
    "read:printers",
    "write:printers",
    "read:jobs",
    "write:jobs",
    "read:spools",
    "write:spools",
    "read:models",
    "write:models",
    "read:analytics",
    "read:orders",
    "write:orders",
    "read:users",
    "agent:read",
    "agent:write",
];

/// "Dashboard visibility": what the agent may look at.
const AGENT_READS: [&str; 9] = [
    "GET /alerts",
    "GET /filament-library",
    "GET /jobs",
    "GET /jobs/{job_id}",
    "GET /maintenance/tasks",
    "GET /orders",
    "GET /printers",
    "GET /printers/{printer_id}",
    "GET /spools",
];

/// "queue/cancel/approve/reject jobs, pause/resume printers, manage spools & alerts, log maintenance".
const AGENT_WRITES: [&str; 12] = [
    "PATCH /alerts/{alert_id}/dismiss",
    "PATCH /alerts/{alert_id}/read",
    "PATCH /spools/{spool_id}/use",
    "POST /filament-slots",
    "POST /jobs",
    "POST /jobs/{job_id}/approve",
    "POST /jobs/{job_id}/cancel",
    "POST /jobs/{job_id}/reject",
    "POST /maintenance/logs",
    "POST /printers/{printer_id}/pause",
    "POST /printers/{printer_id}/resume",
    "POST /spools/{spool_id}/use",
];

pub(crate) fn stage() -> Stage {
    Stage::new("odin.toml", include_str!("../../../../catalogs/odin.toml"))
}

/// Method, path, weakest role today, and the family that the document keeps for people.
pub(crate) fn operations() -> Vec<Operation> {
    Operation::table(include_str!("../../../../catalogs/odin-operations.tsv"))
}

#[test]
fn it_has_the_documents_scopes_and_no_others() {
    let catalog = stage().catalog;
    let names: Vec<_> = catalog.scopes().iter().map(|detail| detail.name.as_str()).collect();
    assert_eq!(names, SCOPES);
    assert!(catalog.profiles.is_empty(), "the document has none");
    assert_eq!(catalog.prefix.as_str(), "odin");
}

#[test]
fn the_agents_surface_is_nine_reads_and_twelve_writes() {
    let (mut stage, all) = (stage(), operations());
    let reader = stage.token_of(&["agent:read"]);
    assert_eq!(lines(&stage.reach(&all, &reader)), AGENT_READS);
    let writer = stage.token_of(&["agent:write"]);
    let mut both = [&AGENT_READS[..], &AGENT_WRITES].concat();
    both.sort_unstable();
    assert_eq!(lines(&stage.reach(&all, &writer)), both, "all that agent:read does, and the writes");
}

/// "Those stay humans-only regardless of token scope."
#[test]
fn no_token_reaches_what_is_for_people_but_the_list_of_users() {
    let (mut stage, all) = (stage(), operations());
    let kept: Vec<_> = all.iter().filter(|operation| !operation.rest[1].is_empty()).cloned().collect();
    let mut families: Vec<_> = kept.iter().map(|operation| operation.rest[1]).collect();
    families.sort_unstable();
    families.dedup();
    assert_eq!(families, ["RBAC", "SMTP", "auth", "backup", "license", "user-CRUD"]);
    assert_eq!(kept.len(), 81);
    let (every, agent) = (stage.token_of(&SCOPES), stage.token_of(&["agent:write"]));
    assert_eq!(lines(&stage.reach(&kept, &every)), ["GET /users"]);
    assert_eq!(stage.reach(&kept, &agent), [] as [&Operation; 0]);
    let list = stage.token_of(&["read:users"]);
    assert_eq!(lines(&stage.reach(&all, &list)), ["GET /users"]);
    for weaker in ["viewer", "operator"] {
        let token = stage.token(stage.role(weaker), &["read:users".parse().unwrap()]);
        assert_eq!(stage.reach(&all, &token), [] as [&Operation; 0], "an admin-level scope");
    }
}

#[test]
fn read_x_opens_every_scoped_get_of_x_and_write_x_none() {
    let (mut stage, all) = (stage(), operations());
    for resource in ["printers", "jobs", "spools", "models", "orders"] {
        let (own, below) = (format!("/{resource}"), format!("/{resource}/"));
        let (read, write) = (format!("read:{resource}"), format!("write:{resource}"));
        let (reader, writer) = (stage.token_of(&[&read]), stage.token_of(&[&write]));
        let read = stage.reach(&all, &reader);
        assert!(
            read.iter().all(|operation| operation.method == "GET"),
            "{resource}: reading changes nothing"
        );
        let written = stage.reach(&all, &writer);
        assert!(
            !written.is_empty() && written.iter().all(|operation| operation.method != "GET"),
            "{resource}"
        );
        for operation in all.iter().filter(|one| one.path == own || one.path.starts_with(&below)) {
            let target = format!("/api{}", operation.sample());
            let Matched::Route(_, route) = stage.catalog.find(operation.method, &target) else {
                panic!("{target}")
            };
            let scoped = matches!(route.access, Access::Scopes(_));
            if scoped && operation.method == "GET" {
                assert!(read.contains(&operation), "{} by read:{resource}", operation.line());
            }
        }
        assert!(read.iter().any(|operation| operation.path == own), "the list itself");
    }
    let analytics = stage.token_of(&["read:analytics"]);
    let expected = [
        "GET /analytics",
        "GET /analytics/failures",
        "GET /analytics/time-accuracy",
        "GET /education/usage-report",
        "GET /reports/chargebacks",
        "GET /stats",
    ];
    assert_eq!(lines(&stage.reach(&all, &analytics)), expected);
}

/// What a write scope's words do not name stays with people.
#[test]
fn a_write_scope_does_what_its_words_say() {
    let mut stage = stage();
    for (scope, line, allowed) in [
        ("write:printers", "POST /printers", true),
        ("write:printers", "PATCH /printers/{printer_id}", true),
        ("write:printers", "DELETE /printers/{printer_id}", true),
        ("write:jobs", "POST /jobs", true),
        ("write:jobs", "PATCH /jobs/{job_id}", true),
        ("write:jobs", "POST /jobs/{job_id}/cancel", true),
        ("write:jobs", "DELETE /jobs/{job_id}", false),
        ("write:jobs", "POST /jobs/{job_id}/approve", false),
        ("write:spools", "POST /spools", true),
        ("write:spools", "PATCH /spools/{spool_id}", true),
        ("write:spools", "DELETE /spools/{spool_id}", true),
        ("write:models", "POST /models", true),
        ("write:models", "DELETE /models/{model_id}", true),
        ("write:orders", "POST /orders", true),
        ("write:orders", "PATCH /orders/{order_id}", true),
        ("write:orders", "DELETE /orders/{order_id}", false),
    ] {
        let token = stage.token_of(&[scope]);
        let all = operations();
        let operation =
            all.iter().find(|operation| operation.line() == line).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(stage.code(operation, Some(&token)) == Code::Allowed, allowed, "{line} by {scope}");
    }
}

#[test]
fn only_what_must_work_before_a_login_is_public() {
    let (stage, all) = (stage(), operations());
    let open: Vec<_> = all.iter().filter(|operation| stage.code(operation, None) == Code::Allowed).collect();
    let expected = [
        "GET /auth/capabilities",
        "GET /auth/oidc/callback",
        "GET /auth/oidc/config",
        "GET /auth/oidc/login",
        "GET /branding",
        "GET /health",
        "GET /health/ready",
        "GET /version",
        "POST /auth/biometric-refresh",
        "POST /auth/forgot-password",
        "POST /auth/login",
        "POST /auth/mfa/verify",
        "POST /auth/oidc/exchange",
        "POST /auth/reset-password",
    ];
    assert_eq!(lines(&open), expected);
    assert!(open.iter().all(|operation| operation.rest[0] == "public"), "none is more open than it was");
}

/// Nobody gets in with a weaker role than today, nor needs a stronger one, where a role is asked for today.
#[test]
fn every_operation_keeps_its_role() {
    let stage = stage();
    for operation in operations().iter().filter(|operation| operation.rest[0] != "public") {
        let exact = stage.role(operation.rest[0]);
        assert_eq!(stage.code(operation, Some(&stage.session(exact))), Code::Allowed, "{}", operation.line());
        if let Some(below) = stage.below(exact) {
            let below = stage.session(below);
            assert_eq!(stage.code(operation, Some(&below)), Code::InsufficientRole, "{}", operation.line());
        }
    }
}

/// The document's two requests, and its "write does not read".
#[test]
fn the_documents_own_requests() {
    let mut stage = stage();
    let (read, write) = (stage.token_of(&["read:printers"]), stage.token_of(&["write:jobs"]));
    for mount in ["/api", "/api/v1"] {
        let ask = |method: &str, path: &str, secret: &str| {
            let answer = stage.ask(method, &format!("{mount}{path}"), Some(secret));
            answer.map_or_else(|denial| denial.reason.code(), |()| Code::Allowed)
        };
        assert_eq!(ask("GET", "/printers", &read), Code::Allowed);
        assert_eq!(ask("POST", "/jobs", &write), Code::Allowed);
        assert_eq!(ask("POST", "/jobs", &read), Code::InsufficientScope);
        assert_eq!(ask("GET", "/printers", &write), Code::InsufficientScope);
        assert_eq!(
            ask("GET", "/jobs", &write),
            Code::InsufficientScope,
            "write:X does not include read:X here"
        );
    }
}

/// The scope asks for an operator; below it rests, and what it includes stays.
#[test]
fn a_demoted_operators_agent_still_looks_and_no_longer_writes() {
    let (mut stage, all) = (stage(), operations());
    let demoted = stage.token(stage.role("viewer"), &["agent:write".parse().unwrap()]);
    assert_eq!(lines(&stage.reach(&all, &demoted)), AGENT_READS);
}
