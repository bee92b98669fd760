"""A check can start from any usable answer, whatever else is wrong with the answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from conformance.checks import NotJudged, Violation
from conformance.oracles.key_standing import reconsidered
from conformance.oracles.problems import same_fields
from conformance.oracles.schemas import fault_of
from conformance.oracles.usable import items, resource, unusable
from conformance.target.client import Client
from conformance.target.clock import TargetClock
from conformance.target.exchange import Credential, Exchange, Request
from spec.target import Target
from tests.support.null_servers import Answer, serving

KEY = Credential("obk_live_0123456789abcdefghijABCDEFGH1a2b", "organizations.primary.api_keys[0]")


def answer(operation: str, body: Any, status: int = 200, **headers: str) -> Exchange:
    request = Request("GET", "/api/v1/x", credential=KEY, operation=operation)
    fields = httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return Exchange(1, request, "http://127.0.0.1/api/v1/x", status, fields, json.dumps(body).encode(), 0.0, 0.1, 0.0)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_a_body_in_another_encoding_than_utf_8_is_usable_and_told_as_that(encoding: str) -> None:
    plain = answer("getContact", {"id": "con_1"}, content_type="application/json")
    strange = replace(plain, body=plain.body.decode().encode(encoding))
    assert unusable(strange) is None
    assert plain.encoding_fault is None
    assert "RFC 8259 8.1" in str(strange.encoding_fault)
    assert fault_of(strange) == strange.encoding_fault


def test_half_a_surrogate_pair_in_a_body_is_no_utf_8() -> None:
    strange = replace(answer("getMe", {}), body=b'{"id":"\xed\xa0\xbd"}')
    assert "not UTF-8" in str(strange.encoding_fault)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("listContacts", {"data": []}),
        ("listContacts", {"data": [{"id": "con_1"}], "nextCursor": ""}),
        ("listContacts", {"data": [{"id": 7, "qualificationScore": "61"}]}),
        ("listContacts", [{"id": "con_1"}]),
        ("getContact", {"id": 7}),
        ("getDraft", {"id": "drf_1", "engagement": "none"}),
        ("getContactResearch", {"contactId": "con_1"}),
        ("getMe", {"organization": {"id": "org_1"}}),
    ],
)
def test_an_answer_with_ids_is_usable_whatever_its_schema_says(operation: str, body: Any) -> None:
    assert unusable(answer(operation, body)) is None


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("listContacts", ["con_1"]),
        ("getContact", [{"id": "con_1"}]),
        ("listContacts", {"items": []}),
        ("listContacts", {"data": [{"name": "no id"}]}),
        ("listContacts", {"data": ["con_1"]}),
        ("getContact", {}),
        ("getContact", {"id": ""}),
        ("getContact", {"id": True}),
        ("listContacts", {"data": [{"id": "\ud800"}]}),
        ("listContacts", {"data": [], "nextCursor": "\ud800"}),
        ("getContactResearch", {"data": []}),
        ("getMe", {"data": []}),
        ("getMe", None),
    ],
)
def test_an_answer_without_ids_is_not_usable(operation: str, body: Any) -> None:
    assert unusable(answer(operation, body))


def test_a_key_that_was_refused_is_named() -> None:
    assert "organizations.primary.api_keys[0]" in (unusable(answer("getMe", {}, status=401)) or "")
    assert "RATE-2" in (unusable(answer("getMe", {}, status=429)) or "")


def test_ids_are_read_as_text() -> None:
    page = answer("listContacts", {"data": [{"id": 7, "listIds": [1, "2"], "qualificationScore": 61}]})
    assert items(page) == [{"id": "7", "listIds": ["1", "2"], "qualificationScore": 61}]
    assert resource(answer("getDraft", {"id": 1, "contactId": 2})) == {"id": "1", "contactId": "2"}


def test_a_null_that_is_left_out_of_some_lists_is_read_as_null() -> None:
    page = answer("listLists", {"data": [{"id": "a", "archivedAt": "2026-01-01"}, {"id": "b"}]})
    assert [contact_list["archivedAt"] for contact_list in items(page)] == ["2026-01-01", None]


def test_header_fields_that_describe_a_resource_are_compared_without_the_ids() -> None:
    one = answer("getContact", {}, 401, content_location="/contacts/a", x_request_id="1")
    other = answer("getContact", {}, 401, content_location="/contacts/b", x_request_id="2")
    assert same_fields(one, other, ("a", "b")) is None
    assert same_fields(one, other, ()) is not None
    assert same_fields(answer("getContact", {}, 401, etag='"x"'), other, ("a", "b"))


def test_a_validator_that_follows_from_the_body_of_a_refusal_tells_nothing() -> None:
    one, other = (answer("getContact", {"instance": id_}, 401, etag=f'"{id_}"') for id_ in ("1", "2"))
    assert same_fields(one, other, ("1", "2")) is None


def told(status: int, requirement: str, after: Answer, served_before: bool = True) -> Violation | NotJudged:
    """The outcome of a violation whose evidence has this status, if the target then answers with `after`."""
    with serving(after) as base_url:
        client = Client(Target(base_url=base_url), TargetClock())
        client.exchanges += [answer("getMe", {})] if served_before else []
        try:
            return reconsidered(Violation("it is broken", answer("getContact", {}, status)), requirement, client)
        finally:
            client.close()


REFUSED, SERVED = Answer(401), Answer(200, {"Content-Type": "application/json"}, b"{}")


def test_a_refusal_for_pace_is_no_evidence_against_another_requirement() -> None:
    assert isinstance(told(429, "TENANT-3", SERVED), NotJudged)
    assert isinstance(told(429, "RATE-3", SERVED), Violation)
    assert isinstance(told(429, "ERROR-1", SERVED), Violation)


def test_a_key_that_stopped_counting_is_told_and_one_that_counts_elsewhere_is_evidence() -> None:
    died = told(401, "TENANT-2", REFUSED)
    assert isinstance(died, NotJudged)
    assert "no longer accepted" in str(died)
    assert isinstance(told(401, "TENANT-2", SERVED), Violation)
    assert isinstance(told(401, "TENANT-2", REFUSED, served_before=False), Violation)


def test_a_revoked_keys_401_is_never_taken_for_a_death() -> None:
    dead = Credential(KEY.secret, "keys.revoked[0]")
    exchange = answer("getMe", {}, 401)
    with serving(REFUSED) as base_url:
        client = Client(Target(base_url=base_url), TargetClock())
        violation = Violation("it differs", replace(exchange, request=replace(exchange.request, credential=dead)))
        assert reconsidered(violation, "AUTH-6", client) is violation
        client.close()
