"""Claims of API keys: two runs that use the same key spend one limit, and each would blame the target for the other."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from loadtests.setup import Setup, UsageError

_MOST = 32
"""The most keys that a run claims. A crowd has thousands; two runs with the same file share the first ones."""


@contextmanager
def claimed(setup: Setup) -> Iterator[None]:
    """Claim the run's keys on this machine. Raises UsageError if another run has claimed one of them at the same target.

    A claim is a name in Linux's abstract socket namespace: it leaves no file, and ends with its process. On other systems no
    claim is made.
    """
    claims: list[socket.socket] = []
    try:
        if sys.platform == "linux":
            for key, secret in zip(setup.keys[:_MOST], setup.secrets[:_MOST], strict=True):
                claims.append(_claim(f"{setup.target.base_url} {secret}", key.shown))
        yield
    finally:
        for claim in claims:
            claim.close()


def _claim(what: str, shown: str) -> socket.socket:
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(b"\0outbound-load " + sha256(what.encode()).hexdigest().encode())
    except OSError:
        claim.close()
        raise UsageError(f"another run on this machine uses the key {shown}: both would spend one limit") from None
    return claim
