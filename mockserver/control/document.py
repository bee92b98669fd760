"""The control API's OpenAPI 3.1 document. What it has in common with the API it takes from the API's own document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from spec import contract

_REFERENCE = re.compile(r'"#/components/(\w+)/(\w+)"')

LONGEST_BODY = 65_536
"""Bytes that a body may have, where its operation does not say otherwise."""


@cache
def document() -> Mapping[str, Any]:
    """The document, whole: schemas and parameters that it refers to and does not have are those of the API."""
    own: dict[str, Any] = json.loads(files(__package__).joinpath("openapi.json").read_text("utf-8"))
    api = contract().document
    parameters_of = {
        operation["get"]["operationId"]: operation["get"].get("parameters", ()) for operation in api["paths"].values()
    }
    for operation in operations(own).values():
        if inherited := operation.pop("x-parameters-of", None):
            operation["parameters"] = [*operation["parameters"], *parameters_of[inherited]]
    every = {kind: {**api["components"].get(kind, {}), **known} for kind, known in own["components"].items()}
    for kind, name in _reached(own, every):
        own["components"][kind][name] = every[kind][name]
    return own


def operations(whole: Mapping[str, Any]) -> Mapping[tuple[str, str], dict[str, Any]]:
    """The operations of a document by method, in upper case, and path."""
    return {
        (method.upper(), path): operation
        for path, item in whole["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def success(operation: Mapping[str, Any]) -> int:
    """The one status with which an operation answers that it was done."""
    return next(int(status) for status in operation["responses"] if status.startswith("2"))


def body_schema(operation: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema of an operation's body, None where it takes none."""
    if "requestBody" not in operation:
        return None
    found: Mapping[str, Any] = operation["requestBody"]["content"]["application/json"]["schema"]
    return found


def self_contained(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with those of the document's schemas that it leads to, and no others."""
    every = whole["components"]
    found = {name: every[kind][name] for kind, name in _reached(schema, every)}
    return {**schema, "components": {"schemas": found}} if found else dict(schema)


def _reached(part: Mapping[str, Any], every: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """The components, by kind and name, that a part of the document leads to. Raises KeyError for one that is not there."""
    found: dict[tuple[str, str], None] = {}  # in the order of the document
    unread: list[Any] = [part]
    while unread:
        for kind, name in _REFERENCE.findall(json.dumps(unread.pop())):
            if (kind, name) not in found:
                found[kind, name] = None
                unread.append(every[kind][name])
    return found
