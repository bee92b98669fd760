"""What goes before a run and what passes between its phases: the first request, and the waiting for what was promised."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from typing import Any, cast

import gevent
import msgspec
import pytest

from conformance.target.clock import TargetClock
from loadtests.analysis.ledger import Attempt
from loadtests.runner.coordinator import Coordinator
from loadtests.runner.generator_cost import Cost
from loadtests.runner.preflight import preflight
from loadtests.scenarios.plan import Phase, Plan, Schedule
from loadtests.setup import Options, Setup, UsageError, prepare

_KEY = "obk_live_" + "x" * 32


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> Setup:
    monkeypatch.setenv("OUTBOUND_API_KEY", _KEY)
    return prepare(Options(scenario="burst", base_url="http://127.0.0.1:1"))


def _refusal(setup: Setup, at: float, retry_after: float) -> bytes:
    ledger = setup.ledger()
    ledger.add(Attempt(0, "getMe", at, at, 429, retry_after))
    return ledger.dump()


class _Workers:
    """A process that is refused at once, in every phase, and notes when each began on the target's clock.

    Its own clock is `behind` by some seconds.
    """

    def __init__(self, behind: float = 0.0) -> None:
        self.coordinator: Coordinator
        self.behind = behind
        self.began: list[float] = []
        self.ids = ["it"]

    def members(self) -> list[str]:
        return list(self.ids)

    def tell(self, _member: str, kind: str, data: dict[str, Any]) -> None:
        if kind == "share":
            self.coordinator.heard({"taken": data["share"]})
        if kind == "phase":
            now = self.coordinator.clock.now()
            self.began.append(now)
            report = {"share": 0, "phase": data["number"], "done": True, "cost": Cost().dump()}
            self.coordinator.heard({**report, "ledger": _refusal(self.coordinator.setup, now - self.behind, 59.0)})


@pytest.mark.parametrize("behind", [0.0, 0.05])
def test_a_promise_is_waited_for_to_the_second_by_a_clock_of_whole_seconds(
    behind: float, setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Retry-After that is a second too short must not be helped by a clock that was moved a second too far.

    Nor is one forgotten because the clocks of two processes differ a little.
    """
    moved: list[int] = []
    monkeypatch.setattr("spec.commands.run", lambda _, seconds: moved.append(seconds))
    hooks = msgspec.structs.replace(setup.target.hooks, advance_clock="true {seconds}")
    one = (Schedule(0, 1),)
    plan = Plan((Phase("refused", one), Phase("coming back", one, promised=True)), rested=True)
    movable = replace(setup, target=msgspec.structs.replace(setup.target, hooks=hooks), plan=plan)
    workers = _Workers(behind)
    workers.coordinator = Coordinator(movable, workers, movable.ledger())
    workers.coordinator.run(lambda: None)
    assert workers.coordinator.given_up is None
    assert moved == [59]
    assert workers.began[1] >= workers.began[0] + 59.0


@pytest.mark.parametrize(("rested", "noted"), [(True, [(429, 61.0, True)]), (False, [])])
def test_the_first_request_counts_unless_a_rest_follows(
    rested: bool, noted: list[tuple[int, float, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key may be spent before a run that lets it rest; a date is rounded, and may promise a second more."""
    dates = "Date: Mon, 23 Nov 2026 10:00:00 GMT\r\nRetry-After: Mon, 23 Nov 2026 10:01:01 GMT\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            with listener.accept()[0] as accepted:
                accepted.recv(65_536)
                accepted.sendall(f"HTTP/1.1 429 X\r\n{dates}Content-Length: 0\r\n\r\n".encode())

        thread = threading.Thread(target=refuse)
        thread.start()
        monkeypatch.setenv("OUTBOUND_API_KEY", _KEY)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        setup = prepare(Options(scenario="burst", base_url=address, rested=rested))
        ledger = setup.ledger()
        preflight(setup, ledger)
        thread.join()
    assert [(one.status, one.retry_after, one.dated) for one in ledger.attempts(0)] == noted


def test_a_worker_that_is_lost_during_a_wait_ends_the_run_at_once(setup: Setup) -> None:
    """In real time a run waits for up to two minutes between two phases."""
    one = (Schedule(0, 1),)
    waits = replace(setup, plan=Plan((Phase("first", one), Phase("rested again", one, rest=60.0)), rested=True))
    workers = _Workers()
    workers.coordinator = Coordinator(waits, workers, waits.ledger())
    begun = time.monotonic()
    gevent.spawn_later(0.3, workers.ids.clear)
    workers.coordinator.run(lambda: None)
    assert time.monotonic() - begun < 30
    assert workers.coordinator.given_up == "1 of 1 workers were lost, and what they had measured"
    assert len(workers.began) == 1


class _Passing:
    """A time that passes only when somebody sleeps: takes the place of `time`, of `gevent`, and of the target's clock."""

    moved = 0.0

    def __init__(self) -> None:
        self._now = 1000.0

    def monotonic(self) -> float:
        return self._now

    now = monotonic

    def sleep(self, seconds: float) -> None:
        self._now += seconds


def test_the_time_left_grows_with_what_the_target_needs_for_a_request(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan knows only when requests are due, and nothing of how long a target takes to answer those that are sent at once."""
    hundred = (Schedule(0, 100),)
    left: list[float] = []
    passing = _Passing()
    for name in ("time", "gevent"):
        monkeypatch.setattr(f"loadtests.runner.coordinator.{name}", passing)

    class Slow(_Workers):
        def tell(self, member: str, kind: str, data: dict[str, Any]) -> None:
            if kind == "phase":
                left.append(self.coordinator.left)
                passing.sleep(0.3)
                report = {"share": 0, "phase": data["number"], "done": False, "ledger": setup.ledger().dump()}
                self.coordinator.heard({**report, "cost": Cost(requests=100).dump()})
                left.append(self.coordinator.left)
            super().tell(member, kind, data)

    plan = Plan((Phase("first", hundred), Phase("second", hundred), Phase("third", hundred, rest=0.4)))
    workers = Slow()
    slow = replace(setup, plan=plan)
    workers.coordinator = Coordinator(slow, workers, slow.ledger(), clock=cast(TargetClock, passing))
    workers.coordinator.run(lambda: None)
    expected = [0.4, 0.4 + 0.6, 0.4 + 0.6, 0.4 + 0.3, 0.3, 0.0]
    assert left == pytest.approx(expected, abs=0.05)


def test_authorities_that_cannot_be_read_are_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_API_KEY", _KEY)
    monkeypatch.setenv("SSL_CERT_FILE", "/missing.pem")
    setup = prepare(Options(scenario="burst", base_url="https://127.0.0.1:1"))
    with pytest.raises(UsageError, match="SSL_CERT_FILE"):
        preflight(setup, setup.ledger())


def test_a_generator_that_was_strained_for_ten_seconds_of_many_says_so(setup: Setup) -> None:
    """A crowd grows: where the generator could not keep up was its end alone, and the average tells nothing of it."""
    coordinator = Coordinator(setup, _Workers(), setup.ledger())
    nothing = {"share": 0, "phase": 0, "done": False, "ledger": setup.ledger().dump()}
    for _ in range(100):
        coordinator.heard({**nothing, "cost": Cost(cpu=0.4, seconds=2.0, ticks=40).dump()})
    assert coordinator.bottleneck() is None
    for _ in range(5):
        coordinator.heard({**nothing, "cost": Cost(cpu=1.9, seconds=2.0, ticks=20, late=15, worst=0.4).dump()})
    assert "late" in (coordinator.bottleneck() or "")
