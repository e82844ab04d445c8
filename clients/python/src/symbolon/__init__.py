"""Symbolon in front of an ASGI application: scoped API tokens, decided about by a Symbolon server.

`Middleware` guards an application; `requires()` hands a FastAPI handler the `Grant`; `Client` and `AsyncClient` ask about
one request.
"""

from ._asgi import Middleware
from ._client import AsyncClient, Client
from ._fastapi import requires
from ._wire import Grant, Refusal, Route, Token

__all__ = ["AsyncClient", "Client", "Grant", "Middleware", "Refusal", "Route", "Token", "requires"]
