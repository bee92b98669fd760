"""Pages, cursors and resources that keep the contract, but in ways that few clients expect."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Pipeline
from mockserver.api.problems import ParameterError, Problem, Refused, invalid_cursor
from mockserver.api.response import json_bytes
from mockserver.modifications.helpers.chance import share
from mockserver.modifications.helpers.pages import position_of
from mockserver.modifications.helpers.responses import change_members, edited
from mockserver.modifications.parameters import About, Seed, share_of
from mockserver.modifications.registry import hardship
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.ids import stream
from mockserver.webhooks.delivery import Delivery
from mockserver.webhooks.endpoints import Endpoint
from mockserver.webhooks.sending import Outgoing
from mockserver.webhooks.steps import Steps
from spec import contract

Filters = Mapping[str, str]

_MOST_REMEMBERED = 10_000

_MORE: Mapping[str, object] = {"_links": {"self": None}, "tags": ["ünknown", 1, None], "experimental": True}

_FILTERED = {"contacts": "qualificationStatus", "drafts": "status", "events": "eventType"}
"""The member of each collection that clients filter by and branch on."""

_UNKNOWN: Mapping[str, Mapping[str, str]] = {
    "contacts": {"qualificationStatus": "under_review"},
    "drafts": {"status": "snoozed", "channel": "carrier_pigeon"},
    "events": {"eventType": "sequence.step_reached"},
    "lists": {},
    "research": {"level": "L5"},
}


@hardship("PAGE-13", applies_to="requests")
def small_pages(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("pages that are short")] = 0.5,
    smallest: Annotated[float, About("The least that a short page holds, as a share of the limit.", 0, 1)] = 0.3,
    seed: Seed = 1,
) -> None:
    """Pages after the first hold fewer items than asked for, but at least one: only a null cursor ends the walk."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        if after is not None:
            # It depends only on the place, so a client that uses a cursor again gets the same items (PAGE-12).
            random = stream("small-pages", seed, *after)
            if random.random() < probability:
                limit = max(1, int(limit * random.uniform(smallest, 1)))
        return inner(caller, collection, filters, after, limit)

    pipeline.page = page


@hardship(applies_to="requests")
def unknown_members(pipeline: Pipeline) -> None:
    """Objects have members that the documentation does not name: in answers, problems and deliveries."""
    success, steps = pipeline.success, pipeline.deliveries
    serialize = steps.serialize
    pipeline.success = lambda body: success(edited(body, _with_more))
    change_members(pipeline, _with_more)
    steps.serialize = lambda event, organization: edited(serialize(event, organization), _with_more)


@hardship(applies_to="requests")
def unknown_enum_values(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("resources that have such a value")] = 0.1,
    seed: Seed = 1,
) -> None:
    """Some statuses, channels, levels and event types have undocumented values, and filters apply to these values."""
    chosen = share(seed, probability)
    page, single, compose = pipeline.page, pipeline.single, pipeline.deliveries.compose

    def listed(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        def pages(filters: Filters, after: Position | None, limit: int) -> Page:
            found = page(caller, collection, filters, after, limit)
            return found._replace(items=[_changed(collection, item, chosen) for item in found.items])

        return _filtered(pages, collection, filters, after, limit)

    def alone(caller: Caller, collection: str, resource_id: str) -> bytes | None:
        found = single(caller, collection, resource_id)
        return found and _changed(collection, found, chosen)

    def composed(steps: Steps, delivery: Delivery, endpoint: Endpoint, now: float) -> Outgoing:
        event = json.loads(_changed("events", json_bytes(delivery.event), chosen))
        return compose(steps, replace(delivery, event=event), endpoint, now)

    pipeline.page, pipeline.single, pipeline.deliveries.compose = listed, alone, composed


@hardship("PAGE-12", "PAGE-6", applies_to="requests")
def expiring_cursors(
    pipeline: Pipeline,
    *,
    seconds: Annotated[float, About("How long a cursor is valid, by the mock's clock.", 0)] = 60.0,
    uses: Annotated[int, About("How often a cursor can be used; 0 for any number of times.", 0)] = 0,
) -> None:
    """A cursor is valid for some time and a number of uses; afterwards it is answered 400, invalid-cursor."""
    encode, decode = pipeline.encode_cursor, pipeline.decode_cursor
    used: Counter[str] = Counter()

    def encoded(position: Position, caller: Caller) -> str:
        return f"{encode(position, caller)}.{int(pipeline.state.clock.now() * 1_000)}"

    def decoded(text: str, caller: Caller) -> Position:
        cursor, dot, born = text.rpartition(".")
        if not dot:
            # This cursor was given out before cursors began to expire.
            return decode(text, caller)
        position = decode(cursor, caller)
        now = pipeline.state.clock.now()
        if not (born.isascii() and born.isdigit() and len(born) < 20 and int(born) <= now * 1_000):
            raise ValueError("not a cursor")
        if len(used) > _MOST_REMEMBERED:
            used.clear()
        used[text] += 1
        if now - int(born) / 1_000 > seconds or 0 < uses < used[text]:
            raise Refused(_expired_cursor())
        return position

    pipeline.encode_cursor, pipeline.decode_cursor = encoded, decoded


def _with_more(members: Mapping[str, object]) -> dict[str, object]:
    """A JSON object with more members, which all objects in it get, too."""
    return {**{name: _deeply_with_more(value) for name, value in members.items()}, **_MORE}


def _deeply_with_more(value: object) -> object:
    if isinstance(value, list):
        return [_deeply_with_more(item) for item in value]
    return _with_more(value) if isinstance(value, dict) else value


def _changed(collection: str, item: bytes, chosen: Callable[[str], bool]) -> bytes:
    """A resource, with unknown values if it is chosen to have them."""
    resource = json.loads(item)
    if not chosen(resource.get("id") or resource["contactId"]):
        return item
    return json_bytes({**resource, **_UNKNOWN[collection]})


def _filtered(
    pages: Callable[[Filters, Position | None, int], Page],
    collection: str,
    filters: Filters,
    after: Position | None,
    limit: int,
) -> Page:
    """A page of the resources whose shown values pass the filters; the store has other values."""
    member = _FILTERED.get(collection, "")
    if member not in filters:
        return pages(filters, after, limit)
    wanted = filters[member].split(",") if collection == "events" else [filters[member]]
    if _UNKNOWN[collection][member] in wanted:
        filters = {name: value for name, value in filters.items() if name != member}
    kept: list[bytes] = []
    more = True
    while more and len(kept) <= limit:
        found = pages(filters, after, contract().page_size.maximum)
        kept += [item for item in found.items if json.loads(item)[member] in wanted]
        after, more = found.next, found.next is not None
    return Page(kept[:limit], position_of(kept[limit - 1]) if len(kept) > limit else None)


def _expired_cursor() -> Problem:
    detail = "The cursor has expired: begin again without one."
    return replace(invalid_cursor(), detail=detail, errors=(ParameterError("cursor", "has expired"),))
