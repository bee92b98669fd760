"""Runs the probes of the rate limit: in the background from the start of the run, or on a test clock when a check needs them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pytest

from conformance.checks import NotTested
from conformance.rate_limits import followed_reading
from conformance.rate_limits.attempts import Attempt, Limits, in_order
from conformance.rate_limits.disturbances import clock_moved, spent_elsewhere
from conformance.rate_limits.keys import keys_for, keys_of_others, spare_keys
from conformance.rate_limits.measured import Measured, Reading
from conformance.rate_limits.other_keys import USED_UP, use_up
from conformance.rate_limits.probe_record import ProbeRecord
from conformance.rate_limits.runner import Halted, Pattern, Wire, measure
from conformance.rate_limits.traffic_patterns import (
    BORDER,
    OTHERS,
    SPENDER,
    SPREAD,
    WITNESS,
    ProbePlan,
    border,
    spend,
    spread,
)
from conformance.target.exchange import Credential
from conformance.target.safety import Withheld
from spec.commands import CommandFailed

if TYPE_CHECKING:
    from conformance.verdict.plugin import Judge

FIXTURE = "rates"
_TAKES = 66.0
_BINDING: dict[str, Reading] = {"burst": "burst", "strict": "strict"}
_LABELS = {
    SPENDER: "spent at once, then left alone until Retry-After",
    WITNESS: "spent while another was, then knocking",
    BORDER: "spent in two volleys, then knocking through the borders of windows",
    SPREAD: "a minute's worth, evenly",
}


class RateProbes:
    """The probes of one run. `bound` is the binding reading; `show` prints a line of progress."""

    def __init__(self, judge: Judge, bound: str, show: Callable[[str], None]) -> None:
        limit = judge.target.rate_limit
        self._judge = judge
        self._show = show
        self._bound = _BINDING.get(bound)
        self._limits = Limits(limit.per_minute, limit.burst, limit.burst_window)
        self._halt = threading.Event()
        self._ended = threading.Event()
        self._doing = ("probing the rate limit", judge.client.clock.now() + _TAKES)
        self._thread: threading.Thread | None = None
        self._outcome: Measured | Exception | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the checks that wait for the probes late, but before those of the whole run."""
        whole_run = [item for item in items if _whole_run(item)]
        others = sorted((item for item in items if not _whole_run(item)), key=_waits)
        items[:] = [*others, *whole_run]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begin in the background, if that saves time and there is a key that no other check uses."""
        asked_for = any(_waits(item) for item in session.items) and not session.config.option.collectonly
        limited = self._judge.target.rate_limit.reading != "off"
        if asked_for and limited and spare_keys(self._judge.target) and not self._judge.client.clock.movable:
            self._begin()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """End the probes at once, wherever they are."""
        self._halt.set()

    def measured(self) -> Measured:
        """The measurements. Waits until the probes have ended. Raises NotTested or NoAnswer if they could not be made."""
        if self._outcome is None:
            self._begin()
            self._await()
        if isinstance(self._outcome, Measured):
            return self._outcome
        raise self._outcome or Halted("the probes were ended")

    def _begin(self) -> None:
        if self._thread is None:
            self._doing = ("probing the rate limit", self._judge.client.clock.now() + _TAKES)
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def _await(self) -> None:
        shown: str | None = None
        while not self._ended.wait(0.1):
            doing, until = self._doing
            left = until - self._judge.client.clock.now()
            if doing != shown and left > 1 and not self._judge.client.clock.movable:
                self._show(f"waiting about {left:.0f} s: {doing}")
                shown = doing

    def _run(self) -> None:
        try:
            self._outcome = self._measure()
        except CommandFailed as failure:
            self._outcome = NotTested(f"the target's clock could not be advanced: {failure}")
        except Exception as failure:
            # It is raised again in the checks that wait for the outcome.
            self._outcome = failure
        finally:
            self._ended.set()

    def _measure(self) -> Measured:
        if self._judge.ledger.safe:
            raise Withheld("left out by --safe: it spends a limit")
        clock = self._judge.client.clock
        keys = keys_for(self._judge.target)
        if clock.movable and self._judge.depth != "quick":
            keys |= keys_of_others(self._judge.target)
        from_rest = self._limits.burst if self._bound == "burst" else self._limits.floor
        wire = Wire(self._judge.client, keys, self._limits, self._halt, self._resting)
        rested = clock.movable or self._rested_after_use(wire)
        plan = ProbePlan(self._limits, from_rest, rested, pause=3.0 if clock.movable else 1.0)
        timelines = measure(wire, _patterns(keys), plan)
        disturbance = clock_moved(attempt for attempts in timelines.values() for attempt in attempts)
        probed = [attempts for role, attempts in timelines.items() if role not in OTHERS]
        disturbance = disturbance or spent_elsewhere(probed, tuple(self._judge.client.exchanges))
        measured = Measured(self._limits, timelines, keys, self._bound, disturbance)
        self._note(measured, keys)
        return measured

    def _rested_after_use(self, wire: Wire) -> bool:
        """Have the primary key rest that is used up if there is no spare key; False if there is one."""
        if spare_keys(self._judge.target):
            return False
        wire.rest_after_use(wire.keys[SPENDER])
        return True

    def _resting(self, why: str, seconds: float) -> None:
        self._doing = (why, self._judge.client.clock.now() + seconds + _TAKES)

    def _note(self, measured: Measured, keys: Mapping[str, Credential]) -> None:
        if measured.disturbance is None:
            self._note_reading(measured)
        self._judge.notes["rateProbes"] = followed_reading.summary(measured)
        self._judge.timelines += _drawn(measured.timelines, keys, self._limits)

    def _note_reading(self, measured: Measured) -> None:
        reading = followed_reading.reading(measured)
        if reading:
            self._judge.notes["rateReading"] = reading
        meaning = followed_reading.explained(measured)
        if meaning:
            self._judge.notes["rateReadingMeans"] = meaning


def _patterns(keys: Mapping[str, Credential]) -> Sequence[Pattern]:
    # Keys that other checks use come first, and have rested when the run ends.
    others = [(role, use_up(role)) for role in USED_UP]
    return [
        pattern for role, pattern in (*others, (SPENDER, spend), (BORDER, border), (SPREAD, spread)) if role in keys
    ]


def _drawn(
    timelines: Mapping[str, Sequence[Attempt]], keys: Mapping[str, Credential], limits: Limits
) -> list[ProbeRecord]:
    return [
        ProbeRecord(
            key=keys[role].shown,
            points=tuple((attempt.sent, attempt.answered, attempt.status) for attempt in in_order(timelines[role])),
            window=limits.window,
            limit=limits.burst,
            label=label,
        )
        for role, label in _LABELS.items()
        if timelines.get(role)
    ]


def _waits(item: pytest.Item) -> bool:
    return FIXTURE in getattr(item, "fixturenames", ())


def _whole_run(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("requirement")
    return mark is not None and bool(mark.kwargs["whole_run"])
