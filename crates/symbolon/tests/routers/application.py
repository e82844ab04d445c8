"""An application on Starlette, whose routes say which of them was picked and with which parameters.

application.py PARSER ROUTES: PARSER is uvicorn's reading of HTTP, `h11` or `httptools`. Prints its port, and listens until
its standard input ends.
"""

import json
import os
import re
import socket
import sys
import threading
from urllib.parse import unquote

import uvicorn
from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.responses import Response
from starlette.routing import Mount, Route

PARAMETER = re.compile(r"\{(\*?)(\w+)\}")


class Number(StringConvertor):
    """Starlette's `int`, kept as it was written."""

    regex = "[0-9]+"


register_url_convertor("number", Number())


def route(method, pattern):
    names = [name for _, name in PARAMETER.findall(pattern)]

    async def endpoint(request):
        values = [request.path_params[name] for name in names]
        picked = {"route": f"{method} {pattern}", "parameters": values}
        return Response(headers={"x-picked": json.dumps(picked).encode().hex()})

    # Starlette compares with the decoded path, so that is how its users write a literal.
    kinds = {"number": ":number"}
    kind = lambda m: ":path" if m[1] else kinds.get(m[2], "")
    path = PARAMETER.sub(lambda m: f"{{{m[2]}{kind(m)}}}", unquote(pattern))
    return Route(path, endpoint, methods=[method])


def main():
    table = json.loads(sys.argv[2])
    mounts = [Mount(mount, routes=[route(*each) for each in table["routes"]]) for mount in table["mounts"]]
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    config = uvicorn.Config(
        Starlette(routes=mounts), http=sys.argv[1], lifespan="off", log_level="critical", access_log=False
    )
    uvicorn.Server(config).run(sockets=[listener])


main()
