"""ASK: what is asked."""

from __future__ import annotations

import pytest

from tests.support.graded_runs import CONTACTS, ME, Story, broken_musts


@pytest.mark.parametrize("path", ["/api/v1/campaigns", "/api/v1/events/evt_1", "/api/v1/me/", "/api/v10/me"])
def test_an_undocumented_path_is_found(path: str) -> None:
    assert broken_musts(Story().ask(path, 404).run()) == {"ASK-1"}


def test_an_undocumented_method_is_found() -> None:
    assert broken_musts(Story().ask(CONTACTS, 405, method="POST").run()) == {"ASK-1"}


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_head_and_options_are_allowed(method: str) -> None:
    assert Story().ask(CONTACTS, method=method).judged("ASK-1").status == "kept"


@pytest.mark.parametrize("path", ["/", "/api-docs/openapi.json", "/favicon.ico"])
def test_what_lies_outside_of_the_api_is_allowed_without_a_key(path: str) -> None:
    story = Story().ask(path, key=None, request_headers=()).ask(CONTACTS)
    assert story.judged("ASK-1").status == "kept"


def test_a_client_that_asks_me_alone_shows_nothing_of_what_it_asks() -> None:
    assert Story().ask(ME).judged("ASK-1").status == "not-seen"


@pytest.mark.parametrize("query", ["page=2", "qualification_status=qualified", "per_page=10", "limit[]=5"])
def test_an_undocumented_parameter_is_found(query: str) -> None:
    assert broken_musts(Story().page(f"{CONTACTS}?{query}", 50).run()) == {"ASK-2"}


@pytest.mark.parametrize("query", ["status=sent&status=draft", "limit=200&limit=100", "limit=5&status=sent&limit=5"])
def test_a_repeated_parameter_is_found(query: str) -> None:
    (finding,) = Story().ask(f"/api/v1/drafts?{query}", 400).judged("ASK-2").findings
    assert "repeats parameters" in finding.message


def test_a_filter_of_another_list_is_found() -> None:
    assert Story().page("/api/v1/drafts?q=ada", 50).judged("ASK-2").status == "broken"


def test_a_key_in_the_query_is_the_affair_of_another_rule() -> None:
    story = Story().page(f"{CONTACTS}?limit=5&api_key=obk_live_abc", 5)
    assert story.judged("ASK-2").status == "kept"


def test_documented_filters_are_kept() -> None:
    story = Story().page(f"{CONTACTS}?q=ada&listId=lst_1&limit=5", 5)
    assert story.judged("ASK-2").status == "kept"


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/contacts/undefined",
        "/api/v1/contacts/:id",
        "/api/v1/lists/%7Bid%7D",
        "/api/v1/contacts/null/research",
        "/api/v1/drafts/%5Bobject%20Object%5D",
        "/api/v1/lists/%7B%7BlistId%7D%7D",
        "/api/v1/contacts/$%7Bcontact.id%7D",
        "/api/v1/contacts/%23%7Bid%7D/research",
        "/api/v1/contacts/:contactId",
        "/api/v1/contacts/%3Cid%3E",
        "/api/v1/drafts/%3Cnil%3E",
        "/api/v1/drafts/%25s",
        "/api/v1/contacts/%5Bobject%20Promise%5D",
        "/api/v1/contacts?listId=%7BlistId%7D",
        "/api/v1/lists/",
        "/api/v1/drafts?contactId=undefined",
        "/api/v1/contacts?qualificationStatus=Qualified",
        "/api/v1/lists?includeArchived=true",
        "/api/v1/events?eventType=draft.sent,draft.eaten",
    ],
)
def test_a_value_or_id_that_cannot_be_is_found(target: str) -> None:
    story = Story().ask(target, 404)
    assert story.judged("ASK-3").status == "broken"
    assert broken_musts(story.run()) == set()


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/contacts/con_1",
        "/api/v1/contacts/con_nil",
        "/api/v1/contacts/%3Cscript%3E",
        "/api/v1/contacts/:con_1",
        "/api/v1/lists/%7B%22id%22:1%7D",
        "/api/v1/lists?includeArchived=0",
        "/api/v1/events?eventType=draft.sent,draft.opened",
    ],
)
def test_documented_values_are_kept(target: str) -> None:
    assert Story().ask(target).judged("ASK-3").status == "kept"


def test_a_value_that_an_answer_has_shown_is_allowed() -> None:
    story = Story().ask("/api/v1/drafts", body=b'{"data":[{"status": "snoozed"}]}').ask("/api/v1/drafts?status=snoozed")
    assert story.judged("ASK-3").status == "kept"


def test_a_query_of_very_many_fields_is_judged_by_its_first_ones() -> None:
    query = "&".join(f"page={number}" for number in range(5_000))
    assert Story().ask(f"{CONTACTS}?{query}").judged("ASK-2").status == "broken"
