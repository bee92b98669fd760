"""Which processes are one mock: they meet at a Redis server, agree on how they began, and one of them leads."""

from __future__ import annotations

import json
import math
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import redis

from mockserver.api.limits import Limiter, Reading
from mockserver.cluster.limits import SharedLimiter
from spec import RateLimits

PREFIX = "outbound-mock"
ALIVE = 5.0
"""Seconds, by the server's clock, after which a process that has not been heard of is gone."""

HEARTBEAT = 1.0
_JOINING = 10
_TIMEOUT = 5.0
_PROBES = 5


class SharingError(Exception):
    """The state cannot be shared. The message is one line, for whoever started the mock."""


class Membership:
    """This process among those that share a state. Raises SharingError for a URL that leads to no Redis."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.id = secrets.token_hex(8)
        self.leading = False
        """Whether this is the one process that does what must be done once, such as to deliver an event."""
        try:
            # Its types are those of blocking and asynchronous calls at once.
            self.server: Any = redis.Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
            self.server.ping()
        except ValueError as error:
            raise SharingError(f"not the URL of a Redis server: {error}") from None
        except redis.RedisError as error:
            raise SharingError(f"no Redis server answers there: {error}") from None

    def join(self, settings: Mapping[str, Any], now: float) -> float:
        """Become a member, and answer when the mock began (unix seconds): now, for the first.

        What an earlier mock has left behind is forgotten. `settings` are what all members must agree on. Raises SharingError.
        """
        with self._joining():
            if not self.members():
                self._forget()
                self.server.set(_place("settings"), json.dumps(settings))
                self.server.set(_place("began"), repr(now))
            self._agree(settings)
            self.beat()
            return float(self.server.get(_place("began")))

    def enter(self) -> None:
        """Be a member of its own: a process that was forked from one."""
        self.leave()
        self.id = secrets.token_hex(8)
        self.beat()

    def beat(self) -> None:
        """Be heard of, and learn who leads."""
        self.server.zadd(_place("members"), {self.id: self._time()})
        self.leading = self._leads()

    def leave(self) -> None:
        """Be a member no more."""
        with suppress(redis.RedisError):
            self.server.zrem(_place("members"), self.id)
            self.server.hdel(_place("applied"), self.id)
            if self.server.get(_place("leader")) == self.id.encode():
                self.server.delete(_place("leader"))

    def members(self) -> Sequence[str]:
        """The ids of all processes that are alive."""
        alive = self.server.zrangebyscore(_place("members"), self._time() - ALIVE, "+inf")
        return [member.decode() for member in alive]

    def _leads(self) -> bool:
        place, milliseconds = _place("leader"), int(ALIVE * 1_000)
        if self.server.set(place, self.id, nx=True, px=milliseconds):
            return True
        if self.server.get(place) != self.id.encode():
            return False
        self.server.pexpire(place, milliseconds)
        return True

    def limiter(self, limits: RateLimits, reading: Reading, namespace: str) -> Limiter:
        """A limiter whose counts all members share that ask for the same namespace."""
        return SharedLimiter(limits, reading, self.server, _place(f"limits:{namespace}"))

    def take(self, name: str, most: int) -> bool:
        """Count one more of what there are at most so many of; whether there was one left."""
        place = _place(f"taken:{name}")
        with self.server.pipeline() as pipeline:
            pipeline.incr(place)
            pipeline.expire(place, 86_400)
            return int(pipeline.execute()[0]) <= most

    def skew(self) -> float:
        """Seconds by which the server's clock is ahead of this machine's, as far as the way there lets it be told."""

        best, skew = math.inf, 0.0
        for _ in range(_PROBES):
            before = time.time()
            there: float = self._time()
            took = time.time() - before
            if took < best:
                best, skew = took, there - before - took / 2
        return skew if abs(skew) > best else 0.0

    def _time(self) -> float:
        seconds, microseconds = self.server.time()
        return float(seconds) + float(microseconds) / 1_000_000

    def _agree(self, settings: Mapping[str, Any]) -> None:
        theirs = json.loads(self.server.get(_place("settings")) or "{}")
        ours = json.loads(json.dumps(settings))
        for name, value in ours.items():
            if theirs.get(name) != value:
                raise SharingError(f"the mock that shares its state there has {name} {theirs.get(name)}, not {value}")

    def _forget(self) -> None:
        for place in self.server.scan_iter(f"{PREFIX}:*"):
            if place != _place("joining").encode():
                self.server.delete(place)

    @contextmanager
    def _joining(self) -> Iterator[None]:
        lock = self.server.lock(_place("joining"), timeout=_JOINING, blocking_timeout=_JOINING)
        try:
            with lock:
                yield
        except redis.exceptions.LockError as error:
            raise SharingError(f"the mock that shares its state there does not let another join: {error}") from None


def _place(name: str) -> str:
    return f"{PREFIX}:{name}"
