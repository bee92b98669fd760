"""The generator knows what it costs, and when it was the bottleneck itself."""

from __future__ import annotations

from typing import Any

from loadtests.cost import Cost, Meter
from tests.load_runs import outbound_load


def _cost(**changes: Any) -> Cost:
    return Cost(**{"requests": 5000, "cpu": 1.0, "seconds": 10.0, "ticks": 200, "late": 0, "worst": 0.01, **changes})


def test_a_generator_with_time_to_spare_is_no_bottleneck() -> None:
    assert _cost().bottleneck() is None
    assert _cost().per_core == 5000


def test_a_generator_that_is_late_or_busy_says_so() -> None:
    assert "late" in (_cost(late=50, worst=2.0).bottleneck() or "")
    assert "97% of a core" in (_cost(cpu=9.7).bottleneck() or "")


def test_a_moment_is_too_short_to_tell() -> None:
    assert _cost(ticks=10, late=9, cpu=10.0).bottleneck() is None


def test_costs_of_several_processes_add_up() -> None:
    total = _cost(worst=0.5)
    total.add(_cost(worst=0.2))
    assert (total.requests, total.cpu, total.ticks, total.worst) == (10_000, 2.0, 400, 0.5)
    assert Cost(**total.dump()) == total


def test_nothing_is_counted_before_the_start() -> None:
    assert Meter().take() == Cost()


def test_the_generator_is_measured_on_a_server_that_does_nothing() -> None:
    done = outbound_load("--measure")
    assert done.code == 0, done.err
    assert "100,001 requests of 1 key" in done.out
    assert "a second a core" in done.out
