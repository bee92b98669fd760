"""What the documentation says about requests, in the form that rules need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from spec import Operation, contract

LIST_PARAMETERS = ("limit", "cursor")


@dataclass(frozen=True, slots=True)
class Asked:
    """A documented operation, and the id in the path that asked for it, decoded; None if its path has none."""

    operation: Operation
    resource_id: str | None


def asked(path: str) -> Asked | None:
    """The documented operation of a path as it stands on the wire; None if there is none."""
    segments = path.split("/")
    for operation in contract().operations.values():
        template = operation.path.split("/")
        if len(template) == len(segments) and all(
            part == segment or part == "{id}" for part, segment in zip(template, segments, strict=True)
        ):
            found = segments[template.index("{id}")] if "{id}" in template else None
            return Asked(operation, None if found is None else unquote(found))
    return None


@cache
def parameter_names(operation_id: str) -> frozenset[str]:
    """The names of an operation's documented query parameters."""
    return frozenset(p.name for p in contract().operations[operation_id].parameters if p.location == "query")


@cache
def known_values(operation_id: str, name: str) -> frozenset[str] | None:
    """The documented values of a query parameter; None if it takes any."""
    for parameter in contract().operations[operation_id].parameters:
        if parameter.name == name:
            values = parameter.schema.get("x-known-values") or parameter.schema.get("enum")
            return frozenset(values) if values else None
    return None


def largest_page() -> int:
    """The most items that a page can be asked for."""
    return contract().page_size.maximum


def default_page() -> int:
    """How many items a page holds if no limit is given."""
    return contract().page_size.default
