"""The table of what the contract asks of a client."""

from __future__ import annotations

from importlib import import_module

from mockserver.grading.rules.rule import registered
from spec.client_requirements import client_requirements

IDS = (
    "KEY-1 KEY-2 KEY-3 KEY-4 WALK-1 WALK-2 WALK-3 WALK-4 WALK-5 WALK-6 ASK-1 ASK-2 ASK-3 PACE-1 PACE-2 PACE-3 "
    "FAIL-1 FAIL-2 FAIL-3 FAIL-4 OPEN-1 COST-1 COST-2 COST-3 "
    "HOOK-R1 HOOK-R2 HOOK-R3 HOOK-R4 HOOK-R5 HOOK-R6 HOOK-R7"
)
SHOULDS = "KEY-2 KEY-3 WALK-6 ASK-3 PACE-3 FAIL-1 FAIL-2 FAIL-4 COST-1 COST-2 COST-3 HOOK-R6"


def test_no_id_comes_or_goes_by_accident() -> None:
    assert [requirement.id for requirement in client_requirements()] == IDS.split()


def test_no_level_changes_by_accident() -> None:
    assert [requirement.id for requirement in client_requirements() if requirement.level == "should"] == SHOULDS.split()


def test_every_requirement_has_a_rule_and_every_rule_a_requirement() -> None:
    import_module("mockserver.grading.rules")  # which registers them
    assert set(registered()) == set(IDS.split())


def test_every_requirement_says_where_it_is_seen_and_what_it_rests_on() -> None:
    for requirement in client_requirements():
        assert requirement.every_run or requirement.trials, requirement.id
        assert requirement.basis, requirement.id
        assert requirement.allows, requirement.id
