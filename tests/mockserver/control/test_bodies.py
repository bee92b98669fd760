"""The types of bodies hold what the document says that they hold."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mockserver.control import bodies
from mockserver.control.document import document

SCHEMAS = document()["components"]["schemas"]
NAMED = {"RateLimits": bodies.Limits}
TYPES = {
    **{name: kind for name, kind in vars(bodies).items() if name in SCHEMAS},
    **NAMED,
}


def test_every_type_but_the_base_has_its_schema() -> None:
    made = {kind for kind in vars(bodies).values() if isinstance(kind, type) and issubclass(kind, bodies.Body)}
    assert made - {bodies.Body} == set(TYPES.values())


@pytest.mark.parametrize("name", TYPES)
def test_it_has_the_members_of_its_schema(name: str) -> None:
    fields = msgspec.structs.fields(TYPES[name])
    schema: Any = SCHEMAS[name]
    assert {field.encode_name for field in fields} == set(schema["properties"])
    assert {field.encode_name for field in fields if field.required} == set(schema.get("required", ()))
