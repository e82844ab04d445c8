"""Asking a Symbolon server, each time."""

import logging
import re
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx

from ._wire import Grant, Headers, Refusal, question, read, unavailable

log = logging.getLogger("symbolon")

# The longest wait for each step of a call, in seconds.
TIMEOUT = 2.0


class _Call:
    """Where to ask, and as whom. It prints without its key."""

    def __init__(self, url: str, service: str, key: str) -> None:
        if not re.fullmatch(r"https?://[^/?#@\s]+/?", url):
            raise ValueError(f"{url!r} is no address of Symbolon's; it is such as http://127.0.0.1:7070")
        if not re.fullmatch(r"[!-~]+", key):
            raise ValueError("the key has characters that no header can carry; it is visible ASCII")
        self.url = f"{url.rstrip('/')}/v1/services/{quote(service, safe='')}/verify"
        self.service = service
        self.headers = {"authorization": f"Bearer {key}"}

    def outcome(self, response: httpx.Response, target: str) -> Grant | Refusal:
        try:
            decision = read(response.status_code, response.content)
        except (ValueError, KeyError, TypeError) as error:
            if response.status_code != 200:
                # 401 and 403 are about the key.
                log.warning("Symbolon answered %s about %s", response.status_code, self.service)
            return self.unknown(error)
        # A part of the path was perhaps escaped; nothing else can have become of it, least of all of its query.
        if isinstance(decision, Grant) and decision.target.partition("?")[2] != target.partition("?")[2]:
            return self.unknown(ValueError("a decision about another request"))
        return decision

    def unknown(self, error: Exception) -> Refusal:
        # An error's text may quote what was sent; its kind does not.
        log.warning("Symbolon did not decide about %s: %s", self.service, type(error).__name__)
        return unavailable()


class Client:
    """Asks a server from code that waits. Close it, or use it in a `with`."""

    def __init__(self, url: str, service: str, key: str, *, timeout: float = TIMEOUT) -> None:
        self._call = _Call(url, service, key)
        # Neither a proxy of the environment nor a redirect is to see a caller's secret.
        self._http = httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False)

    def verify(self, method: str, target: str, headers: Headers, client_ip: str | None = None) -> Grant | Refusal:
        """Decides about a request: its method, its target as it was sent, and all its headers in their order."""
        asked = question(method, target, headers, client_ip)
        try:
            response = self._http.post(self._call.url, json=asked, headers=self._call.headers)
        except httpx.HTTPError as error:
            return self._call.unknown(error)
        return self._call.outcome(response, target)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class AsyncClient:
    """Asks a server from asynchronous code. Close it, or use it in an `async with`."""

    def __init__(self, url: str, service: str, key: str, *, timeout: float = TIMEOUT) -> None:
        self._call = _Call(url, service, key)
        self._http = httpx.AsyncClient(timeout=timeout, trust_env=False, follow_redirects=False)

    async def verify(self, method: str, target: str, headers: Headers, client_ip: str | None = None) -> Grant | Refusal:
        """As `Client.verify`."""
        asked = question(method, target, headers, client_ip)
        try:
            response = await self._http.post(self._call.url, json=asked, headers=self._call.headers)
        except httpx.HTTPError as error:
            return self._call.unknown(error)
        return self._call.outcome(response, target)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
