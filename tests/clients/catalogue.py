"""How clients are written down: functions over the environment that a command finds, by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Environment = Mapping[str, str]
Client = Callable[[Environment], None]


def listed_in(clients: dict[str, Client]) -> Callable[[Client], Client]:
    """Register a client under its function's name, with dashes."""

    def register(client: Client) -> Client:
        clients[client.__name__.replace("_", "-")] = client
        return client

    return register
