"""Ports for programs that have to be told theirs before they listen."""

from __future__ import annotations

import os
import socket
from itertools import count

_FIRST, _LAST, _EACH = 10_000, 32_000, 20
_tried = count()


def free_port() -> int:
    """A port that nothing listens on, and that nothing else will be given.

    It is below those that the system hands out by itself, and processes that run tests side by side look in places of their own.
    """
    while True:
        port = _FIRST + (os.getpid() * _EACH + next(_tried)) % (_LAST - _FIRST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
