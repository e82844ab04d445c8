"""A running Symbolon, and the guarded example behind a real server of HTTP. The test of the repository starts the first."""

import http.client
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


class Site:
    """An application that is served."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, line: str, *headers: tuple[str, str]) -> Reply:
        """One request, exactly as it is given."""
        method, target = line.split(" ")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders()
        answer = connection.getresponse()
        reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        connection.close()
        return reply


@contextmanager
def served(app: Any) -> Iterator[Site]:
    """Serves an application at a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # From here on a request waits until the server is there.
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield Site(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def library() -> Iterator[Site]:
    """The guarded example."""
    import guarded

    with served(guarded.app) as site:
        yield site


@pytest.fixture
def read() -> tuple[str, str]:
    """A token that may read, as a header."""
    return ("Authorization", f"Bearer {os.environ['TOKEN_READ']}")


@pytest.fixture
def at() -> dict[str, str]:
    """Where Symbolon is, and as whom to ask."""
    return {"url": os.environ["SYMBOLON_URL"], "key": os.environ["SYMBOLON_KEY"]}

