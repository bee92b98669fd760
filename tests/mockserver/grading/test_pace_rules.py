"""PACE: the rate limits."""

from __future__ import annotations

from mockserver.grading.sequences import retry_after
from tests.support.graded_runs import CONTACTS, ME, Story, broken_musts


def test_a_request_before_retry_after_has_passed_is_found() -> None:
    story = Story().refused(CONTACTS, 5).page(CONTACTS, 50, wait=3)
    assert broken_musts(story.run()) == {"PACE-1"}
    assert "3 s after request 1 was told to wait 5 s" in story.judged("PACE-1").findings[0].message


def test_another_request_with_the_same_key_is_found_too() -> None:
    story = Story().refused(CONTACTS, 5).ask(ME, wait=1).page(CONTACTS, 50, wait=5)
    assert story.judged("PACE-1").findings[0].numbers == (1, 2)


def test_a_wait_of_retry_after_is_kept() -> None:
    assert Story().refused(CONTACTS, 5).page(CONTACTS, 50, wait=5).judged("PACE-1").status == "kept"


def test_a_timer_that_ends_a_little_early_is_allowed() -> None:
    assert Story().refused(CONTACTS, 5).page(CONTACTS, 50, wait=4.95).judged("PACE-1").status == "kept"


def test_a_date_that_no_clock_can_show_asks_for_nothing() -> None:
    headers = (("retry-after", "Mon, 01 Jan 99999999999 00:00:00 GMT"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT"))
    assert retry_after(Story().ask(ME, 429, headers=headers).exchanges[0]) is None


def test_a_date_in_retry_after_is_read() -> None:
    headers = (("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT"))
    story = Story().ask(CONTACTS, 429, headers=headers)
    assert story.page(CONTACTS, 50, wait=4).judged("PACE-1").status == "broken"


def test_what_was_sent_before_the_refusal_was_answered_is_in_flight() -> None:
    story = Story().refused(CONTACTS, at=1.0).ask(ME, at=1.01, connection=2).page(CONTACTS, 50, at=7.0)
    assert story.judged("PACE-1").status == "kept"


def test_what_comes_shortly_after_on_another_connection_is_in_flight() -> None:
    story = Story().refused(CONTACTS, at=1.0).ask(ME, at=1.2, connection=2).page(CONTACTS, 50, at=7.0)
    assert story.judged("PACE-1").status == "kept"


def test_what_comes_shortly_after_on_the_same_connection_is_found() -> None:
    story = Story().refused(CONTACTS, at=1.0).ask(ME, at=1.2).page(CONTACTS, 50, at=7.0)
    assert story.judged("PACE-1").status == "broken"


def test_another_key_may_go_on() -> None:
    story = Story().refused(CONTACTS).ask(ME, key="key_2").page(CONTACTS, 50, wait=5)
    assert story.judged("PACE-1").status == "kept"


def test_a_refused_request_that_is_lost_is_found() -> None:
    assert broken_musts(Story().refused(CONTACTS).ask(ME, wait=6).run(exit_code=0)) == {"PACE-2"}


def test_a_refused_request_that_ends_the_command_with_an_error_is_allowed() -> None:
    assert Story().refused(CONTACTS).judged("PACE-2", exit_code=1).status == "kept"


def test_a_refused_request_that_is_asked_again_is_kept() -> None:
    assert Story().refused(CONTACTS).page(CONTACTS, 50, wait=5).judged("PACE-2", exit_code=0).status == "kept"


def test_a_walk_that_begins_anew_after_a_refusal_is_allowed() -> None:
    story = Story().page(CONTACTS, 50, "abc").refused(f"{CONTACTS}?cursor=abc").page(CONTACTS, 50, "abc", wait=6)
    assert story.judged("PACE-2", exit_code=0).status == "kept"


def test_an_unknown_exit_code_shows_nothing_of_a_lost_request() -> None:
    assert Story().refused(CONTACTS).judged("PACE-2", exit_code=None).status == "not-seen"


def test_four_refusals_in_a_row_are_found() -> None:
    story = Story()
    for _ in range(4):
        story.refused(CONTACTS, 5, wait=5)
    assert story.judged("PACE-3").status == "broken"


def test_three_refusals_in_a_row_are_allowed() -> None:
    story = Story()
    for _ in range(3):
        story.refused(CONTACTS, 5, wait=5)
    assert story.page(CONTACTS, 50, wait=5).judged("PACE-3").status == "kept"


def burst(story: Story, at: float) -> Story:
    for number in range(6):
        story.refused(f"/api/v1/contacts/con_{number}", at=at + number / 1_000, connection=number + 1)
    return story


def test_refusals_of_one_burst_count_as_one() -> None:
    assert burst(Story(), 1.0).judged("PACE-3", exit_code=1).status == "kept"


def test_a_burst_that_is_repeated_into_a_spent_limit_is_found() -> None:
    assert burst(burst(Story(), 1.0), 7.0).judged("PACE-3", exit_code=1).status == "broken"


def test_few_requests_show_nothing_of_the_pace() -> None:
    story = Story().page(CONTACTS, 50)
    assert [story.judged(f"PACE-{number}").status for number in (1, 2, 3)] == ["not-seen"] * 3
