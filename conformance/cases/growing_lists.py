"""Lists that grow: what a walk must show though items are added, by other clients or by a hook of the target."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any

from conformance.cases.dataset import Dataset, Resource, Walk, next_cursor
from conformance.cases.expected_pages import once
from conformance.cases.filters import excluded, text_of
from conformance.checks import expect, items, not_tested, sound
from conformance.oracles.usable import resource
from spec import commands
from spec.commands import CommandFailed

# The most pages of such a walk.
_MOST_PAGES = 6


def settled(resources: Sequence[Resource], known: Walk) -> Sequence[Resource]:
    """The resources without those that were created after everything that is known."""
    ids = set(known.ids)
    if ids.issuperset(resource["id"] for resource in resources):
        return resources
    newest = max(map(_created, known.items), default=float("-inf"))
    return [resource for resource in resources if resource["id"] in ids or _created(resource) <= newest]


def shown_while_adding(dataset: Dataset, hook: str, known: Sequence[str], **filters: Any) -> bool:
    """Expect a walk to show each contact that is known, in this order, and none twice, while `hook` adds some.

    Returns False if nothing was tried: the contacts that the hook adds do not show under the filters, or the walk shows what
    these exclude, which is told by PAGE-10 and FILTER. Raises Violation.
    """
    limit = max(1, min(dataset.largest("listContacts"), ceil(len(known) / 2)))
    walked = _walk_while_adding(dataset, hook, limit, filters)
    if any(excluded("listContacts", filters, item) for item in walked.items):
        return False
    once(walked)
    first = sound(dataset.caller.get("listContacts", limit=limit, **filters))
    if {*walked.ids, *(item["id"] for item in items(first))} <= set(known):
        return False
    shown = set(walked.ids)
    reached = known if walked.complete else known[: len(shown.intersection(known))]
    for hidden in [id_ for id_ in reached if id_ not in shown][:1]:
        still_there = sound(dataset.caller.get("getContact", id=hidden))
        message = f"the walk during which contacts were added never shows {hidden}"
        expect(excluded("listContacts", filters, resource(still_there)), message, *walked.pages, still_there)
    return True


def _walk_while_adding(dataset: Dataset, hook: str, limit: int, filters: dict[str, Any]) -> Walk:
    """Walk the contacts, adding one before each page but the first."""
    caller = dataset.caller.pinned()
    pages = [sound(caller.get("listContacts", limit=limit, **filters))]
    while (cursor := next_cursor(pages[-1])) and len(pages) < _MOST_PAGES:
        try:
            commands.run(hook)
        except CommandFailed as failure:
            not_tested(str(failure))
        pages.append(sound(caller.get("listContacts", limit=limit, cursor=cursor, **filters)))
    return Walk("listContacts", tuple(pages), complete=next_cursor(pages[-1]) is None)


def _created(resource: Resource) -> float:
    try:
        return datetime.fromisoformat(text_of(resource, "createdAt").upper()).timestamp()
    except ValueError:  # a leap second, which RFC 3339 allows and Python does not; or no time at all, which OP-1 judges
        return float("-inf")
