"""Cursors that lose, repeat or never end, and pages of the wrong size."""

# ruff: noqa: D102 - the class says what its install does

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mockserver.access.caller import Caller
from mockserver.parts import Parts
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position

Filters = Mapping[str, str]


@dataclass(frozen=True)
class CursorSkipsTies:
    """The cursor is a time alone, and a page goes on with what is older: items of the same moment are lost."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-6", "PAGE-7")

    def install(self, parts: Parts) -> None:
        healthy = parts.page

        def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
            return healthy(caller, collection, filters, after and Position(after.created_at_ms, ""), limit)

        parts.page = page
