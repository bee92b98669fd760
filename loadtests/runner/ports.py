"""Ports that a run listens on, of which Locust says nothing plain if they are taken, and the port of a worker's master."""

from __future__ import annotations

import os
import socket
import sys
import time

from conformance.report.text import lasted
from loadtests.report.output import say
from loadtests.setup import UsageError

_MASTER_WITHIN = 300.0
_CONNECT_WITHIN = 5.0
_AGAIN = 0.2


class NoMasterError(Exception):
    """A worker has found no master; the message is one line."""


def check_port(option: str, host: str, port: int) -> None:
    """Raise UsageError if nothing can listen on the port that an option names. An empty host stands for all addresses."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise UsageError(f"{option} {port}: {os.strerror(error.errno or 0)}") from None


def wait_for_master(host: str, port: int, within: float = _MASTER_WITHIN) -> None:
    """Wait until something listens where a worker's master is to be, and say so. Raises NoMasterError after `within` seconds,
    and UsageError for a name that no host can have.
    """
    until = time.monotonic() + within
    told = False
    while True:
        try:
            socket.create_connection((host, port), _CONNECT_WITHIN).close()
        except UnicodeError:
            raise UsageError(f"--master-host: no host can have the name {host[:100]}") from None
        except OSError as error:
            if time.monotonic() > until:
                reason = error.strerror or "no answer"
                raise NoMasterError(f"no master at {host}:{port} within {lasted(within)}: {reason}") from None
        else:
            return
        if not told:
            told = True
            say(f"waiting for a master at {host}:{port}, for at most {lasted(within)}", sys.stderr)
        time.sleep(_AGAIN)
