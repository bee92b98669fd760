"""One small fault does not hide others: a broken schema is reported as such, and the gate judges everything else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.target.embedded import EmbeddedMock
from spec.target import load
from tests.support.gate import GateRun, run_gate
from tests.support.rewriting_proxy import Answered, Forward, Lie, Passed, both, lying, of_json
from tests.support.warm_mocks import WarmMock

_JUDGED = "SCOPE,OP,PAGE,FILTER,TENANT,ERROR"
# What one depth can judge, all can, and what a forged key is answered (AUTH-2) depends on no slip: the whole is tried on the slip
# that changes most.
_QUICKLY = ("--only", f"AUTH-1,AUTH-3,AUTH-4,AUTH-5,AUTH-6,{_JUDGED}", "--depth", "quick")
# Any schema slip also makes the mock disagree with its published document, which breaks a should.
_TELLS_OF_SCHEMAS = {"OP-1", "PAGE-1", "PAGE-8"}


def score_as_text(body: Any) -> Any:
    return _each(body, lambda o: {**o, "qualificationScore": "61"} if "qualificationScore" in o else o)


def times_without_zone(body: Any) -> Any:
    return json.loads(re.sub(r'(T\d\d:\d\d:\d\d\.\d+)Z"', r'\1"', json.dumps(body)))


def empty_last_cursor(body: Any) -> Any:
    return {**body, "nextCursor": ""} if "data" in body and not body.get("nextCursor") else body


def lists_as_bare_arrays(body: Any) -> Any:
    """The pages of one operation have no envelope."""
    return body["data"] if body.get("data") and "contactCount" in body["data"][0] else body


class NumberedIds:
    """Ids that are numbers, in both directions."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._ids: dict[str, str] = {}

    def __call__(self, request: Passed, forward: Forward) -> Answered:
        answer = forward(replace(request, target=self._lettered(request.target)))
        if answer.status != 200 or not answer.body or not request.target.startswith("/api/v1"):
            return answer
        return answer.with_body(_each(json.loads(answer.body), self._numbered))

    def _lettered(self, target: str) -> str:
        known = self._ids
        path, mark, query = target.partition("?")
        parts = [part.partition("=") for part in query.split("&")]
        asked = [(n, e, known.get(value, value) if n in ("listId", "contactId") else value) for n, e, value in parts]
        return "/".join(known.get(step, step) for step in path.split("/")) + mark + "&".join(map("".join, asked))

    def _numbered(self, found: dict[str, Any]) -> dict[str, Any]:
        return {name: self._number(name, value) for name, value in found.items()}

    def _number(self, name: str, value: Any) -> Any:
        if name == "listIds":
            return [self._number("id", inner) for inner in value]
        if name in ("id", "contactId") and isinstance(value, str):
            number = self._numbers.setdefault(value, 700_000 + len(self._numbers))
            self._ids[str(number)] = value
            return number
        return value


def contact_of_anybody(secret: str) -> Lie:
    """A leak: a contact of another organization is served by its id, read with that organization's key."""

    def lie(request: Passed, forward: Forward) -> Answered:
        answer = forward(request)
        if answer.status != 404 or not re.fullmatch(r"/api/v1/contacts/[^/?]+", request.target):
            return answer
        headers = tuple((n, v) for n, v in request.headers if n.lower() != "authorization")
        return forward(Passed(request.method, request.target, (*headers, ("Authorization", f"Bearer {secret}")), b""))

    return lie


def revoked_after(secret: str, count: int) -> Lie:
    """The console's user revokes a key while the run is under way: its answers are 401 from then on."""
    asked: list[str] = []

    def lie(request: Passed, forward: Forward) -> Answered:
        if request.header("authorization") != f"Bearer {secret}":
            return forward(request)
        asked.append(request.target)
        if len(asked) <= count:
            return forward(request)
        headers = tuple((n, v) for n, v in request.headers if n.lower() != "authorization")
        return forward(replace(request, headers=(*headers, ("Authorization", "Bearer obk_live_revoked"))))

    return lie


SLIPS: dict[str, Lie] = {
    "a score that is text": of_json(score_as_text),
    "times without a zone": of_json(times_without_zone),
    "an empty last cursor": of_json(empty_last_cursor),
}


def limits_above_100_refused(request: Passed, forward: Forward) -> Answered:
    """A server with a largest limit of 100 refuses the documented largest limit."""
    limit = re.search(r"[?&]limit=([0-9]{3})(?![0-9])", request.target)
    if limit and int(limit[1]) > 100:
        return forward(replace(request, target=request.target.replace(limit[0], f"{limit[0][0]}limit=none")))
    return forward(request)


def _each(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return change({name: _each(inner, change) for name, inner in value.items()})
    return [_each(inner, change) for inner in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def mock() -> Iterator[EmbeddedMock]:
    with WarmMock("--no-rate-limit --contacts 300") as started:
        yield started


def judge(mock: EmbeddedMock, lie: Lie, *options: str) -> GateRun:
    with lying(load(mock.description).base_url, lie) as base_url:
        return run_gate("--base-url", base_url, "--target", str(mock.description), *(options or _QUICKLY))


def told_of_nothing_else(run: GateRun) -> None:
    assert run.broken_musts(), run.output
    assert run.broken_musts() <= _TELLS_OF_SCHEMAS, run.output
    assert not run.ids("not-tested"), run.output


@pytest.mark.parametrize("name", SLIPS)
def test_only_the_schema_is_told_broken_and_nothing_is_left_untested(name: str, mock: EmbeddedMock) -> None:
    told_of_nothing_else(judge(mock, SLIPS[name]))


def test_ids_that_are_numbers_keep_nothing_from_being_judged(mock: EmbeddedMock) -> None:
    told_of_nothing_else(judge(mock, NumberedIds(), "--only", f"AUTH,{_JUDGED}"))


def test_a_refused_limit_keeps_nothing_from_being_judged(mock: EmbeddedMock) -> None:
    run = judge(mock, limits_above_100_refused)
    assert run.broken_musts() == {"PAGE-3"}, run.output
    assert not run.ids("not-tested"), run.output


def test_pages_without_an_envelope_keep_nothing_else_from_being_judged(mock: EmbeddedMock) -> None:
    run = judge(mock, of_json(lists_as_bare_arrays))
    assert run.broken_musts() == {"OP-1", "PAGE-1"}, run.output
    assert run.ids("not-tested") <= {"FILTER-4"}, run.output  # a bare array does not say whether more follow


def test_a_leak_beside_a_slip_is_told_and_an_excuse_for_the_slip_does_not_hide_it(
    mock: EmbeddedMock, tmp_path: Path
) -> None:
    excuse = tmp_path / "known.toml"
    excuse.write_text('[[violation]]\nid = "OP-1"\nreason = "scores"\nuntil = 2999-01-01\n', "utf-8")
    leak = contact_of_anybody(load(mock.description).organizations.secondary.api_keys[0])
    run = judge(mock, both(of_json(score_as_text), leak), *_QUICKLY, "--known-violations", str(excuse))
    assert {"OP-1", "TENANT-2"} <= run.broken_musts(), run.output
    assert run.exit_code == 1


def test_a_key_that_dies_in_mid_run_is_told_by_its_name_and_nothing_else_is_broken(mock: EmbeddedMock) -> None:
    dying = load(mock.description).organizations.primary.api_keys[1]
    run = judge(mock, revoked_after(dying, 25))
    assert not run.broken_musts(), run.output
    assert run.ids("not-tested")
    assert "organizations.primary.api_keys[1]" in run.output


def test_a_list_that_shows_everybodys_items_keeps_no_check_of_keys_from_being_judged() -> None:
    # The first item of such a list may be another organization's, and is then not served by itself.
    run = run_gate("--only", "AUTH,SCOPE,OP-10", "--mock-options", "--fault pages-of-everybody")
    assert run.ids("not-tested") == run.ids("failed") == set(), run.output


def test_a_cap_below_the_length_of_a_short_list_is_told() -> None:
    # No list of this organization's contacts can fill the largest page.
    cap = "--contacts 130 --fault limit-stops-at-100@operation=listContacts"
    run = run_gate("--only", "PAGE-3", "--mock-options", cap)
    assert run.ids("failed") == {"PAGE-3"}, run.output
