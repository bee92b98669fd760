"""How clients are written down: functions over the environment that a command finds, by their names."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from spec.misspelled import meant

Environment = Mapping[str, str]
Client = Callable[[Environment], None]
Named = TypeVar("Named")


def listed_in(clients: dict[str, Client]) -> Callable[[Client], Client]:
    """Register a client under its function's name, with dashes."""

    def register(client: Client) -> Client:
        clients[client.__name__.replace("_", "-")] = client
        return client

    return register


def named(known: Mapping[str, Named], arguments: Sequence[str]) -> Named:
    """What the first argument names. Ends the program with one line and exit code 2 if it names nothing."""
    name = arguments[0] if arguments else ""
    if name in known:
        return known[name]
    print(
        f"there is no {name!r}{meant(name, known)}" if name else f"name one of: {', '.join(sorted(known))}",
        file=sys.stderr,
    )
    raise SystemExit(2)
