"""What a dry run announces is what a run keeps to, with the keys that the target's description offers."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from msgspec import structs

from conformance.cases.depth import Depth
from conformance.options import read_as
from conformance.verdict.estimate import forecast, plan
from conformance.verdict.selection import select
from spec.target import Hooks, Keys, Organization, Organizations, RateLimit, Target, load, shown
from tests.support.gate import GateRun, run_gate
from tests.support.warm_mocks import WarmMock

KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"
# Nearly nothing of AUTH is paid for: one run is enough for that.
ALL_BUT_RATE = "SCOPE,OP,PAGE,FILTER,TENANT,ERROR,HOOK"
PAID = f"{ALL_BUT_RATE},RATE"


def one_key() -> Target:
    return load(None, base_url="http://127.0.0.1:1", api_key=KEY)


def described(primary: int = 2, spare: int = 0) -> Target:
    """A target without a test clock, with this many keys."""
    return Target(
        base_url="http://127.0.0.1:1",
        organizations=Organizations(primary=Organization(tuple(f"p{index}" for index in range(primary)))),
        keys=Keys(spare=tuple(f"s{index}" for index in range(spare))),
    )


def with_keys(description: Path, folder: Path, primary: int, spare: int) -> Path:
    """A copy of a mock's description with only this many primary and spare keys."""
    text = description.read_text("utf-8")
    for member, count in (("api_keys", primary), ("spare", spare)):
        found = re.search(rf"(?m)^{member} = \[(.*)\]$", text)
        assert found
        text = text.replace(found[0], f"{member} = [{', '.join(found[1].split(', ')[:count])}]")
    copy = folder / "target.toml"
    copy.write_text(text, "utf-8")
    return copy


def sent(run: GateRun, target: Target) -> Counter[str]:
    """The requests of a run that a key's limit pays for, on spare keys and on others."""
    counted = Counter(run.report["requests"]["byKey"])
    free = [shown(key) for key in (target.keys.revoked, target.keys.expired) if key]
    spare = sum(counted[shown(key)] for key in target.keys.spare)
    return Counter(spare=spare, others=counted.total() - spare - sum(counted[key] for key in free))


@pytest.mark.parametrize(
    ("primary", "spare", "only"),
    [(1, 0, f"AUTH,{PAID}"), (2, 0, PAID), (1, 1, PAID), (2, 6, PAID)],
)
def test_a_run_sends_no_more_than_was_planned(primary: int, spare: int, only: str, mock: Path, tmp_path: Path) -> None:
    target = with_keys(mock, tmp_path, primary, spare)
    run = run_gate("--target", str(target), "--depth", "quick", "--only", only)
    planned = plan("quick", select(only.split(",")), load(target))
    used = sent(run, load(target))
    assert run.exit_code == 0, run.output
    assert planned.paid is not None
    assert used.total() <= planned.paid + planned.probing.requests, used
    assert planned.probing.requests <= 5 * used.total()
    if spare:
        assert used["spare"] <= planned.probing.requests, used
        assert used["others"] <= planned.paid, used


def test_a_standard_run_that_waits_in_real_time_sends_no_more_than_was_planned(tmp_path: Path) -> None:
    with WarmMock("--no-rate-limit") as mock:
        told = re.sub(r"(?ms)^\[rate_limit\]\n.*?(?=^\[)", "", mock.description.read_text("utf-8"))
        target = tmp_path / "target.toml"
        target.write_text(f"{told}[rate_limit]\nper_minute = 1000\nburst = 1000\n", "utf-8")
        run = run_gate("--target", str(target), "--real-time", "--only", ALL_BUT_RATE)
    planned = plan("standard", None, load(target), real_time=True).paid
    assert run.exit_code == 0, run.output
    assert planned is not None
    assert 0.8 * planned <= sent(run, load(target)).total() <= planned


def test_more_schema_driven_cases_are_planned_for(mock: Path) -> None:
    run = run_gate("--target", str(mock), "--depth", "quick", "--only", ALL_BUT_RATE, "--fuzz", "20")
    planned = plan("quick", None, load(mock), fuzz=20).paid
    assert run.exit_code == 0, run.output
    assert planned is not None
    assert 350 < sent(run, load(mock)).total() <= planned


def test_each_depth_is_planned_within_its_bound() -> None:
    plans = {depth: plan(depth, None, None) for depth in get_args(Depth)}
    assert (plans["quick"].paid, plans["standard"].paid, plans["deep"].paid) == (350, 2100, None)
    lines = " ".join(" ".join(forecast(None, None, 200)).split())
    for depth in plans:
        assert f" {depth} " in lines


@pytest.mark.parametrize(
    ("primary", "spare", "requests", "keys", "seconds"),
    [
        (1, 0, 0, "", 301),
        (2, 0, 300, "organizations.primary.api_keys[1]", 340),
        (3, 0, 300, "organizations.primary.api_keys[2]", 280),
        (1, 1, 600, "keys.spare", 301),
        (2, 1, 600, "keys.spare", 120),
        (2, 4, 2400, "keys.spare", 120),
        (2, 5, 2400, "keys.spare", 120),
    ],
)
def test_the_probes_are_planned_for_the_keys_that_there_are(
    primary: int, spare: int, requests: int, keys: str, seconds: int
) -> None:
    planned = plan("quick", None, described(primary, spare))
    assert (planned.probing.requests, planned.probing.keys) == (requests, keys)
    assert planned.seconds == pytest.approx(seconds, abs=1.5)
    line = next(line for line in forecast(None, described(primary, spare), 200) if "quick" in line)
    assert (f" and {requests} on {keys};" in line) == bool(requests)


def test_a_spare_key_that_is_not_rested_is_said_to_take_longer() -> None:
    lines = " ".join(forecast(None, described(2, 1), 200))
    assert "they then take at most 320 s" in lines
    assert "they then take" not in " ".join(forecast(None, described(2, 0), 200))


def test_the_probes_are_planned_for_a_requirement_that_lacks_some_of_its_keys() -> None:
    assert plan("quick", select(["RATE-8"]), described(2, 0)).probing.requests == 300
    assert plan("quick", select(["RATE-1"]), described(2, 0)).probing.requests == 0


def test_no_probes_are_planned_where_none_are_sent(mock: Path) -> None:
    flood = structs.replace(described(2, 4), rate_limit=RateLimit(per_minute=6000))
    for target in (flood, read_as("off", load(mock))):
        assert plan("quick", None, target).probing.requests == 0
    assert plan("quick", None, load(mock), safe=True).probing.requests == 0


def test_other_keys_are_used_up_on_a_test_clock_alone(mock: Path) -> None:
    target = load(mock)
    planned = plan("standard", select(["RATE-3"]), target)
    others = sent(run_gate("--target", str(mock), "--only", "RATE-3"), target)["others"]
    assert planned.paid is not None
    assert 2 * target.rate_limit.burst < others <= planned.probing.others + planned.paid
    assert any(f" and {planned.probing.others} on other keys" in line for line in forecast(None, target, 200))
    for elsewhere in (plan("quick", None, target), plan("standard", None, target, real_time=True)):
        assert elsewhere.probing.requests
        assert not elsewhere.probing.others


def test_one_requirement_is_told_in_the_singular() -> None:
    target = one_key()
    assert forecast(select(["PAGE-3"]), target, 200)[0].startswith("1 requirement can be tested; ")
    assert any(line.startswith("1 requirement not testable") for line in forecast(select(["TENANT-1"]), target, 200))


def test_what_is_missing_is_said_once_with_the_largest_number() -> None:
    line = next(line for line in forecast(None, one_key(), 1000) if "not testable" in line)
    assert line.count("keys in keys.spare") == line.count("keys.spare") == 1
    assert "4 keys in keys.spare" in line
    assert line.count("organizations.primary.api_keys") == 1


def test_what_cannot_be_tested_is_only_asked_whether_it_is_there(mock: Path, tmp_path: Path) -> None:
    target = with_keys(mock, tmp_path, 1, 0)
    lonely = structs.replace(load(target), organizations=Organizations(primary=Organization((KEY,))))
    run = run_gate("--target", str(target), "--only", "RATE-3")
    assert plan("standard", select(["RATE-3"]), load(target)).paid == sent(run, load(target)).total()
    assert plan("standard", select(["TENANT-1"]), lonely).paid == 1


def test_waiting_for_windows_is_planned_in_real_time_alone(mock: Path) -> None:
    target = load(mock)
    assert plan("quick", None, target).seconds == 0
    assert plan("quick", None, target, real_time=True).seconds == pytest.approx(120, abs=1)
    assert plan("quick", None, read_as("off", target), real_time=True).seconds == 0
    assert "A second key of the primary organization would halve the waiting" in " ".join(
        forecast(None, one_key(), 200)
    )


def test_a_command_that_is_not_there_is_told_where_it_would_be_run() -> None:
    target = structs.replace(one_key(), hooks=Hooks(add_contact="no-such-program", advance_clock="sh {seconds}"))
    told = "hooks.add_contact: the command 'no-such-program' could not be run: there is no such program"
    assert told in forecast(None, target, 200)
    assert told not in forecast(None, target, 200, safe=True)
    assert not any("'sh'" in line for line in forecast(None, target, 200))
