"""Carries out a phase in greenlets: requests at the moments of their schedules, and the sessions of a crowd."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from random import Random

import gevent
from gevent.pool import Group, Pool

from loadtests.runner.sender import Sender
from loadtests.runner.sessions import session
from loadtests.scenarios.plan import Crowd, Schedule, joins

Job = Callable[[], None]


def run_together(jobs: Sequence[Job]) -> None:
    """Run jobs side by side until all are done. They end with this greenlet."""
    group = Group()
    try:
        for job in jobs:
            group.spawn(job)
        group.join(raise_error=True)
    finally:
        group.kill(block=True)


def run_schedule(schedule: Schedule, sender: Sender, started: float) -> None:
    """Send a schedule's requests. `started` is the phase's start on `time.monotonic`.

    Each request has its own moment: a slow answer does not delay the next one, unless `at_once` requests are under way.
    """
    sleep_until(started + schedule.start)
    if schedule.period == 0.0:
        _one_after_another(schedule, sender)
        return
    pool = Pool(schedule.at_once)
    try:
        for number in range(schedule.count):
            sleep_until(started + schedule.start + number * schedule.period)
            pool.spawn(sender.send, schedule.key)
        pool.join(raise_error=True)
    finally:
        pool.kill(block=True)


def run_sessions(place: int, crowd: Crowd, sender: Sender, started: float) -> None:
    """Run one key's sessions, one after another, until the phase is over. `place` is the key's place in the crowd.

    A key sends on its own schedule and never catches up, so a slow target gets fewer requests, not more.
    """
    key = crowd.keys[place]
    due = started + joins(place, crowd)
    end = started + crowd.steps * crowd.seconds
    random = Random(key)  # noqa: S311 - the same sessions in every run
    while due < end:
        steps = session(random)
        wanted = next(steps, None)
        while wanted is not None and due < end:
            sleep_until(due)
            answer = sender.send(key, wanted)
            due = max(due + crowd.period, time.monotonic())
            try:
                wanted = steps.send(answer)
            except StopIteration:
                wanted = None


def sleep_until(moment: float) -> None:
    """Wait for a moment of `time.monotonic`."""
    wait = moment - time.monotonic()
    if wait > 0:
        gevent.sleep(wait)


def _one_after_another(schedule: Schedule, sender: Sender) -> None:
    left = iter(range(schedule.count))

    def work() -> None:
        for _ in left:
            sender.send(schedule.key)

    run_together([work] * min(schedule.at_once, schedule.count))
