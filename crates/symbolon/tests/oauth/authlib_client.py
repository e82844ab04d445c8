"""Asks about tokens and ends them with Authlib's client, by HTTP Basic and by nothing but the token."""

import json
import os

from authlib.integrations.requests_client import OAuth2Session

given = json.loads(os.environ["SYMBOLON_TEST"])
introspect, revoke = given["server"] + "/oauth/introspect", given["server"] + "/oauth/revoke"
first, second, _ = given["tokens"]

client = OAuth2Session(given["client_id"], given["client_secret"], token_endpoint_auth_method="client_secret_basic")
wrong = OAuth2Session(given["client_id"], "nothing", token_endpoint_auth_method="client_secret_basic")
# Whoever holds a token and is no client says only which one they would be.
holder = OAuth2Session("somebody", token_endpoint_auth_method="none")


def told(token):
    answer = client.introspect_token(introspect, token=token, token_type_hint="access_token")
    assert answer.status_code == 200, answer.text
    return answer.json()


live = told(first)
assert live["active"] is True and live["scope"] == "read:printers" and live["aud"] == "odin", live
assert live["token_type"] == "Bearer" and live["iss"] == "https://tokens.example", live
assert live["exp"] - live["iat"] == 3600, live

refused = wrong.introspect_token(introspect, token=first)
assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client"), refused.text
refused = wrong.revoke_token(revoke, token=first)
assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client"), refused.text
assert told(first)["active"]

for caller, token in [(client, first), (holder, second)]:
    # Twice, for it is the same answer.
    for _ in range(2):
        ended = caller.revoke_token(revoke, token=token, token_type_hint="refresh_token")
        assert (ended.status_code, ended.content) == (200, b""), ended.text
    assert told(token) == {"active": False}

print("done")
