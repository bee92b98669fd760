"""The trials of the kill matrix. Several run at a time, each in a process of its own with a time limit."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import time
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from mockserver.modifications.registry import Modification
from mockserver.modifications.requested import requested
from tests.killmatrix.forked_gate import gate, warm_up
from tests.support.gate import GateRun

WITHIN = 900.0
"""Seconds after which a run is ended and counts as hung. The slowest variation (200 ms an answer) takes ten minutes."""

_FORK = multiprocessing.get_context("fork")
_STRICT = "--rate-reading strict"
# Under `burst`, the mock's default, a minute may hold more than sixty requests.
_FAULTS_UNDER_STRICT = ("sixty-one-a-minute",)

_ALSO: Mapping[str, Sequence[str]] = {
    "position": ("PAGE-6", "PAGE-10", "PAGE-13"),
    "parameter": ("PAGE-6", "PAGE-10", "FILTER-8"),
    "shape": ("TENANT-5",),
}
"""Further requirements that may fall if a fault applies only at a position, under a filter or to a shape of request."""

_PROVOKED_BY: Mapping[str, Sequence[str]] = {
    "AUTH-5": ("AUTH-4",),  # 401 to every operation
    "OP-2": ("SCOPE-1",),  # what keys of one scope may read
    "OP-7": ("OP-6",),  # 405 to every operation
    "ERROR-1": ("AUTH-2", "OP-6"),  # 401, also to a client that accepts JSON alone, and 405
    "ERROR-2": ("AUTH-4",),  # 401 is the only problem of /me
    "ERROR-3": ("SCOPE-1",),  # 403
    "ERROR-4": ("AUTH-4",),
    "ERROR-5": ("OP-3", "OP-7", "SCOPE-1", "FILTER-1", "FILTER-2", "FILTER-5", "FILTER-6"),  # states, HEAD, conditions
    "ERROR-6": ("AUTH-3", "AUTH-4", "SCOPE-1", "PAGE-9"),  # 401 to a key, in the header and in the query; 403; cursors
    "RATE-1": ("OP-7",),  # HEAD
}
"""Requirements that are judged on answers which the checks of other requirements provoke: those requirements."""


@dataclass(frozen=True)
class Trial:
    """A mock to judge: with a fault that breaks requirements, or with a legal variation that breaks no must.

    `options` are the mock's. `expected` are requirement ids: a fault must break at least the first of them, and a
    variation may break no others (these are all shoulds). A fault under a condition of the `axis` must break any one of
    its ids. `groups` are sets of ids, one set for each of the joined faults; of each set, one id must fall. A `focused`
    trial is judged by `its_checks` first, until they have caught it, and by all checks only if these miss it.
    """

    kind: str
    name: str
    options: str
    expected: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...] = ()
    axis: str = ""
    focused: bool = False

    @property
    def must_fall(self) -> tuple[tuple[str, ...], ...]:
        """The sets of ids. Of each set, at least one id must fall."""
        return self.groups or (self.expected[:1],)

    @property
    def its_checks(self) -> tuple[str, ...]:
        """The requirements whose checks can catch a fault: those of `expected`, and those that provoke the answers they judge."""
        provoking = chain.from_iterable(_PROVOKED_BY.get(id_, ()) for id_ in self.expected)
        return tuple(dict.fromkeys((*self.expected, *provoking)))


@dataclass(frozen=True)
class Result:
    """How the gate judged a trial, with its seconds and its processor seconds, or that its process `hung` or died."""

    trial: Trial
    run: GateRun | None
    seconds: float
    cpu: float = 0.0
    hung: bool = False

    @property
    def fell(self) -> frozenset[str]:
        """The requirements that the gate found broken."""
        return frozenset(self.run.ids("failed") if self.run else ())

    @property
    def ended(self) -> bool:
        """Whether the gate came to a verdict."""
        return self.run is not None and bool(self.run.report)

    @property
    def right(self) -> bool:
        """Whether the gate told right from wrong, and its exit code says so."""
        if self.run is None or not self.run.report:
            return False
        if self.trial.kind == "variant":
            return self.run.exit_code == 0 and self.fell <= set(self.trial.expected)
        caught = all(self.fell & set(group) for group in self.trial.must_fall)
        return caught and self.run.exit_code == bool(self.run.broken_musts())

    @property
    def explanation(self) -> str:
        """What happened instead, in one line."""
        if self.run is None:
            return f"no end within {self.seconds:.0f} s" if self.hung else "the run's process died"
        fell = ", ".join(sorted(self.fell)) or "nothing"
        expected = " and ".join(" or ".join(group) for group in self.trial.groups) or ", ".join(self.trial.expected)
        return f"expected {expected or 'nothing'}; exit code {self.run.exit_code}, fell: {fell}"

    @property
    def output(self) -> str:
        """What the gate printed."""
        return self.run.output if self.run else ""


def of_variant(name: str) -> Trial:
    """A legal variation."""
    return Trial("variant", name, f"--variant {name}", requested("variant", name).breaks)


def of_fault(name: str) -> Trial:
    """A fault that applies to every request."""
    return Trial("fault", name, _options(name), requested("fault", name).breaks)


def of_mutant(text: str, axis: str = "") -> Trial:
    """A fault under a condition (`fault@condition`), or several joined ones (`fault@condition+fault`).

    Raises ValueError, with a message of one line, for any other name.
    """
    names = text.split("+")
    groups = tuple(_any_of(requested("fault", name)) for name in names)
    return Trial("fault", text, _options(*names), tuple(id_ for group in groups for id_ in group), groups, axis)


def _any_of(fault: Modification) -> tuple[str, ...]:
    """The ids that catch a fault under its condition; any one of them is enough."""
    also = chain.from_iterable(_ALSO.get(name, ()) for name, _ in fault.condition.given())
    return tuple(dict.fromkeys((*fault.breaks, *also)))


STRICT_READING = Trial("variant", "strict-reading", _STRICT, ())
"""The mock's other reading of the rate limits."""


def _options(*faults: str) -> str:
    strict = any(fault.partition("@")[0] in _FAULTS_UNDER_STRICT for fault in faults)
    return " ".join([*[_STRICT] * strict, *(f"--fault {fault}" for fault in faults)])


def judge_all(chosen: Sequence[Trial], jobs: int, within: float = WITHIN) -> Generator[Result]:
    """Judge `jobs` trials at a time; results come as they are ready. Closing the generator ends all runs."""
    warm_up()
    waiting = deque(chosen)
    running: dict[Connection, _Running] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                one = _Running(waiting.popleft(), within)
                running[one.connection] = one
            ready = wait(list(running), max(0.0, min(one.until for one in running.values()) - time.monotonic()))
            overdue = [one.connection for one in running.values() if one.until <= time.monotonic()]
            for connection in {*ready, *overdue}:
                assert isinstance(connection, Connection)
                result = running.pop(connection).end()
                if result.trial.focused and not result.right:
                    waiting.append(replace(result.trial, focused=False))
                else:
                    yield result
    finally:
        for one in running.values():
            one.end()


class _Running:
    """A run that is under way, in a session of its own, so that the mock that it starts can be ended with it."""

    def __init__(self, trial: Trial, within: float) -> None:
        self.connection, other = _FORK.Pipe(duplex=False)
        self._trial = trial
        self._began = time.monotonic()
        self.until = self._began + within
        self._process: BaseProcess = _FORK.Process(target=_judge, args=(trial, other))
        self._process.start()
        other.close()

    def end(self) -> Result:
        """The result, if the run has ended; then all its processes are ended too."""
        run, cpu = None, 0.0
        with suppress(EOFError):
            if self.connection.poll():
                run, cpu = self.connection.recv()
        now = time.monotonic()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid or 0, signal.SIGKILL)
        self._process.kill()
        self._process.join()
        self.connection.close()
        return Result(self._trial, run, now - self._began, cpu, hung=run is None and now >= self.until)


def _judge(trial: Trial, connection: Connection) -> None:
    os.setsid()
    run = gate(trial.options, trial.its_checks, trial.must_fall) if trial.focused else gate(trial.options)
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    connection.send((run, sum(each.ru_utime + each.ru_stime for each in used)))
