"""HOOK: what a receiver does with deliveries."""

from __future__ import annotations

import pytest

from mockserver.grading.records import Probe, Run
from mockserver.grading.rules import judge
from tests.support.graded_runs import probe


def status(requirement: str, *probes: Probe) -> str:
    return judge(Run("receiver", (), probes=probes))[requirement].status


@pytest.mark.parametrize("requirement", ["HOOK-R1", "HOOK-R4", "HOOK-R5", "HOOK-R6"])
@pytest.mark.parametrize(
    ("answer", "verdict"), [(200, "kept"), (204, "kept"), (400, "broken"), (302, "broken"), (None, "broken")]
)
def test_a_good_delivery_must_be_accepted(requirement: str, answer: int | None, verdict: str) -> None:
    assert status(requirement, probe(requirement, answer, good=True)) == verdict


@pytest.mark.parametrize("requirement", ["HOOK-R2", "HOOK-R3"])
@pytest.mark.parametrize(("answer", "verdict"), [(400, "kept"), (403, "kept"), (200, "broken"), (500, "broken")])
def test_a_bad_delivery_must_be_refused(requirement: str, answer: int, verdict: str) -> None:
    assert status(requirement, probe(requirement, answer, good=False)) == verdict


def test_a_good_delivery_that_is_answered_late_is_found() -> None:
    assert status("HOOK-R1", probe("HOOK-R1", 200, good=True, seconds=10.5)) == "broken"


def test_a_bad_delivery_whose_good_sibling_was_refused_shows_nothing() -> None:
    assert status("HOOK-R2", probe("HOOK-R2", 400, good=False, after_good=False)) == "not-seen"


@pytest.mark.parametrize(("answer", "verdict"), [(500, "broken"), (400, "kept"), (200, "kept"), (None, "not-seen")])
def test_nothing_may_crash_a_receiver(answer: int | None, verdict: str) -> None:
    assert status("HOOK-R7", probe("HOOK-R7", answer, good=False)) == verdict


def test_no_answer_to_garbage_is_a_crash_of_a_receiver_that_answers_good_deliveries() -> None:
    good = probe("HOOK-R1", 200, good=True)
    assert status("HOOK-R7", good, probe("HOOK-R7", None, good=False)) == "broken"
    assert status("HOOK-R7", good, probe("HOOK-R7", None, good=False, may_hang_up=True)) == "not-seen"
