"""Values of another type than the document says, as frameworks and serializers often write them."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from typing import Any

from mockserver.api.pipeline import Pipeline, State
from mockserver.api.response import Response
from mockserver.modifications.helpers.data import rename
from mockserver.modifications.helpers.responses import change_items, change_single, edited
from mockserver.modifications.registry import fault
from mockserver.tenants.resource_types import Resource

_NUMBER = re.compile(rb'("(?:id|contactId|draftId|listId)":)"([0-9]+)"')
_NUMBERS = re.compile(rb'("listIds":)\[([0-9",]+)\]')
_ZONED = re.compile(r"(?<=\.[0-9]{3})Z$")


@fault("OP-1")
def scores_as_strings(pipeline: Pipeline) -> None:
    """A decimal number of the database becomes a string: `"qualificationScore": "61"`."""

    def change(contact: Resource) -> Resource:
        score = contact["qualificationScore"]
        return {**contact, "qualificationScore": None if score is None else str(score)}

    change_items(pipeline, "contacts", change)
    change_single(pipeline, "contacts", change)


@fault("OP-1")
def times_without_zone(pipeline: Pipeline) -> None:
    """Times have no `Z`, as if the database column had no time zone."""
    inner = pipeline.success
    pipeline.success = lambda body: inner(edited(body, _without_zone))


@fault("OP-1")
def answers_begin_with_mark(pipeline: Pipeline) -> None:
    """Answers begin with a byte order mark, as some frameworks write UTF-8: not every JSON parser accepts it."""
    inner = pipeline.success
    pipeline.success = lambda body: inner(BOM_UTF8 + body)


def _numbered(state: State) -> None:
    rename(state, lambda digits: str(int(digits[:13], 16)))


@fault("OP-1", data=_numbered)
def ids_as_integers(pipeline: Pipeline) -> None:
    """Ids are the integer keys of the database."""
    success, serialize = pipeline.success, pipeline.deliveries.serialize
    pipeline.success = lambda body: success(_with_integers(body))
    pipeline.deliveries.serialize = lambda event, organization: _with_integers(serialize(event, organization))


def _with_integers(body: bytes) -> bytes:
    numbered = _NUMBER.sub(rb"\1\2", body)
    return _NUMBERS.sub(lambda found: found[1] + b"[" + found[2].replace(b'"', b"") + b"]", numbered)


def _without_zone(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_zone(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_zone(item) for name, item in value.items()}
    return _ZONED.sub("", value) if isinstance(value, str) else value


@fault("OP-1")
def success_not_authoritative(pipeline: Pipeline) -> None:
    """Answers have the status 203, as if a proxy had changed them on the way."""
    pipeline.success = lambda body: Response(203, b"application/json", body)
