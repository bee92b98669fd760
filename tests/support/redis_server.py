"""A real Redis or Valkey server for a test, on a socket of its own, with nothing in it."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis

_STARTING = 60.0


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The URL of the server. Skips the test if no server is installed (Debian: redis-server or valkey-server)."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        pytest.skip("neither valkey-server nor redis-server is installed")
    url = f"unix://{folder / 'redis.sock'}"
    command = [program, "--port", "0", "--unixsocket", str(folder / "redis.sock"), "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            _wait_for(url)
            yield url
        finally:
            server.terminate()


def _wait_for(url: str) -> None:
    until = time.monotonic() + _STARTING
    with redis.Redis.from_url(url) as client:
        while True:
            with suppress(redis.ConnectionError):
                client.ping()
                return
            assert time.monotonic() < until, "the Redis server does not come up"
            time.sleep(0.02)
