"""The oracles for a single recorded exchange: those that the gate uses on each exchange, and parts of other requirements.

The gate tries those other requirements with requests of its own. A recording shows them only by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

import spec
from conformance.cases.filters import excluded
from conformance.oracles.exchanges import API, ORACLES, Oracle
from conformance.oracles.refusals import allow_fault, challenge_fault, scope_fault, type_fault
from conformance.oracles.usable import Resource, as_id, items, unusable
from conformance.plural import counted
from conformance.rate_limits.rulings import longer_than_allowed
from conformance.recordings.redactions import is_mark
from conformance.target.exchange import Exchange

_CURSOR, _LIMIT, _ARCHIVED = "cursor", "limit", "includeArchived"
# The filter `q` may search more members than are documented, so its result cannot be computed.
_FILTERS = {
    "listId": "FILTER-1",
    "qualificationStatus": "FILTER-2",
    _ARCHIVED: "FILTER-4",
    "status": "FILTER-5",
    "contactId": "FILTER-6",
    "eventType": "FILTER-7",
}
_SEVERAL, _BEHIND = "FILTER-8", "PAGE-10"
_APPLIES = {oracle.requirement: oracle.applies for oracle in ORACLES}


def _refused(status: int) -> Callable[[Exchange], bool]:
    return lambda exchange: exchange.status == status and exchange.path.startswith(API)


def _lacks_scope(exchange: Exchange) -> bool:
    operation = spec.contract().operations.get(exchange.request.operation or "")
    return exchange.status == 403 and exchange.request.method == "GET" and bool(operation and operation.scope)


def _problem(exchange: Exchange) -> bool:
    return _APPLIES["ERROR-3"](exchange) and isinstance(exchange.json, dict)


def _asked(exchange: Exchange) -> Mapping[str, str] | None:
    """The parameters of a page's request; None for another exchange, or if a parameter is repeated, empty or redacted.

    A page must be usable. A page without a body counts as one whose body was not recorded, and cannot be judged.
    """
    if not _APPLIES["PAGE-1"](exchange) or (exchange.body and unusable(exchange)):
        return None
    pairs = parse_qsl(exchange.request.target.partition("?")[2], keep_blank_values=True)
    asked = dict(pairs)
    plain = len(asked) == len(pairs) and all(value and not is_mark(value) for value in asked.values())
    return asked if plain else None


def _first_page(limited: bool) -> Callable[[Exchange], bool]:
    def applies(exchange: Exchange) -> bool:
        asked = _asked(exchange)
        if asked is None or _CURSOR in asked or (_LIMIT in asked) != limited:
            return False
        return not limited or _limit(asked) is not None

    return applies


def _limit(asked: Mapping[str, str]) -> int | None:
    """The limit of a request, or the default; None if it is no valid limit."""
    size = spec.contract().page_size
    return size.asked(asked.get(_LIMIT, str(size.default)))


def _longer_than_asked(exchange: Exchange) -> str | None:
    most, shown = _limit(_asked(exchange) or {}), len(_items(exchange))
    return f"a page of {shown}, where {most} were asked for" if most is not None and shown > most else None


def _filtered_by(requirement: str) -> Callable[[Exchange], bool]:
    return lambda exchange: _requirement(exchange) == requirement


def _requirement(exchange: Exchange) -> str | None:
    """The requirement that applies to a page by its filters; None without a filter whose result can be computed."""
    asked = _asked(exchange)
    if asked is None or asked.get(_ARCHIVED, "0") != "0":
        return None
    filters = [name for name in _filters(exchange, asked) if name in _FILTERS]
    if _CURSOR in asked:
        return _BEHIND if filters else None
    if not filters:
        return _FILTERS[_ARCHIVED] if exchange.request.operation == "listLists" else None
    return _FILTERS[filters[0]] if len(_filters(exchange, asked)) == 1 else _SEVERAL


def _filters(exchange: Exchange, asked: Mapping[str, str]) -> dict[str, str]:
    known = spec.contract().operations[exchange.request.operation or ""].filters
    return {name: value for name, value in asked.items() if name in known}


def _beyond_the_filter(exchange: Exchange) -> str | None:
    filters = _filters(exchange, _asked(exchange) or {})
    operation = exchange.request.operation or ""
    shown = [item for item in _items(exchange) if excluded(operation, filters, item)]
    if not shown:
        return None
    told = " and ".join(f"{name}={value}" for name, value in filters.items()) or "no includeArchived"
    return f"with {told}, {len(shown)} of {counted(len(_items(exchange)), 'item')} do not match, such as {as_id(shown[0]['id'])}"


def _items(exchange: Exchange) -> list[Resource]:
    return [] if unusable(exchange) else items(exchange)


SINGLE = (
    *ORACLES,
    Oracle("AUTH-5", _refused(401), challenge_fault, "headers"),
    Oracle("SCOPE-5", _lacks_scope, scope_fault),
    Oracle("OP-7", _refused(405), allow_fault, "headers"),
    Oracle("PAGE-2", _first_page(limited=False), _longer_than_asked),
    Oracle("PAGE-3", _first_page(limited=True), _longer_than_asked),
    *(Oracle(id_, _filtered_by(id_), _beyond_the_filter) for id_ in (*_FILTERS.values(), _SEVERAL, _BEHIND)),
    Oracle("ERROR-4", _problem, type_fault),
    Oracle("RATE-6", _APPLIES["RATE-5"], longer_than_allowed, "headers"),
)
