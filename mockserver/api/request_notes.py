"""What the API notes of a request for the request log: whose key it presents, and what it is refused for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

    from mockserver.api.keys import ApiKey
    from mockserver.api.problems import Problem

ENTRY = "outbound.entry"
"""Where the ASGI scope keeps the request log's entry of a request."""


def note_key(scope: Scope, key: ApiKey) -> None:
    """Write down whose key a request presents."""
    entry = scope.get(ENTRY)
    if entry is not None:
        entry.key = key


def note_problem(scope: Scope, problem: Problem) -> None:
    """Write down what a request is refused for."""
    entry = scope.get(ENTRY)
    if entry is not None:
        entry.problem = problem
