"""The probes' patterns sent to a simulated server over a simulated network: minutes of traffic in milliseconds."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from conformance.checks import NotTested, Violation
from conformance.rate_limits import followed_reading, rulings
from conformance.rate_limits.attempts import Attempt, Limits
from conformance.rate_limits.measured import Measured, Reading
from conformance.rate_limits.runner import Pattern, Timelines, measure
from conformance.rate_limits.sending import Volley, senders
from conformance.rate_limits.steps import Send, Steps, Until
from conformance.rate_limits.traffic_patterns import (
    BORDER,
    SPENDER,
    SPREAD,
    STRANGER,
    UNAUTHENTICATED,
    WITNESS,
    ProbePlan,
    border,
    spend,
    spread,
)
from conformance.target.exchange import Credential
from spec import REST
from tests.support.reference_limiters import LIMITS, Key, Server

Delay = Callable[[random.Random], float]
"""Seconds that one way takes."""

CONTRACT = Limits(LIMITS.per_minute, LIMITS.burst, LIMITS.burst_window)
KEYS = {
    SPENDER: Key("a", "acme"),
    WITNESS: Key("b", "acme"),
    BORDER: Key("c", "acme"),
    SPREAD: Key("d", "acme"),
    STRANGER: Key("e", "other"),
}
CREDENTIALS = {role: Credential(f"obk_live_{key.id * 32}", f"a key for the {role}") for role, key in KEYS.items()}
RULINGS: tuple[tuple[str, Callable[[Measured], None]], ...] = (
    *(("RATE-2", partial(rulings.floor, role=role)) for role in (SPENDER, WITNESS, BORDER, SPREAD)),
    *(("RATE-3", partial(rulings.ceiling, role=role)) for role in (SPENDER, BORDER)),
    ("RATE-4", rulings.sustained),
    ("RATE-5", rulings.past_the_limit),
    ("RATE-6", rulings.honest),
    *(("RATE-7", partial(rulings.independent, role=role)) for role in (WITNESS, STRANGER)),
    ("RATE-8", rulings.patient),
)


@dataclass
class Simulation:
    """A server with its network. The clock of the server starts at `start` and runs at `pace` seconds a second.

    `uncounted` are kinds of requests that its limit leaves out; `on_unauthenticated` is called for callers without a valid key.
    """

    server: Server
    delay: Delay
    seed: int
    start: float = 1_800_000_000.0
    pace: float = 1.0
    now: float = 0.0
    rests: int = 0
    uncounted: frozenset[str] = frozenset()
    on_unauthenticated: Callable[[], None] = lambda: None
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def run(self, patterns: Sequence[Pattern], plan: ProbePlan) -> Timelines:
        """Send the patterns side by side. Raises NotRested if one of them does."""
        timelines: Timelines = defaultdict(list)
        for pattern in patterns:
            self._begin(pattern(plan), timelines, plan)
        while self._events:
            self.now, _, happen = heapq.heappop(self._events)
            happen()
        return timelines

    def rest(self, why: str = "") -> None:
        """Let two minutes pass."""
        self._events.clear()
        self.now += REST
        self.rests += 1

    def use(self, key: Key, count: int) -> None:
        """Use a key before the probes do, `count` requests at once."""
        for _ in range(count):
            self._decide(key)

    def _begin(self, steps: Steps, timelines: Timelines, plan: ProbePlan) -> None:
        def go_on(attempts: list[Attempt] | None = None) -> None:
            try:
                step = next(steps) if attempts is None else steps.send(attempts)
            except StopIteration:
                return
            if isinstance(step, Until):
                self._at(max(self.now, step.time), lambda: go_on([]))
                return

            def note(attempts: list[Attempt]) -> None:
                timelines[step.role] += attempts
                go_on(attempts)

            self._volley(step, plan, note)

        self._at(self.now, go_on)

    def _volley(self, step: Send, plan: ProbePlan, ended: Callable[[list[Attempt]], None]) -> None:
        volley = Volley(step)
        at_once = senders(step, plan.limits.burst, 2 * self.delay(self._random)) if step.role in KEYS else 0
        busy = at_once

        def send() -> None:
            nonlocal busy
            if volley.take():
                self._request(KEYS[step.role], step.kind, answered)
                return
            busy -= 1
            if not busy:
                ended(volley.attempts)

        def answered(attempt: Attempt) -> None:
            volley.record(attempt)
            send()

        if step.role == UNAUTHENTICATED:
            self.on_unauthenticated()
        if not at_once:
            self._at(self.now, lambda: ended([]))
        for _ in range(at_once):
            send()

    def _request(self, key: Key, kind: str | None, answered: Callable[[Attempt], None]) -> None:
        sent = self.now

        def arrive() -> None:
            admitted, retry_after = (True, None) if kind in self.uncounted else self._decide(key)
            reset = self.server.told(key, self._clock())
            self._at(self.now + self.delay(self._random), lambda: answer(admitted, retry_after, reset))

        def answer(admitted: bool, retry_after: float | None, reset: float | None) -> None:
            status = 200 if admitted else 429
            answered(Attempt(sent, self.now, status, retry_after, sound=admitted, reset_in=reset))

        self._at(sent + self.delay(self._random), arrive)

    def _decide(self, key: Key) -> tuple[bool, float | None]:
        return self.server.decide(key, self._clock())

    def _clock(self) -> float:
        return self.start + self.now * self.pace

    def _at(self, time: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time, next(self._numbers), happen))


@dataclass(frozen=True)
class Judgement:
    """What came of each requirement: the broken ones and those not judged, with the reasons; and the reading."""

    broken: dict[str, str]
    unjudged: dict[str, str]
    reading: Reading | None
    took: float
    rests: int
    measured: Measured


def judge(simulation: Simulation, bound: Reading | None = None) -> Judgement:
    """Probe the simulated server and rule on every requirement."""
    from_rest = CONTRACT.burst if bound == "burst" else CONTRACT.floor
    began = simulation.now
    timelines = measure(simulation, (spend, border, spread), ProbePlan(CONTRACT, from_rest, rested=False))
    measured = Measured(CONTRACT, timelines, CREDENTIALS, bound)
    broken: dict[str, str] = {}
    unjudged: dict[str, str] = {}
    for id_, check in RULINGS:
        try:
            check(measured)
        except Violation as violation:
            broken[id_] = violation.message
        except NotTested as reason:
            unjudged[id_] = str(reason)
    took = simulation.now - began
    return Judgement(broken, unjudged, followed_reading.reading(measured), took, simulation.rests, measured)
