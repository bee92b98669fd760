"""Archived lists: hidden without `includeArchived=1`, and all of them shown with it (FILTER-4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from conformance.cases.dataset import LARGEST, Dataset
from conformance.cases.expected_pages import exactly, half
from conformance.cases.filters import let_through, text_of, values_of
from conformance.cases.growing_lists import settled
from conformance.checks import NotTested, Violation, expect, items, refused, sound
from conformance.oracles.usable import as_id

# How many lists that are named, and not shown, are asked for.
_MOST_ASKED = 3


def any_with_archived_ones(seen: Dataset) -> None:
    """Expect includeArchived=1 to show lists, if some are shown without it."""
    known = seen.walk("listLists")
    refused(seen.refused_archived or known.pages[0], 200)
    if not known.items:
        shown = sound(seen.asked("listLists"))
        expect(not items(shown), "includeArchived=1 shows no list, and without it there are some", *known.pages, shown)


def unarchived_alone(seen: Dataset) -> None:
    """Expect the lists without a parameter to be all unarchived ones, and each of them to be shown with includeArchived=1."""
    known = seen.walk("listLists")
    unarchived = let_through("listLists", {}, known.items)
    shown = exactly(seen, "listLists", limit=half(len(unarchived) or LARGEST * 2))
    lost = {item["id"] for item in settled(shown.items, known)} - set(known.ids)
    expect(not lost, f"includeArchived=1 hides lists that are shown without it: {sorted(lost)[:1]}", *known.pages)


def no_archived_one_hidden(seen: Dataset) -> None:
    """Expect includeArchived=1 to show each archived list that events or contacts name; a few that it does not show are read."""
    known = seen.walk("listLists")
    if not known.complete:
        return
    named = dict.fromkeys(id_ for id_ in _named(seen) if id_ not in known.ids)
    for list_id in list(named)[:_MOST_ASKED]:
        found = seen.asked("getList", id=list_id)
        archived = found.status == 200 and isinstance(found.json, dict) and found.json.get("archivedAt")
        expect(not archived, f"includeArchived=1 does not show the archived list {list_id}", found, *known.pages)


def _named(seen: Dataset) -> Iterator[str]:
    """The ids of lists that contacts are on, and those that events are about, events of archiving first."""
    with suppress(NotTested, Violation):
        for contact in seen.contacts:
            yield from values_of("listId", contact)
    with suppress(NotTested, Violation):
        for event in sorted(seen.events, key=lambda event: "archived" not in text_of(event, "eventType")):
            about = event.get("resource")
            id_ = as_id(about.get("id")) if isinstance(about, dict) and about.get("type") == "list" else None
            yield from [id_] if id_ else []
