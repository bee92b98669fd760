"""Ports for programs that have to be told theirs before they listen."""

from __future__ import annotations

import socket
from random import SystemRandom

# Below the ports that the system gives out by itself.
_FIRST, _LAST = 10_000, 32_000


def free_port() -> int:
    """A port on which nothing listens, picked at random: so tests that run side by side hardly ever get the same."""
    while True:
        port = SystemRandom().randrange(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
