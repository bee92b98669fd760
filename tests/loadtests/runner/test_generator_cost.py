"""The generator knows what it costs, and when it was the bottleneck itself."""

from __future__ import annotations

import time
from typing import Any

import gevent

from loadtests.runner.generator_cost import Cost, CostMeter
from tests.support.load_runs import outbound_load_anew


def _cost(**changes: Any) -> Cost:
    whole = {"requests": 5000, "cpu": 1.0, "seconds": 10.0, "idle": 9.0, "ticks": 200, "late": 0, "worst": 0.01}
    return Cost(**{**whole, **changes})


def test_a_generator_with_time_to_spare_is_no_bottleneck() -> None:
    assert _cost().bottleneck() is None
    assert _cost().per_core == 5000


def test_a_generator_that_is_late_or_busy_says_so() -> None:
    assert "late" in (_cost(late=50, worst=2.0).bottleneck() or "")
    assert "busy 97% of the time" in (_cost(idle=0.3).bottleneck() or "")


def test_a_generator_that_has_half_of_a_core_and_never_rests_is_a_bottleneck() -> None:
    assert _cost(cpu=5.0, idle=1.0).bottleneck() is not None


def test_a_flood_keeps_the_generator_busy_and_may_but_be_late() -> None:
    assert _cost(idle=0.3).bottleneck(flood=True) is None
    assert _cost(idle=0.3, late=50).bottleneck(flood=True) is not None


def test_the_time_in_which_nothing_is_to_be_done_is_rest() -> None:
    meter = CostMeter()
    meter.start()
    gevent.sleep(0.1)
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        pass
    meter.stop()
    spent = meter.take()
    assert 0.05 < spent.idle < spent.seconds - 0.05


def test_a_moment_is_too_short_to_tell() -> None:
    assert _cost(ticks=10, late=9, cpu=10.0).bottleneck() is None


def test_costs_of_several_processes_add_up() -> None:
    total = _cost(worst=0.5)
    total.add(_cost(worst=0.2))
    assert (total.requests, total.cpu, total.ticks, total.worst) == (10_000, 2.0, 400, 0.5)
    assert Cost(**total.dump()) == total


def test_nothing_is_counted_before_the_start() -> None:
    assert CostMeter().take() == Cost()


def test_the_generator_is_measured_on_a_server_that_does_nothing() -> None:
    done = outbound_load_anew("--measure")
    assert done.code == 0, done.err
    assert "25,001 requests of 1 key" in done.out
    assert "a second a core" in done.out
