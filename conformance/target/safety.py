"""The requests that a run with `--safe` does not send, because its target may be in production."""

from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qsl, unquote_to_bytes

from msgspec import structs

import spec
from conformance.outcome import NotTested
from conformance.target.exchange import Exchange, Request
from spec.target import Hooks, Keys, Target

_METHODS = ("GET", "HEAD")
_HEADERS = ("accept", "authorization", "if-none-match", "if-modified-since", "user-agent")
_LONGEST = 1000
# Servers understand a path with these characters, escaped or not, in different ways.
_AMBIGUOUS = (b"//", b"/../", b"/./", b"\\")
_ESCAPED_SEPARATORS = ("%2f", "%5c", "%2e")


class Withheld(NotTested):
    """A request that a safe run does not send; its message says why."""


class Safety:
    """The rules of a safe run. `withheld` counts the requests that were not sent, by reason."""

    def __init__(self) -> None:
        self.withheld: Counter[str] = Counter()
        self._cursors: set[str] = set()

    def let_through(self, request: Request, *, paced: bool) -> None:
        """Raise Withheld unless a request is ordinary."""
        reason = "it spends a limit" if not paced else self._oddity(request)
        if reason:
            self.withheld[reason] += 1
            raise Withheld(f"left out by --safe: {request.line()}: {reason}")

    def learn(self, exchange: Exchange) -> None:
        """Remember a cursor that the target gave out: it may be sent."""
        cursor = exchange.json.get("nextCursor") if isinstance(exchange.json, dict) else None
        if isinstance(cursor, str):
            self._cursors.add(cursor)

    def _oddity(self, request: Request) -> str | None:
        if request.method not in _METHODS or request.body is not None:
            return "it is a write"
        if request.trailers:
            return "it has trailer fields"
        if any(name.lower() not in _HEADERS or not value.isprintable() for name, value in request.headers):
            return "it has a header that the documentation does not name"
        path, _, query = request.target.partition("?")
        if len(request.target) > _LONGEST or _odd(path) or _undecodable(query):
            return "its path or query is malformed"
        return self._odd_parameters(query)

    def _odd_parameters(self, query: str) -> str | None:
        parameters = parse_qsl(query, keep_blank_values=True)
        names = [name for name, _ in parameters]
        known = {p.name for operation in spec.contract().operations.values() for p in operation.parameters}
        if len(set(names)) < len(names) or not set(names) <= known:
            return "it has a parameter that the documentation does not name, or one twice"
        given = dict(parameters)
        if "limit" in given and spec.contract().page_size.asked(given["limit"]) is None:
            return "its limit is not from 1 to 200"
        return "its cursor is not one of the target's" if given.get("cursor", "") not in {"", *self._cursors} else None


def without_writes(target: Target) -> Target:
    """The target without the parts that a safe run does not use: its commands, and its spare keys."""
    webhooks = structs.replace(
        target.webhooks, register=None, register_secondary=None, trigger=None, trigger_secondary=None
    )
    keys: Keys = structs.replace(target.keys, spare=())
    return structs.replace(target, webhooks=webhooks, keys=keys, hooks=Hooks())


def _odd(path: str) -> bool:
    decoded = unquote_to_bytes(path)
    ambiguous = any(part in decoded for part in _AMBIGUOUS) or any(part in path.lower() for part in _ESCAPED_SEPARATORS)
    return ambiguous or _undecodable(path)


def _undecodable(text: str) -> bool:
    try:
        return not unquote_to_bytes(text).decode("utf-8").replace(" ", "").isprintable()
    except UnicodeDecodeError:
        return True
