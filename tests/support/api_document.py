"""The API's OpenAPI document, and ways to go through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

import spec

CONTRACT = spec.contract()
DOCUMENT = CONTRACT.document
SCHEMAS: Mapping[str, Mapping[str, Any]] = DOCUMENT["components"]["schemas"]


def nodes(node: Any = DOCUMENT, place: str = "#") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object in the document, with its JSON pointer."""
    if isinstance(node, dict):
        yield place, node
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, item in items:
        yield from nodes(item, f"{place}/{str(name).replace('~', '~0').replace('/', '~1')}")


def resolve(node: Any) -> Any:
    """The object that a reference names; anything else as it is. Raises KeyError for a reference to nothing."""
    if "$ref" not in node:
        return node
    target: Any = DOCUMENT
    for step in node["$ref"].removeprefix("#/").split("/"):
        target = target[step.replace("~1", "/").replace("~0", "~")]
    return resolve(target)


def accepts(schema: Mapping[str, Any], instance: Any) -> bool:
    """Whether a schema of the document accepts an instance."""
    whole = {**schema, "components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True).is_valid(instance)


def operations() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The ids of the operations, and the operations."""
    return ((id_, DOCUMENT["paths"][operation.path]["get"]) for id_, operation in CONTRACT.operations.items())


def responses() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each response of each operation: operation id, status, response."""
    for id_, operation in operations():
        for status, response in operation["responses"].items():
            yield id_, status, resolve(response)
