"""The judge's comparisons: problems, ids that do not exist, two readings of a resource, the target's own document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spec
from conformance.cases.resource_ids import collection_of, resembling
from conformance.oracles.consistency import disagreement, moment, steady, telling
from conformance.oracles.problems import same_answer
from conformance.oracles.published_document import (
    PATH,
    PublishedDocument,
    UnreadableDocument,
    invalidity,
    read,
    references,
)
from conformance.target.exchange import Exchange, Request

PROBLEM = {
    "type": "https://x.example/errors/not-found",
    "title": "Not found",
    "status": 404,
    "detail": "No con_1 here.",
}


def answer(
    body: Any, status: int = 404, media_type: str = "application/problem+json", operation: str = "getContact"
) -> Exchange:
    """An answer to an operation; a body that is bytes is sent as it is."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = httpx.Headers({"content-type": media_type} if media_type else {})
    asked = Request("GET", PATH if operation == "document" else "/api/v1/contacts/con_1", operation=operation)
    return Exchange(1, asked, "http://127.0.0.1" + asked.target, status, headers, content, 0.0, 0.1, 1_800_000_000.0)


def problem(**members: Any) -> Exchange:
    return answer({**PROBLEM, **members})


class TestSameAnswer:
    def test_the_id_the_instance_and_unknown_members_make_no_difference(self) -> None:
        one = problem(instance="/api/v1/contacts/con_1", trace="a")
        other = problem(detail="No con_2 here.", instance="/api/v1/contacts/con_2", trace="b")
        assert same_answer(one, other, ["con_1", "con_2"]) is None

    def test_an_id_may_be_percent_encoded_and_in_another_case(self) -> None:
        one, other = problem(detail="No a%2Fb."), problem(detail="No A/C.")
        assert same_answer(one, other, ["a/b", "a/c"]) is None

    @pytest.mark.parametrize("member", ["type", "title", "detail", "errors"])
    def test_each_known_member_counts(self, member: str) -> None:
        assert member in (same_answer(problem(), problem(**{member: "other"}), ["con_1"]) or "")

    @pytest.mark.parametrize(
        "other",
        [
            answer(PROBLEM, 403),
            answer(PROBLEM, media_type="application/json"),
            answer(b"no"),
            answer([]),
            answer(PROBLEM, 404, ""),
        ],
    )
    def test_status_media_type_and_form_count(self, other: Exchange) -> None:
        assert same_answer(problem(), other, ["con_1"])

    def test_pages_are_compared_by_their_items_and_by_whether_more_follow(self) -> None:
        def page(cursor: str | None, *ids: str) -> Exchange:
            data = {"data": [{"id": id_} for id_ in ids], "nextCursor": cursor}
            return answer(data, 200, "application/json", "listContacts")

        assert same_answer(page("x", "a"), page("y", "a"), []) is None
        assert same_answer(page("x", "a"), page(None, "a"), [])
        assert same_answer(page(None, "a"), page(None, "b"), [])


class TestUnknownIds:
    @pytest.mark.parametrize(
        "known",
        [
            ["con_a736e037c2204239772f", "con_00ff"],
            ["41", "42", "0043"],
            ["con-0041"],
            ["01J0M6Q3VX", "01J0M6Q3VY"],
            ["3f1c2e3a-0000-4000-8000-00000000000a"],
            ["YWJjZA=="],
        ],
    )
    def test_it_has_the_form_of_the_known_ones_and_is_none_of_them(self, known: list[str]) -> None:
        made = resembling(known[0], known, "seed")
        assert made not in known
        assert made == resembling(known[0], known, "seed")

    def test_a_number_lies_beyond_all_known_ones(self) -> None:
        assert int(resembling("41", ["41", "900000"], "seed")) > 900_000

    def test_hexadecimal_stays_hexadecimal(self) -> None:
        assert set(resembling("con_a736e037", ["con_a736e037", "con_bbccddee"], "seed")[4:]) <= set("0123456789abcdef")

    @given(st.lists(st.text(min_size=1), min_size=1, max_size=5), st.text())
    def test_no_ids_whatever_make_it_one_of_them(self, known: list[str], seed: str) -> None:
        assert resembling(known[0], known, seed) not in known

    def test_single_resources_belong_to_their_lists(self) -> None:
        assert collection_of("getContactResearch") == collection_of("getContact") == "listContacts"
        assert collection_of("listContacts") is collection_of("getMe") is None


class TestAgreement:
    def test_moments_may_be_spelled_in_two_ways_and_sets_ordered_in_two(self) -> None:
        one = {"id": "1", "at": "2026-05-23T10:00:00.000Z", "listIds": ["a", "b"], "only": 1}
        assert disagreement(one, {"id": "1", "at": "2026-05-23T12:00:00+02:00", "listIds": ["b", "a"]}) is None

    @pytest.mark.parametrize(
        "other", [{"at": None}, {"at": "2026-05-23T10:00:01Z"}, {"listIds": ["a"]}, {"listIds": ["a", "a"]}]
    )
    def test_other_values_disagree(self, other: Mapping[str, Any]) -> None:
        assert disagreement({"at": "2026-05-23T10:00:00Z", "listIds": ["a", "b"]}, dict(other))

    def test_only_what_stays_the_same_is_steady(self) -> None:
        assert steady({"a": 1, "reads": 1, "gone": 1}, {"a": 1, "reads": 2}) == {"a": 1}

    def test_the_awkward_ones_are_picked_first_and_each_once(self) -> None:
        plain = [{"id": str(n), "name": "a"} for n in range(20)]
        plain[7]["name"] = "Žižek"
        plain[11]["name"] = 'O\'Brien & "Sons"'
        picked = [resource["id"] for resource in telling(plain, 4, plain)]
        assert {"0", "7", "11"} <= set(picked)
        assert len(set(picked)) == len(picked) <= 4
        assert telling([], 4, []) == []

    def test_a_time_without_a_zone_is_no_moment(self) -> None:
        assert moment("2026-05-23T10:00:00") is moment("yesterday") is moment(5) is moment(None) is None


OWN = json.loads(json.dumps(dict(spec.contract().document)))


def document(**members: Any) -> PublishedDocument:
    return PublishedDocument({**OWN, **members})


class TestPublishedDocument:
    def test_the_contract_itself_is_valid_and_has_every_operation(self) -> None:
        own = document()
        assert invalidity(own) is None
        assert set(own.operations) == set(spec.contract().operations)
        assert own.bearer_schemes

    def test_paths_may_be_below_a_server_and_name_their_parameters_otherwise(self) -> None:
        paths = {
            path.removeprefix("/api/v1").replace("{id}", "{contactId}"): item for path, item in OWN["paths"].items()
        }
        servers = [{"url": "https://x.example/api/v1"}]
        assert set(document(paths=paths, servers=servers).operations) == set(spec.contract().operations)

    @pytest.mark.parametrize(
        "published",
        [
            answer(b"<html>", 200, "text/html", "document"),
            answer([], 200, "application/json", "document"),
            answer({**OWN, "openapi": "3.0.3"}, 200, "application/json", "document"),
            answer(OWN, 404, "application/json", "document"),
        ],
    )
    def test_what_is_no_openapi_3_1_is_unreadable(self, published: Exchange) -> None:
        with pytest.raises(UnreadableDocument):
            read(published)

    def test_a_reference_that_leads_nowhere_or_round_is_an_empty_object(self) -> None:
        odd = document(components={"schemas": {"A": {"$ref": "#/components/schemas/A"}}})
        assert odd.resolved({"$ref": "#/components/schemas/A"}) == {}
        assert odd.resolved({"$ref": "#/nowhere/0/x"}) == {}
        assert "#/components/schemas/A" in set(references(odd.document))

    def test_an_answer_that_is_not_declared_disagrees(self) -> None:
        teapot = document().disagreement(answer(PROBLEM, 418))
        assert teapot
        assert "418" in teapot
        assert document().disagreement(answer(PROBLEM)) is None
        assert document().disagreement(answer(b"", 304, "")) is None  # HTTP's own answer to a validator
