"""Ports for programs that have to be told theirs before they listen."""

from __future__ import annotations

import os
import socket
from itertools import count

_FIRST, _LAST, _EACH = 10_000, 32_000, 20
_tried = count()


def free_port() -> int:
    """A port on which nothing listens, and which nothing else will get. It is below the ports that the system gives out by
    itself, and processes that run tests side by side look in different ranges.
    """
    while True:
        port = _FIRST + (os.getpid() * _EACH + next(_tried)) % (_LAST - _FIRST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
