"""What a request asks for, read from its ASGI scope."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.types import Scope

from mockserver.api import paths
from mockserver.tenants.cursor import Position, decode


def resource_asked(scope: Scope) -> tuple[str, str] | None:
    """The collection and the id of the resource that the path names, None if it names none. `research` is a collection, too."""
    _, base, rest = scope["path"].partition(f"{paths.API}/")
    collection, _, resource_id = rest.partition("/")
    if not base or not resource_id:
        return None
    resource_id, _, research = resource_id.partition("/")
    return research or collection, resource_id


def operation_path(scope: Scope) -> str:
    """The path below the base: `/contacts/con_1`."""
    return str(scope["path"]).removeprefix(paths.API)


def query(scope: Scope) -> dict[str, str]:
    """The query parameters, the last of each name."""
    return dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))


def position_asked(scope: Scope) -> Position | None:
    """The position of the cursor in the query; None if there is no cursor, or none that the mock makes."""
    try:
        return decode(query(scope).get("cursor", ""))
    except ValueError:
        return None


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that lower-case name."""
    return next((value for each, value in scope["headers"] if each == name), None)
