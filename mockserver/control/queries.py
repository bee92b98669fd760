"""The query parameters of calls, as types. The document says what they may be, and has checked them before they are read."""

from __future__ import annotations

from mockserver.control.bodies import Body


class PageQuery(Body, frozen=True, kw_only=True):
    """Where a page of a collection begins, and how many items it may have."""

    limit: int
    cursor: str | None = None


class Patience(Body, frozen=True, kw_only=True):
    """How long to wait, in real seconds, and for how many."""

    wait: int = 0
    count: int = 1


class RequestFilters(Patience, frozen=True, kw_only=True):
    """Which entries of the request log are meant; those of the documentation page too if `documentation` is `1`."""

    after: int = 0
    key: str | None = None
    operation: str | None = None
    method: str | None = None
    status: str = ""
    problem: str | None = None
    path: str = ""
    query: str = ""
    documentation: str = "0"


class DeliveryFilters(Patience, frozen=True, kw_only=True):
    """Which deliveries are meant, by ids of their endpoint and their event, by their state and their event's type."""

    endpoint: str | None = None
    state: str | None = None
    event: str | None = None
    event_type: str | None = None
