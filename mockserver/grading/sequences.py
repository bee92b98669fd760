"""What belongs together among the requests of a run: repetitions of one request, pages of one walk, refusals and waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from mockserver.grading.facts import LIST_PARAMETERS, default_page, largest_page, parameter_names
from mockserver.grading.records import Exchange, Run

EARLY = 0.1
"""Seconds by which a wait may be short: timers are not exact."""

IN_FLIGHT = 0.25
"""Seconds after an answer's last byte in which a request on another connection may have been sent before it arrived."""


@dataclass(frozen=True, slots=True)
class ListKey:
    """A list as a client walks it: the operation, its filters in alphabetical order, the organization."""

    operation: str
    filters: tuple[tuple[str, str], ...]
    organization: str | None

    def __str__(self) -> str:
        filters = "&".join(f"{name}={value}" for name, value in self.filters)
        return f"{self.operation} with {filters}" if filters else self.operation


@dataclass(frozen=True)
class Walk:
    """The pages of one walk over a list, in their order. `ended` says whether its last page was served."""

    key: ListKey
    pages: tuple[Exchange, ...]

    @property
    def ended(self) -> bool:
        """Whether the last page was served."""
        return self.pages[-1].next_cursor is None

    @property
    def items(self) -> int:
        """Items on all its pages."""
        return sum(page.items or 0 for page in self.pages)


def list_key(exchange: Exchange) -> ListKey | None:
    """The list that a request asks for a page of; None if it asks for no list."""
    if not exchange.asked or not exchange.asked.operation.is_list:
        return None
    documented = parameter_names(exchange.operation)
    filters = sorted(pair for pair in exchange.query if pair[0] in documented and pair[0] not in LIST_PARAMETERS)
    return ListKey(exchange.operation, tuple(filters), exchange.organization)


def walks(exchanges: Iterable[Exchange]) -> list[Walk]:
    """The walks over lists, in the order of their first pages."""
    found: list[tuple[ListKey, list[Exchange]]] = []
    for page in by_beginning(exchange for exchange in exchanges if exchange.is_page):
        key = list_key(page)
        if key is None:
            continue
        going_on = next((pages for _, pages in reversed(found) if page.cursor and _leads_to(pages[-1], page)), None)
        if going_on is not None:
            going_on.append(page)
        elif not page.cursor:
            found.append((key, [page]))
    return [Walk(key, tuple(pages)) for key, pages in found]


def limit_of(exchange: Exchange) -> int:
    """How many items a page was asked to hold."""
    text = next((value for name, value in exchange.query if name == "limit"), "")
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= largest_page():
        return int(text)
    return default_page()


def by_beginning(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """The exchanges in the order in which their requests came."""
    return sorted(exchanges, key=lambda exchange: (exchange.began, exchange.number))


def repetitions(exchanges: Iterable[Exchange]) -> list[list[Exchange]]:
    """Requests that are the same in method, target and key, together, each group in the order in which they came."""
    groups: dict[tuple[str, str, str | None], list[Exchange]] = {}
    for exchange in by_beginning(exchanges):
        groups.setdefault((exchange.method, exchange.target, exchange.key), []).append(exchange)
    return list(groups.values())


def in_turn(group: Sequence[Exchange]) -> list[Exchange]:
    """Those of a group that were sent when the one before had been answered: requests in flight together count as one."""
    turns: list[Exchange] = []
    for exchange in group:
        if not turns or exchange.began >= turns[-1].ended:
            turns.append(exchange)
    return turns


def retry_after(exchange: Exchange) -> float | None:
    """Seconds that an answer asks its client to wait; None if it asks for nothing, or nothing that can be read."""
    text = (exchange.header("retry-after") or "").strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(exchange.header("date") or "")
        return max(0.0, (parsedate_to_datetime(text) - date).total_seconds())
    except (ValueError, TypeError):
        return None


def asked_again(run: Run, exchange: Exchange) -> bool:
    """Whether a request was sent again after its answer, or the walk that it belongs to was begun anew."""
    key = list_key(exchange)
    for later in run.exchanges:
        if later.began < exchange.ended or later.number == exchange.number:
            continue
        if (later.method, later.target) == (exchange.method, exchange.target):
            return True
        if exchange.cursor and key and not later.cursor and list_key(later) == key:
            return True
    return False


def _leads_to(page: Exchange, following: Exchange) -> bool:
    return page.next_cursor == following.cursor and page.ended <= following.began
