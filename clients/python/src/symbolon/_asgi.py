"""An ASGI application with Symbolon in front of it."""

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote, unquote

from ._client import TIMEOUT, AsyncClient, log
from ._wire import Grant, Refusal, folded, is_credential, unavailable, without_own_cookies

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Where the grant is in the scope.
GRANT = "symbolon.grant"


class Middleware:
    """Hands on what a Symbolon server allows, and answers the rest.

    `url` and `key` are the server's address and a verifier key of `service`. `timeout` is in seconds, for each step of a
    call. `keep_credentials` leaves the caller's credential in the request.
    """

    def __init__(
        self, app: App, *, url: str, service: str, key: str, timeout: float = TIMEOUT, keep_credentials: bool = False
    ) -> None:
        self._app = app
        self._client = AsyncClient(url, service, key, timeout=timeout)
        self._keep_credentials = keep_credentials
        self._root_path = _root_path(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection of the server's."""
        if scope["type"] == "lifespan":
            try:
                await self._app(scope, receive, send)
            finally:
                await self._client.aclose()
            return
        if scope["type"] not in ("http", "websocket"):
            raise RuntimeError(f"Symbolon does not know what {scope['type']} is, and lets none through")
        decision = await self._decide(scope)
        if isinstance(decision, Refusal):
            await _refuse(decision, scope, receive, send)
        else:
            await self._app(self._as_decided(scope, decision), receive, send)

    async def _decide(self, scope: Scope) -> Grant | Refusal:
        target = _target(scope)
        if target is None:
            return unavailable()
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]

        async def verify(target: str) -> Grant | Refusal:
            return await self._client.verify(scope.get("method", "GET"), target, headers, _client_ip(scope))

        decision = await verify(target)
        if isinstance(decision, Refusal):
            return decision
        # The server's, which FastAPI replaces by its own.
        for root_path in {scope.get("root_path", ""), self._root_path}:
            inner = _beneath(root_path, scope["path"])
            if inner is None:
                continue
            # The application answers at this path too, by the same handler.
            also = await verify(inner)
            if isinstance(also, Refusal):
                log.warning("with its root_path the application takes the path for one that is refused: see the README")
                return also
        return decision

    def _as_decided(self, scope: Scope, grant: Grant) -> Scope:
        path = grant.target.partition("?")[0]

        def seen(name: bytes, value: bytes) -> bytes | None:
            """What the application is to see of a header's value."""
            text = name.decode("latin-1")
            if folded(text).startswith("x-symbolon-"):
                return None
            if self._keep_credentials:
                return value
            if text.lower() != "cookie":
                return None if is_credential(text) else value
            # Beside a header with a credential, an application that also reads cookies would judge by those.
            if grant.kind in ("token", "system"):
                return None
            return without_own_cookies(value.decode("latin-1")).encode("latin-1") or None

        pairs = ((name, seen(name, value)) for name, value in scope["headers"])
        headers = [(name, value) for name, value in pairs if value is not None]
        decided = {"path": unquote(path), "raw_path": path.encode("ascii"), "headers": headers, GRANT: grant}
        return {**scope, **decided}


def _target(scope: Scope) -> str | None:
    """The target as it was sent; `None` where that is not known, for `path` is decoded and tells of it no more."""
    raw: bytes | None = scope.get("raw_path")
    if not raw:
        log.error("the server tells no raw_path, without which nothing can be decided")
        return None
    path, query = raw.decode("latin-1"), scope.get("query_string", b"").decode("latin-1")
    if unquote(path) != scope["path"]:
        log.error("something in front of Symbolon has changed the path; nothing can be decided")
        return None
    return f"{path}?{query}" if query else path


def _root_path(app: Any) -> str:
    """The `root_path` of a FastAPI, which it tells only to what is within, behind whatever middleware it is in."""
    seen: list[Any] = []
    while app is not None and not any(app is one for one in seen):
        found = getattr(app, "root_path", "")
        if isinstance(found, str) and found:
            return found
        seen.append(app)
        app = getattr(app, "app", None)
    return ""


def _beneath(root_path: str, path: str) -> str | None:
    """The path that an application with this `root_path` looks for in its routes; `None` where that is `path` itself.

    As Starlette and Django read it: what begins with `root_path` goes on behind it, and everything else is as it is.
    """
    if not root_path or not path.startswith(root_path):
        return None
    inner = path.removeprefix(root_path) or "/"
    # With a slash at its end a root_path hides the one that the rest begins with.
    return quote(inner if inner.startswith("/") else f"/{inner}", safe="/:@!$&'()*+,=~")


def _client_ip(scope: Scope) -> str | None:
    """The other end's address, where the server tells one. A socket file has none."""
    host = (scope.get("client") or [""])[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    kind = "http.response"
    if scope["type"] == "websocket":
        await receive()
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            # Before it is accepted, this is answered with 403.
            await send({"type": "websocket.close", "code": 1008})
            return
        kind = "websocket.http.response"
    headers = {**refusal.headers, "content-length": str(len(refusal.body))}
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": pairs})
    body = b"" if scope.get("method") == "HEAD" else refusal.body
    await send({"type": f"{kind}.body", "body": body})
