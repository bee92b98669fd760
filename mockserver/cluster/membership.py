"""The processes that are one mock: they meet at a Redis server, must have the same settings, and one of them leads."""

from __future__ import annotations

import json
import logging
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, cast

import redis

from mockserver.api.limits import Limiter, Reading, Unreachable
from mockserver.clock import Clock
from mockserver.cluster.errors import SharingError
from mockserver.cluster.limits import SharedLimiter
from mockserver.cluster.reach import QUICK, Reach, client, line
from spec import RateLimits

if TYPE_CHECKING:
    from mockserver.cluster.replay import Change

PREFIX = "outbound-mock"
ALIVE = 5.0
"""Seconds, by the server's clock, after which a process without a heartbeat counts as dead."""

HEARTBEAT = 1.0
_JOINING = 10
_PROBES = 5

logger = logging.getLogger("outbound.mock")


class Membership:
    """This process's membership in the processes that share a state.

    Raises SharingError if no Redis server answers at the URL, and ValueError if it is no URL of one.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.id = secrets.token_hex(8)
        self.leading = False
        """Whether this is the process that does the work that must be done only once, such as delivering events."""
        self.perform: Callable[[Change], Awaitable[object]] | None = None
        """Lets all members perform a change. Raises Unshared. None until this process performs the others' changes."""
        self._state = ""
        """The id of the joined state. If the server has another id, or none, the state was lost."""
        try:
            self.reach = Reach(url)
            self.server = client(url, QUICK)
            self.server.ping()
        except (ValueError, TypeError) as error:  # the client has parameters of its own, and passes unknown ones on
            raise ValueError(f"not the URL of a Redis server: {error}") from None
        except redis.RedisError as error:
            raise SharingError(f"no Redis server answers there: {line(error)}") from None

    def join(self, settings: Mapping[str, object], now: float) -> float:
        """Become a member, and return when the mock began (unix seconds): for the first member, `now`.

        The first member deletes the data of an earlier mock. `settings` must be equal for all members. Raises SharingError.
        """
        with self._joining():
            if not self.members():
                self._forget()
                self.server.set(_place("settings"), json.dumps(settings))
                self.server.set(_place("began"), repr(now))
                self.server.set(_place("state"), secrets.token_hex(8))
            self._agree(settings)
            self._state = self._stands()
            self.beat()
            return float(self.server.get(_place("began")) or now)

    def enter(self) -> None:
        """Become a separate member after a fork. It is added before the former one leaves: without any, the state would end."""
        former, self.id = self.id, secrets.token_hex(8)
        self.beat()
        self.leave(former)
        self.beat()  # it may lead now

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Send heartbeats within the `with` block, from a thread, because a long computation must not look like a death.

        The thread has ended after the block, so that the process can fork.
        """
        ended = Event()

        def beat() -> None:
            while not ended.is_set():
                self.beat()
                ended.wait(HEARTBEAT)

        thread = Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def beat(self) -> None:
        """Send a heartbeat, find out who leads, and report a lost server or a lost state."""
        try:
            self.server.zadd(_place("members"), {self.id: self._time()})
            self.leading = self._leads()
            self._look_for_state()
        except redis.RedisError as error:
            self.leading = False
            self.reach.fails(error)
        else:
            self.reach.answers()

    def leave(self, member: str | None = None) -> None:
        """Stop being a member, or let an earlier one of this process stop."""
        with suppress(Unreachable):
            self.reach(lambda server: _remove(member or self.id, server))

    def _look_for_state(self) -> None:
        """Log once if the joined state is lost: Redis keeps nothing over a restart or FLUSHALL."""
        stands = self._stands()
        if stands == self._state:
            return
        self._state = stands
        logger.error(
            "The shared state was lost (its Redis server was emptied or restarted): the limits of all keys begin anew. "
            "Restart the mocks that share it before another one joins."
        )

    def _stands(self) -> str:
        stands = self.server.get(_place("state"))
        return stands.decode() if isinstance(stands, bytes) else ""

    def members(self, server: redis.Redis | None = None) -> Sequence[str]:
        """The ids of all living processes."""
        alive = (server or self.server).zrangebyscore(_place("members"), self._time() - ALIVE, "+inf")
        return [member.decode() for member in cast("list[bytes]", alive)]

    def _leads(self) -> bool:
        place, milliseconds = _place("leader"), int(ALIVE * 1_000)
        if self.server.set(place, self.id, nx=True, px=milliseconds):
            return True
        if self.server.get(place) != self.id.encode():
            return False
        self.server.pexpire(place, milliseconds)
        return True

    def limiter(self, limits: RateLimits, reading: Reading, namespace: str, clock: Clock) -> Limiter:
        """A limiter, asked with the time of `clock`, whose counts are shared by all members with the same namespace."""
        return SharedLimiter(limits, reading, self.reach, _place(f"limits:{namespace}"), clock)

    def count(self, name: str) -> int:
        """Add one to the count of this name, and return the new count. Raises Unreachable."""
        place = _place(f"counted:{name}")

        def counted(server: redis.Redis) -> int:
            with server.pipeline() as pipeline:
                pipeline.incr(place)
                pipeline.expire(place, 86_400)
                return int(pipeline.execute()[0])

        return self.reach(counted)

    def take(self, name: str, most: int) -> bool:
        """Take one of `most`. Returns whether one was left; False also if the server does not answer."""
        try:
            return self.count(name) <= most
        except Unreachable:
            return False

    def left(self, name: str, most: int) -> int:
        """How many `take` can still take. Raises Unreachable."""
        taken = self.reach(lambda server: server.get(_place(f"counted:{name}")))
        return max(0, most - int(taken or 0))

    def skew(self) -> float:
        """Seconds by which the server's clock is ahead of this machine's; 0 if it is less than the error of the measurement."""
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

    def _agree(self, settings: Mapping[str, object]) -> None:
        if not self._stands():
            raise SharingError("the state that mocks share there was lost; restart them all")
        theirs = json.loads(self.server.get(_place("settings")) or "{}")
        ours = json.loads(json.dumps(settings))
        for name, value in ours.items():
            if theirs.get(name) != value:
                raise SharingError(
                    f"the mock that already runs there has {name} {_shown(theirs.get(name))}, and this one has "
                    f"{name} {_shown(value)}; start both with the same options"
                )

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
        except redis.RedisError as error:
            raise SharingError(f"the Redis server went away: {line(error)}") from None


def _remove(member: str, server: redis.Redis) -> None:
    server.zrem(_place("members"), member)
    server.hdel(_place("applied"), member)
    if server.get(_place("leader")) == member.encode():
        server.delete(_place("leader"))


def _shown(setting: object) -> str:
    if isinstance(setting, bool):
        return "on" if setting else "off"
    return (", ".join(setting) or "none") if isinstance(setting, list) else str(setting)


def _place(name: str) -> str:
    return f"{PREFIX}:{name}"
