"""The contract's schemas, compiled once, and what they say of an answer."""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

import jsonschema_rs

import spec
from conformance.exchange import Exchange

_JSON = "application/json"


class Validator(Protocol):
    """A compiled schema."""

    def is_valid(self, instance: Any) -> bool:
        """Whether the instance is valid."""

    def iter_errors(self, instance: Any) -> Any:
        """What is wrong with it."""


def fault_of(exchange: Exchange) -> str | None:
    """Why an answer is not the 200 that its operation promises, in one line; None if it is (OP-1)."""
    if exchange.status != 200:
        return "expected 200"
    if exchange.media_type != _JSON:
        return f"expected {_JSON}, got {exchange.media_type or 'no content type'}"
    if exchange.json is None:
        return "the body is no JSON document"
    return mismatch(_of_operation(exchange.request.operation or ""), exchange.json)


def mismatch(validator: Validator, instance: Any) -> str | None:
    """The first thing in which an instance differs from a schema, in one line; None if nothing."""
    if validator.is_valid(instance):
        return None
    error = next(iter(validator.iter_errors(instance)))
    place = "/".join(map(str, error.instance_path))
    return f"{place or 'the body'}: {error.message}"[:300]


@cache
def component(name: str) -> Validator:
    """The compiled component schema of that name."""
    return _compile({"$ref": f"#/components/schemas/{name}"})


@cache
def required_part(name: str) -> Validator:
    """The compiled component schema of that name, of whose properties only the required ones are looked at."""
    schema = spec.contract().schema(name)
    properties = {member: schema["properties"][member] for member in schema["required"]}
    return _compile({"type": "object", "required": schema["required"], "properties": properties})


@cache
def _of_operation(operation: str) -> Validator:
    path = spec.contract().operations[operation].path
    answer = spec.contract().document["paths"][path]["get"]["responses"]["200"]
    if "$ref" in answer:
        return _compile({"$ref": f"{answer['$ref']}/content/application~1json/schema"})
    return _compile(answer["content"][_JSON]["schema"])


def _compile(schema: dict[str, Any]) -> Validator:
    components = spec.contract().document["components"]
    return jsonschema_rs.Draft202012Validator({**schema, "components": components}, validate_formats=True)
