"""What scenarios plan: how much each key sends and when, and how sure it is to be within, or beyond, the limits."""

from __future__ import annotations

import inspect
from importlib import import_module
from itertools import pairwise

import pytest

from loadtests.analysis.findings import CHECKS
from loadtests.scenarios import scenarios
from loadtests.scenarios.plan import MINUTE, Crowd, Phase, Plan, joins, steady
from loadtests.scenarios.scenario import Circumstances
from spec.target import RateLimit

_LIMITS = RateLimit()


def _given(scenario: str, *, movable: bool, keys: int = 4) -> Circumstances:
    found = scenarios()[scenario]
    roles = [found.roles[min(index, len(found.roles) - 1)] for index in range(keys)]
    return Circumstances(roles, _LIMITS, found.minutes, movable)


def _plan(scenario: str, *, movable: bool, keys: int = 4) -> Plan:
    return scenarios()[scenario].plan(_given(scenario, movable=movable, keys=keys))


def _times(phases: list[Phase], key: int) -> list[float]:
    """When a key sends, in seconds, if each phase begins as early as it may and answers cost nothing."""
    times, began, ended = [], 0.0, 0.0
    for number, phase in enumerate(phases):
        began = max(ended + phase.rest, began + phase.gap) if number else 0.0
        for schedule in phase.schedules:
            if schedule.key == key:
                times += [began + schedule.start + schedule.period * n for n in range(schedule.count)]
        ended = began + phase.seconds
    return sorted(times)


def _most_in(times: list[float], seconds: float) -> int:
    return max(sum(start <= time < start + seconds for time in times) for start in times)


@pytest.mark.parametrize("movable", [True, False])
def test_steady_sends_a_minutes_worth_in_no_minute_more(movable: bool) -> None:
    phases = _plan("steady", movable=movable).phases
    times = _times([phase for phase in phases if phase.name == "at the limit"], 0)
    assert _most_in(times, MINUTE) == _LIMITS.per_minute
    assert len(times) >= 0.98 * 3 * _LIMITS.per_minute


@pytest.mark.parametrize("movable", [True, False])
def test_overload_never_leaves_a_key_silent_for_five_seconds(movable: bool) -> None:
    phases = _plan("overload", movable=movable).phases
    times = _times([phase for phase in phases if phase.name == "overload"], 0)
    assert max(later - earlier for earlier, later in pairwise(times)) < 5.0
    assert len(times) / (times[-1] / MINUTE) > 9 * _LIMITS.per_minute


@pytest.mark.parametrize("movable", [True, False])
def test_overload_leaves_nothing_over_before_it_waits_as_promised(movable: bool) -> None:
    wave, beyond, coming_back = _plan("overload", movable=movable).phases[-3:]
    assert all(schedule.count > _LIMITS.burst for schedule in wave.schedules)
    assert all(schedule.at_once == 1 for schedule in beyond.schedules)
    assert (wave.rest, beyond.rest, coming_back.promised) == (0.0, 0.0, True)


@pytest.mark.parametrize("name", list(scenarios()))
@pytest.mark.parametrize("movable", [True, False])
def test_every_plan_ends_and_uses_every_key(name: str, movable: bool) -> None:
    plan = _plan(name, movable=movable)
    requests = plan.requests()
    assert set(requests) == {0, 1, 2, 3}
    assert all(requests.values())
    assert 0 < plan.seconds(movable=movable) < 2 * 60 * MINUTE


@pytest.mark.parametrize("name", ["steady", "burst", "overload", "border", "neighbours"])
def test_a_test_clock_makes_minutes_of_limits_seconds(name: str) -> None:
    assert _plan(name, movable=True).seconds(movable=True) < 20
    assert _plan(name, movable=False).seconds(movable=False) > MINUTE


def test_a_crowd_grows_step_by_step_and_never_beyond_its_keys_limits() -> None:
    crowd = Crowd(tuple(range(1000)), period=1.2, steps=10, seconds=30.0)
    moments = [joins(place, crowd) for place in range(1000)]
    there = [sum(moment < 30.0 * step for moment in moments) for step in range(1, 11)]
    assert there == [100 * step for step in range(1, 11)]
    assert len({round(moment, 3) for moment in moments}) > 900
    assert max(Plan((Phase("crowd", crowd=crowd),)).requests().values()) <= 300 / 1.2


def test_neighbours_stay_far_within_their_limit_and_the_abuser_far_beyond() -> None:
    requests = _plan("neighbours", movable=False).requests()
    assert requests[0] > 10 * requests[1]
    assert _most_in(_times(list(_plan("neighbours", movable=False).phases), 1), MINUTE) <= _LIMITS.per_minute / 2 + 1


def test_own_limits_of_a_target_are_what_is_tried() -> None:
    found = scenarios()["burst"]
    schedules = found.plan(Circumstances(["burst"], RateLimit(burst=30), 0.0)).phases[0].schedules
    assert 30 < schedules[0].count < 60


def test_a_pace_in_parts_is_the_same_pace() -> None:
    phases = steady("", [0], per_minute=600, seconds=120, grain=4.0)
    assert sum(phase.schedules[0].count for phase in phases) == 1200
    assert {phase.gap for phase in phases[1:]} == {4.0}


@pytest.mark.parametrize("name", list(scenarios()))
def test_a_scenario_is_a_small_file_whose_docstring_is_its_claim(name: str) -> None:
    module = import_module(f"loadtests.scenarios.{name}")
    found = scenarios()[name]
    assert found.name == name
    assert found.claim == module.__doc__
    assert "\n" not in found.claim
    assert len(inspect.getsource(module).splitlines()) < 80
    assert set(found.checks) <= set(CHECKS)
