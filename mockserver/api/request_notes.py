"""Notes about a request for the request log: the key that it presents, and why it was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

    from mockserver.api.keys import ApiKey
    from mockserver.api.problems import Problem

ENTRY = "outbound.entry"
"""Where the ASGI scope keeps the request log's entry of a request."""


def note_key(scope: Scope, key: ApiKey) -> None:
    """Note the key that a request presents."""
    entry = scope.get(ENTRY)
    if entry is not None:
        entry.key = key


def note_problem(scope: Scope, problem: Problem) -> None:
    """Note why a request was refused."""
    entry = scope.get(ENTRY)
    if entry is not None:
        entry.problem = problem
