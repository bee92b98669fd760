"""KEY: how the key is sent, and to whom."""

from __future__ import annotations

from tests.support.graded_runs import CONTACTS, ME, Story, broken_musts


def test_a_bearer_key_is_kept() -> None:
    assert Story().ask(ME).judged("KEY-1").status == "kept"


def test_a_key_in_another_place_is_found_though_it_is_in_the_header_too() -> None:
    run = Story().ask(ME, leaks=("the query parameter `key`",)).run()
    assert broken_musts(run) == {"KEY-1"}


def test_requests_that_never_have_a_key_are_found() -> None:
    story = Story().ask(ME, 401, key=None, request_headers=())
    assert story.judged("KEY-1").status == "broken"


def test_a_single_request_without_a_key_among_others_is_allowed() -> None:
    story = Story().ask(ME, 401, key=None, request_headers=()).ask(ME)
    assert story.judged("KEY-1").status == "kept"


def test_a_wrong_key_alone_shows_nothing() -> None:
    story = Story().ask(ME, 401, key=None)
    assert story.judged("KEY-1").status == "not-seen"


def test_a_redirect_that_is_followed_with_the_key_is_found() -> None:
    story = Story("redirect-elsewhere").ask(CONTACTS, 302, mark="redirected")
    elsewhere = Story().ask(CONTACTS, 404).exchanges
    assert story.judged("KEY-2", elsewhere=tuple(elsewhere)).status == "broken"


def test_a_redirect_that_is_followed_without_the_key_is_allowed() -> None:
    story = Story("redirect-elsewhere").ask(CONTACTS, 302, mark="redirected")
    elsewhere = Story().ask(CONTACTS, 404, key=None).exchanges
    assert story.judged("KEY-2", elsewhere=tuple(elsewhere)).status == "kept"


def test_a_redirect_that_nobody_met_shows_nothing() -> None:
    assert Story("redirect-elsewhere").ask(ME, 404).judged("KEY-2").status == "not-seen"


def test_a_refused_key_may_be_tried_once_more() -> None:
    story = Story().ask(ME, 401, key=None).ask(ME, 401, key=None)
    assert story.judged("KEY-3").status == "kept"


def test_a_refused_key_is_not_tried_a_third_time() -> None:
    story = Story().ask(ME, 401).ask(ME, 401).ask(ME, 401)
    finding = story.judged("KEY-3").findings[0]
    assert finding.numbers == (1, 2, 3)


def test_requests_in_flight_together_are_one_try() -> None:
    story = Story().ask(ME, 401, at=1.0).ask(ME, 401, at=1.001).ask(ME, 401, at=1.002)
    assert story.judged("KEY-3").status == "kept"


def test_a_key_that_an_untrusted_server_is_sent_is_found() -> None:
    plain = Story().ask(ME).run()
    assert broken_musts(Story("wrong-host", plain).ask(ME).run()) == {"KEY-4"}


def test_a_client_that_ends_a_badly_certified_connection_is_kept() -> None:
    plain = Story().ask(ME).run()
    assert Story("expired-certificate", plain).judged("KEY-4").status == "kept"


def test_a_client_that_speaks_to_no_certified_server_is_not_seen() -> None:
    plain = Story().run()
    assert Story("unknown-authority", plain).judged("KEY-4").status == "not-seen"


def test_a_test_suite_that_a_trial_ends_at_its_request_without_a_key_has_not_forgotten_it() -> None:
    plain = Story().ask(ME, 401, key=None, request_headers=()).ask(ME).run()
    story = Story("redirect-elsewhere", plain).ask(ME, 307, key=None, request_headers=(), mark="redirected")
    assert story.judged("KEY-1", exit_code=1).status == "not-seen"
