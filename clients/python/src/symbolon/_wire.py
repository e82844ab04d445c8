"""The question and its two answers, as they go over the wire."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["token", "session", "system", "anonymous"]
Headers = Iterable[tuple[str, str]]

# What a decision depends on, beside whatever may hold a credential or ask for another method.
_TOLD = {"cookie", "host", "origin", "sec-fetch-site", "upgrade", "sec-websocket-key"}
_CREDENTIALS = {"authorization", "x-api-key", "proxy-authorization"}
_OWN_COOKIES = {f"{prefix}symbolon_{name}" for prefix in ("", "__host-") for name in ("session", "device", "form")}
_OVERRIDES = {"x-http-method-override", "x-http-method", "x-method-override"}


@dataclass(frozen=True)
class Token:
    """The token of a request. Nothing of it is secret."""

    id: str
    name: str


@dataclass(frozen=True)
class Route:
    """The catalog's route of a request: its method, and its pattern without the mount."""

    method: str
    path: str


@dataclass(frozen=True)
class Grant:
    """Who makes a request that was allowed.

    `scopes` are the effective ones of a token, and empty for every other caller. `target` is the canonical form of the
    request's, and the only one that may be acted on.
    """

    kind: Kind
    token: Token | None
    owner: str | None
    role: str | None
    scopes: tuple[str, ...]
    route: Route | None
    target: str


@dataclass(frozen=True)
class Refusal:
    """A request that may not pass, or about which nothing can be known, with the answer to give.

    `status` is 503 and `code` is `unavailable` where nothing was decided.
    """

    status: int
    code: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def unavailable() -> Refusal:
    """Nothing was decided: neither a denial nor a pass."""
    problem = {
        "type": "urn:symbolon:error:unavailable",
        "title": "This cannot be decided now; try again.",
        "status": 503,
        "code": "unavailable",
        "detail": "nothing was decided; try again",
        "request_id": "",
    }
    headers = {"content-type": "application/problem+json", "retry-after": "1", "cache-control": "no-store"}
    return Refusal(503, "unavailable", headers, json.dumps(problem).encode())


def folded(name: str) -> str:
    """A header's name as an application may read it: servers of old fold every mark into `-` or `_`."""
    return re.sub(r"[^a-z0-9]", "-", name.lower())


def is_credential(name: str) -> bool:
    """Whether an application may look for a credential in a header of this name."""
    return folded(name) in _CREDENTIALS


def without_own_cookies(value: str) -> str:
    """The cookies of a header but for Symbolon's own, with which an application has no business."""
    pairs = (pair.strip() for pair in value.split(";"))
    return "; ".join(pair for pair in pairs if pair and pair.partition("=")[0].strip().lower() not in _OWN_COOKIES)


def question(method: str, target: str, headers: Headers, client_ip: str | None) -> dict[str, Any]:
    """The body of the call. Each character of a target or a header's value is one byte."""
    told: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() in _TOLD or folded(name) in _CREDENTIALS | _OVERRIDES:
            told.setdefault(name.lower(), []).append(value)
    asked: dict[str, Any] = {"method": method, "path": target, "headers": told}
    if client_ip is not None:
        asked["client_ip"] = client_ip
    return asked


def read(status: int, body: bytes) -> Grant | Refusal:
    """The decision in a reply. Raises `ValueError`, `KeyError` or `TypeError` where there is none."""
    if status != 200:
        raise ValueError(f"status {status}")
    reply = json.loads(body)
    if reply["allowed"] is True:
        return _granted(reply)
    if reply["allowed"] is not False:
        raise ValueError("neither allowed nor refused")
    return _refused(reply)


def _granted(reply: Any) -> Grant:
    kind, record, route = reply["principal"], reply["token"], reply.get("route")
    whole = reply["code"] == "allowed" and reply["status"] == 200 and (record is not None) == (kind == "token")
    if not whole or kind not in ("token", "session", "system", "anonymous"):
        raise ValueError("it does not hold together")
    if not isinstance(reply["target"], str) or not reply["target"].startswith("/"):
        raise ValueError("without a target")
    return Grant(
        kind=kind,
        token=None if record is None else Token(record["id"], record["name"]),
        owner=reply["owner"],
        role=reply["role"],
        scopes=() if record is None else tuple(record["effective_scopes"]),
        route=None if route is None else Route(route["method"], route["path"]),
        target=reply["target"],
    )


def _refused(reply: Any) -> Refusal:
    problem, headers = reply["answer"]["problem"], reply["answer"]["headers"]
    status, code = problem["status"], problem["code"]
    if not isinstance(status, int) or not 400 <= status < 600 or status != reply["status"]:
        raise ValueError("a refusal without a status of one")
    if code == "allowed" or code != reply["code"]:
        raise ValueError("a refusal without a code of one")
    given = {name: headers[name] for name in ("www-authenticate", "allow", "retry-after") if name in headers}
    fixed = {"content-type": "application/problem+json", "cache-control": "no-store"}
    return Refusal(status, code, {**fixed, **given}, json.dumps(problem).encode())
