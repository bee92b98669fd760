"""Ports that a run listens on. Locust ends with a traceback if one of them is taken."""

from __future__ import annotations

import os
import socket

from loadtests.setup import UsageError


def check_port(option: str, host: str, port: int) -> None:
    """Raise UsageError if nothing can listen on the port that an option names. An empty host stands for all addresses."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise UsageError(f"{option} {port}: {os.strerror(error.errno or 0)}") from None
