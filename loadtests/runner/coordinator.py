"""Coordinates a run: begins each phase on all processes, moves the target's clock between phases, merges the ledgers.

There is one in a run, in the only process or in the master. It does not depend on Locust: `Workers` carries the messages.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import pairwise
from typing import Any, Protocol

import gevent

from conformance.target.clock import TargetClock
from loadtests.analysis.ledger import Ledger
from loadtests.runner.generator_cost import Cost
from loadtests.scenarios.plan import MINUTE, Phase, waiting
from loadtests.setup import Setup
from spec import LONGEST_RETRY_AFTER, commands
from spec.commands import CommandFailed

_SOON = 0.02
"""Waits of fewer seconds than this are slept, even if there is a test clock."""
_LONGEST_PROMISE = LONGEST_RETRY_AFTER + 2.0
"""The longest wait for a Retry-After, in seconds: a date is rounded when it is written and when it is read."""
_LATE = 0.1
"""Seconds that are added to a Retry-After: two clocks may drift apart by a thousandth of a minute."""
_POLL = 0.02
_LOOK_AGAIN = 0.1
"""Seconds between two looks at the workers in a wait: less than Locust takes to quit once the last worker has gone."""
_AGAIN = 0.5
"""Seconds after which a share is sent again to a worker that has not confirmed it."""
_SPELL = 10.0
"""Seconds of sending over which the generator's strain is judged: a crowd can break within two steps of 5 s."""
_SLOW = 120.0
"""Seconds that a phase may take longer than planned before the run is given up."""


class Workers(Protocol):
    """The processes that send requests."""

    def members(self) -> Sequence[str]:
        """The ids of the processes that are connected."""

    def tell(self, member: str, kind: str, data: dict[str, Any]) -> None:
        """Send a message to one of them."""


class GivenUpError(Exception):
    """The run cannot be completed; the message is one line."""


@dataclass
class Coordinator:
    """A run under way. `ledger` holds what has been reported, `costs` what each share of the keys cost to send.

    `skew` is how far the target's clock is ahead of ours. `trouble` is a problem that a process reported and that ends the run;
    `given_up` says why a run was not completed.
    """

    setup: Setup
    workers: Workers
    ledger: Ledger
    skew: float = 0.0
    clock: TargetClock = field(default_factory=TargetClock)
    costs: dict[int, Cost] = field(default_factory=dict)
    given_up: str | None = None
    trouble: str | None = None
    number: int = -1
    started: float = field(default_factory=time.time)
    _members: tuple[str, ...] = ()
    _taken: set[int] = field(default_factory=set)
    _done: set[int] = field(default_factory=set)
    _before: dict[int, int] = field(default_factory=dict)
    """How many requests each key had sent before the phase."""
    _begins: float = 0.0
    """When the requests of the phase begin, or began, on `time.monotonic`."""
    _overrun: float = 0.0
    """Seconds that the phases before this one took longer than planned."""
    _behind: float = 0.0
    """Seconds by which the run was behind its plan when requests were last reported."""
    _spells: dict[int, deque[Cost]] = field(default_factory=lambda: defaultdict(deque))
    _strained: str | None = None

    def run(self, then: Callable[[], None]) -> None:
        """Run all phases, then call `then`. `given_up` says what stopped the run early."""
        try:
            self._share_out()
            began = ended = self.clock.now()
            phases = self.setup.plan.phases
            for number, (last, phase) in enumerate(zip([None, *phases], phases, strict=False)):
                self._begins = time.monotonic() + waiting(phase, last, movable=self.setup.movable)
                self.number = number
                self._done.clear()
                self._wait_for(phase, began, ended)
                began = self.clock.now()
                self._before = {key: self.ledger.count(key) for key in self.ledger}
                self._begins = time.monotonic()
                self._carry_out(number, phase)
                self._overrun += self._late(phase)
                ended = self.clock.now()
        except GivenUpError as error:
            self.given_up = str(error)
        then()

    def heard(self, report: dict[str, Any]) -> None:
        """Take a process's report: what it measured, or why it cannot go on."""
        self.trouble = self.trouble or report.get("trouble")
        if "taken" in report:
            self._taken.add(report["taken"])
        if "ledger" not in report:
            return
        self.ledger.merge(Ledger.load(report["ledger"]))
        self._note_cost(report["share"], Cost(**report["cost"]))
        self._behind = self._overrun + self._late(self.setup.plan.phases[self.number])
        if report["done"] and report["phase"] == self.number:
            self._done.add(report["share"])

    @property
    def finished(self) -> bool:
        """Whether all phases were carried out."""
        return self.number == len(self.setup.plan.phases) - 1 and len(self._done) == len(self._members) > 0

    @property
    def left(self) -> float:
        """The real time that is left, in seconds, about: as planned, and as much more a request as it took more so far."""
        if self.number < 0:
            return self.setup.seconds
        phases = self.setup.plan.phases[self.number :]
        waits = [waiting(phase, last, movable=self.setup.movable) for last, phase in pairwise(phases)]
        planned = sum(waits) + sum(phase.seconds for phase in phases[1:])
        now = max(0.0, self._begins + phases[0].seconds - time.monotonic())
        sent = sum(cost.requests for cost in self.costs.values())
        unsent = max(0, self.setup.plan.requests().total() - sent)
        return now + planned + (self._behind * unsent / sent if sent else 0.0)

    def _late(self, phase: Phase) -> float:
        """Seconds that the phase under way has taken longer than planned."""
        return max(0.0, time.monotonic() - self._begins - phase.seconds)

    def bottleneck(self) -> str | None:
        """Why the generator was the bottleneck, over the run or any ten seconds of it, in a line. None if it was not."""
        return next(filter(None, (self._bottleneck(cost) for cost in self.costs.values())), self._strained)

    def _bottleneck(self, cost: Cost) -> str | None:
        return cost.bottleneck(flood=not any(phase.crowd for phase in self.setup.plan.phases))

    def _note_cost(self, share: int, cost: Cost) -> None:
        """Add a report's cost, and judge the last ten seconds: a growing crowd may strain the generator only at its end."""
        self.costs.setdefault(share, Cost()).add(cost)
        spell = self._spells[share]
        spell.append(cost)
        while sum(part.seconds for part in spell) - spell[0].seconds >= _SPELL:
            spell.popleft()
        together = Cost()
        for part in spell:
            together.add(part)
        if together.seconds >= _SPELL:
            self._strained = self._strained or self._bottleneck(together)

    def _share_out(self) -> None:
        """Give each process its share of the keys, again and again until it confirms it.

        Locust starts a run once a worker is connected, which may be before the worker listens to our messages.
        """
        self._members = tuple(self.workers.members())
        if not self._members:
            raise GivenUpError("no worker is there")
        until = time.monotonic() + _SLOW
        again = 0.0
        while len(self._taken) < len(self._members):
            if time.monotonic() >= again:
                again = time.monotonic() + _AGAIN
                self._offer_shares()
            gevent.sleep(_POLL)
            self._check_workers()
            if time.monotonic() > until:
                raise GivenUpError("a worker did not take its share of the keys")

    def _offer_shares(self) -> None:
        for share, member in enumerate(self._members):
            if share not in self._taken:
                data = {
                    "share": share,
                    "of": len(self._members),
                    "fingerprint": self.setup.fingerprint,
                    "version": version("outbound-conformance"),
                }
                self.workers.tell(member, "share", data)

    def _carry_out(self, number: int, phase: Phase) -> None:
        for member in self._members:
            self.workers.tell(member, "phase", {"number": number, "added": self.clock.moved})
        until = time.monotonic() + phase.seconds + _SLOW
        while len(self._done) < len(self._members):
            gevent.sleep(_POLL)
            self._check_workers()
            if time.monotonic() > until:
                raise GivenUpError(f"the phase {phase.name!r} did not end")
        self._check_trouble()

    def _check_workers(self) -> None:
        self._check_trouble()
        lost = set(self._members) - set(self.workers.members())
        if lost:
            raise GivenUpError(f"{len(lost)} of {len(self._members)} workers were lost, and what they had measured")

    def _check_trouble(self) -> None:
        if self.trouble:
            raise GivenUpError(self.trouble)

    def _wait_for(self, phase: Phase, began: float, ended: float) -> None:
        until = max(ended + phase.rest, began + phase.gap)
        if phase.promised:
            until = max(until, self._promised(ended))
        if phase.align is not None:
            wall = max(until, self.clock.now()) + self.skew
            until = wall + (phase.align - wall) % MINUTE - self.skew
        self._pass_until(until, exactly=phase.promised)

    def _promised(self, ended: float) -> float:
        """When every Retry-After of the last phase has passed.

        Its attempts are known by their number: the clocks of two processes differ, and a phase may begin before it was begun.
        """
        due = [
            attempt.answered + attempt.retry_after
            for key in self.ledger
            for attempt in self.ledger.attempts(key)[self._before.get(key, 0) :]
            if attempt.refused and attempt.retry_after is not None
        ]
        return min(max(due, default=ended), ended + _LONGEST_PROMISE) + _LATE

    def _pass_until(self, moment: float, *, exactly: bool) -> None:
        """Wait for a moment, by the test clock if there is one.

        That clock moves by whole seconds. With `exactly` the rest is slept: a second more would hide a promise that is a second
        too short.
        """
        wait = moment - self.clock.now()
        if wait <= 0:
            return
        command = self.setup.target.hooks.advance_clock
        seconds = math.floor(wait) if exactly else math.ceil(wait)
        if not self.setup.movable or command is None or wait < _SOON or not seconds:
            self._sleep_until(moment)
            return
        try:
            commands.run(command, seconds=seconds)
        except CommandFailed as failed:
            raise GivenUpError(f"hooks.advance_clock: {failed}") from None
        self.clock.moved += seconds
        self._sleep_until(moment)

    def _sleep_until(self, moment: float) -> None:
        """Sleep until a moment of the target's clock, as long as no worker is lost: a wait may last two minutes."""
        self._begins = time.monotonic() + moment - self.clock.now()
        while (left := moment - self.clock.now()) > 0:
            gevent.sleep(min(left, _LOOK_AGAIN))
            self._check_workers()
