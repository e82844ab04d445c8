"""The grant as an argument of a FastAPI handler."""

from collections.abc import Callable

from ._asgi import GRANT
from ._client import log
from ._wire import Grant


def requires() -> Callable[..., Grant]:
    """A dependency: `grant: Annotated[symbolon.Grant, Depends(symbolon.requires())]`.

    `Middleware` has decided; this hands its grant on. Where there is none nothing was decided, and the answer is 503, for
    every other would say that something was.
    """
    # Symbolon itself needs no framework.
    from fastapi import HTTPException
    from starlette.requests import HTTPConnection

    def grant(connection: HTTPConnection) -> Grant:
        found = connection.scope.get(GRANT)
        if isinstance(found, Grant):
            return found
        log.error("a handler asks for a Grant, and the application has no symbolon.Middleware")
        raise HTTPException(503, "nothing was decided; try again", {"Retry-After": "1"})

    return grant
