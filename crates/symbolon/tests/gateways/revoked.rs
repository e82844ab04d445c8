//! A revoked token is refused on the very next request, over a connection that is kept as over a new one.

use crate::gateway::Kind;
use crate::stage::Stage;
use crate::wire::Wire;

crate::every_gateway!(a_revoked_token_is_refused_on_the_very_next_request);

fn a_revoked_token_is_refused_on_the_very_next_request(kind: Kind) {
    let stage = Stage::new(kind);
    let mut wire = Wire::connect(stage.address()).unwrap();
    let mut api = stage.api();
    for _ in 0..20 {
        let (id, secret) = stage.token(&["read:printers"]);
        let bearer = format!("Bearer {secret}");
        let headers = [("Authorization", bearer.as_str())];
        let mut status = || wire.ask("GET /api/printers", &headers).unwrap().status();
        assert_eq!((status(), status()), (200, 200), "{kind:?}");
        let path = format!("/v1/services/odin/tokens/{id}");
        assert_eq!(api.ask("DELETE", &path, None).unwrap().status, 204);
        assert_eq!(status(), 401, "{kind:?}");
        assert_eq!(stage.ask_as(&secret, "GET /api/printers", &[]).status(), 401, "{kind:?}");
    }
    assert_eq!(stage.application.seen().len(), 40, "{kind:?}");
}
