"""What cannot be known passes nobody."""

import asyncio
import http.server
import json
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import pytest
import symbolon
from conftest import served
from fastapi import Depends, FastAPI

ALLOWED = {
    "allowed": True, "code": "allowed", "status": 200, "principal": "anonymous", "owner": None, "role": None,
    "token": None, "target": "/health?a=b",
}  # fmt: skip
PROBLEM = {"type": "", "title": "", "status": 404, "code": "no_route", "detail": "", "request_id": ""}


def application() -> FastAPI:
    app = FastAPI()

    @app.get("/health")
    def health() -> str:
        return "in"

    return app


@contextmanager
def says(status: int, body: str) -> Iterator[str]:
    """A server that answers everything so."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer(url: str, timeout: float = 2.0) -> int:
    app = application()
    app.add_middleware(symbolon.Middleware, url=url, service="library", key="symkey_x", timeout=timeout)
    with served(app) as site:
        reply = site.ask("GET /health?a=b")
    if reply.status == 503:
        assert json.loads(reply.body)["code"] == "unavailable" and reply.headers["retry-after"] == "1"
    return reply.status


def test_a_server_that_is_away_or_late_passes_nobody() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    # It takes connections, as far as the system does, and never answers.
    listener.listen()
    assert answer(url, 0.05) == 503
    listener.close()
    assert answer(url) == 503


def test_a_bad_key_passes_nobody(at: dict[str, str]) -> None:
    assert answer(at["url"]) == 503


def test_a_server_that_answers_nonsense_passes_nobody() -> None:
    refused = {**ALLOWED, "allowed": False, "code": "no_route", "status": 404}
    nonsense: list[Any] = [
        {},
        [],
        None,
        {"allowed": True},
        {**ALLOWED, "allowed": "yes"},
        {**ALLOWED, "allowed": False},
        {**ALLOWED, "code": "no_route"},
        {**ALLOWED, "status": 403},
        {**ALLOWED, "principal": "root"},
        {**ALLOWED, "principal": "token"},
        {**ALLOWED, "target": None},
        {**ALLOWED, "target": "/health?a=c"},
        {**refused, "answer": {"headers": {}, "problem": {**PROBLEM, "status": 200}}},
        {**refused, "answer": {"headers": {}, "problem": {**PROBLEM, "code": "allowed"}}},
    ]
    for reply in nonsense:
        with says(200, json.dumps(reply)) as url:
            assert answer(url) == 503, reply
    for status, body in ((200, "<html>"), (500, json.dumps(ALLOWED)), (302, json.dumps(ALLOWED))):
        with says(status, body) as url:
            assert answer(url) == 503, body
    # These are no nonsense, so that the others prove something.
    with says(200, json.dumps(ALLOWED)) as url:
        assert answer(url) == 200
    with says(200, json.dumps({**refused, "answer": {"headers": {}, "problem": PROBLEM}})) as url:
        assert answer(url) == 404


def test_a_handler_without_the_middleware_answers_that_nothing_was_decided() -> None:
    app = FastAPI()

    @app.get("/in")
    def inside(grant: Annotated[symbolon.Grant, Depends(symbolon.requires())]) -> str:
        return grant.kind

    with served(app) as site:
        assert site.ask("GET /in").status == 503


def run(at: dict[str, str], scope: dict[str, Any]) -> list[Any]:
    """What the middleware sends for a scope; the application says that it was reached, and with what."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        sent.append(scope)

    async def receive() -> dict[str, str]:
        return {"type": f"{scope['type']}.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(symbolon.Middleware(app, url=at["url"], service="library", key=at["key"])(scope, receive, send))
    return sent


def scope(**other: Any) -> dict[str, Any]:
    bearer = (b"authorization", f"Bearer {os.environ['TOKEN_READ']}".encode())
    forged = (b"x_symbolon_owner", b"root")
    base = {"type": "http", "method": "GET", "path": "/books", "raw_path": b"/books", "query_string": b""}
    return {**base, "headers": [bearer, forged], **other}


def test_without_the_path_as_it_was_sent_nothing_is_decided(at: dict[str, str]) -> None:
    reached = run(at, scope())[0]
    # The credential and what was forged stay here.
    assert reached["path"] == "/books" and reached["headers"] == []
    # Some routers read the one and some the other; both are what was decided about.
    spelt = run(at, scope(raw_path=b"/%62ooks"))[0]
    assert (spelt["path"], spelt["raw_path"]) == ("/books", b"/books")
    for other in ({"raw_path": None}, {"raw_path": b""}, {"raw_path": b"/health"}, {"path": "/health"}):
        assert run(at, scope(**other))[0].get("status") == 503, other
    with pytest.raises(RuntimeError):
        run(at, scope(type="future"))


def test_cookies_go_on_where_no_header_is_the_credential(at: dict[str, str]) -> None:
    cookies = (b"cookie", b"theirs=1; symbolon_session=x; __Host-symbolon_form=y; more=2")
    bearer = scope()["headers"][0]
    assert run(at, scope(headers=[bearer, cookies]))[0]["headers"] == []
    public = scope(path="/health", raw_path=b"/health", headers=[cookies])
    assert run(at, public)[0]["headers"] == [(b"cookie", b"theirs=1; more=2")]
    public["headers"] = [(b"cookie", b"symbolon_session=x")]
    assert run(at, public)[0]["headers"] == []


def test_a_websocket_is_decided_about_before_it_is_accepted(at: dict[str, str]) -> None:
    opening = {"type": "websocket", "method": None}
    del opening["method"]
    allowed = scope(**opening)
    del allowed["method"]
    assert run(at, allowed)[0]["path"] == "/books"
    refused = {**allowed, "headers": []}
    assert run(at, refused) == [{"type": "websocket.close", "code": 1008}]
    told = run(at, {**refused, "extensions": {"websocket.http.response": {}}})
    assert told[0]["type"] == "websocket.http.response.start" and told[0]["status"] == 401


def test_a_secret_is_in_no_log_and_no_text(at: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = os.environ["TOKEN_READ"]
    headers = [("Authorization", f"Bearer {token}")]
    with symbolon.Client(at["url"], "library", at["key"]) as client:
        grant, refusal = client.verify("GET", "/books", headers), client.verify("PUT", "/books/x", headers)
        texts = [repr(client), repr(vars(client)["_call"]), repr(grant), repr(refusal)]
    assert isinstance(grant, symbolon.Grant) and isinstance(refusal, symbolon.Refusal)
    assert (grant.scopes, refusal.status) == (("read:books",), 403)
    with symbolon.Client("http://127.0.0.1:1", "library", at["key"]) as client:
        gone = client.verify("GET", "/books", headers)
    assert isinstance(gone, symbolon.Refusal) and gone.code == "unavailable"
    assert "did not decide" in caplog.text
    for text in [*texts, repr(gone), caplog.text]:
        assert token not in text and at["key"] not in text


def test_what_cannot_be_asked_is_refused_in_a_sentence() -> None:
    for url, key in (("ftp://x", "k"), ("http://x/v1", "k"), ("http://u@x", "k"), ("http://x", "two words"), ("http://x", "")):
        with pytest.raises(ValueError):
            symbolon.Client(url, "library", key)
