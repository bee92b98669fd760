"""The preset of small ordinary troubles: each of them occurs, but rarely, and a right client succeeds."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from mockserver.app import Mock
from mockserver.modifications import hardships
from mockserver.server.banner import banner
from tests.support.console_client import Visitor, text
from tests.support.graded_clients import SETTINGS, broken, graded
from tests.support.hardship_mocks import CONTACTS, ME, hard, sent_to_endpoints
from tests.support.mock_client import FULL, Client, new_mock

NAME = "ordinary-day"
REQUESTS = 400
SEED_OF_AN_EARLY_503 = 16


def pages(mock: Mock) -> list[int]:
    """How many items each page of a walk in pages of three holds. A request that fails is sent again."""
    sizes: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = Client(mock, FULL).get(f"{CONTACTS}?limit=3{cursor and '&cursor='}{cursor}")
        if answer.status == 200:
            sizes.append(len(answer.json["data"]))
            cursor = answer.json["nextCursor"]
        assert len(sizes) < 100
    return sizes


@pytest.mark.usefixtures("slept")
def test_a_503_is_rare_and_says_when_to_come_again() -> None:
    mock = hard(NAME)
    answers = [Client(mock, FULL).get(ME) for _ in range(REQUESTS)]
    counted = Counter(answer.status for answer in answers)
    assert set(counted) == {200, 503}
    assert 1 <= counted[503] <= REQUESTS // 20
    assert {answer.headers.get("retry-after") for answer in answers if answer.status == 503} == {"1"}


def test_a_few_answers_are_late_and_none_by_more_than_a_second(slept: list[float]) -> None:
    mock = hard(NAME)
    for _ in range(REQUESTS):
        Client(mock, FULL).get(ME)
    assert 1 <= len(slept) <= REQUESTS // 5
    assert 0 < max(slept) <= 1


@pytest.mark.usefixtures("slept")
def test_some_pages_are_short_and_lead_on() -> None:
    sizes = pages(hard(NAME))
    assert sizes[0] == 3
    assert 0 < min(sizes[1:-1]) < 3
    assert sizes.count(3) > len(sizes) // 2


@pytest.mark.usefixtures("slept")
def test_objects_have_members_that_are_not_documented() -> None:
    mock = hard(NAME)
    known, shown = (set(Client(one, FULL).get(ME).json) for one in (new_mock(), mock))
    assert shown > known


def test_some_events_come_twice_and_most_do_not() -> None:
    sent = sent_to_endpoints(hard(NAME), 40)
    times = Counter(json.loads(outgoing.body)["id"] for outgoing in sent)
    assert len(times) == 40
    assert set(times.values()) == {1, 2}
    assert list(times.values()).count(2) <= 20


def test_a_right_client_gets_through_with_a_clean_grade() -> None:
    settings = replace(SETTINGS, modifications=[hardships.made(NAME, {"seed": SEED_OF_AN_EARLY_503})])
    result = graded("sequential", settings=settings)
    assert 503 in {exchange.status for run in result.runs for exchange in run.exchanges}
    assert (broken(result), result.exit_code) == ({}, 0)


def test_it_is_switched_on_and_off_by_the_control_api() -> None:
    mock = new_mock()
    plain = Client(mock, FULL).get(ME).json
    made = Client(mock).ask("POST", "/_mock/switches", json.dumps({"hardship": NAME}).encode())
    assert made.status == 201
    assert Client(mock, FULL).get(ME).json != plain
    Client(mock).ask("DELETE", f"/_mock/switches/{made.json['id']}")
    assert Client(mock, FULL).get(ME).json == plain


def test_it_is_switched_on_by_the_consoles_page() -> None:
    visitor = Visitor(new_mock())
    assert f"For a client's CI: {NAME} , a preset" in text(visitor.get("/hardships"))
    visitor.do("/hardships", {"name": NAME, "parameter.seed": "5"})
    assert [str(switch.modification) for switch in visitor.mock.world.switches] == [f"{NAME}:seed=5"]


def test_the_banner_names_it_until_something_is_on() -> None:
    mock = new_mock()
    settings = mock.world.settings
    assert f"--hardship {NAME}" in banner(mock.state, settings, "http://127.0.0.1:8080")
    settings = replace(settings, modifications=[hardships.made("latency")])
    assert NAME not in banner(mock.state, settings, "http://127.0.0.1:8080")
