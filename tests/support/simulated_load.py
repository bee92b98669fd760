"""Ledgers of load tests that never took place: clients, a network with delays and a server with a limiter, in simulated time."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field

from loadtests.analysis.ledger import Attempt, Key, Ledger
from tests.support.reference_limiters import Key as Account
from tests.support.reference_limiters import Server

START = 1_800_000_000.0
Patient = Generator[float, Attempt, None]
"""Yields when to send its next request, and is sent the answered attempt."""
Sender = Patient | float
"""Or when to send a single request."""
Delay = Callable[[random.Random], float]
"""Seconds that one way takes."""
Work = Callable[[bool, float, random.Random], tuple[int, float]]
"""The answer of a server to a request that was admitted or not, at a time: a status, and the seconds that it takes."""

KEYS = (
    Key("obk_live_…0001", "acme", "spender"),
    Key("obk_live_…0002", "acme", "flood"),
    Key("obk_live_…0003", "acme", "border"),
    Key("obk_live_…0004", "acme", "steady"),
    Key("obk_live_…0005", "other", "steady"),
)
SPENDER, FLOOD, BORDER, STEADY, STRANGER = range(5)


def at_once(_: random.Random) -> float:
    return 0.0


def nearby(chance: random.Random) -> float:
    return 0.001 + chance.expovariate(1000)


def far_away(chance: random.Random) -> float:
    return 0.04 + chance.random() * 0.3


DELAYS = (at_once, nearby, far_away)


def serve(admitted: bool, _: float, chance: random.Random) -> tuple[int, float]:
    return (200 if admitted else 429), 0.002 + chance.random() * 0.001


@dataclass
class Traffic:
    """A server behind a network, its clock running at `pace`. Everything that the clients see goes to `ledger`."""

    server: Server
    delay: Delay = nearby
    work: Work = serve
    seed: int = 1
    pace: float = 1.0
    keys: tuple[Key, ...] = KEYS
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.keys)
        self._chance = random.Random(self.seed)
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = itertools.count()

    def send(self, key: int, senders: Iterable[Sender]) -> Traffic:
        """Let senders use a key. They send once `run` is called."""
        for sender in senders:
            if isinstance(sender, float):
                self._leave(key, None, sender)
            else:
                self._next(key, sender, None)
        return self

    def run(self) -> Ledger:
        """Simulate until every sender has ended."""
        while self._events:
            now, _, happen = heapq.heappop(self._events)
            happen(now)
        return self.ledger

    def _at(self, time: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (time, next(self._numbers), happen))

    def _next(self, key: int, sender: Patient, attempt: Attempt | None) -> None:
        try:
            self._leave(key, sender, next(sender) if attempt is None else sender.send(attempt))
        except StopIteration:
            return

    def _leave(self, key: int, sender: Patient | None, sent: float) -> None:
        self._at(sent + self.delay(self._chance), lambda now: self._arrive(key, sender, sent, now))

    def _arrive(self, key: int, sender: Patient | None, sent: float, now: float) -> None:
        account = Account(self.keys[key].shown, self.keys[key].organization)
        admitted, promised = self.server.decide(account, START + (now - START) * self.pace)
        status, took = self.work(admitted, now, self._chance)
        answered = now + took + self.delay(self._chance)
        wait = None if admitted or promised is None else promised
        attempt = Attempt(key, "getMe", sent, answered, status, wait)
        self.ledger.add(attempt)
        if sender:
            self._at(answered, lambda _: self._next(key, sender, attempt))


def spread(start: float, period: float, count: int) -> list[Sender]:
    """A number of requests on a schedule, whatever the answers are."""
    return [START + start + index * period for index in range(count)]


def patient(start: float, end: float) -> Patient:
    """One request after the other while they are served. After a refusal it waits a little longer than it was told."""
    now = START + start
    while now < START + end:
        attempt = yield now
        now = attempt.answered + (min(attempt.retry_after or 1.0, 100.0) + 0.1 if attempt.refused else 0.001)


def spend_and_wait(start: float) -> list[Sender]:
    """A burst of 150, then one request at a time, each at the time that the last refusal gave."""
    return [*spread(start, 0.004, 150), patient(start + 5.0, start + 100.0)]


def everything(server: Server, delay: Delay = nearby, work: Work = serve, seed: int = 1) -> Ledger:
    """All patterns, a key each: spent and recovering, flooded, bursts around borders, steady, steady in another organization."""
    traffic = Traffic(server, delay, work, seed)
    traffic.send(SPENDER, spend_and_wait(0.0))
    traffic.send(FLOOD, spread(0.0, 0.2, 900))
    for start in (29.0, 30.2, 59.0, 60.5, 119.0, 120.5):
        traffic.send(BORDER, spread(start, 0.004, 130))
    traffic.send(STEADY, spread(0.0, 1.05, 170))
    traffic.send(STRANGER, spread(0.5, 1.05, 170))
    return traffic.run()
