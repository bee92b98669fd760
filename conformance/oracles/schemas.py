"""The schemas that answers are judged by, compiled once: the contract's, or those of the target's own document."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

import jsonschema_rs

import spec
from conformance.target.exchange import Exchange

NO_CHARACTER = "a text has half of a surrogate pair, which is no character (RFC 8259 8.2)"
_JSON = "application/json"


class Validator(Protocol):
    """A compiled schema."""

    def is_valid(self, instance: Any) -> bool:
        """Whether the instance is valid."""

    def iter_errors(self, instance: Any) -> Any:
        """What is wrong with it."""


_own_document: list[Mapping[str, Any]] = []


def use(document: Mapping[str, Any] | None) -> None:
    """Judge every 200 by another document in the contract's shape, or by the contract's own again (`--schema`)."""
    _own_document[:] = [document] if document else []
    _of_operation.cache_clear()


def document() -> Mapping[str, Any]:
    """The document whose operations' schemas every 200 is judged by."""
    return _own_document[0] if _own_document else spec.contract().document


def fault_of(exchange: Exchange) -> str | None:
    """Why an answer is not the 200 that its operation promises, in one line; None if it is (OP-1)."""
    if exchange.status != 200:
        return "expected 200"
    if exchange.media_type != _JSON:
        return f"expected {_JSON}, got {exchange.media_type or 'no content type'}"
    if exchange.document is None:
        return "the body is no JSON document"
    if exchange.encoding_fault:
        return exchange.encoding_fault
    if exchange.request.operation is None:
        return "the path is none of the nine operations"
    return mismatch(_of_operation(exchange.request.operation), exchange.document)


def mismatch(validator: Validator, instance: Any) -> str | None:
    """The first violation of a schema by an instance, in one line; None if there is none."""
    try:
        if validator.is_valid(instance):
            return None
        error = next(iter(validator.iter_errors(instance)))
    except UnicodeEncodeError:
        return NO_CHARACTER
    place = "/".join(map(str, error.instance_path))
    return f"{place or 'the body'}: {error.message}"[:300]


@cache
def required_part(name: str) -> Validator:
    """The compiled component schema of that name, reduced to its required properties."""
    schema = spec.contract().schema(name)
    properties = {member: schema["properties"][member] for member in schema["required"]}
    required = {"type": "object", "required": schema["required"], "properties": properties}
    return compiled(required, spec.contract().document)


@cache
def _of_operation(operation: str) -> Validator:
    path = spec.contract().operations[operation].path
    answer = document()["paths"][path]["get"]["responses"]["200"]
    if "$ref" in answer:
        return compiled({"$ref": f"{answer['$ref']}/content/application~1json/schema"}, document())
    return compiled(answer["content"][_JSON]["schema"], document())


def compiled(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Validator:
    """A schema of a document, its references resolved within that document alone.

    Raises ValueError for an invalid one; the message is one line.
    """
    whole = {name: value for name, value in document.items() if not name.startswith("$")}
    try:
        return jsonschema_rs.Draft202012Validator({**whole, **schema}, validate_formats=True, retriever=_refuse)
    except ValueError as error:
        raise ValueError(str(error).partition("\n")[0]) from None


def _refuse(address: str) -> Any:
    raise ValueError(f"a reference leads out of the document, to {address}")
