//! Beside an application's own login: what is not Symbolon's goes on as it came.

use crate::gateway::Kind;
use crate::stage::Stage;

crate::every_gateway!(what_is_not_symbolons_goes_on_with_its_own_credential);

fn what_is_not_symbolons_goes_on_with_its_own_credential(kind: Kind) {
    let stage = Stage::with(kind, "passthrough");
    let (_, secret) = stage.token(&["read:printers"]);
    for (line, header) in [
        ("GET /login", ("Cookie", "session=theirs")),
        ("GET /api/backups", ("Authorization", "Basic dTpw")),
        ("GET /api/backups", ("X-API-Key", "their-static-key")),
    ] {
        let answer =
            stage.ask(line, &[header, ("X-Symbolon-Owner", "evil"), ("X-Symbolon-Principal", "system")]);
        assert_eq!(answer.status(), 200, "{kind:?} {line} {answer:?}");
        let seen = stage.application.seen();
        let [seen] = &seen[..] else { panic!("{kind:?} {seen:?}") };
        assert_eq!(seen.asks(), line, "{kind:?}");
        assert_eq!(seen.all(&header.0.to_ascii_lowercase()), [header.1], "{kind:?} {seen:?}");
        assert!(!format!("{seen:?}").contains("evil"), "{kind:?} {seen:?}");
        assert_ne!(seen.header("x-symbolon-principal"), Some("system"), "{kind:?} {seen:?}");
    }
    // A token still reaches its own routes alone, and takes no cookie with it.
    assert_eq!(
        stage.ask_as(&secret, "GET /api/printers", &[("Cookie", "session=theirs")]).status(),
        200,
        "{kind:?}"
    );
    let seen = stage.application.seen();
    assert_eq!(
        (seen[0].header("cookie"), seen[0].header("authorization")),
        (None, None),
        "{kind:?} {seen:?}"
    );
    for line in ["GET /login", "GET /api/backups", "DELETE /api/printers/1"] {
        let answer = stage.ask_as(&secret, line, &[("Cookie", "session=theirs")]);
        assert!([403, 404, 405].contains(&answer.status()), "{kind:?} {line} {answer:?}");
    }
    assert!(stage.application.seen().is_empty(), "{kind:?}");
}
