"""Trials change answers, but each operation is still served as the documentation allows."""

from __future__ import annotations

from typing import cast

import pytest

from mockserver.app import Mock
from mockserver.grading.sealing import Cursors
from mockserver.grading.trials import TRIALS, Stage
from spec import contract
from tests.support.graded_runs import CONTACTS, ME, Story
from tests.support.mock_client import FULL, Client, new_mock, path_of

OPERATIONS = sorted(contract().operations)
LISTS = [name for name in OPERATIONS if contract().operations[name].is_list]


def under(trial: str, mock: Mock, *asked: str) -> Client:
    """A client of a mock in a trial. `asked` are the targets of the plain run: `/me` alone if none is given."""
    layer = TRIALS[trial].layer
    assert layer is not None
    story = Story()
    for target in asked or (ME,):
        story.ask(target)
    stage = Stage(story.run(), mock.state.keys, Cursors())
    return Client(cast("Mock", layer(stage)(mock)), FULL)


@pytest.mark.parametrize("trial", ["small-pages", "sparse-data"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_served_where_data_is_other_than_expected(trial: str, operation: str) -> None:
    assert under(trial, new_mock()).get(path_of(operation)).status == 200


@pytest.mark.parametrize("operation", sorted(set(LISTS) - {"listEvents"}))
def test_resources_are_sparse_on_every_page_of_every_list(operation: str) -> None:
    mock = new_mock()
    client, target = under("sparse-data", mock), f"{path_of(operation)}?limit=200"
    while target:
        plain, page = Client(mock, FULL).get(target).json, client.get(target).json
        assert [item["id"] for item in page["data"]] == [item["id"] for item in plain["data"]]
        assert page["data"] != plain["data"]
        following = page.get("nextCursor")
        target = f"{path_of(operation)}?limit=200&cursor={following}" if following else ""


def test_one_target_is_unavailable_once_and_the_next_fails_eleven_times() -> None:
    client = under("server-errors", new_mock(), ME, CONTACTS)
    unavailable = client.get(ME)
    assert (unavailable.status, unavailable.headers["retry-after"]) == (503, "2")
    assert client.get(ME).status == 200
    answers = [client.get(CONTACTS) for _ in range(12)]
    assert [answer.status for answer in answers] == [500] * 11 + [200]
    assert not any("retry-after" in answer.headers for answer in answers)


def test_the_one_target_of_a_client_is_unavailable_and_then_fails() -> None:
    client = under("server-errors", new_mock())
    assert [client.get(ME).status for _ in range(13)] == [503, *[500] * 11, 200]
