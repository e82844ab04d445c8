"""The example, guarded by a running Symbolon."""

import difflib
import http.client
import json
import os
from pathlib import Path
from typing import Any

import symbolon
from conftest import Site, served
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

HERE = Path(__file__).parent
Header = tuple[str, str]


def test_protecting_the_application_takes_fewer_than_ten_lines() -> None:
    plain, guarded = ((HERE.parent / f"examples/{name}.py").read_text().splitlines() for name in ("plain", "guarded"))
    added = [line for line in difflib.ndiff(plain, guarded) if line.startswith("+ ")]
    assert 0 < len(added) < 10, added


def test_what_is_allowed_arrives_with_its_grant(library: Site, read: Header) -> None:
    assert library.ask("GET /books?limit=1", read).status == 200
    me = library.ask("GET /me", read)
    assert (me.status, me.body) == (200, b'"token of ann: read:books"')
    assert library.ask("GET /health").status == 200


def test_what_is_refused_is_answered_as_every_door_answers(library: Site, read: Header) -> None:
    refused = {
        "GET /books": ((), 401, "credential_required"),
        "GET /me": ((("Authorization", "Bearer lib_x"),), 401, "invalid_token"),
        "PUT /books/x": ((read, ("Content-Length", "0")), 403, "insufficient_scope"),
        "GET /admin/readers": ((read,), 403, "human_only"),
        "GET /nowhere": ((read,), 404, "no_route"),
        "GET /openapi.json": ((read,), 404, "no_route"),
        "DELETE /books": ((read,), 405, "method_not_allowed"),
    }
    for line, (headers, status, code) in refused.items():
        reply = library.ask(line, *headers)
        problem = json.loads(reply.body)
        assert (reply.status, problem["code"]) == (status, code), line
        assert reply.headers["content-type"] == "application/problem+json"
        assert ("www-authenticate" in reply.headers) == (status == 401 or code == "insufficient_scope"), line
        assert ("allow" in reply.headers) == (status == 405), line
    scope = library.ask("PUT /books/x", read, ("Content-Length", "0")).headers["www-authenticate"]
    assert 'scope="write:books"' in scope


def test_two_credentials_and_another_method_are_refused(library: Site, read: Header) -> None:
    for headers in (
        (read, read),
        (read, ("X-API-Key", "x")),
        (read, ("X-HTTP-Method-Override", "DELETE")),
        (read, ("X_HTTP_Method", "DELETE")),
    ):
        reply = library.ask("GET /books", *headers)
        assert (reply.status, json.loads(reply.body)["code"]) == (400, "invalid_request"), headers


def test_the_application_reads_the_path_that_was_decided_about(library: Site, read: Header) -> None:
    assert library.ask("GET /%62ooks", read).body == library.ask("GET /books", read).body
    assert json.loads(library.ask("GET /books/caf%c3%a9", read).body)["title"] == "Le café"
    for target in ("/books/../admin/readers", "/books/%2e%2e/admin/readers", "//books", "/books%2fx", "/books;x"):
        assert library.ask(f"GET {target}", read).status == 400, target


def test_an_application_with_a_root_path_is_asked_about_at_both_of_its_places(at: dict[str, str], read: Header) -> None:
    def application() -> FastAPI:
        # Its routes are found beneath /books too, where the catalog has another: GET /books/{book}.
        app = FastAPI(root_path="/books")

        @app.get("/{path:path}")
        def inside(path: str) -> str:
            return path

        return app

    url, key = at["url"], at["key"]

    def guarded(app: Any) -> Any:
        return symbolon.Middleware(app, url=url, service="library", key=key)

    def served_elsewhere(app: Any) -> Any:
        async def elsewhere(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "root_path": "/srv"}, receive, send)

        return elsewhere

    within = application()
    within.add_middleware(symbolon.Middleware, url=url, service="library", key=key)
    around = guarded(CORSMiddleware(application(), allow_origins=["*"]))
    for app in (within, guarded(application()), around, served_elsewhere(guarded(application()))):
        with served(app) as site:
            places = {"/me": 200, "/books/me": 200, "/books/nowhere": 404, "/%62ooks/nowhere": 404, "/books": 404}
            for path, status in places.items():
                assert site.ask(f"GET {path}", read).status == status, path
            assert site.ask("GET /books/me").status == 401


def test_a_revoked_token_is_refused_on_the_very_next_request(library: Site) -> None:
    header = ("X-API-Key", os.environ["TOKEN_ENDING"])
    assert library.ask("GET /books", header).status == 200
    host = os.environ["SYMBOLON_URL"].removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request("DELETE", "/v1/self", headers={"Authorization": f"Bearer {header[1]}"})
    assert connection.getresponse().status == 204
    connection.close()
    assert library.ask("GET /books", header).status == 401
