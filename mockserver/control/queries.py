"""The query parameters of calls, as types. They are validated by the document before they are converted."""

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
    """Filters of the request log; with `documentation=1` it includes the entries of the documentation page."""

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
    """Filters of deliveries: by the ids of endpoint and event, by state, and by the event's type."""

    endpoint: str | None = None
    state: str | None = None
    event: str | None = None
    event_type: str | None = None
