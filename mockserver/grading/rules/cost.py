"""COST: requests that a client could save."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from mockserver.grading.facts import default_page
from mockserver.grading.records import Exchange, Finding, Judgement, Run
from mockserver.grading.rules.rule import judged, rule, shown
from mockserver.grading.sequences import EARLY, by_beginning, limit_of, repetitions, walks

MOST_ALIKE = 3
"""How often the same request may be sent."""

POLLING = 5.0
"""Seconds between polls that are not too frequent."""

_POLLED = frozenset({"getMe", "listEvents"})
_SMALL_PAGES_UP_TO = 100
_FEW_REQUESTS = 10
_STRETCHED = 3
"""The most connections that a volley may have needed, as a multiple of those that were seen busy at one time."""


@rule("COST-1")
def nothing_is_asked_again_and_again(run: Run) -> Judgement:
    """No request is sent more than three times with the same answer, without a failure or a change between."""
    served = [exchange for exchange in run.exchanges if exchange.asked and not exchange.failed]
    if run.is_recording:
        served = [exchange for exchange in served if exchange.body]
    troubles = sorted(
        [*run.changes, *(exchange.known_until for exchange in run.exchanges if exchange.failed)],
    )
    findings = [
        Finding(
            tuple(exchange.number for exchange in row),
            f"{shown(row[0])} was sent {len(row)} times, and the answer was the same",
        )
        for group in repetitions(exchange for exchange in served if exchange.method != "OPTIONS")
        for row in _rows(group, troubles)
        if len(row) > MOST_ALIKE
    ]
    return judged(any(exchange.operation != "getMe" for exchange in served), findings)


@rule("COST-2")
def whole_lists_are_walked_in_large_pages(run: Run) -> Judgement:
    """More than 100 items are not walked in pages of fewer than 50."""
    whole = [walk for walk in walks(run.exchanges) if walk.ended]
    findings = []
    for walk in whole:
        small = [page for page in walk.pages if limit_of(page) < default_page()]
        items = sum(page.items or 0 for page in small)
        if items > _SMALL_PAGES_UP_TO:
            message = f"{items} items of {walk.key} were walked in {len(small)} pages of {limit_of(small[0])}"
            findings.append(Finding((small[0].number, small[-1].number), message))
    return judged(any(walk.items > _SMALL_PAGES_UP_TO for walk in whole), findings)


@rule("COST-3")
def connections_are_kept(run: Run) -> Judgement:
    """More than ten requests do not come over more than half as many connections."""
    requests = by_beginning(run.exchanges)
    connections = len({exchange.connection for exchange in requests})
    many = len(requests) > _FEW_REQUESTS and all(exchange.connection for exchange in requests)
    # The contract wants connections "kept and used again". Requests in flight at the same time cannot share a connection, so they
    # count as one request over one connection; for all others the contract's figures apply.
    apart = _needed_at_once(requests) - 1 if many else 0
    many = many and len(requests) - apart > _FEW_REQUESTS
    if many and connections - apart > (len(requests) - apart) / 2:
        numbers = tuple(exchange.number for exchange in requests[:3])
        return judged(True, [Finding(numbers, f"{len(requests)} requests came over {connections} connections")])
    return judged(many)


def _needed_at_once(requests: Sequence[Exchange]) -> int:
    """How many connections the client may have needed at one time.

    On a slow machine, a volley's first requests are answered before its last connections are opened, so fewer connections are
    seen busy at one time than the client had in flight. A client that keeps its connections has all of them open then; a client
    that opens one for each request has closed the earlier ones. A client that closes none has as many open connections as it has
    made requests. So at most three times the number that was seen busy is accepted.
    """
    busy = _busy_at_once(requests)
    most_open = max(exchange.open_at_once for exchange in requests)
    return max(busy, min(most_open, _STRETCHED * busy)) if busy > 1 else 1


def _busy_at_once(requests: Sequence[Exchange]) -> int:
    """The most connections that were busy at one time: each from its opening, or a later request, to the end of the answer."""
    seen: set[int] = set()
    moments: list[tuple[float, int]] = []
    for exchange in requests:
        is_first = exchange.connection not in seen
        seen.add(exchange.connection)
        began = exchange.opened if is_first and exchange.opened is not None else exchange.began
        moments += [(began, 1), (exchange.ended, -1)]
    return max(accumulate(change for _, change in sorted(moments)), default=1)


def _rows(group: Sequence[Exchange], troubles: Sequence[float]) -> Iterator[list[Exchange]]:
    """Requests of a group with the same answer, and without an event between them that is a reason to ask again."""
    row: list[Exchange] = []
    for exchange in group:
        if row and not _is_in_vain(row[-1], exchange, troubles):
            yield row
            row = []
        row.append(exchange)
    if row:
        yield row


def _is_in_vain(before: Exchange, exchange: Exchange, troubles: Sequence[float]) -> bool:
    if exchange.operation in _POLLED and exchange.began - before.began >= POLLING - EARLY:
        return False
    trouble = bisect_left(troubles, before.began)
    had_trouble = trouble < len(troubles) and troubles[trouble] <= exchange.began
    return not had_trouble and exchange.body == before.body
