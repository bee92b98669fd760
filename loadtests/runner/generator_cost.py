"""What generating the load costs, and whether the generator, not the target, was at its limit."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, fields
from typing import Any

import gevent

TICK = 0.05
_LATE = 0.1
_FEW_TICKS = 40
_TOO_OFTEN = 0.1
_BUSY = 0.8
"""The share of the time above which a process counts as busy. Polling for events counts as rest, about a tenth."""


@dataclass
class Cost:
    """What a process spent while requests were under way. `ticks` woke every 50 ms; `late` of them by more than 100 ms.

    `cpu` is the processor time and `seconds` the real time that it took, of which it was idle for `idle`; `worst` is the
    longest delay of a tick, in seconds.
    """

    requests: int = 0
    cpu: float = 0.0
    seconds: float = 0.0
    idle: float = 0.0
    ticks: int = 0
    late: int = 0
    worst: float = 0.0

    def add(self, other: Cost) -> None:
        """Add another process's cost, or a later one."""
        worst = max(self.worst, other.worst)
        for name in (field.name for field in fields(self)):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.worst = worst

    def dump(self) -> dict[str, Any]:
        """The cost as plain data, for another process."""
        return asdict(self)

    @property
    def per_core(self) -> float:
        """Requests a second that a core would generate if it did nothing else."""
        return self.requests / self.cpu if self.cpu else 0.0

    def bottleneck(self, *, flood: bool = False) -> str | None:
        """Why the generator was at its limit, in a line, or None if it was not. A `flood` keeps it busy, however fast it is."""
        if self.ticks < _FEW_TICKS:
            return None
        if self.late / self.ticks > _TOO_OFTEN:
            return (
                f"the generator kept its schedule late: {self.late / self.ticks:.0%} of its moments by more than "
                f"{_LATE * 1000:.0f} ms, the worst by {self.worst:.2f} s"
            )
        # Not its share of a core: if other processes use that core, a generator that never rests may get only half of it.
        busy = 1 - self.idle / self.seconds
        if busy > _BUSY and not flood:
            return f"the generator was busy {busy:.0%} of the time: use more --processes"
        return None

    def __str__(self) -> str:
        if not self.requests:
            return "no requests"
        share = self.cpu / self.seconds if self.seconds else 0.0
        return (
            f"{self.cpu / self.requests * 1e6:.0f} µs of CPU a request ({self.per_core:,.0f} a second a core), "
            f"{share:.0%} of a core used while sending, "
            f"worst delay {self.worst * 1000:.0f} ms"
        )


class CostMeter:
    """Measures this process's cost between `start` and `stop`."""

    def __init__(self) -> None:
        self.cost = Cost()
        self._ticker: Any = None
        self._began = (0.0, 0.0)
        self._waits_since = 0.0
        loop = gevent.get_hub().loop
        self._waits, self._wakes = loop.prepare(ref=False), loop.check(ref=False)

    def start(self) -> None:
        """Start or resume measuring."""
        if self._ticker is None:
            self._began = (time.process_time(), time.monotonic())
            self._waits.start(self._falls_idle)
            self._wakes.start(self._wakes_up)
            self._waits_since = time.monotonic()
            self._ticker = gevent.spawn(self._tick)

    def stop(self) -> None:
        """Pause measuring."""
        if self._ticker is not None:
            self._ticker.kill(block=False)
            self._ticker = None
            self._waits.stop()
            self._wakes.stop()
            self._count()

    def take(self) -> Cost:
        """The cost since it was last taken."""
        if self._ticker is not None:
            self._count()
        taken, self.cost = self.cost, Cost()
        return taken

    def _count(self) -> None:
        now = (time.process_time(), time.monotonic())
        self.cost.cpu += now[0] - self._began[0]
        self.cost.seconds += now[1] - self._began[1]
        self._began = now

    def _falls_idle(self) -> None:
        """Note that the event loop begins to wait."""
        self._waits_since = time.monotonic()

    def _wakes_up(self) -> None:
        self.cost.idle += time.monotonic() - self._waits_since

    def _tick(self) -> None:
        while True:
            due = time.monotonic() + TICK
            gevent.sleep(TICK)
            late = time.monotonic() - due
            self.cost.ticks += 1
            self.cost.late += late > _LATE
            self.cost.worst = max(self.cost.worst, late)
