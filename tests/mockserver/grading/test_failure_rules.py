"""FAIL and OPEN: what a client does with failures, and with answers that it does not know."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from mockserver.grading.records import Run
from mockserver.grading.rules import registered
from tests.support.graded_runs import CONTACTS, ME, Story, broken_musts


def test_a_404_that_is_sent_again_at_once_is_found() -> None:
    assert Story().ask(f"{CONTACTS}/con_1", 404).ask(f"{CONTACTS}/con_1", 404).judged("FAIL-1").status == "broken"


def test_a_404_that_is_asked_again_after_something_else_is_allowed() -> None:
    story = Story().ask(f"{CONTACTS}/con_1", 404).ask(ME).ask(f"{CONTACTS}/con_1", 404)
    assert story.judged("FAIL-1").status == "kept"


def test_a_404_that_is_asked_three_times_is_found() -> None:
    story = Story().ask(f"{CONTACTS}/con_1", 404).ask(ME).ask(f"{CONTACTS}/con_1", 404).ask(ME)
    assert story.ask(f"{CONTACTS}/con_1", 404).judged("FAIL-1").status == "broken"


def test_a_403_may_be_tried_once_more() -> None:
    assert Story().ask(CONTACTS, 403).ask(CONTACTS, 403).judged("FAIL-1").status == "kept"


def failing(waits: list[float], status: int | None = 500, **more: Any) -> Story:
    story = Story("server-errors", Story().ask(ME).run()).ask(ME, status, mark="server-error", **more)
    for wait in waits:
        story.ask(ME, status, mark="server-error", wait=wait, **more)
    return story


def test_growing_waits_with_an_end_are_kept() -> None:
    assert failing([0.5, 1, 2, 4]).judged("FAIL-2", exit_code=1).status == "kept"


@pytest.mark.parametrize("waits", [[0.3, 0.4, 0.35], [1, 1], [1, 1.5, 1.5]], ids=["jitter", "two", "a bound"])
def test_few_waits_do_not_show_that_they_are_fixed(waits: list[float]) -> None:
    assert failing(waits).judged("FAIL-2", exit_code=1).status == "kept"


def test_waits_that_grow_up_to_a_bound_are_allowed() -> None:
    assert failing([1, 2, 4, 4, 4, 4]).judged("FAIL-2", exit_code=1).status == "kept"


@pytest.mark.parametrize(
    "waits",
    [
        [0.03, 0.05, 0.08],
        [0.4, 0.3, 0.2],
        [0.9, 1.7, 1.6, 1.2],
        [0.8, 0.7, 0.9, 1.1],
        [1.9, 1.7, 1.6, 1.5],
    ],
    ids=["short ones", "three that shrink", "shrinking after growth", "drawn around one", "hardly shorter"],
)
def test_waits_that_jitter_may_have_made_are_allowed(waits: list[float]) -> None:
    assert failing(waits).judged("FAIL-2", exit_code=1).status == "kept"


def jittered(strategy: str, random: Random, count: int) -> list[float]:
    """Waits of a retry library with jitter: `full` as httpx-retries and backoff draw it, the others as SDKs do."""
    ceilings = [0.5 * 2.0**turn for turn in range(count)]
    if strategy == "decorrelated":
        waits = [random.uniform(0.5, 1.5)]
        while len(waits) < count:
            waits.append(min(20.0, random.uniform(0.5, waits[-1] * 3)))
        return waits
    least = {"full": 0.0, "equal": 0.5, "a quarter": 0.75}[strategy]
    return [random.uniform(least * ceiling, ceiling) for ceiling in ceilings]


@pytest.mark.parametrize("strategy", ["full", "equal", "a quarter", "decorrelated"])
@pytest.mark.parametrize("count", [3, 4, 6, 7, 9])
def test_jitter_is_hardly_ever_taken_for_waits_that_do_not_grow(strategy: str, count: int) -> None:
    random, rule = Random(1), registered()["FAIL-2"]
    told = [rule(failing(jittered(strategy, random, count)).run(exit_code=1)).findings for _ in range(300)]
    assert sum("the waits" in finding.message for findings in told for finding in findings) <= 1


@pytest.mark.parametrize(
    ("waits", "told"),
    [
        ([1, 1, 1], "do not grow: 1 s, 1 s, 1 s"),
        ([0, 0.025, 0.001], "do not grow: 0 s, 0 s, 0 s"),
        ([0.5, 0.5, 1.6, 0.51, 0.5, 0.5], "do not grow"),
        ([0.5, 0.9, 0.5, 0.51, 1.6, 0.5, 0.5], "do not grow"),
        ([4, 3, 2, 1], "shrink: 4 s, 3 s, 2 s, 1 s"),
    ],
    ids=["fixed", "none", "fixed but for one delay", "fixed but for two delays", "shrinking"],
)
def test_waits_that_do_not_grow_are_told(waits: list[float], told: str) -> None:
    (finding,) = failing(waits).judged("FAIL-2", exit_code=1).findings
    assert f"the waits between the tries of request 1 (GET {ME}) {told}" in finding.message


@pytest.mark.parametrize("ending", ["timed-out", "interrupted"])
def test_a_client_that_was_ended_may_have_waited_to_try_again(ending: str) -> None:
    story = Story("server-errors", Story().ask(ME).run()).ask(ME, 500, mark="server-error")
    assert story.judged("FAIL-2", exit_code=1).status == "broken"
    assert story.judged("FAIL-2", exit_code=None, ending=ending).status == "not-seen"


def test_a_500_that_is_not_tried_again_is_found_though_a_503_was() -> None:
    story = Story("server-errors", Story().ask(ME).ask(CONTACTS).run())
    story.ask(ME, 503, mark="server-error", headers=(("retry-after", "2"),)).ask(ME, wait=2)
    story.ask(CONTACTS, 500, mark="server-error")
    (finding,) = story.judged("FAIL-2", exit_code=1).findings
    assert finding.message == f"request 3 (GET {CONTACTS}) failed with 500 and was not tried again"


@pytest.mark.parametrize(
    "waits",
    [[], [0.01] * 5, [1] * 5, [1, 1.02, 1.01], [0.5 * 1.3**turn for turn in range(11)]],
    ids=["never again", "five in a second", "constant waits", "three fixed waits", "without an end"],
)
def test_bad_tries_are_found(waits: list[float]) -> None:
    story = failing(waits)
    assert story.judged("FAIL-2", exit_code=1).status == "broken"
    assert broken_musts(story.run(exit_code=1)) == set()


def test_a_503_whose_retry_after_is_cut_short_is_found() -> None:
    story = failing([1], 503, headers=(("retry-after", "2"),))
    assert "after a 503 that asked to wait 2 s" in story.judged("FAIL-2").findings[0].message


def test_a_503_whose_retry_after_is_kept_is_kept() -> None:
    assert failing([2, 2.1], 503, headers=(("retry-after", "2"),)).judged("FAIL-2").status == "kept"


def test_a_broken_connection_may_be_tried_again_at_once() -> None:
    story = Story("dropped-connections", Story().ask(ME).run()).ask(ME, None, mark="dropped").ask(ME, wait=0)
    assert story.judged("FAIL-2").status == "kept"


def test_what_is_asked_after_it_was_served_is_no_try_of_it() -> None:
    story = Story("dropped-connections", Story().ask(ME).run()).ask(ME, None, mark="dropped")
    for _ in range(12):
        story.ask(ME, wait=0.1)
    assert story.judged("FAIL-2").status == "kept"


@pytest.mark.parametrize("mark", ["truncated", "proxy-error"])
def test_a_broken_page_that_is_taken_for_whole_is_found(mark: str) -> None:
    trial = {"truncated": "truncated-bodies", "proxy-error": "proxy-errors"}[mark]
    story = Story(trial, Story().page(CONTACTS, 50).run()).ask(CONTACTS, 200, complete=False, mark=mark)
    assert broken_musts(story.run(exit_code=0)) == {"FAIL-3"}
    assert story.judged("FAIL-3", exit_code=1).status == "kept"
    assert story.page(CONTACTS, 50).judged("FAIL-3", exit_code=0).status == "kept"


def test_a_request_that_is_waited_for_without_end_is_found() -> None:
    story = Story("silence", Story().ask(ME).run()).ask(ME, None, mark="silence-outlasted", ended=121.0)
    assert story.judged("FAIL-4").status == "broken"


def test_a_request_that_is_given_up_is_kept() -> None:
    assert Story("silence", Story().ask(ME).run()).ask(ME, None, mark="silence").judged("FAIL-4").status == "kept"


PLAIN: Run = Story().page(CONTACTS, 50, "abc").page(f"{CONTACTS}?cursor=abc", 20).run()


def test_a_client_that_crashes_on_what_it_does_not_know_is_found() -> None:
    story = Story("unknown-members", PLAIN).page(CONTACTS, 50, "abc")
    assert broken_musts(story.run(exit_code=1)) == {"OPEN-1"}


def test_a_walk_that_stops_at_what_is_not_known_is_found_though_the_exit_code_is_0() -> None:
    story = Story("sparse-data", PLAIN).page(CONTACTS, 50, "abc")
    assert story.judged("OPEN-1").status == "broken"


def test_a_client_that_goes_as_far_as_before_is_kept() -> None:
    story = Story("unknown-enum-values", PLAIN).page(CONTACTS, 50, "abc").page(f"{CONTACTS}?cursor=abc", 20)
    assert story.judged("OPEN-1").status == "kept"


def test_lists_that_depend_on_answers_are_not_compared() -> None:
    plain = Story().page("/api/v1/drafts?contactId=con_1", 3).page(CONTACTS, 5).run()
    assert Story("sparse-data", plain).page(CONTACTS, 5).judged("OPEN-1").status == "kept"


def test_an_exit_code_that_was_an_error_before_and_is_the_same_is_allowed() -> None:
    plain = Story().page(CONTACTS, 50).run(exit_code=3)
    assert Story("sparse-data", plain).page(CONTACTS, 50).judged("OPEN-1", exit_code=3).status == "kept"
