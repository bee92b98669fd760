"""Each scenario passes on the mock under both readings of the limits, and fails on the faults that it is there to see."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from loadtests.scenarios import scenarios
from mockserver.modifications.faults import named, names, rate_keys, rate_limits, rate_refusals
from tests.support.load_runs import Outcome, outbound_load
from tests.support.warm_mocks import WarmMock

_SMALL = "--contacts 20"
_SHORT = {"steady": 3.0, "overload": 2.0, "neighbours": 2.0, "crowd": 0.12, "soak": 0.12}
_READINGS = ("burst", "strict")
_IN_REAL_TIME = tuple(name for name, scenario in scenarios().items() if not scenario.limited)

SEEN_BY = {
    "fifty-nine-a-minute": ("steady", "no-refusals"),
    "no-burst": ("steady", "no-refusals"),
    "burst-of-121": ("burst", "burst-ceiling"),
    "sixty-one-a-minute": ("burst", "minute-ceiling"),
    "fixed-windows": ("border", "burst-ceiling"),
    "fixed-minutes": ("border", "burst-ceiling"),
    "fixed-minutes-of-61": ("border", "burst-ceiling"),
    "minutes-of-61-from-first-request": ("border", "burst-ceiling"),
    "no-sustained-limit": ("overload", "minute-ceiling"),
    "refill-too-quick": ("overload", "minute-ceiling"),
    "no-limit-at-all": ("burst", "refused-beyond"),
    "refused-with-503": ("burst", "no-server-errors"),
    "refused-with-403": ("burst", "refused-beyond"),
    "retry-after-missing": ("burst", "retry-after"),
    "retry-after-too-long": ("burst", "retry-after"),
    "retry-after-in-milliseconds": ("burst", "retry-after"),
    "retry-after-too-short": ("burst", "recovery"),
    "retry-after-always-one": ("burst", "recovery"),
    "limit-per-organization": ("neighbours", "neighbours"),
    "limit-per-address": ("neighbours", "neighbours"),
    "refused-requests-count": ("overload", "sustained-rate"),
    "limits-of-three-keys-remembered": ("burst", "burst-ceiling"),
}
"""Which scenario has to see a fault of the rate limit, and by which check at the least."""

OF_STRICT = ("sixty-one-a-minute",)
"""Faults under the strict reading alone."""

OF_SEVERAL_KEYS = ("limit-per-organization", "limit-per-address", "limits-of-three-keys-remembered")
"""Faults that a single key does not show."""

UNSEEN = {
    "rate-headers-missing": "headers are the gate's affair (RATE-1)",
    "rate-headers-missing-on-errors": "headers are the gate's affair (RATE-1)",
    "not-modified-without-limit": "headers are the gate's affair (RATE-1)",
    "reset-in-milliseconds": "headers are the gate's affair (RATE-1)",
    "limit-below-zero": "headers are the gate's affair (RATE-1)",
    "parameters-before-limit": "what is refused before the limit is asked is the gate's affair: load is what is served (RATE-3)",
    "head-not-limited": "which requests count is the gate's affair: load is sent by GET (RATE-3)",
    "conditions-not-limited": "which requests count is the gate's affair: load is sent without conditions (RATE-3)",
    "limit-per-forwarded-address": "load is sent without X-Forwarded-For (RATE-3)",
    "limit-per-header": "one spelling of the header is the gate's affair: load is sent with `Bearer` (RATE-3)",
    "strangers-reset-limits": "callers without a valid key are the gate's affair: load is sent with valid ones (RATE-3)",
    "refusals-punished": "a client that waits for long is not punished: the gate asks just after a refusal (RATE-6)",
    "failures-not-counted": "which requests count is the gate's affair: under load all find what they ask for (RATE-3)",
    "keys-of-one-scope-not-limited": "load is sent with keys of all scopes (RATE-3)",
    "other-organizations-not-limited": "bursts are sent with keys of the primary organization (RATE-3)",
    "refused-in-plain-text": "the form of a refusal is the gate's affair (ERROR-1)",
}


@pytest.fixture(scope="module")
def mocks() -> Iterator[Callable[[str], WarmMock]]:
    """Mocks by the reading that they follow, each started once: every scenario lets the keys of a test clock rest first."""
    with ExitStack() as stack:
        yield cache(lambda reading: stack.enter_context(WarmMock(f"{_SMALL} --rate-reading {reading}")))


def _minutes(scenario: str) -> list[str]:
    return [f"--minutes={_SHORT[scenario]}"] if scenario in _SHORT else []


def _holds(scenario: str, done: Outcome) -> None:
    assert done.report["verdict"] == "held", done.out + done.err
    assert done.code == 0
    assert set(done.found) == set(scenarios()[scenario].checks)


def _run(*words: str, folder: Path) -> Outcome:
    """A run; at most twice more if this machine was too busy to send in time, which says nothing of the target."""
    for _ in range(3):
        done = outbound_load(*words, folder=folder)
        if "kept its schedule late" not in str(done.report):
            break
    return done


@pytest.mark.parametrize("reading", _READINGS)
@pytest.mark.parametrize("scenario", [name for name in scenarios() if name not in _IN_REAL_TIME])
def test_a_scenario_holds_on_the_mock_under_either_reading(
    scenario: str, reading: str, mocks: Callable[[str], WarmMock], tmp_path: Path
) -> None:
    target = f"--target={mocks(reading).description}"
    _holds(scenario, _run(scenario, target, *_minutes(scenario), folder=tmp_path))


def test_the_scenarios_in_real_time_hold_on_the_mock_under_either_reading(tmp_path: Path) -> None:
    """They run side by side, because they wait most of the time."""

    def run(scenario: str, reading: str) -> Outcome:
        options = f"--mock-options={_SMALL} --rate-reading {reading}"
        return _run(scenario, options, *_minutes(scenario), folder=tmp_path / f"{scenario}-{reading}")

    runs = list(product(_IN_REAL_TIME, _READINGS))
    with ThreadPoolExecutor(len(runs)) as pool:
        for (scenario, _), done in zip(runs, pool.map(run, *zip(*runs, strict=True)), strict=True):
            _holds(scenario, done)


def _with_one_key(description: Path) -> Path:
    """Describe the target once more, with one key: most faults need no more requests than one key sends."""
    told = tomllib.loads(description.read_text("utf-8"))
    written = description.with_name("one-key.toml")
    written.write_text(
        f"""base_url = {json.dumps(told["base_url"])}
        organizations.primary.api_keys = {told["keys"]["spare"][:1]}
        rate_limit.reading = {json.dumps(told["rate_limit"]["reading"])}
        hooks.advance_clock = {json.dumps(told["hooks"]["advance_clock"])}""",
        "utf-8",
    )
    return written


@pytest.mark.parametrize("fault", list(SEEN_BY))
def test_a_scenario_fails_on_the_fault_that_it_is_there_to_see(fault: str, tmp_path: Path) -> None:
    scenario, check = SEEN_BY[fault]
    reading = "strict" if fault in OF_STRICT else "burst"
    with WarmMock(f"{_SMALL} --rate-reading {reading} --fault {fault}") as mock:
        target = mock.description if fault in OF_SEVERAL_KEYS else _with_one_key(mock.description)
        done = outbound_load(scenario, f"--target={target}", "--strict", *_minutes(scenario), folder=tmp_path)
    assert done.code == 1, done.out + done.err
    assert done.found[check] == "broken", done.out


def test_every_fault_of_the_rate_limit_is_seen_or_has_a_reason_not_to_be() -> None:
    modules = {module.__name__ for module in (rate_keys, rate_limits, rate_refusals)}
    of_limits = {name for name in names() if getattr(named(name).on_pipeline, "__module__", "") in modules}
    assert of_limits == set(SEEN_BY) | set(UNSEEN)
