"""Requests that get no answer: what would hang again is not sent, and one silent operation is told from a target that is gone."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from conformance.target.client import Client
    from conformance.target.exchange import Exchange, Request

# Seconds from which a silence is expensive: each may take a whole time-out. A connection that is closed at once costs nothing.
_EXPENSIVE = 1.0
# A kind of request that was silent for so long as often as this in a row is not sent again.
_IN_A_ROW = 2
# After so many expensive silences of all kinds, once is enough, and requests without an operation are of one kind.
_MOST_EXPENSIVE = 8
# Operations that show whether a target is there; two of them are asked, after so many seconds.
_ASKED = ("getMe", "listLists", "listDrafts")
_ALIVE_AFTER = 0.5
# For so many seconds after it was there, further silences of the same operation are no reason to look again.
_TRUSTED = 20.0
# Servers may close the connection on a longer address, which is not plain.
_LONGEST_PLAIN = 1000


class NoAnswer(Exception):
    """No whole answer came within the bounds of time and size, or the connection was closed; its message is one line.

    `closed` says that it was closed; `exchanges` is the request, once the client has recorded it. `unsent` says that the request
    was not sent, because one like it, which is then in `exchanges`, got no answer in time.
    """

    def __init__(self, message: str, *, closed: bool = False, unsent: bool = False) -> None:
        super().__init__(message)
        self.closed = closed
        self.unsent = unsent
        self.exchanges: tuple[Exchange, ...] = ()


@dataclass(frozen=True)
class _Kind:
    """What requests have in common that differ in values alone. `path` is that of a request without an operation."""

    method: str
    operation: str | None
    path: str
    parts: frozenset[str]

    def includes(self, other: _Kind, *, any_path: bool) -> bool:
        """Whether another kind has all that this one has, and perhaps more."""
        same = (self.method, self.operation) == (other.method, other.operation)
        return same and (any_path or self.path == other.path) and self.parts <= other.parts


class Silences:
    """The silences of one client. `confirmed` is the last one of each operation of which a plain request got no answer twice,
    while the target answered others.
    """

    def __init__(self, client: Client) -> None:
        self.confirmed: dict[str, NoAnswer] = {}
        self._client = client
        self._in_a_row: Counter[_Kind] = Counter()
        self._last: dict[_Kind, Exchange] = {}
        self._expensive = 0
        self._seen_alive: dict[str | None, float] = {}

    def check(self, request: Request, *, keyed: bool) -> None:
        """Raise NoAnswer if a request would probably hang, because those like it did."""
        kind = _kind(request, keyed=keyed)
        weary = self._expensive >= _MOST_EXPENSIVE
        enough = 1 if weary else _IN_A_ROW
        for hung, exchange in tuple(self._last.items()):
            if self._in_a_row[hung] >= enough and hung.includes(kind, any_path=weary):
                silence = NoAnswer(f"{request.line()}: not sent, because requests like it got no answer", unsent=True)
                silence.exchanges = (exchange,)
                raise silence

    def note(self, exchange: Exchange) -> None:
        """Remember whether a request was answered."""
        kind = _kind(exchange.request, keyed=exchange.request.credential is not None)
        if exchange.status:
            self._in_a_row.pop(kind, None)
        elif exchange.answered - exchange.sent >= _EXPENSIVE:
            self._in_a_row[kind] += 1
            self._last[kind] = exchange
            self._expensive += 1

    def others_answered(self, silence: NoAnswer) -> bool:
        """Whether the target answers other requests with a key, though it did not answer this one."""
        if not silence.unsent and not self._is_there(silence):
            return False
        self._confirm(silence)
        return True

    def _is_there(self, silence: NoAnswer) -> bool:
        silent = silence.exchanges[0].request.operation if silence.exchanges else None
        if time.monotonic() < self._seen_alive.get(silent, 0.0):
            return True
        time.sleep(_ALIVE_AFTER)
        organization = self._client.target.organizations.primary
        primary = self._client.caller("organizations.primary.api_keys", organization.api_keys)
        for operation in [name for name in _ASKED if name != silent][:2]:
            with suppress(NoAnswer):
                primary.get(operation)
                self._seen_alive[silent] = time.monotonic() + _TRUSTED
                return True
        return False

    def _confirm(self, silence: NoAnswer) -> None:
        """Ask once more what got no answer, if it is plain."""
        for exchange in silence.exchanges:
            operation, key = exchange.request.operation, exchange.request.credential
            if operation and key and operation not in self.confirmed and _is_plain(exchange.request):
                try:
                    self._client.send(exchange.request, (key,))
                except NoAnswer:
                    self._seen_alive.pop(operation, None)  # the target may have gone since
                    if self._is_there(silence):
                        self.confirmed[operation] = silence


def _is_plain(request: Request) -> bool:
    added = request.headers or request.trailers or request.body
    return request.method == "GET" and not added and len(request.target) <= _LONGEST_PLAIN


def _kind(request: Request, *, keyed: bool) -> _Kind:
    path, _, query = request.target.partition("?")
    parts = [f"?{name}" for name, _ in parse_qsl(query, keep_blank_values=True)]
    parts += [name.lower() for name, _ in request.headers]
    parts += [f"trailer {name.lower()}" for name, _ in request.trailers]
    parts += ["a key"] * keyed + ["a body"] * (request.body is not None)
    return _Kind(request.method, request.operation, "" if request.operation else path, frozenset(parts))
