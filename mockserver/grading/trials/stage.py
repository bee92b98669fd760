"""The parts of a trial: its name, the requests that it needs, and the layer that changes answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mockserver.api import paths
from mockserver.grading.facts import asked
from mockserver.grading.records import Run
from mockserver.grading.rules.failures import LONGEST_SILENCE
from mockserver.grading.sealing import Cursors
from mockserver.modifications.helpers.layers import Way

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.api.keys import KeyRing
    from mockserver.api.pipeline import Layer

Needs = Literal["key", "list", "cursor"]
"""What the plain run must have sent for a trial to be useful: a key, a request for a list, or one with a cursor."""


@dataclass(frozen=True)
class Stage:
    """The data for a trial's layer: the plain run, the mock's keys, the grade's cursors, the address of another origin.

    `patience` is how many seconds a silent answer lasts.
    """

    plain: Run
    keys: KeyRing
    cursors: Cursors
    elsewhere: str = ""
    patience: float = LONGEST_SILENCE


@dataclass(frozen=True)
class Trial:
    """A hardship under which a command runs: made by `layer`, or by `hardship`, the name of one of the mock's own.

    `over_tls` says that the hardship is a certificate of the kind that the trial is named after.
    """

    name: str
    description: str
    needs: Needs
    layer: Callable[[Stage], Layer] | None = None
    hardship: tuple[str, Mapping[str, object]] | None = None
    over_tls: bool = False

    def shows_something(self, plain: Run) -> bool:
        """Whether the plain run has requests that the trial changes."""
        if self.needs == "key":
            return any(exchange.key for exchange in plain.exchanges)
        lists = [exchange for exchange in plain.exchanges if exchange.asked and exchange.asked.operation.is_list]
        return any(exchange.cursor for exchange in lists) if self.needs == "cursor" else bool(lists)


def is_list(scope: Scope) -> bool:
    """Whether a request asks for a page of a list."""
    found = asked(scope["path"])
    return found is not None and found.operation.is_list and scope["method"] == "GET"


def target(scope: Scope) -> bytes:
    """The path and the query of a request."""
    path = paths.raw_path(scope)
    query: bytes = scope["query_string"]
    return path + b"?" + query


def where(chosen: Callable[[Scope], bool], way: Way) -> Layer:
    """A layer that answers documented operations in another way if `chosen` returns True for the request."""

    def layer(app: ASGIApp) -> ASGIApp:
        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and asked(scope["path"]) and chosen(scope):
                await way(app, scope, receive, send)
            else:
                await app(scope, receive, send)

        return served

    return layer


def first_of_each_list() -> Callable[[Scope], bool]:
    """Chooses, once each, the first page of every list that is asked for, and the first page behind it."""
    taken: set[tuple[bytes, bool]] = set()

    def chosen(scope: Scope) -> bool:
        page = (scope["path"].encode(), b"cursor=" in scope["query_string"])
        if not is_list(scope) or page in taken:
            return False
        taken.add(page)
        return True

    return chosen


def first(count: int, meant: Callable[[Scope], bool]) -> Callable[[Scope], bool]:
    """Chooses the first `count` requests that are meant, each with a different target."""
    taken: set[bytes] = set()

    def chosen(scope: Scope) -> bool:
        if len(taken) >= count or not meant(scope) or target(scope) in taken:
            return False
        taken.add(target(scope))
        return True

    return chosen
