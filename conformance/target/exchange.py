"""One recorded request with its answer, and how they are shown without secrets."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx

from conformance.target.long_text import abridged
from spec.target import shown

JSON = "application/json"
PROBLEM = "application/problem+json"

_LONGEST_TARGET = 300
_REQUEST_IDS = ("x-request-id", "request-id", "x-correlation-id", "x-amzn-requestid", "x-trace-id", "traceparent")

MOST_DEPTH = 64
"""The most levels of an answer's JSON: deeper nesting could exhaust the stack of code that reads it."""

_EITHER = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


@dataclass(frozen=True, slots=True)
class Credential:
    """An API key of the target and the member of its description that holds it (`keys.no_scope`, …)."""

    secret: str = field(repr=False)
    label: str

    @property
    def shown(self) -> str:
        """The key as reports show it: `obk_live_…1a2b`."""
        return shown(self.secret)

    @property
    def name(self) -> str:
        """The key as messages name it: `keys.spare[0] (obk_live_…1a2b)`."""
        return f"{self.label} ({self.shown})"

    @property
    def dead(self) -> bool:
        """Whether it is revoked or expired: it must not be accepted, and no rate limit pays for its requests."""
        return self.label.startswith(("keys.revoked", "keys.expired"))


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `target` is the path with its query, to the byte.

    `credential` is the target's key that is sent; None if no key is sent, or a forged one among the headers.
    `body` is JSON, for the writes that the API has to refuse. `trailers` come behind a chunked body, which is empty.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    credential: Credential | None = None
    operation: str | None = None
    body: str | None = None
    trailers: tuple[tuple[str, str], ...] = ()

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The header fields with which it is sent, but for its key: a body is JSON unless they say otherwise."""
        declared = self.body is None or any(name.lower() == "content-type" for name, _ in self.headers)
        return self.headers if declared else (*self.headers, ("Content-Type", JSON))

    @property
    def oddness(self) -> int:
        """How far the request is from a plain GET of a short path. Of several that show the same, the least odd is shown."""
        query = self.target.partition("?")[2]
        parameters = query.count("&") + 1 if query else 0
        headers = [name for name, _ in (*self.headers, *self.trailers) if name.lower() != "accept"]
        added = len(headers) + (self.body is not None) + (self.method != "GET")
        return added + parameters + self.target.count("%") + len(self.target) // _LONGEST_TARGET

    def line(self, base_url: str = "") -> str:
        """The request on one line, for messages."""
        return f"{self.method} {base_url}{abridged(self.target, _LONGEST_TARGET)}"


@dataclass(frozen=True)
class Exchange:
    """A request with its answer. `sent` and `answered` are seconds of the target's clock; `at` is the unix time of sending.

    `pacing` marks a 429 that the client drew and repeated after waiting: it is counted, and judged only as an answer.
    `carried` are the secrets known to the client that stood anywhere in the request, its query and cookies included.
    `moved` are the seconds by which the target's test clock had been moved on. If no whole answer came, `status` is 0.
    """

    number: int
    request: Request
    url: str
    status: int
    headers: httpx.Headers
    body: bytes
    sent: float
    answered: float
    at: float
    pacing: bool = False
    carried: tuple[str, ...] = field(default=(), repr=False)
    moved: float = 0.0

    @property
    def path(self) -> str:
        """The path that was asked for, without the query."""
        return self.request.target.partition("?")[0]

    @property
    def media_type(self) -> str:
        """The answer's media type in lower case, without parameters; empty if none is declared."""
        declared: str = self.headers.get("content-type", "")
        return declared.partition(";")[0].strip().lower()

    @cached_property
    def json(self) -> Any:
        """The body as checks read it: a bare array is read as a page of its items, which only OP-1 and PAGE-1 tell."""
        return {"data": self.document} if self.status == 200 and isinstance(self.document, list) else self.document

    @cached_property
    def document(self) -> Any:
        """The decoded body; None if it is no JSON (RFC 8259: without NaN and duplicate members), or nested too deep."""
        try:
            return None if self.too_deep else json.loads(self.body, parse_constant=_refuse, object_pairs_hook=_unique)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def encoding_fault(self) -> str | None:
        """Why the body is not UTF-8 as JSON must be, in one line; None if it is. `document` reads it all the same."""
        if self.body.startswith(BOM_UTF8):
            return "the body begins with a byte order mark, which JSON must not (RFC 8259 8.1)"
        try:
            self.body.decode()
        except ValueError:
            return "the body is not UTF-8, as JSON must be (RFC 8259 8.1)"
        return "the body is UTF-16 or UTF-32, and JSON must be UTF-8 (RFC 8259 8.1)" if b"\0" in self.body else None

    @cached_property
    def too_deep(self) -> bool:
        """Whether the body's brackets are nested deeper than `MOST_DEPTH`; it is then not decoded."""
        brackets = self.body.translate(None, _NO_BRACKETS)
        # A fast count first, which includes brackets within strings. Only if it is too high, a slow and exact one follows.
        return _deepest(brackets) > MOST_DEPTH and _deepest(b"".join(_brackets(self.body))) > MOST_DEPTH

    @property
    def request_id(self) -> str:
        """The request id in the target's answer, to find it in the target's own log; empty if there is none."""
        return next((self.headers[name] for name in _REQUEST_IDS if self.headers.get(name)), "")

    def line(self) -> str:
        """The exchange on one line, for messages."""
        return f"{self.request.line()} → {self.outcome}"

    @property
    def outcome(self) -> str:
        """The answer's status in words for people; `no answer` if none came."""
        return str(self.status) if self.status else "no answer"


def _brackets(body: bytes) -> Iterator[bytes]:
    return (found[0] for found in _EITHER.finditer(body) if found[0] in (b"[", b"{", b"]", b"}"))


def _deepest(brackets: bytes) -> int:
    depth = deepest = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members
