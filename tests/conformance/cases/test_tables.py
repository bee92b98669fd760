"""A check over a table: what it tries, what it counts, and how it ends."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from conformance.cases.sampling import stratified
from conformance.cases.tables import Cut, Effort, effort, named, over, try_each
from conformance.checks import NotJudged, NotTested, Violation, expect, record_tried, take_tried
from conformance.target.clock import TargetClock
from spec.target import Target

WHOLE = Effort("deep", paced=False, seed=1)


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    take_tried()


def refusing(*broken: int) -> Callable[[int], None]:
    def check(case: int) -> None:
        expect(case not in broken, "it is broken")

    return check


def test_every_case_is_tried_and_counted() -> None:
    seen: list[int] = []
    try_each(range(5), seen.append, None, seed=1)
    assert seen == [0, 1, 2, 3, 4]
    assert take_tried() == (5, 5)


def test_a_cut_tries_cases_from_all_over_the_table_and_tells_how_many_there_are() -> None:
    seen: list[int] = []
    try_each(range(100), seen.append, 4, seed=1)
    assert [case // 25 for case in seen] == [0, 1, 2, 3]
    assert take_tried() == (4, 100)


def test_the_first_violation_is_raised_with_its_case_and_how_many_there_are() -> None:
    with pytest.raises(Violation) as caught:
        try_each(range(6), refusing(2, 4), None, seed=1)
    assert caught.value.message == "2: it is broken (2 of 6 cases)"
    assert caught.value.cases == {"2": "it is broken", "4": "it is broken"}
    assert take_tried() == (6, 6)


def test_what_cannot_be_tried_on_one_case_does_not_void_the_others() -> None:
    def check(case: int) -> None:
        if case == 1:
            raise NotTested("there is none")

    try_each(range(3), check, None, seed=1)
    assert take_tried() == (2, 3)


def test_a_case_that_was_not_served_leaves_the_requirement_unjudged() -> None:
    def check(case: int) -> None:
        if case == 1:
            raise NotJudged("it was not served")

    with pytest.raises(NotJudged):
        try_each(range(3), check, None, seed=1)


def test_a_violation_outweighs_a_case_that_was_not_served() -> None:
    def check(case: int) -> None:
        if case == 0:
            raise NotJudged("it was not served")
        refusing(1)(case)

    with pytest.raises(Violation):
        try_each(range(3), check, None, seed=1)


def test_where_none_of_the_chosen_cases_can_be_tried_others_take_their_place() -> None:
    tried = []

    def check(case: int) -> None:
        if case % 2 == 0:
            raise NotTested("no even case can be tried")
        tried.append(case)

    for seed in range(8):
        try_each(range(12), check, 1, seed)
    assert len(tried) == 8


def test_no_other_case_makes_up_for_one_that_was_not_served() -> None:
    def check(case: int) -> None:
        raise NotJudged(f"{case} was not served")

    with pytest.raises(NotJudged):
        try_each(range(12), check, 1, seed=1)


def test_an_empty_table_is_no_pass() -> None:
    with pytest.raises(NotTested):
        try_each([], refusing(), None, seed=1)


@pytest.mark.parametrize(
    ("run", "most"),
    [
        (Effort("quick", paced=False, seed=1), 1),
        (Effort("standard", paced=True, seed=1), 2),
        (Effort("standard", paced=False, seed=1), 3),
        (WHOLE, None),
    ],
)
def test_the_depth_and_the_pace_say_how_much_of_a_table_is_tried(run: Effort, most: int | None) -> None:
    assert Cut(quick=1, paced=2, standard=3).most(run) == most


def test_a_run_is_paced_unless_the_targets_clock_can_be_moved() -> None:
    target = Target(base_url="http://127.0.0.1")
    assert effort("standard", target, TargetClock(), 1).paced
    assert not effort("standard", target, TargetClock(lambda _: None), 1).paced


def test_a_decorated_check_asks_for_the_fixtures_of_check_and_table_and_not_for_the_case() -> None:
    def table(neighbour: str) -> list[str]:
        return [neighbour]

    @over(table)
    def check(case: str, dataset: str) -> None:
        """It holds."""
        expect(case == dataset, "they differ")

    assert set(inspect.signature(check).parameters) == {"request", "run_effort", "client", "dataset", "neighbour"}
    assert check.__doc__ == "It holds."
    check(request=None, run_effort=WHOLE, client=None, dataset="a", neighbour="a")
    with pytest.raises(Violation):
        check(request=None, run_effort=WHOLE, client=None, dataset="a", neighbour="b")


def test_a_case_is_named_by_its_parts() -> None:
    assert named(("GET", "listContacts")) == "GET listContacts"
    assert named("listContacts") == "listContacts"


def test_counts_of_one_check_add_up_and_are_taken_once() -> None:
    record_tried(1, 2)
    record_tried(3, 4)
    assert take_tried() == (4, 6)
    assert take_tried() is None


def test_a_sample_is_the_same_for_a_seed_and_has_something_of_every_part() -> None:
    things = list(range(1000))
    assert stratified(things, 10, 7) == stratified(things, 10, 7) != stratified(things, 10, 8)
    assert [thing // 100 for thing in stratified(things, 10, 7)] == list(range(10))
    assert stratified(things[:3], 10, 7) == [0, 1, 2]
