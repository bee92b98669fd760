"""Sends traffic patterns to a target: all at the same time in real time, or one after the other on its test clock."""

from __future__ import annotations

import itertools
import math
import statistics
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from conformance.oracles.usable import unusable
from conformance.rate_limits.attempts import MINUTE, Attempt, Limits, NotRested
from conformance.rate_limits.probe_requests import Requests, by_head, disguised, unauthenticated
from conformance.rate_limits.sending import Volley, senders
from conformance.rate_limits.steps import CONDITIONAL, DISGUISED, HEAD, OF_SOME_TARGETS, Send, Steps, Until
from conformance.rate_limits.traffic_patterns import BYSTANDER, SPENDER, STRANGER, UNAUTHENTICATED, ProbePlan
from conformance.target.client import Client, NoAnswer
from conformance.target.exchange import Credential, Exchange, Request
from conformance.target.retry_after import reset_in, retry_after
from spec import REST

_IN_ORDINARY_USE = (BYSTANDER, STRANGER)
_LIMIT_REFUSED = (400, 422)
_OF_SERVED_KIND = (200, 429)
# After this many requests without an answer the target counts as silent.
_PATIENCE = 3
_LOOK_AGAIN = 0.05
OFF_THE_BORDER = 20.0
"""Seconds between two patterns that are sent one after the other, beside those of rest.

The pattern that waits for Retry-After ends at a border of the target's windows. If the next pattern began right after
it, it would always meet the next border at the same moment, and would miss the windows that show at other moments.
"""

Timelines = dict[str, list[Attempt]]
Pattern = Callable[[ProbePlan], Steps]


class Halted(Exception):
    """The probes were told to end."""


class Runner(Protocol):
    """Sends traffic patterns."""

    def run(self, patterns: Sequence[Pattern], plan: ProbePlan) -> Timelines:
        """Send the patterns until all have ended. Raises NotRested if one of them raises it."""

    def rest(self, why: str = "") -> None:
        """Send nothing until all keys are rested; `why` is a message."""


def measure(runner: Runner, patterns: Sequence[Pattern], plan: ProbePlan) -> Timelines:
    """Send the patterns; if the keys turn out not to be rested, once more after a rest. Only the last time counts."""
    try:
        return runner.run(patterns, plan)
    except NotRested as tired:
        runner.rest(_unrested(tired.refusal))
        return runner.run(patterns, replace(plan, rested=True))


@dataclass
class Wire:
    """Sends patterns to the target over its client. `keys` are the roles' keys; `halt` ends everything at once.

    `on_rest` is told of every rest: why, and for how many seconds.
    """

    client: Client
    keys: Mapping[str, Credential]
    limits: Limits
    halt: threading.Event = field(default_factory=threading.Event)
    on_rest: Callable[[str, float], None] = lambda _, __: None
    _requests: Requests = field(default_factory=Requests)
    _delays: list[float] = field(default_factory=list)
    _silences: int = 0

    def run(self, patterns: Sequence[Pattern], plan: ProbePlan) -> Timelines:
        """Send the patterns at the same time, or one after the other if the target's clock can be moved.

        Raises NotRested, NoAnswer, Halted, and the errors of the target's clock.
        """
        timelines: Timelines = defaultdict(list)
        if not self.client.clock.movable:
            self._side_by_side([pattern(plan) for pattern in patterns], timelines)
            return timelines
        for number, pattern in enumerate(patterns):
            self.rest()
            self._wait(Until(self.client.clock.now() + OFF_THE_BORDER * bool(number)), self.halt)
            self._carry_out(pattern(plan), timelines, self.halt)
        return timelines

    def rest(self, why: str = "") -> None:
        """Send nothing for two minutes."""
        self._rest(REST, why)

    def rest_after_use(self, key: Credential) -> None:
        """Send nothing until two minutes have passed since the run last used the key."""
        last = max((one.answered for one in self.client.exchanges if one.request.credential == key), default=0.0)
        left = last + REST - self.client.clock.now()
        if left > 0:
            self._rest(left, f"{key.name} was used by the run, and rests for {left:.0f} s before its limit is tried")

    def _rest(self, seconds: float, why: str) -> None:
        self.on_rest(why, seconds)
        self._wait(Until(self.client.clock.now() + seconds), self.halt)

    def _side_by_side(self, patterns: Sequence[Steps], timelines: Timelines) -> None:
        ended = threading.Event()
        failures: list[Exception] = []

        def carry_out(steps: Steps) -> None:
            try:
                self._carry_out(steps, timelines, ended)
            except Exception as failure:
                failures.append(failure)
                ended.set()

        threads = [_started(carry_out, steps) for steps in patterns]
        while any(thread.is_alive() for thread in threads):
            if self.halt.wait(_LOOK_AGAIN):
                ended.set()
        if failures:
            raise failures[0]

    def _carry_out(self, steps: Steps, timelines: Timelines, halt: threading.Event) -> None:
        try:
            step = next(steps)
            while True:
                attempts: list[Attempt] = []
                if isinstance(step, Until):
                    self._wait(step, halt)
                else:
                    attempts = self._send(step, halt)
                    timelines[step.role] += attempts
                step = steps.send(attempts)
        except StopIteration:
            return

    def _wait(self, until: Until, halt: threading.Event) -> None:
        clock = self.client.clock
        if halt.is_set():
            raise Halted
        left = until.time - clock.now()
        if clock.movable and left > 0:
            clock.wait(math.floor(left) if until.exactly else left)
            left = until.time - clock.now()
        if left > 0 and halt.wait(left):
            raise Halted

    def _send(self, step: Send, halt: threading.Event) -> list[Attempt]:
        if step.role == UNAUTHENTICATED:
            return self._send_unauthenticated(step.count)
        credential = self.keys.get(step.role)
        if credential is None or (step.role in _IN_ORDINARY_USE and not self._has_room(credential, step.count)):
            return []
        if not self._asked(credential, step.kind):
            return []
        volley = Volley(step)
        failures: list[Exception] = []

        def work() -> None:
            try:
                while not halt.is_set() and volley.take():
                    volley.record(self._ask(credential, step.kind))
            except Exception as failure:
                failures.append(failure)

        latency = statistics.median(self._delays) if self._delays else 0.0
        _join([_started(work) for _ in range(senders(step, self.limits.burst, latency))], halt)
        if failures:
            raise failures[0]
        everywhere = step.kind not in OF_SOME_TARGETS
        return [attempt for attempt in volley.attempts if everywhere or attempt.status in _OF_SERVED_KIND]

    def _send_unauthenticated(self, count: int) -> list[Attempt]:
        """Send requests that are refused for want of a valid key; they are no attempts of any key."""
        for request in unauthenticated(self.keys[SPENDER])[:count]:
            with suppress(NoAnswer):
                self.client.send(request, paced=False)
        return []

    def _ask(self, credential: Credential, kind: str | None) -> Attempt:
        began = self.client.clock.now()
        try:
            request = self._requests.next(self._asked(credential, kind))
            pool = () if kind in DISGUISED else (credential,)
            exchange = self.client.send(request, pool, paced=False)
        except NoAnswer:
            self._silences += 1
            if self._silences > _PATIENCE:
                raise
            return Attempt(began, self.client.clock.now(), status=0)
        sound = unusable(exchange) is None and exchange.json.get("data") != []
        if sound:
            self._requests.learn(exchange)
        elif exchange.status in _LIMIT_REFUSED:
            self._requests.without_limit(exchange)
        self._delays.append(exchange.answered - exchange.sent)
        times = exchange.sent, exchange.answered
        wait, reset = retry_after(exchange), reset_in(exchange)
        return Attempt(*times, exchange.status, wait, sound=sound, exchange=exchange, reset_in=reset)

    def _asked(self, credential: Credential, kind: str | None) -> list[Request]:
        """The requests of a kind for a key; conditional ones are for what the key was served."""
        if kind == HEAD:
            return by_head()
        if kind in DISGUISED:
            return disguised(credential)[kind]
        if kind != CONDITIONAL:
            return self._requests.of(kind)
        given = [
            exchange
            for exchange in self.client.exchanges
            if exchange.status == 200 and exchange.request.credential == credential
        ]
        return [_conditional(exchange) for exchange in given[-1:]]

    def _has_room(self, credential: Credential, count: int) -> bool:
        """Whether a key in ordinary use has used so little of its minute that its own requests cannot cause a refusal."""
        since = self.client.clock.now() - MINUTE - 1
        recent = itertools.takewhile(lambda exchange: exchange.sent >= since, reversed(self.client.exchanges))
        used = sum(exchange.request.credential == credential for exchange in recent)
        return used + count <= self.limits.floor // 2


def _unrested(refusal: Attempt) -> str:
    key = refusal.exchange.request.credential if refusal.exchange else None
    return (
        f"{key.name if key else 'a key'} was refused, perhaps because it was used before the run; "
        f"all keys rest for {REST:.0f} s and are tried again"
    )


def _conditional(served: Exchange) -> Request:
    """The same request with If-None-Match: the answer's validator, or `*` if the answer had none."""
    validator = ("If-None-Match", served.headers.get("etag", "*"))
    return Request("GET", served.request.target, (validator,), operation=served.request.operation)


def _started(work: Callable[..., None], *arguments: object) -> threading.Thread:
    # A daemon thread, so that an interrupted run does not wait for answers that are under way.
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread


def _join(threads: Sequence[threading.Thread], halt: threading.Event) -> None:
    for thread in threads:
        while thread.is_alive() and not halt.is_set():
            thread.join(_LOOK_AGAIN)
    if halt.is_set():
        raise Halted  # even if all threads have ended: they may have ended early
