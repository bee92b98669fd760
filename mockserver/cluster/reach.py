"""Calls to the Redis server from the event loop: none waits long, and a loss of the server is logged once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mockserver.api.limits import Unreachable

QUICK = 1.0
"""Seconds for which one call may block the event loop. After a failure, calls fail at once until the server answers again.

The URL may say otherwise: `?socket_timeout=5`.
"""

T = TypeVar("T")

logger = logging.getLogger("outbound.mock")


def client(url: str, timeout: float) -> redis.Redis:
    """A client of the server without retries. Raises ValueError for an invalid URL."""
    return redis.Redis.from_url(
        url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
    )


class Reach:
    """Makes calls while the server can be reached. After a failure, `answers` must be called when it answers again."""

    def __init__(self, url: str) -> None:
        self.server = client(url, QUICK)
        self._lost: str | None = None

    def __call__(self, call: Callable[[redis.Redis], T]) -> T:
        """Return the result of `call` with the server's client. Raises Unreachable, at once if an earlier call has failed."""
        self.check()
        try:
            return call(self.server)
        except redis.RedisError as error:
            self.fails(error)
            raise Unreachable(str(self._lost)) from None

    def check(self) -> None:
        """Raise Unreachable if an earlier call has failed, and the server has not answered since."""
        if self._lost is not None:
            raise Unreachable(self._lost)

    def fails(self, error: Exception) -> None:
        """Record that the server does not answer, and log it the first time."""
        if self._lost is None:
            self._lost = f"the shared state cannot be reached: {line(error)}"
            logger.error("The shared state cannot be reached, so requests are refused: %s", line(error))

    def answers(self) -> None:
        """Record that the server answers, and log it if it did not before."""
        if self._lost is not None:
            self._lost = None
            logger.warning("The shared state can be reached again.")


def line(error: Exception) -> str:
    """What an error says, in one line without its full stop."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
