//! Refusals, as far as each gateway can carry them. None reaches the application.

use crate::gateway::Kind;
use crate::stage::Stage;

crate::every_gateway!(refusals_are_carried_and_nothing_passes);

fn refusals_are_carried_and_nothing_passes(kind: Kind) {
    let stage = Stage::new(kind);
    let (_, secret) = stage.token(&["read:printers"]);
    let bearer = format!("Bearer {secret}");
    let good = ("Authorization", bearer.as_str());
    for (line, headers, status, code) in [
        ("GET /api/printers", &[][..], 401, "credential_required"),
        ("GET /api/printers", &[("Authorization", "Bearer odin_x")], 401, "invalid_token"),
        ("GET /api/printers", &[("Authorization", "Basic dTpw")], 401, "invalid_token"),
        ("POST /api/jobs", &[good, ("Content-Length", "0")], 403, "insufficient_scope"),
        ("GET /api/backups", &[good], 403, "human_only"),
        ("GET /api/nowhere", &[good], 404, "no_route"),
        ("GET /api/printers/", &[good], 404, "no_route"),
        ("PATCH /api/printers", &[good, ("Content-Length", "0")], 405, "method_not_allowed"),
        ("GET /api/printers", &[good, ("X-HTTP-Method-Override", "DELETE")], 400, "invalid_request"),
        ("GET /api/printers?_method=DELETE", &[good], 400, "invalid_request"),
        ("GET /api/printers", &[good, ("X-API-Key", "x")], 400, "invalid_request"),
    ] {
        let answer = stage.ask(line, headers);
        let carried = match (kind, status) {
            (Kind::Nginx, 400 | 404 | 405) => 403,
            _ => status,
        };
        assert_eq!(answer.status(), carried, "{kind:?} {line} {answer:?}");
        let challenged = status == 401 || code == "insufficient_scope";
        let challenge = answer.all("www-authenticate");
        assert_eq!(challenge.len(), usize::from(challenged), "{kind:?} {line} {answer:?}");
        if code == "insufficient_scope" {
            assert!(challenge[0].contains("scope=\"write:jobs"), "{challenge:?}");
        }
        if kind != Kind::Proxy {
            assert_eq!(answer.all("x-symbolon-error"), [code], "{kind:?} {line} {answer:?}");
            assert_eq!(answer.all("x-symbolon-request-id").len(), 1, "{kind:?} {line}");
        }
        if kind != Kind::Nginx {
            assert_eq!(answer.json()["code"], code, "{kind:?} {line} {answer:?}");
        }
        assert!(
            !String::from_utf8_lossy(&answer.body).contains("read:printers") || status == 401,
            "{kind:?}"
        );
    }
    // Two of a kind: some gateways refuse by themselves, or join the two.
    let twice = stage.ask("GET /api/printers", &[good, good]);
    assert!([400, 401, 403].contains(&twice.status()), "{kind:?} {twice:?}");
    let joined = format!("{bearer}, {bearer}");
    assert_eq!(stage.ask("GET /api/printers", &[("Authorization", &joined)]).status(), 401, "{kind:?}");
    assert!(stage.application.seen().is_empty(), "{kind:?}");
    assert_eq!(stage.ask("GET /api/printers", &[good]).status(), 200, "{kind:?}");
    assert_eq!(stage.application.seen().len(), 1, "{kind:?}");
}
