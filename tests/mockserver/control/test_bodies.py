"""The types of bodies have the members that the document says; a body that is refused is refused soon."""

from __future__ import annotations

from time import process_time
from typing import Any

import msgspec
import pytest

from mockserver.control import bodies
from mockserver.control.document import document
from tests.support.mock_client import Client, new_mock

SCHEMAS = document()["components"]["schemas"]
NAMED = {"RateLimits": bodies.Limits}
PARTS = {
    "clock": (bodies.ClockState, SCHEMAS["State"]["properties"]["clock"]),
    "keys": (bodies.KeyState, SCHEMAS["State"]["properties"]["keys"]["items"]),
    "webhooks": (bodies.EndpointState, SCHEMAS["State"]["properties"]["webhooks"]["items"]),
}
"""The parts of a whole state, which have no names in the document."""

UNTYPED = {"State": {"version"}}
"""Members that no code reads, because the document allows only one value for them."""

TYPES = {
    **{name: kind for name, kind in vars(bodies).items() if name in SCHEMAS},
    **NAMED,
}
ALL = {**{name: (kind, SCHEMAS[name]) for name, kind in TYPES.items()}, **PARTS}


def members(count: int, *more: str) -> bytes:
    """An object with so many members that no call knows, and these further ones."""
    return ("{" + ",".join([*(f'"u{number}":0' for number in range(count)), *more]) + "}").encode()


def test_every_type_but_the_base_has_its_schema() -> None:
    made = {kind for kind in vars(bodies).values() if isinstance(kind, type) and issubclass(kind, bodies.Body)}
    assert made - {bodies.Body} == {kind for kind, _ in ALL.values()}


@pytest.mark.parametrize("name", ALL)
def test_it_has_the_members_of_its_schema(name: str) -> None:
    kind, schema = ALL[name]
    fields = msgspec.structs.fields(kind)
    forms: list[Any] = schema.get("oneOf", [schema])
    assert {field.encode_name for field in fields} == {
        member for form in forms for member in form["properties"]
    } - UNTYPED.get(name, set())
    required = set.intersection(*(set(form.get("required", ())) for form in forms)) - UNTYPED.get(name, set())
    assert {field.encode_name for field in fields if field.required} == required


def test_a_whole_number_with_a_point_is_refused_in_one_line() -> None:
    """JSON Schema accepts 60.0 as a whole number, but the types do not."""
    body = b'{"name":"x","scopes":[],"limits":{"perMinute":60.0,"burst":120,"burstWindow":30}}'
    answer = Client(new_mock(contacts=0)).ask("POST", "/_mock/keys", body)
    assert answer.status == 400
    assert "limits.perMinute" in answer.json["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("PUT", "/_mock/state", members(20_000, '"u19999":0'), "The member u19999 is there twice."),
        ("POST", "/_mock/clock", members(4_000), "The body has the unknown member u0"),
    ],
    ids=["one twice", "none of the known ones"],
)
def test_very_many_members_are_refused_soon(method: str, path: str, body: bytes, told: str) -> None:
    client = Client(new_mock(contacts=0))
    began = process_time()
    answer = client.ask(method, path, body)
    assert process_time() - began < 1
    assert answer.status == 400
    assert answer.json["detail"].startswith(told)
