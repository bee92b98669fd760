"""How the target decides points that the documentation leaves open, as far as the run's answers show it."""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

import spec
from conformance.report.record import Run
from conformance.target.exchange import Exchange
from conformance.target.retry_after import EPOCH_FROM

_WRITES = ("POST", "PUT", "PATCH", "DELETE")
_MOST_KINDS = 12


@dataclass(frozen=True)
class Reading:
    """An ambiguous point: the requirement, what the suite accepts, and what this target does (empty if unmeasured)."""

    requirement: spec.Requirement
    accepted: str
    measured: str


def readings(run: Run) -> list[Reading]:
    """The ambiguous points of the run's requirements, in their order."""
    return [
        Reading(requirement, requirement.reading or requirement.title, _measured(requirement.id, run))
        for requirement in (ruling.requirement for ruling in run.ledger.rulings())
        if requirement.reading or requirement.id in _MEASURES
    ]


def _measured(id_: str, run: Run) -> str:
    measure = _MEASURES.get(id_)
    return measure(run) if measure else ""


def _writes(run: Run) -> str:
    return _tally(str(e.status) for e in run.exchanges if e.request.method in _WRITES and e.request.credential)


def _odd_limits(run: Run) -> str:
    asked = spec.contract().page_size.asked
    odd = (e for e in _lists(run) if (limit := _query(e).get("limit")) and asked(limit) is None)
    return _tally(_status_or_size(exchange) for exchange in odd)


def _order(run: Run) -> str:
    pages = ([str(item.get("createdAt")) for item in data] for e in _lists(run) if len(data := _data(e)) > 1)
    return _tally((_order_of(times) for times in pages if len(set(times)) > 1), "page")


def _order_of(times: list[str]) -> str:
    if times == sorted(times, reverse=True):
        return "newest first by createdAt"
    return "oldest first by createdAt" if times == sorted(times) else "another order"


def _last_page(run: Run) -> str:
    last = (e for e in _lists(run) if _data(e) and not e.json.get("nextCursor"))
    return _tally(("nextCursor is null" if "nextCursor" in e.json else "nextCursor is absent") for e in last)


def _odd_cursors(run: Run) -> str:
    issued = {e.json["nextCursor"] for e in _lists(run) if _data(e) and isinstance(e.json.get("nextCursor"), str)}
    odd = (e for e in _lists(run) if (cursor := _query(e).get("cursor")) and cursor not in issued)
    return _tally(_status_or_size(exchange) for exchange in odd)


def _cursor_form(run: Run) -> str:
    issued = (e.json.get("nextCursor") for e in _lists(run) if _data(e))
    return _tally(
        ("a cursor as in the documentation's example" if _as_documented(c) else "a cursor of another form")
        for c in issued
        if c
    )


def _fruitless_filters(run: Run) -> str:
    filters = {name for operation in spec.contract().operations.values() for name in operation.filters}
    asked = (e for e in _lists(run) if filters & set(_query(e)))
    fruitless = (e for e in asked if e.status in (400, 404) or (e.status == 200 and not _data(e)))
    return _tally("an empty page" if e.status == 200 else str(e.status) for e in fruitless)


def _problem_kinds(run: Run) -> str:
    problems = (e.json for e in run.exchanges if e.status >= 400 and isinstance(e.json, dict))
    types = Counter(str(problem.get("type")).removeprefix(spec.contract().problem_base) for problem in problems)
    return ", ".join(f"{name[:60]} ({count})" for name, count in types.most_common(_MOST_KINDS))


def _reset_form(run: Run) -> str:
    values = (e.headers.get("x-ratelimit-reset", "") for e in run.exchanges)
    numbers = (int(value[:15]) for value in values if value.isascii() and value.isdigit())
    return _tally(("epoch seconds" if value >= EPOCH_FROM else "seconds from now") for value in numbers)


def _retry_after_form(run: Run) -> str:
    values = (e.headers.get("retry-after", "") for e in run.exchanges if e.status == 429)
    return _tally(("seconds" if value.isdigit() else "a date" if value else "missing") for value in values)


_MEASURES: dict[str, Callable[[Run], str]] = {
    "OP-6": _writes,
    "PAGE-1": _cursor_form,
    "PAGE-5": _odd_limits,
    "PAGE-6": _order,
    "PAGE-8": _last_page,
    "PAGE-9": _odd_cursors,
    "FILTER-9": _fruitless_filters,
    "ERROR-4": _problem_kinds,
    "RATE-1": _reset_form,
    "RATE-2": lambda run: run.notes.get("rateReading", ""),
    "RATE-6": _retry_after_form,
    "HOOK-2": lambda run: run.notes.get("signatureForm", ""),
}


def _tally(names: Iterable[str], noun: str = "answer") -> str:
    counts = Counter(names).most_common()
    return ", ".join(f"{name} ({count} {noun}{'' if count == 1 else 's'})" for name, count in counts)


def _lists(run: Run) -> Iterator[Exchange]:
    """The answers to list operations, whatever the request's shape, with a key of the target."""
    paths = {operation.path for operation in spec.contract().operations.values() if operation.is_list}
    for exchange in run.exchanges:
        if exchange.request.method == "GET" and exchange.path in paths and exchange.request.credential:
            yield exchange


def _query(exchange: Exchange) -> dict[str, str]:
    return dict(parse_qsl(exchange.request.target.partition("?")[2], keep_blank_values=True))


def _data(exchange: Exchange) -> list[dict[str, object]]:
    data = exchange.json.get("data") if exchange.status == 200 and isinstance(exchange.json, dict) else None
    return data if isinstance(data, list) and all(isinstance(item, dict) for item in data) else []


def _status_or_size(exchange: Exchange) -> str:
    return f"a page of {len(_data(exchange))}" if exchange.status == 200 else str(exchange.status)


def _as_documented(cursor: object) -> bool:
    """Whether a cursor is base64url over `{"id": …, "t": …}` (documentation, "Pagination")."""
    try:
        position = json.loads(base64.urlsafe_b64decode(str(cursor) + "=="))
    except (ValueError, binascii.Error, RecursionError):
        return False
    return isinstance(position, dict) and position.keys() == {"id", "t"}
