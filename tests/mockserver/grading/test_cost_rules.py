"""COST: requests that a client could save."""

from __future__ import annotations

import pytest

from tests.support.graded_runs import CONTACTS, ME, Story


def asked(target: str, times: int, wait: float = 0.1) -> Story:
    story = Story()
    for _ in range(times):
        story.ask(target, wait=wait)
    return story


def test_the_same_answer_four_times_is_found() -> None:
    assert asked(f"{CONTACTS}/con_1", 4).judged("COST-1").findings[0].numbers == (1, 2, 3, 4)


def test_the_same_answer_three_times_is_allowed() -> None:
    assert asked(f"{CONTACTS}/con_1", 3).judged("COST-1").status == "kept"


@pytest.mark.parametrize("target", ["/api/v1/events", ME])
def test_polling_every_five_seconds_is_allowed(target: str) -> None:
    assert asked(target, 6, wait=5).judged("COST-1").status != "broken"
    assert asked(target, 6, wait=1).judged("COST-1").status == "broken"


def test_polling_of_other_things_is_found() -> None:
    assert asked(CONTACTS, 6, wait=5).judged("COST-1").status == "broken"


def test_asking_again_after_a_failure_or_a_change_is_allowed() -> None:
    story = asked(f"{CONTACTS}/con_1", 3).ask(ME, 500).ask(f"{CONTACTS}/con_1")
    assert story.judged("COST-1").status == "kept"
    changed = asked(f"{CONTACTS}/con_1", 4).run().exchanges[3].began - 0.05
    assert asked(f"{CONTACTS}/con_1", 4).judged("COST-1", changes=(changed,)).status == "kept"


def test_another_answer_is_a_reason_to_ask_again() -> None:
    story = Story()
    for number in range(5):
        story.ask(f"{CONTACTS}/con_1", body=b"%d" % number)
    assert story.judged("COST-1").status == "kept"


def walked(limit: int, pages: int, *, ended: bool = True) -> Story:
    story = Story().page(f"{CONTACTS}?limit={limit}", limit, "c1")
    for number in range(1, pages):
        last = ended and number == pages - 1
        story.page(f"{CONTACTS}?limit={limit}&cursor=c{number}", limit, None if last else f"c{number + 1}")
    return story


def test_a_whole_list_in_small_pages_is_found() -> None:
    assert walked(20, 6).judged("COST-2").status == "broken"


def test_pages_of_fifty_are_kept() -> None:
    assert walked(50, 4).judged("COST-2").status == "kept"


def test_a_hundred_items_in_small_pages_are_allowed() -> None:
    assert walked(20, 5).judged("COST-2").status == "not-seen"


def test_a_walk_that_stops_early_is_allowed() -> None:
    assert walked(20, 8, ended=False).judged("COST-2").status == "not-seen"


def connected(requests: int, per_connection: int) -> Story:
    story = Story()
    for number in range(requests):
        story.ask(f"{CONTACTS}/con_{number}", connection=1 + number // per_connection)
    return story


def volleys(requests: int, at_once: int) -> Story:
    """Requests in volleys, each over its own connection: all requests of a volley are in flight at once."""
    story = Story()
    for number in range(requests):
        story.ask(
            f"{CONTACTS}/con_{number}", at=1.0 + number // at_once, connection=number + 1, ended=1.5 + number // at_once
        )
    return story


def test_connections_that_threads_open_for_each_request_are_found() -> None:
    assert volleys(60, 20).judged("COST-3").status == "broken"


def test_one_volley_has_no_connection_to_use_again() -> None:
    assert volleys(60, 60).judged("COST-3").status == "not-seen"


def left_open(requests: int, busy: int) -> Story:
    """Requests, each over its own connection: the last ones are in flight while all earlier connections stay open."""
    story = Story()
    for number in range(requests):
        story.ask(
            f"{CONTACTS}/con_{number}",
            at=1.0 + number,
            ended=0.5 + busy + number,
            connection=number + 1,
            open_at_once=number + 1,
        )
    return story


def test_a_volley_that_a_slow_machine_stretches_has_no_connection_to_use_again() -> None:
    assert left_open(20, 7).judged("COST-3").status == "not-seen"


@pytest.mark.parametrize("busy", [1, 4])
def test_connections_that_are_opened_for_each_request_and_never_closed_are_found(busy: int) -> None:
    assert left_open(40, busy).judged("COST-3").status == "broken"


def test_a_connection_for_every_request_is_found() -> None:
    assert connected(11, 1).judged("COST-3").status == "broken"


def test_two_requests_a_connection_are_allowed() -> None:
    assert connected(12, 2).judged("COST-3").status == "kept"


def test_ten_requests_show_nothing_of_connections() -> None:
    assert connected(10, 1).judged("COST-3").status == "not-seen"


def test_trials_are_not_judged_for_what_they_cost() -> None:
    from mockserver.grading.rules import judge

    assert not [name for name in judge(Story("one-429").ask(ME).run()) if name.startswith("COST")]
