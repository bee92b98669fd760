"""The control API's OpenAPI 3.1 document. Schemas and parameters of the API come from the API's own document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from spec import OpenApi, contract

_REFERENCE = re.compile(r'"#/components/(\w+)/(\w+)"')

_Own = dict[str, Any]  # as OpenApi, but changed while the document is put together

LONGEST_BODY = 65_536
"""The most bytes of a body, unless its operation has another limit."""


@cache
def document() -> OpenApi:
    """The whole document, with the referenced schemas and parameters of the API."""
    own: _Own = json.loads(files(__package__).joinpath("openapi.json").read_text("utf-8"))
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


def operations(whole: OpenApi) -> Mapping[tuple[str, str], _Own]:
    """The operations of a document by method, in upper case, and path."""
    return {
        (method.upper(), path): operation
        for path, item in whole["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def success(operation: OpenApi) -> int:
    """The status of an operation's success."""
    return next(int(status) for status in operation["responses"] if status.startswith("2"))


def body_schema(operation: OpenApi) -> OpenApi | None:
    """The schema of an operation's body, None if it takes no body."""
    if "requestBody" not in operation:
        return None
    found: OpenApi = operation["requestBody"]["content"]["application/json"]["schema"]
    return found


def self_contained(schema: OpenApi, whole: OpenApi) -> dict[str, object]:
    """A schema with only those schemas of the document that it refers to."""
    every = whole["components"]
    found = {name: every[kind][name] for kind, name in _reached(schema, every)}
    return {**schema, "components": {"schemas": found}} if found else dict(schema)


def _reached(part: OpenApi, every: OpenApi) -> Iterable[tuple[str, str]]:
    """The components, by kind and name, that a part of the document refers to. Raises KeyError for an unknown one."""
    found: dict[tuple[str, str], None] = {}  # in the order of the document
    unread: list[OpenApi] = [part]
    while unread:
        for kind, name in _REFERENCE.findall(json.dumps(unread.pop())):
            if (kind, name) not in found:
                found[kind, name] = None
                unread.append(every[kind][name])
    return found
