//! Credential headers that are no credential.

use super::good::Stage;

#[tokio::test]
async fn a_malformed_credential_is_bad_and_never_missing() {
    let stage = Stage::new().await;
    for value in [
        &b""[..],
        b"Bearer",
        b"Bearer ",
        b"Bearer  x",
        b"Bearer x y",
        b"Bearer x,y",
        b"Bearer\tx",
        b"Basic dXNlcjpwYXNz",
        b"Digest x",
        b"x",
        b"Bearer \xff\xfe",
        &[b"Bearer ".to_vec(), b"x".repeat(60_000)].concat(),
    ] {
        let call = stage.world.get("/v1/self").header("authorization", value);
        call.send().await.refused(401, "invalid_token");
    }
    for value in [&b""[..], b"x y", b"x,y", b"\xff", &b"x".repeat(60_000)] {
        stage.world.get("/v1/self").header("x-api-key", value).send().await.refused(401, "invalid_token");
    }
    // The scheme in any case; but one credential.
    let key = stage.world.system_key().await;
    for scheme in ["bearer", "BEARER", "Bearer"] {
        let value = format!("{scheme} {key}");
        stage.world.get("/v1/self").header("authorization", &value).send().await.expect(200);
    }
    // A credential in the query is none.
    for name in ["access_token", "token", "api_key"] {
        let path = format!("/v1/users?{name}={key}");
        stage.world.get(&path).send().await.refused(401, "credential_required");
    }
}
