"""Drives a running server with the client that was generated from its OpenAPI document."""

import os
import sys

sys.path.insert(0, os.getcwd())

from generated import AuthenticatedClient
from generated.api.decisions import decisions_verify
from generated.api.tokens import tokens_create, tokens_list, tokens_revoke, tokens_usage
from generated.models import CreateToken, Problem, Verify

client = AuthenticatedClient(base_url=sys.argv[1], token=os.environ["SYMBOLON_TEST_KEY"])

with client:
    created = tokens_create.sync("odin", client=client, body=CreateToken(name="generated", scopes=["read:printers"]))
    assert created.token.startswith("odin_") and created.effective_scopes == ["read:printers"], created

    question = Verify(token=created.token, method="GET", path="/api/printers")
    assert decisions_verify.sync("odin", client=client, body=question).allowed

    question = Verify(token=created.token, method="POST", path="/api/printers")
    refused = decisions_verify.sync("odin", client=client, body=question)
    assert (refused.allowed, refused.code, refused.status) == (False, "insufficient_scope", 403), refused

    listed = tokens_list.sync("odin", client=client, query="generated", sort="-last_used", requests=7)
    assert [token.id for token in listed.items] == [created.id], listed
    assert len(listed.items[0].requests) == 7, listed

    usage = tokens_usage.sync("odin", created.id, client=client, days=7)
    assert len(usage.days) == 7 and [scope.scope for scope in usage.scopes] == ["read:printers"], usage
    assert usage.refusals[0].reason == "insufficient_scope", usage

    wrong = tokens_create.sync("odin", client=client, body=CreateToken(name="nothing", scopes=[]))
    assert isinstance(wrong, Problem) and wrong.code == "scopes_required", wrong

    assert tokens_revoke.sync_detailed("odin", created.id, client=client).status_code == 204
    question = Verify(token=created.token, method="GET", path="/api/printers")
    assert decisions_verify.sync("odin", client=client, body=question).code == "invalid_token"

print("done")
