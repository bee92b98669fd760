"""The document turns into types that a client can use, in every code generator (docs/generators.md)."""

from __future__ import annotations

import re

import pytest

from tests.support.api_document import DOCUMENT, SCHEMAS, nodes, responses


def test_every_problem_is_a_plain_reference() -> None:
    # A schema made for one response loses the type in some generators, and makes one a response in others.
    for _, status, response in responses():
        if status != "200":
            media = response["content"]["application/problem+json"]
            assert media["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_object_with_members_has_a_name() -> None:
    schema = re.compile(r"#/components/schemas/\w+")
    for place, node in nodes():
        if isinstance(node.get("properties"), dict) and node.get("type") == "object":
            assert schema.fullmatch(place), place


def test_every_object_says_that_it_may_grow() -> None:
    # Decoders of Go and Java refuse members that they do not know, where an object does not say so.
    for place, node in nodes():
        if node.get("type") == "object":
            assert node.get("additionalProperties") is True, place


def test_no_schema_is_made_of_others() -> None:
    # A combination of schemas is closed again in Go, whatever its parts say.
    assert not [place for place, node in nodes() if {"allOf", "anyOf", "oneOf"} & set(node)]


@pytest.mark.parametrize(("short", "long"), [("DraftSummary", "Draft"), ("Event", "WebhookEvent")])
def test_what_two_schemas_share_reads_the_same_in_both(short: str, long: str) -> None:
    shared = SCHEMAS[short]["properties"]
    assert {name: SCHEMAS[long]["properties"][name] for name in shared} == shared
    assert set(SCHEMAS[short]["required"]) <= set(SCHEMAS[long]["required"])


def test_no_schema_is_named_as_a_type_that_languages_have() -> None:
    assert not {"List", "Map", "Set", "Object", "Error", "Date", "Exception", "Response"} & set(SCHEMAS)


def test_the_items_of_an_array_have_no_bounds_of_their_own() -> None:
    # Some generators wrap a bounded string into a class.
    for place, node in nodes():
        if node.get("type") == "array":
            assert set(node["items"]) in ({"type"}, {"$ref"}), place


def test_the_text_at_the_head_of_every_file_is_short() -> None:
    assert len(DOCUMENT["info"]["description"]) < 200
