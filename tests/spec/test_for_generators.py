"""The document turns into types that a client can use, in every code generator (docs/generators.md)."""

from __future__ import annotations

import re

from tests.support.api_document import DOCUMENT, SCHEMAS, nodes, responses


def test_every_problem_is_a_plain_reference() -> None:
    # A schema made for one response loses the type in some generators, and makes one a response in others.
    for _, status, response in responses():
        if status != "200":
            media = response["content"]["application/problem+json"]
            assert media["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_object_with_members_has_a_name() -> None:
    part = re.compile(r"#/components/schemas/\w+(/allOf/\d)?")
    for place, node in nodes():
        if isinstance(node.get("properties"), dict) and node.get("type") == "object":
            assert part.fullmatch(place), place


def test_no_schema_is_named_as_a_type_that_languages_have() -> None:
    assert not {"List", "Map", "Set", "Object", "Error", "Date", "Exception", "Response"} & set(SCHEMAS)


def test_the_items_of_an_array_have_no_bounds_of_their_own() -> None:
    # Some generators wrap a bounded string into a class.
    for place, node in nodes():
        if node.get("type") == "array":
            assert set(node["items"]) in ({"type"}, {"$ref"}), place


def test_the_text_at_the_head_of_every_file_is_short() -> None:
    assert len(DOCUMENT["info"]["description"]) < 200
