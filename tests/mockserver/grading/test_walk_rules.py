"""WALK: cursors and pages."""

from __future__ import annotations

import pytest

from mockserver.grading.records import Run
from tests.support.graded_runs import CONTACTS, Story, broken_musts


def two_pages(story: Story | None = None, first: str = CONTACTS) -> Story:
    with_cursor = f"{first}{'&' if '?' in first else '?'}cursor=abc"
    return (story or Story()).page(first, 50, "abc").page(with_cursor, 20)


def whole_walk() -> Run:
    return two_pages().run()


def test_a_walk_to_the_end_breaks_nothing() -> None:
    assert broken_musts(whole_walk()) == set()
    assert two_pages().judged("WALK-1").status == "kept"


def test_a_cursor_is_the_same_after_decoding() -> None:
    story = Story().page(CONTACTS, 50, "a+b=").page(f"{CONTACTS}?cursor=a%2Bb%3D", 20)
    assert story.judged("WALK-1").status == "kept"


def test_a_cursor_that_no_answer_gave_is_found() -> None:
    story = two_pages().ask(f"{CONTACTS}?cursor=made-up", 400)
    assert broken_musts(story.run()) == {"WALK-1"}


def test_a_cursor_given_only_later_is_found() -> None:
    story = Story().ask(f"{CONTACTS}?cursor=abc", 400).page(CONTACTS, 50, "abc")
    assert story.judged("WALK-1").status == "broken"


def test_a_cursor_that_an_earlier_run_was_given_is_allowed() -> None:
    story = Story().page(f"{CONTACTS}?cursor=kept", 20)
    assert story.judged("WALK-1", cursors=frozenset({"kept"})).status == "kept"


@pytest.mark.parametrize(
    "following",
    [f"{CONTACTS}?cursor=abc", "/api/v1/drafts?cursor=abc", f"{CONTACTS}?qualificationStatus=pending&cursor=abc"],
    ids=["without its filter", "on another list", "under another filter"],
)
def test_a_cursor_that_leaves_its_list_is_found(following: str) -> None:
    story = Story().page(f"{CONTACTS}?qualificationStatus=qualified", 50, "abc").page(following, 20)
    assert broken_musts(story.run()) == {"WALK-2"}


def test_a_cursor_under_another_organizations_key_is_found() -> None:
    story = Story().page(CONTACTS, 50, "abc").page(f"{CONTACTS}?cursor=abc", 20, organization="org_2", key="key_9")
    assert story.judged("WALK-2").status == "broken"


def test_another_limit_order_and_key_of_the_organization_are_allowed() -> None:
    story = Story().page(f"{CONTACTS}?qualificationStatus=qualified&limit=50", 50, "abc")
    story.page(f"{CONTACTS}?cursor=abc&limit=200&qualificationStatus=qualified", 20, key="key_2")
    assert story.judged("WALK-2").status == "kept"


def test_a_walk_that_stops_at_a_short_page_is_found() -> None:
    story = Story("small-pages", whole_walk())
    story.page(CONTACTS, 50, "abc").page(f"{CONTACTS}?cursor=abc", 1, "more")
    assert broken_musts(story.run()) == {"WALK-3"}


def test_a_walk_that_goes_to_its_end_over_short_pages_is_kept() -> None:
    story = Story("small-pages", whole_walk()).page(CONTACTS, 50, "abc")
    story.page(f"{CONTACTS}?cursor=abc", 1, "more").page(f"{CONTACTS}?cursor=more", 19)
    assert story.judged("WALK-3").status == "kept"


def test_a_client_that_stops_early_on_its_own_account_is_not_seen() -> None:
    plain = Story().page(CONTACTS, 50, "abc").run()
    assert Story("small-pages", plain).page(CONTACTS, 50, "abc").judged("WALK-3").status == "not-seen"


@pytest.mark.parametrize("nothing", ["", "null", "undefined", "None"])
def test_asking_on_after_the_end_is_found(nothing: str) -> None:
    story = two_pages().ask(f"{CONTACTS}?cursor={nothing}", 400)
    assert broken_musts(story.run()) == {"WALK-4"}


def test_a_new_walk_after_the_end_is_allowed() -> None:
    assert two_pages(two_pages()).judged("WALK-4").status == "kept"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "50.0", "all", "", "1e2", "٣"])
def test_a_limit_that_is_no_whole_number_from_1_to_200_is_found(limit: str) -> None:
    assert broken_musts(Story().ask(f"{CONTACTS}?limit={limit}", 400).run()) == {"WALK-5"}


@pytest.mark.parametrize("limit", ["1", "50", "200"])
def test_a_limit_in_the_range_is_kept(limit: str) -> None:
    assert Story().page(f"{CONTACTS}?limit={limit}", 1).judged("WALK-5").status == "kept"


def expired() -> Story:
    return (
        Story("expiring-cursors", whole_walk())
        .page(CONTACTS, 50, "abc")
        .ask(f"{CONTACTS}?cursor=abc", 400, mark="expired")
    )


def test_an_expired_cursor_that_is_sent_again_is_found() -> None:
    assert expired().ask(f"{CONTACTS}?cursor=abc", 400).judged("WALK-6", exit_code=1).status == "broken"


def test_a_walk_that_silently_ends_at_an_expired_cursor_is_found() -> None:
    assert expired().judged("WALK-6", exit_code=0).status == "broken"


def test_a_limit_that_is_refused_with_a_cursor_does_not_show_that_the_cursor_has_expired() -> None:
    invalid = b'{"type": "https://outbound.ustack.ai/errors/invalid-parameter", "status": 400}'
    story = Story().page(CONTACTS, 50, "abc").ask(f"{CONTACTS}?cursor=abc&limit=1000", 400, body=invalid)
    assert story.judged("WALK-6").status == "not-seen"
    assert broken_musts(story.run()) == {"WALK-5"}


def test_a_cursor_that_is_refused_as_invalid_has_expired() -> None:
    invalid = b'{"type": "https://outbound.ustack.ai/errors/invalid-cursor", "status": 400}'
    story = Story().page(CONTACTS, 50, "abc").ask(f"{CONTACTS}?cursor=abc", 400, body=invalid)
    assert story.judged("WALK-6").status == "broken"


def test_a_walk_that_begins_anew_is_kept() -> None:
    story = expired().page(CONTACTS, 50, "def").page(f"{CONTACTS}?cursor=def", 20)
    assert story.judged("WALK-6").status == "kept"


def test_an_exit_code_that_shows_the_error_is_kept() -> None:
    assert expired().judged("WALK-6", exit_code=1).status == "kept"


def test_an_exit_code_that_was_an_error_in_the_plain_run_too_shows_nothing() -> None:
    plain = two_pages().run(exit_code=1)
    story = Story("expiring-cursors", plain).page(CONTACTS, 50, "abc").ask(f"{CONTACTS}?cursor=abc", 400)
    assert story.judged("WALK-6", exit_code=1).status == "not-seen"
