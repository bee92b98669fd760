"""Members of another type than their schema's, and texts that no request can repeat: OP-1 tells them, and no check crashes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.target.embedded import EmbeddedMock
from spec.target import load
from tests.support.gate import GateRun, run_gate
from tests.support.rewriting_proxy import lying, of_json
from tests.support.warm_mocks import WarmMock

HALF_A_PAIR = "\ud800"
OBJECTS = [{"name": "contacts.read"}]
MEMBERS: dict[str, dict[str, Any]] = {
    "objects": {
        "scopes": OBJECTS,
        "snippet": {"text": "Hi"},
        "listIds": OBJECTS,
        "eventType": OBJECTS,
        "status": OBJECTS,
    },
    "nothing": dict.fromkeys(("eventType", "status", "qualificationStatus", "snippet", "scopes")),
    "half of a surrogate pair": dict.fromkeys(("eventType", "email", "firstName", "status", "subject"), HALF_A_PAIR),
    "half of a surrogate pair in ids": {"contactId": HALF_A_PAIR, "listIds": [HALF_A_PAIR]},
    "a cursor with half of a surrogate pair": {"nextCursor": HALF_A_PAIR},
}


def changed(value: Any, members: dict[str, Any], of: str = "") -> Any:
    """A JSON value, in which members of every object that has them, and a member `of`, have other values."""
    if isinstance(value, list):
        return [changed(inner, members, of) for inner in value]
    if not isinstance(value, dict):
        return value
    inner = {name: changed(inner, members, of) for name, inner in value.items()}
    return inner | {name: new for name, new in members.items() if name in inner and (not of or of in inner)}


@pytest.fixture(scope="module")
def mock() -> Iterator[EmbeddedMock]:
    with WarmMock("--no-rate-limit --contacts 120") as started:
        yield started


def judge(mock: EmbeddedMock, members: dict[str, Any], of: str = "") -> GateRun:
    with lying(load(mock.description).base_url, of_json(lambda body: changed(body, members, of))) as base_url:
        target = ("--base-url", base_url, "--target", str(mock.description))
        return run_gate(*target, "--only", "AUTH,SCOPE,OP,PAGE,FILTER,TENANT,ERROR", "--depth", "quick", "--fuzz", "0")


@pytest.mark.parametrize("name", MEMBERS)
def test_a_wrong_type_crashes_no_check(name: str, mock: EmbeddedMock) -> None:
    run = judge(mock, MEMBERS[name])
    assert "the check itself broke" not in run.output
    # To a schema, half of a surrogate pair is a text like any other.
    assert "OP-1" in run.broken_musts() or name.startswith("half of"), run.output


def test_ids_that_no_request_can_repeat_crash_no_check(mock: EmbeddedMock) -> None:
    run = judge(mock, {"id": HALF_A_PAIR}, of="qualificationStatus")
    assert "the check itself broke" not in run.output
    assert "OP-1" in run.broken_musts(), run.output
