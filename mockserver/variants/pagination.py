"""Other orders, cursors and pages. To a client a cursor is opaque, and the order only has to be stable (PAGE, reading)."""

# ruff: noqa: D102 - the class says what its install does

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mockserver.access.caller import Caller
from mockserver.changes.pages import keyset_page, matching
from mockserver.parts import Parts
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position


@dataclass(frozen=True)
class OldestFirst:
    """Lists begin with the oldest: the documentation names no order (PAGE, reading)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        def page(
            caller: Caller, collection: str, filters: Mapping[str, str], after: Position | None, limit: int
        ) -> Page:
            return keyset_page(matching(caller.tenant, collection, filters), tuple, after, limit)

        parts.page = page
