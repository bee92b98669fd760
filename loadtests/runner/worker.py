"""What one process does of a run: the schedules of its share of the keys, phase after phase, and reports of what came of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import gevent
from gevent.queue import Queue

from loadtests.runner.generator_cost import Meter
from loadtests.runner.schedule import Job, run_schedule, run_sessions, run_together
from loadtests.runner.sender import Sender
from loadtests.scenarios.plan import Phase
from loadtests.setup import Setup

_REPORT_EVERY = 2.0

Report = Callable[[dict[str, Any]], None]


class Worker:
    """A process's share: the keys whose index leaves `share` when divided by `of`. A key belongs to one process for the run."""

    def __init__(self, setup: Setup, sender: Sender, share: int, of: int, report: Report) -> None:
        self._setup = setup
        self._sender = sender
        self._share, self._of = share, of
        self._report = report
        self._jobs: Queue[Job] = Queue()
        self._open = 0
        self._phase = -1
        self._meter = Meter()
        self._reporter = gevent.spawn(self._report_at_intervals)

    def work(self) -> None:
        """What each user does: take a part of a phase, and the next. Ends when the user is stopped."""
        while True:
            job = self._jobs.get()
            job()
            self._open -= 1
            if not self._open:
                self._meter.stop()
                self._tell(done=True)

    def begin(self, number: int, added: float, users: int) -> None:
        """Begin a phase of the plan, its work divided among so many users. `added`: what the target's clock was moved by."""
        self._phase = number
        self._sender.clock.added = added
        jobs = self._jobs_of(self._setup.plan.phases[number], time.monotonic())
        if not jobs:
            self._tell(done=True)
            return
        parts = [part for part in (jobs[user::users] for user in range(max(1, users))) if part]
        self._open = len(parts)
        self._meter.start()
        for part in parts:
            self._jobs.put(partial(run_together, part))

    def flush(self) -> None:
        """Report what was not reported yet, for a run that is cut short."""
        self._tell(done=False)

    def end(self) -> None:
        """The run is over."""
        self._reporter.kill(block=False)
        self._meter.stop()
        self._sender.close()

    def _jobs_of(self, phase: Phase, started: float) -> Sequence[Job]:
        jobs: list[Job] = [
            partial(run_schedule, schedule, self._sender, started)
            for schedule in phase.schedules
            if self._is_mine(schedule.key)
        ]
        if phase.crowd:
            jobs += [
                partial(run_sessions, place, phase.crowd, self._sender, started)
                for place, key in enumerate(phase.crowd.keys)
                if self._is_mine(key)
            ]
        return jobs

    def _is_mine(self, key: int) -> bool:
        return key % self._of == self._share

    def _report_at_intervals(self) -> None:
        while True:
            gevent.sleep(_REPORT_EVERY)
            if len(self._sender.ledger):
                self._tell(done=False)

    def _tell(self, *, done: bool) -> None:
        cost = self._meter.take()
        cost.requests = len(self._sender.ledger)
        self._report(
            {
                "share": self._share,
                "phase": self._phase,
                "done": done,
                "cost": cost.dump(),
                "ledger": self._sender.ledger.drain(),
            }
        )
