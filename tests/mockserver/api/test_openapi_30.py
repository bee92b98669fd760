"""The 3.0 view of a 3.1 document means the same, and an error names the place of everything that 3.0 cannot express."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30StrictValidator, OAS31Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from mockserver.api.openapi_30 import ViewError, to_openapi_30
from spec import contract


def document_with(schema: Any) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "A", "version": "1"},
        "paths": {},
        "components": {"schemas": {"Thing": schema, "Other": {"type": "string"}}},
    }


def view_of(schema: Any) -> Any:
    return to_openapi_30(document_with(schema))["components"]["schemas"]["Thing"]


@pytest.mark.parametrize(
    ("schema", "view"),
    [
        ({"type": "string"}, {"type": "string"}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": "null"}, {"allOf": [{"type": "string", "nullable": True, "enum": [None]}]}),
        ({"type": ["string", "integer"]}, {"allOf": [{"anyOf": [{"type": "string"}, {"type": "integer"}]}]}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"const": "L4"}, {"enum": ["L4"]}),
        ({"exclusiveMinimum": 0}, {"minimum": 0, "exclusiveMinimum": True}),
        ({"minimum": 5, "exclusiveMinimum": 0}, {"minimum": 5}),
        ({"maximum": 5, "exclusiveMaximum": 5}, {"maximum": 5, "exclusiveMaximum": True}),
        ({"examples": ["a", "b"]}, {"example": "a"}),
        ({"$ref": "#/components/schemas/Other"}, {"$ref": "#/components/schemas/Other"}),
        (
            {"$ref": "#/components/schemas/Other", "maxLength": 3},
            {"maxLength": 3, "allOf": [{"$ref": "#/components/schemas/Other"}]},
        ),
        ({"items": True, "not": False}, {"items": {}, "not": {"not": {}}}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ({"$comment": "why", "x-known-values": ["a"]}, {"x-known-values": ["a"]}),
    ],
)
def test_a_schema_is_said_in_the_words_of_3_0(schema: Any, view: Any) -> None:
    assert view_of(schema) == view


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"properties": {"a/b": {"if": {}}}}, "/components/schemas/Thing/properties/a~1b/if"),
        ({"anyOf": [{}, {"patternProperties": {}}]}, "/components/schemas/Thing/anyOf/1/patternProperties"),
        ({"items": {"$ref": "other.json#/a"}}, "/components/schemas/Thing/items/$ref"),
        ({"const": 1, "enum": [2]}, "/components/schemas/Thing/const"),
        ({"exclusiveMinimum": True}, "/components/schemas/Thing/exclusiveMinimum"),
        ({"type": "text"}, "/components/schemas/Thing/type"),
        ({"anyOf": {}}, "/components/schemas/Thing/anyOf"),
        ({"properties": []}, "/components/schemas/Thing/properties"),
    ],
)
def test_a_schema_that_3_0_cannot_say_is_refused_by_its_place(schema: Any, pointer: str) -> None:
    with pytest.raises(ViewError) as refused:
        view_of(schema)
    assert refused.value.pointer == pointer
    assert pointer in str(refused.value)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"openapi": "3.0.3"}, "/openapi"),
        ({"components": {"pathItems": {}}}, "/components/pathItems"),
        ({"components": {"securitySchemes": {"a": {"type": "mutualTLS"}}}}, "/components/securitySchemes/a/type"),
    ],
)
def test_a_document_that_3_0_cannot_say_is_refused_by_its_place(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ViewError) as refused:
        to_openapi_30({**document_with({}), **change})
    assert refused.value.pointer == pointer


def test_what_3_1_has_beside_the_operations_is_left_out() -> None:
    document = {**document_with({}), "webhooks": {"a": {}}, "jsonSchemaDialect": "x"}
    document["info"] = {"title": "A", "version": "1", "summary": "s", "license": {"name": "MIT", "identifier": "MIT"}}
    view = to_openapi_30(document)
    assert view["openapi"].startswith("3.0.")
    assert view["info"] == {"title": "A", "version": "1", "license": {"name": "MIT"}}
    assert not {"webhooks", "jsonSchemaDialect"} & set(view)


def test_the_contract_has_a_valid_view_with_its_operations_and_scopes() -> None:
    view = to_openapi_30(contract().document)
    # A bearer scheme has no scopes in 3.0, but Connexion needs them.
    OpenAPIV30SpecValidator(view).validate()
    for operation in contract().operations.values():
        seen = view["paths"][operation.path]["get"]
        assert seen["operationId"] == operation.id
        assert seen["security"] == [{"bearerAuth": [operation.scope] if operation.scope else []}]


def test_the_view_shares_nothing_with_the_document() -> None:
    document = document_with({"enum": [["a"]], "x-known-values": ["b"]})
    view = to_openapi_30(document)["components"]["schemas"]["Thing"]
    view["enum"][0].append("c")
    view["x-known-values"].append("d")
    assert document["components"]["schemas"]["Thing"] == {"enum": [["a"]], "x-known-values": ["b"]}


TYPES = st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "null"])
NUMBERS = st.integers(-3, 3)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.sampled_from(["", "a", "ab"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keywords = {
        "minimum": NUMBERS,
        "maximum": NUMBERS,
        "exclusiveMinimum": NUMBERS,
        "exclusiveMaximum": NUMBERS,
        "maxLength": st.integers(0, 2),
        "items": inner,
        "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
        "additionalProperties": inner | st.booleans(),
        "anyOf": st.lists(inner, min_size=1, max_size=2),
        "not": inner,
    }
    return st.builds(
        lambda types, rest: {"type": types, **rest},
        st.lists(TYPES, min_size=1, max_size=3, unique=True),
        st.fixed_dictionaries({}, optional=keywords),
    )


@given(st.recursive(st.just({"type": ["integer", "null"]}), schemas, max_leaves=5), VALUES)
@settings(max_examples=300)
def test_a_schema_accepts_the_same_values_before_and_after(schema: dict[str, Any], value: Any) -> None:
    assert OAS31Validator(schema).is_valid(value) == OAS30StrictValidator(view_of(schema)).is_valid(value)
